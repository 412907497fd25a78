//! What is kept how long.

use thumbturn_manager::office::model::{DoorType, Happening, Method, Name};
use thumbturn_manager::office::permission::{KeyManagement, NotPermitted, Permissions};
use thumbturn_manager::office::use_case::cards::{ActivateCard, DeactivateCard};
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, Giver};
use thumbturn_manager::office::use_case::manager::SetPermissions;
use thumbturn_manager::office::use_case::people::{DeletePerson, RevokeAll};
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone, RevokePhone};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::use_case::privacy::{Forget, Forgotten};
use thumbturn_manager::office::{Actor, Error};
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::event::UsedKey;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::keys::{ExchangeKey, PhonePublicKeys, VerifyingKey};

use crate::log::{app, keyed, note, note_at, number, seen, seen_by};
use crate::setting::{DAY, Setting, on_every_engine};

/// Of the properties of these tests.
const RETENTION: u64 = 730 * DAY;

async fn forget(setting: &mut Setting) -> u64 {
    let mut entries = 0;
    loop {
        let forgotten = setting.do_it(&Forget::default()).await;
        entries += forgotten.entries;
        if forgotten.is_all {
            return entries;
        }
    }
}

async fn traces(setting: &Setting, person: HolderId) -> Vec<(&'static str, u64)> {
    setting.office.traces(setting.property, person).await.unwrap()
}

/// with retention, the activity loses who, by what, and when but for the hour; door and result stay.
#[test]
fn beyond_retention_the_activity_names_nobody() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let hour = setting.now;
        setting.pass(1_234);
        let code = number(&setting, gym, ada).await;
        note(&setting, gym, &[keyed(UsedKey::Doorcode(code))]).await;
        setting.pass(RETENTION - 1);
        note(&setting, gym, &[app(ada)]).await;
        assert_eq!(forget(&mut setting).await, 0, "not a second too early");
        assert!(seen(&setting).await.iter().all(|line| line.person.is_some() && !line.is_anonymous));
        setting.pass(1);
        assert_eq!(forget(&mut setting).await, 1);
        let lines = seen(&setting).await;
        let [new, old] = &lines[..] else { panic!("{lines:?}") };
        assert!(new.person.is_some() && !new.is_anonymous);
        assert_eq!((&old.person, old.is_anonymous, old.at), (&None, true, hour));
        assert_eq!((old.method, old.happening, old.door), (Method::Doorcode, Happening::Opened, gym));
        assert_eq!(seen_by(&setting, ada).await.len(), 1);
        assert_eq!(forget(&mut setting).await, 0, "once");
    });
}

/// what a door tells too late is kept without names from the beginning; what was hidden is not shown for that.
#[test]
fn what_comes_too_late_is_kept_without_names() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Both", &[home, gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let then = setting.now.plus(1_234);
        setting.pass(RETENTION + 1_234);
        for door in [home, gym] {
            note_at(&setting, door, &[(then, app(ada))]).await;
        }
        let lines = seen(&setting).await;
        assert_eq!((lines.len(), lines[0].door, lines[0].is_anonymous), (1, gym, true));
        assert_eq!((&lines[0].person, lines[0].at), (&None, then.minus(1_234)));
        assert!(traces(&setting, ada).await.iter().all(|(table, _)| *table != "activity"));
    });
}

/// an entry of a home that was hidden stays so when it names nobody any more.
#[test]
fn forgetting_reveals_nothing() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        note(&setting, home, &[app(ada)]).await;
        setting.pass(RETENTION);
        assert_eq!(forget(&mut setting).await, 1);
        assert_eq!(seen(&setting).await, []);
    });
}

/// Many entries are forgotten in several steps, each of which does as much as it may.
#[test]
fn forgetting_goes_step_by_step() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        note(&setting, gym, &[app(ada), app(ada), app(ada), app(ada), app(ada)]).await;
        setting.pass(RETENTION);
        let mut steps = Vec::new();
        loop {
            let step = setting.do_it(&Forget { most: 2 }).await;
            steps.push(step.entries);
            if step.is_all {
                break;
            }
        }
        assert_eq!(steps, [2, 2, 1]);
        assert_eq!(setting.do_it(&Forget { most: 2 }).await, Forgotten { entries: 0, is_all: true });
    });
}

/// of somebody who was deleted nothing is left after retention, whatever the person had; and until then the activity has
/// the name, and the number of a code that is gone its holder.
#[test]
fn of_a_deleted_person_nothing_is_left() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Both", &[gym, home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let ben = setting.invite("ben", &[key]).await.person;
        let code = number(&setting, gym, ada).await;
        let let_in = setting.guest(ada, "dan", &[gym]);
        setting.try_as(ada, &let_in).await.unwrap();
        let let_in = setting.guest(ben, "ada", &[gym]);
        setting.try_as(ben, &let_in).await.unwrap();
        let daily = setting.daily_code(Giver::Holder(ada), gym, CodeDay::Today);
        setting.try_as(ada, &daily).await.unwrap();
        setting.do_it(&ActivateCard { person: ada, token: CardToken([1; 8]), version: CardVersion(1) }).await;
        let invitation = setting.do_it(&InvitePhone { person: ada }).await;
        let keys = PhonePublicKeys { session_key: ExchangeKey([1; 32]), signing_key: VerifyingKey([1; 32]) };
        setting.try_as(ada, &EnrolPhone { invitation, keys }).await.unwrap();
        for door in [gym, home] {
            setting.office.door_applied(setting.property, door).await.unwrap();
        }
        note(&setting, gym, &[app(ada)]).await;
        setting.do_it(&DeletePerson { person: ada }).await;
        for door in [gym, home] {
            setting.office.door_applied(setting.property, door).await.unwrap();
        }
        for _ in 0..2 {
            forget(&mut setting).await;
        }
        setting.pass(RETENTION - 1);
        note_at(&setting, gym, &[(setting.now.minus(DAY), keyed(UsedKey::Doorcode(code)))]).await;
        forget(&mut setting).await;
        let of_ada =
            seen(&setting).await.into_iter().filter_map(|line| line.person?.name).collect::<Vec<_>>();
        assert_eq!(of_ada, ["ada Moss"; 2]);
        let kept: Vec<_> = traces(&setting, ada).await.into_iter().map(|(table, _)| table).collect();
        for table in ["daily_code", "guest_grant", "key_grant", "keycard", "person", "phone"] {
            assert!(kept.contains(&table), "{table} is not in {kept:?}");
        }
        setting.pass(1);
        forget(&mut setting).await;
        assert_eq!(traces(&setting, ada).await, [("activity", 1)], "what is not old enough");
        setting.pass(RETENTION);
        forget(&mut setting).await;
        assert_eq!(traces(&setting, ada).await, []);
        assert!(traces(&setting, ben).await.iter().any(|(table, _)| *table == "key_grant"), "he lives there");
    });
}

/// a card that a door may still take, and a code that it may still take, keep their holder, however long nobody comes by.
#[test]
fn what_a_door_may_still_take_keeps_its_holder() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let code = number(&setting, gym, ada).await;
        setting.do_it(&ActivateCard { person: ada, token: CardToken([1; 8]), version: CardVersion(1) }).await;
        let rows = setting.rows(gym).await;
        let numbers = rows.iter().map(|row| row.terms().unwrap().credential());
        let card = numbers.max().unwrap();
        setting.office.door_applied(setting.property, gym).await.unwrap();
        setting.do_it(&DeactivateCard { person: ada }).await;
        setting.do_it(&RevokeAll { person: ada }).await;
        for _ in 0..3 {
            setting.pass(RETENTION);
            forget(&mut setting).await;
        }
        note(&setting, gym, &[keyed(UsedKey::Doorcode(code)), keyed(UsedKey::Card(card))]).await;
        let named = async |setting: &Setting| {
            seen(setting).await.into_iter().filter(|line| line.person.is_some()).count()
        };
        assert_eq!(named(&setting).await, 2);
        setting.office.door_applied(setting.property, gym).await.unwrap();
        forget(&mut setting).await;
        setting.pass(RETENTION);
        forget(&mut setting).await;
        setting.pass(RETENTION);
        forget(&mut setting).await;
        let left = traces(&setting, ada).await;
        assert_eq!(left, [("person", 1)], "she was not deleted");
    });
}

/// an invitation of a phone that has expired is gone, a phone that was revoked with retention.
#[test]
fn phones_and_their_invitations_go() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let invitation = setting.do_it(&InvitePhone { person: ada }).await;
        let keys = PhonePublicKeys { session_key: ExchangeKey([1; 32]), signing_key: VerifyingKey([1; 32]) };
        let phone = setting.try_as(ada, &EnrolPhone { invitation, keys }).await.unwrap();
        let count = async |setting: &Setting, wanted: &str| {
            let traces = traces(setting, ada).await;
            traces.into_iter().find(|(table, _)| *table == wanted).map_or(0, |(_, count)| count)
        };
        forget(&mut setting).await;
        assert_eq!(count(&setting, "phone_invitation").await, 1);
        setting.pass(7 * DAY);
        setting.do_it(&RevokePhone { phone }).await;
        forget(&mut setting).await;
        assert_eq!((count(&setting, "phone_invitation").await, count(&setting, "phone").await), (0, 1));
        setting.pass(RETENTION);
        forget(&mut setting).await;
        assert_eq!(count(&setting, "phone").await, 0);
    });
}

/// Only the host's timer and Portfolio Managers forget.
#[test]
fn forgetting_is_not_for_everybody() {
    on_every_engine(async |mut setting| {
        let appoint = SetPermissions {
            email: setting.email("max"),
            name: thumbturn_manager::office::model::PersonName::parse("Max", "Moss").unwrap(),
            permissions: Permissions { keys: KeyManagement::Full, ..Permissions::default() },
        };
        let max = Actor::Account(setting.do_it(&appoint).await);
        let (property, now) = (setting.property, setting.now);
        let refused =
            setting.office.perform(max, property, &Forget::default(), now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotPortfolioManager))));
        let host =
            setting.office.perform(Actor::Host, property, &Forget::default(), now, &mut setting.random).await;
        assert!(host.is_ok());
    });
}

/// where retention is shorter than a lease, a phone that was revoked stays known while its grant may open a door, which has to hear of it.
#[test]
fn a_phone_whose_grant_may_open_is_not_forgotten() {
    on_every_engine(async |mut setting| {
        let short = PropertyDraft {
            name: Name::parse("Elm Street 2").unwrap(),
            zone: "Europe/Berlin".to_owned(),
            retention_days: 1,
        };
        let (actor, portfolio, now) = (Actor::Account(setting.manager), setting.portfolio, setting.now);
        let opened = setting.office.open_property(actor, portfolio, &short, now, &mut setting.random);
        setting.property = opened.await.unwrap();
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        setting.claim(gym).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let invitation = setting.do_it(&InvitePhone { person: ada }).await;
        let keys = PhonePublicKeys { session_key: ExchangeKey([4; 32]), signing_key: VerifyingKey([5; 32]) };
        let phone = setting.try_as(ada, &EnrolPhone { invitation, keys }).await.unwrap();
        assert_eq!(*setting.online(ada, phone).await.unwrap().doors, [gym]);
        setting.do_it(&RevokePhone { phone }).await;
        setting.pass(10 * DAY);
        forget(&mut setting).await;
        let has = |traces: Vec<(&str, u64)>, table: &str| traces.iter().any(|(name, _)| *name == table);
        assert!(has(traces(&setting, ada).await, "phone") && has(traces(&setting, ada).await, "pass"));
        setting.pass(30 * DAY);
        forget(&mut setting).await;
        forget(&mut setting).await;
        assert!(!has(traces(&setting, ada).await, "phone") && !has(traces(&setting, ada).await, "pass"));
    });
}
