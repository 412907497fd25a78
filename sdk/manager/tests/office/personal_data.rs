//! What people may ask of whoever keeps data of them: a copy, to be forgotten, another address.

use thumbturn_manager::access::Role;
use thumbturn_manager::office::model::{DoorType, Name, PersonName};
use thumbturn_manager::office::permission::{KeyManagement, NotPermitted, Permissions};
use thumbturn_manager::office::use_case::activity::MyActivity;
use thumbturn_manager::office::use_case::audit::{AuditLog, VerifyAuditLog};
use thumbturn_manager::office::use_case::cards::{ActivateCard, CardStatus, CredentialStatus};
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, Giver};
use thumbturn_manager::office::use_case::doorcodes::MyDoorcodes;
use thumbturn_manager::office::use_case::manager::SetPermissions;
use thumbturn_manager::office::use_case::people::{ChangeEmail, DeletePerson, HeldKeys, InvitePerson};
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::use_case::privacy::{ErasePerson, ExportPerson};
use thumbturn_manager::office::{Actor, Error, Invalid, Thing};
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::ids::{HolderId, PhoneId};
use thumbturn_protocol::keys::{ExchangeKey, PhonePublicKeys, VerifyingKey};
use thumbturn_protocol::update::row::Row;

use crate::log::{app, note, seen, shared, who};
use crate::setting::{DAY, Setting, on_every_engine, unique};

async fn manager(setting: &mut Setting, who: &str, keys: KeyManagement) -> Actor {
    let appoint = SetPermissions {
        email: setting.email(who),
        name: PersonName::parse(who, "Moss").unwrap(),
        permissions: Permissions { keys, ..Permissions::default() },
    };
    Actor::Account(setting.do_it(&appoint).await)
}

/// the person gets all of it, staff what is theirs to see, and neither gets a secret.
#[test]
fn what_is_kept_of_somebody_is_given_out() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Secret name", &[home, gym]).await;
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        let let_in = setting.guest(ada, "dan", &[gym]);
        setting.try_as(ada, &let_in).await.unwrap();
        let daily = setting.daily_code(Giver::Holder(ada), gym, CodeDay::Today);
        let daily = setting.try_as(ada, &daily).await.unwrap();
        setting
            .do_it(&ActivateCard { person: ada, token: CardToken([0xab; 8]), version: CardVersion(1) })
            .await;
        note(&setting, home, &[app(ada), app(ben)]).await;
        note(&setting, gym, &[app(ada), app(ben)]).await;
        let export = ExportPerson { person: ada };
        let own = setting.try_as(ada, &export).await.unwrap().json;
        for part in [
            "person",
            "access",
            "homes",
            "guests",
            "visits",
            "daily_codes",
            "doorcodes",
            "keycards",
            "phones",
            "phone_grants",
            "consents",
            "messages",
            "permissions",
            "activity",
        ] {
            assert!(own.contains(&format!("\"{part}\":[")), "{part} in {own}");
        }
        for told in
            [setting.email("ada").as_str(), setting.email("dan").as_str(), "abababababababab", "+4930123456"]
        {
            assert!(own.contains(told), "{told} in {own}");
        }
        let entries = |json: &str| json.matches("\"clock_was_unsure\"").count();
        assert_eq!(entries(&own), 2, "her own, at home as well");
        let staff = setting.do_it(&export).await.json;
        assert_eq!(entries(&staff), 1, "R-157");
        let mut secrets = vec![daily.code.text().to_string(), "Secret name".to_owned()];
        for person in [ada, ben] {
            let codes = setting.ask_as(person, &MyDoorcodes { person }).await.unwrap();
            secrets.extend(codes.iter().map(|line| line.code.text().to_string()));
        }
        secrets.push(setting.email("ben").as_str().to_owned());
        for secret in secrets {
            assert!(!own.contains(&secret) && !staff.contains(&secret), "{secret}");
        }
    });
}

/// nobody else gets it: not other people, not staff without all rights.
#[test]
fn nobody_else_gets_a_copy() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        let limited = manager(&mut setting, "lee", KeyManagement::Limited).await;
        let full = manager(&mut setting, "max", KeyManagement::Full).await;
        let (property, now, ben) = (setting.property, setting.now, setting.actor(ben).await);
        let random = &mut setting.random;
        for (actor, may) in [(ben, false), (limited, false), (full, true), (Actor::Host, true)] {
            let export = ExportPerson { person: ada };
            let answer = setting.office.perform(actor, property, &export, now, random).await;
            assert_eq!(answer.is_ok(), may, "{actor:?}");
        }
        let nobody = ExportPerson { person: HolderId([7; 8]) };
        assert!(matches!(setting.try_do(&nobody).await, Err(Error::NotFound(Thing::Person))));
    });
}

/// Everything that somebody can leave behind.
async fn live_here(setting: &mut Setting) -> (HolderId, thumbturn_protocol::ids::DoorId) {
    let gym = setting.door("Gym", DoorType::Communal).await;
    let home = setting.door("Flat 1", DoorType::Residence).await;
    let key = setting.key("Both", &[gym, home]).await;
    let ada = setting.invite("ada", &[key]).await.person;
    let let_in = setting.guest(ada, "dan", &[gym]);
    let dan = setting.try_as(ada, &let_in).await.unwrap().guest;
    let daily = setting.daily_code(Giver::Holder(ada), gym, CodeDay::Today);
    setting.try_as(ada, &daily).await.unwrap();
    setting.do_it(&ActivateCard { person: ada, token: CardToken([1; 8]), version: CardVersion(1) }).await;
    let invitation = setting.do_it(&InvitePhone { person: ada }).await;
    let keys = PhonePublicKeys { session_key: ExchangeKey([1; 32]), signing_key: VerifyingKey([1; 32]) };
    setting.try_as(ada, &EnrolPhone { invitation, keys }).await.unwrap();
    note(setting, gym, &[app(ada), app(dan)]).await;
    note(setting, home, &[app(ada)]).await;
    (ada, gym)
}

/// nothing names who was erased; guests keep their own past; the audit log is whole, and what doors still tell names nobody.
#[test]
fn of_who_is_erased_no_name_is_left() {
    on_every_engine(async |mut setting| {
        let (ada, gym) = live_here(&mut setting).await;
        let account = setting.office.account_of(setting.property, ada).await.unwrap();
        setting.do_it(&ErasePerson { person: ada }).await;
        let traces = setting.office.traces(setting.property, ada).await.unwrap();
        assert_eq!(traces, [("phone", 1)], "a number, until no lease is left");
        let dan = who(&seen(&setting).await).iter().find_map(|(_, person)| *person).unwrap();
        assert_eq!(who(&seen(&setting).await), [(gym, None), (gym, Some(dan))]);
        assert!(seen(&setting).await.iter().all(|line| line.guest_of.is_none()));
        assert!(setting.office.account(&setting.email("ada")).await.unwrap().is_none());
        setting.ask(&VerifyAuditLog).await;
        let audit = setting.ask(&AuditLog::default()).await;
        assert!(
            audit.iter().any(|entry| entry.account == Some(account)),
            "what she did as somebody with rights"
        );
        note(&setting, gym, &[app(ada), shared(ada, PhoneId([9; 16]))]).await;
        let lines = seen(&setting).await;
        assert!(lines[..2].iter().all(|line| line.person.is_none() && line.guest_of.is_none()));
        let again = setting.try_do(&ErasePerson { person: ada }).await;
        assert!(matches!(again, Err(Error::NotFound(Thing::Person))));
        let copy = setting.try_do(&ExportPerson { person: ada }).await;
        assert!(matches!(copy, Err(Error::NotFound(Thing::Person))));
        setting.pass(730 * DAY);
        setting.do_it(&thumbturn_manager::office::use_case::privacy::Forget::default()).await;
        assert_eq!(setting.office.traces(setting.property, ada).await.unwrap(), []);
    });
}

/// doors that knew who was erased still hear that the person is gone.
#[test]
fn doors_still_unlearn_who_was_erased() {
    on_every_engine(async |mut setting| {
        let (ada, gym) = live_here(&mut setting).await;
        setting.office.door_applied(setting.property, gym).await.unwrap();
        let tasks = setting.do_it(&ErasePerson { person: ada }).await;
        assert!(tasks.iter().any(|task| task.door == gym));
        assert!(setting.rows(gym).await.iter().all(|row| !matches!(row, Row::Doorcode(..) | Row::Card(..))));
    });
}

/// who was deleted before is erased as well, by staff with all rights; nobody erases himself, and no holder anybody.
#[test]
fn erasing_is_for_staff_with_all_rights() {
    on_every_engine(async |mut setting| {
        let (ada, _) = live_here(&mut setting).await;
        let erase = ErasePerson { person: ada };
        let limited = manager(&mut setting, "lee", KeyManagement::Limited).await;
        let (property, now) = (setting.property, setting.now);
        let refused = setting.office.perform(limited, property, &erase, now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotFullKeyManagement))));
        let refused = setting.try_as(ada, &erase).await;
        assert!(matches!(refused, Err(Error::NotPermitted(_))), "nobody wipes his own tracks");
        let full = manager(&mut setting, "ada", KeyManagement::Full).await;
        let refused = setting.office.perform(full, property, &erase, now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::Invalid(Invalid::OwnRights))));
        setting.do_it(&DeletePerson { person: ada }).await;
        let copy = setting.do_it(&ExportPerson { person: ada }).await.json;
        assert!(copy.contains("ada Moss"), "the kept name");
        setting.do_it(&erase).await;
        let traces = setting.office.traces(setting.property, ada).await.unwrap();
        assert_eq!(traces, [("phone", 1)]);
    });
}

/// with another address everything stays, and both addresses hear of it.
#[test]
fn another_address_keeps_everything() {
    on_every_engine(async |mut setting| {
        let (ada, gym) = live_here(&mut setting).await;
        let account = setting.office.account_of(setting.property, ada).await.unwrap();
        let (held, rows) = (setting.ask(&HeldKeys { person: ada }).await, setting.rows(gym).await);
        let entries = setting.ask_as(ada, &MyActivity::of(ada)).await.unwrap().lines;
        let (old, email) = (setting.email("ada"), setting.email("ada-new"));
        setting.do_it(&ChangeEmail { person: ada, email: email.clone() }).await;
        assert_eq!(setting.office.account(&email).await.unwrap(), Some(account));
        assert_eq!(setting.office.account(&old).await.unwrap(), None);
        assert_eq!(setting.ask(&HeldKeys { person: ada }).await, held);
        assert_eq!(setting.rows(gym).await, rows);
        assert_ne!(setting.ask(&CredentialStatus { person: ada }).await.card(), CardStatus::Unassigned);
        assert_eq!(setting.ask_as(ada, &MyActivity::of(ada)).await.unwrap().lines, entries);
        let told = setting.office.messages_to(setting.property, account).await.unwrap();
        assert_eq!(told.iter().filter(|kind| *kind == "email changed").count(), 2);
        let told = setting.office.notice_contents(setting.property, account).await.unwrap();
        for address in [old, email.clone()] {
            assert!(told.iter().any(|content| content.contains(address.as_str())));
        }
        setting.do_it(&ChangeEmail { person: ada, email }).await;
        let told = setting.office.messages_to(setting.property, account).await.unwrap();
        assert_eq!(told.iter().filter(|kind| *kind == "email changed").count(), 2, "it has that one");
    });
}

/// no address that is another's, none of somebody whose account serves elsewhere, and no manager's by one who is less.
#[test]
fn an_address_is_not_changed_over_anybodys_head() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        let taken = ChangeEmail { person: ada, email: setting.email("ben") };
        assert!(matches!(setting.try_do(&taken).await, Err(Error::Invalid(Invalid::EmailTaken))));
        let to = |setting: &Setting, person| ChangeEmail { person, email: setting.email("new") };

        let limited = manager(&mut setting, "lee", KeyManagement::Limited).await;
        let full = manager(&mut setting, "max", KeyManagement::Full).await;
        manager(&mut setting, "ben", KeyManagement::Specific([key].into())).await;
        let (property, now) = (setting.property, setting.now);
        let change = to(&setting, ada);
        let refused = setting.office.perform(limited, property, &change, now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotFullKeyManagement))));
        let refused = setting.try_as(ada, &change).await;
        assert!(matches!(refused, Err(Error::NotPermitted(_))), "that is not this use case");
        let of_manager = to(&setting, ben);
        let refused = setting.office.perform(full, property, &of_manager, now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotPortfolioManager))));
        setting.do_it(&of_manager).await;

        // The same account comes to a property of another portfolio.
        let (email, name) = (unique("oz", &mut setting.random), PersonName::parse("Oz", "Moss").unwrap());
        let elsewhere = Name::parse("Elsewhere").unwrap();
        let founded =
            setting.office.found(&elsewhere, (&email, &name), now, &mut setting.random).await.unwrap();
        let draft = PropertyDraft { name: elsewhere, zone: "Europe/Berlin".to_owned(), retention_days: 730 };
        let other = setting
            .office
            .open_property(Actor::Host, founded.0, &draft, now, &mut setting.random)
            .await
            .unwrap();
        let add = thumbturn_manager::office::use_case::door::AddDoor {
            name: Name::parse("Gate").unwrap(),
            kind: DoorType::BuildingEntrance,
            is_connected: false,
        };
        let gate = setting.office.perform(Actor::Host, other, &add, now, &mut setting.random).await.unwrap();
        let create = thumbturn_manager::office::use_case::key::CreateKey {
            name: Name::parse("Gate").unwrap(),
            doors: vec![crate::setting::always(gate)],
        };
        let there =
            setting.office.perform(Actor::Host, other, &create, now, &mut setting.random).await.unwrap();
        let invitation = InvitePerson { role: Role::NonResident, ..setting.invitation("ada", &[there]) };
        setting.office.perform(Actor::Host, other, &invitation, now, &mut setting.random).await.unwrap();
        let change = ChangeEmail { person: ada, email: setting.email("newer") };
        let refused = setting.try_do(&change).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::AccountElsewhere))));
    });
}
