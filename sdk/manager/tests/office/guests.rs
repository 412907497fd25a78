//! Guests with the app: let in, cut to what their granters have, revoked (F-095, R-130 to R-137).

use std::collections::BTreeSet;

use thumbturn_manager::office::model::{DoorType, GuestRefusal, Name};
use thumbturn_manager::office::permission::NotPermitted;
use thumbturn_manager::office::use_case::guests::{ListGuests, RevokeGuest, RevokeGuestAccess};
use thumbturn_manager::office::use_case::people::{DeletePerson, RevokeAll, RevokeKey};
use thumbturn_manager::office::{Error, Invalid, Thing};

use crate::setting::{DAY, on_every_engine};

fn refusal<T>(answer: Result<T, Error>) -> Option<GuestRefusal> {
    match answer {
        Err(Error::Invalid(Invalid::Guest(refusal))) => Some(refusal),
        _ => None,
    }
}

fn is_denied<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::NotPermitted(_)))
}

/// F-095, R-131, R-132, R-137: a resident lets a guest in, sees it, and takes it back.
#[test]
fn a_holder_lets_a_guest_in_and_out() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let mut invitation = setting.guest(ada, "dan", &[home]);
        invitation.service = Some(Name::parse("Piano tuner, feed the cat").unwrap());
        let end = setting.now.plus(DAY);
        invitation.end = Some(end.into());
        let given = setting.try_as(ada, &invitation).await.unwrap();
        assert!(given.is_new && given.doors[&home].is_ok());
        assert_eq!(given.tasks.len(), 1, "a doorcode at an offline door works after its update");
        let rows = setting.rows(home).await;
        let of_dan = rows.iter().find(|row| row.terms().unwrap().holder() == given.guest).unwrap();
        assert_eq!((rows.len(), of_dan.terms().unwrap().not_after()), (2, Some(end)));

        let listed = setting.ask_as(ada, &ListGuests { granter: ada }).await.unwrap();
        assert_eq!((listed.len(), listed[0].access), (1, given.access));
        assert_eq!(listed[0].doors, BTreeSet::from([home]));
        assert_eq!(listed[0].service.as_deref(), Some("Piano tuner, feed the cat"));
        let revoke = RevokeGuestAccess { granter: ada, access: given.access };
        setting.try_as(ada, &revoke).await.unwrap();
        assert_eq!(setting.rows(home).await.len(), 1);
        let again = setting.try_as(ada, &revoke).await;
        assert!(matches!(again, Err(Error::NotFound(Thing::GuestAccess))), "what has ended stays so");
    });
}

/// F-044, F-094, R-130, R-134, R-136: each door is answered for itself.
#[test]
fn only_keys_that_may_be_shared_let_guests_in() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let [flat, sport] = [setting.key("Flat 1", &[home]).await, setting.key("Gym", &[gym]).await];
        let ada = setting.invite("ada", &[flat]).await.person;
        let mut own = setting.invitation("ada", &[sport]);
        own.may_share = false;
        setting.do_it(&own).await;
        let both = setting.guest(ada, "dan", &[home, gym]);
        let given = setting.try_as(ada, &both).await.unwrap();
        assert_eq!((given.doors[&home], given.doors[&gym]), (Ok(()), Err(GuestRefusal::CannotShare)));
        assert_eq!(setting.rows(gym).await.len(), 1, "hers alone");

        let only_gym = setting.guest(ada, "eve", &[gym]);
        assert_eq!(refusal(setting.try_as(ada, &only_gym).await), Some(GuestRefusal::CannotShare));
        let on = setting.guest(given.guest, "eve", &[home]);
        assert_eq!(refusal(setting.try_as(given.guest, &on).await), Some(GuestRefusal::CannotShare), "R-136");
        let herself = setting.guest(ada, "ada", &[home]);
        assert_eq!(refusal(setting.try_as(ada, &herself).await), Some(GuestRefusal::Oneself));
        let mut late = setting.guest(ada, "eve", &[home]);
        late.start = Some(setting.now.plus(365 * DAY + 1));
        assert_eq!(refusal(setting.try_as(ada, &late).await), Some(GuestRefusal::Start));
        late.start = Some(setting.now.plus(365 * DAY));
        assert!(setting.try_as(ada, &late).await.is_ok());
        let nowhere = setting.guest(ada, "eve", &[]);
        let answer = setting.try_as(ada, &nowhere).await;
        assert!(matches!(answer, Err(Error::Invalid(Invalid::Nothing(Thing::Door)))));
    });
}

/// a guest is cut to the granter, and widened when the granter gets more.
#[test]
fn a_guest_never_outlasts_the_granter() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let mut own = setting.invitation("ada", &[key]);
        let end = setting.now.plus(10 * DAY);
        own.end = Some(end.into());
        let ada = setting.do_it(&own).await.person;
        let mut after = setting.guest(ada, "dan", &[home]);
        after.start = Some(end);
        assert_eq!(refusal(setting.try_as(ada, &after).await), Some(GuestRefusal::NotThen));
        let dan = setting.try_as(ada, &setting.guest(ada, "dan", &[home])).await.unwrap().guest;
        let end_of = |rows: &[thumbturn_protocol::update::row::Row]| {
            let terms = rows.iter().map(|row| row.terms().unwrap()).find(|terms| terms.holder() == dan);
            terms.unwrap().not_after()
        };
        assert_eq!(end_of(&setting.rows(home).await), Some(end));
        own.end = Some(end.plus(DAY).into());
        setting.do_it(&own).await;
        assert_eq!(end_of(&setting.rows(home).await), Some(end.plus(DAY)));
        setting.pass(12 * DAY);
        setting.do_it(&thumbturn_manager::office::use_case::time::PassTime).await;
        assert!(setting.rows(home).await.is_empty(), "also on natural expiry");
    });
}

/// F-065, R-110, R-116: with one Key, guests lose what no other covers; with all, everything.
#[test]
fn guests_go_with_what_let_them_in() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let [both, flat] = [setting.key("Both", &[home, gym]).await, setting.key("Flat", &[home]).await];
        let first = setting.invite("ada", &[both]).await;
        let ada = first.person;
        setting.invite("ada", &[flat]).await;
        setting.try_as(ada, &setting.guest(ada, "dan", &[home, gym])).await.unwrap();
        setting.do_it(&RevokeKey { grant: first.grants[0] }).await;
        assert_eq!((setting.rows(home).await.len(), setting.rows(gym).await.len()), (2, 0));
        let listed = setting.ask_as(ada, &ListGuests { granter: ada }).await.unwrap();
        assert_eq!(listed[0].doors, BTreeSet::from([home]));
        setting.do_it(&RevokeAll { person: ada }).await;
        assert!(setting.rows(home).await.is_empty());
        assert_eq!(setting.ask(&ListGuests { granter: ada }).await, []);
    });
}

/// all that one person gave a guest goes at once, and what others gave stays.
#[test]
fn all_of_a_guest_is_one_call() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("All", &[home, gym]).await;
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        let dan = setting.try_as(ada, &setting.guest(ada, "dan", &[home])).await.unwrap().guest;
        setting.try_as(ada, &setting.guest(ada, "dan", &[gym])).await.unwrap();
        setting.try_as(ben, &setting.guest(ben, "dan", &[gym])).await.unwrap();
        let revoke = RevokeGuest { granter: ada, guest: dan };
        assert!(is_denied(&setting.try_as(ben, &revoke).await), "they are hers");
        setting.try_as(ada, &revoke).await.unwrap();
        assert_eq!((setting.rows(home).await.len(), setting.rows(gym).await.len()), (2, 3));
    });
}

/// in a holder's name only the holder acts, and managers of the Keys that it takes.
#[test]
fn a_manager_lets_guests_in_with_his_keys_only() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let [flat, sport] = [setting.key("Flat 1", &[home]).await, setting.key("Gym", &[gym]).await];
        let ada = setting.invite("ada", &[flat, sport]).await.person;
        let ben = setting.invite("ben", &[flat]).await.person;
        let dan = setting.guest(ada, "dan", &[home, gym]);
        assert!(is_denied(&setting.try_as(ben, &dan).await));
        let max = setting.manager_of("max", &[sport]).await;
        let (property, now) = (setting.property, setting.now);
        let given = setting.office.perform(max, property, &dan, now, &mut setting.random).await.unwrap();
        assert_eq!((given.doors[&home], given.doors[&gym]), (Err(GuestRefusal::CannotShare), Ok(())));
        let own = setting.try_as(ada, &setting.guest(ada, "dan", &[home])).await.unwrap();
        let revoke = RevokeGuestAccess { granter: ada, access: own.access };
        let answer = setting.office.perform(max, property, &revoke, now, &mut setting.random).await;
        assert!(matches!(answer, Err(Error::NotPermitted(NotPermitted::OtherKeys))));
        let revoke = RevokeGuestAccess { granter: ada, access: given.access };
        setting.office.perform(max, property, &revoke, now, &mut setting.random).await.unwrap();
        assert_eq!(setting.rows(gym).await.len(), 1);
    });
}

/// F-072, R-113: with a person who is deleted go all whom the person has let in.
#[test]
fn guests_go_with_a_deleted_person() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        setting.try_as(ada, &setting.guest(ada, "dan", &[home])).await.unwrap();
        assert_eq!(setting.rows(home).await.len(), 2);
        setting.do_it(&DeletePerson { person: ada }).await;
        assert!(setting.rows(home).await.is_empty());
    });
}
