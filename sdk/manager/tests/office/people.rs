//! Inviting, editing, revoking, deleting (F-032 to F-075).

use thumbturn_manager::access::{KeyDoor, Role};
use thumbturn_manager::ids::UnitId;
use thumbturn_manager::office::model::{DoorType, Name};
use thumbturn_manager::office::task::Reason;
use thumbturn_manager::office::use_case::door::OpenTasks;
use thumbturn_manager::office::use_case::key::{ChangeKey, CreateKey, DeleteKey};
use thumbturn_manager::office::use_case::people::{
    DeletePerson, EditAccess, ListPeople, NewEnd, RevokeAll, RevokeKey,
};
use thumbturn_manager::office::use_case::unit::AddUnit;
use thumbturn_manager::office::{Error, Invalid, Thing};
use thumbturn_protocol::update::row::Row;

use crate::setting::{DAY, Setting, always, on_every_engine};

async fn rows(setting: &Setting, door: thumbturn_protocol::ids::DoorId) -> Vec<Row> {
    setting.office.door_list(setting.property, door).await.unwrap().rows
}

/// F-032, F-037, F-039 to F-043, F-051, F-054: an invitation by app gives doorcodes, and tasks at doors without a network.
#[test]
fn an_invitation_gives_doorcodes_and_tasks() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let invited = setting.invite("ada", &[key]).await;
        assert!(invited.is_new);
        assert_eq!(invited.tasks.len(), 1);
        assert!(invited.tasks[0].reasons.contains(Reason::AccessAdded));
        assert_eq!(invited.tasks[0].due, setting.now);
        let rows = rows(&setting, home).await;
        let [Row::Doorcode(code, terms)] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((code.digits().len(), terms.holder()), (7, invited.person));
        assert_eq!(setting.ask(&OpenTasks).await, invited.tasks);
    });
}

/// F-036, F-045, F-047, F-048, F-050, F-068: a later start is due on its day, and an end needs nobody.
#[test]
fn access_begins_and_ends_by_itself() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let (start, end) = (setting.now.plus(3 * DAY), setting.now.plus(30 * DAY));
        let mut invitation = setting.invitation("ada", &[key]);
        (invitation.start, invitation.end) = (Some(start), Some(end.into()));
        let invited = setting.do_it(&invitation).await;
        assert_eq!(invited.tasks[0].due, start);
        let rows = rows(&setting, home).await;
        let terms = rows[0].terms().unwrap();
        assert_eq!((terms.not_before(), terms.not_after()), (start, Some(end)));

        setting.pass(31 * DAY);
        let passed = setting.do_it(&thumbturn_manager::office::use_case::time::PassTime).await;
        assert_eq!(passed.tasks, [], "natural expiry needs no update (R-085)");
        assert!(crate::people::rows(&setting, home).await.is_empty());
        assert_eq!(setting.ask(&ListPeople::default()).await, []);
        let all = setting.ask(&ListPeople { show_expired: true, after: None }).await;
        assert_eq!(all.len(), 1, "shown with those who are expired");
    });
}

/// F-057, F-059, R-046: whoever gets the new Key first keeps the doorcode.
#[test]
fn a_doorcode_stays_while_a_key_covers_the_door() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let old = setting.key("Old", &[home]).await;
        let new = setting.key("New", &[home]).await;
        let first = setting.invite("ada", &[old]).await;
        let before = rows(&setting, home).await;
        setting.invite("ada", &[new]).await;
        setting.do_it(&RevokeKey { grant: first.grants[0] }).await;
        assert_eq!(rows(&setting, home).await, before);
    });
}

/// F-063, F-066, F-067, F-069: revoke all, and give again later; the code is another one then.
#[test]
fn what_was_revoked_can_be_given_again() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let invited = setting.invite("ada", &[key]).await;
        let before = rows(&setting, home).await;
        setting.do_it(&RevokeAll { person: invited.person }).await;
        assert!(rows(&setting, home).await.is_empty());
        assert_eq!(setting.ask(&OpenTasks).await, [], "the door never heard of it: nobody has to go there");
        let again = setting.invite("ada", &[key]).await;
        assert_eq!((again.person, again.is_new), (invited.person, false));
        let after = rows(&setting, home).await;
        assert_eq!(after.len(), 1);
        assert_ne!(after, before);
    });
}

/// F-070, F-073, F-074: a deleted person is gone from the page, and a new invitation makes a new one.
#[test]
fn a_deleted_person_is_another_one_afterwards() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let first = setting.invite("ada", &[key]).await;
        setting.do_it(&DeletePerson { person: first.person }).await;
        assert_eq!(setting.ask(&ListPeople { show_expired: true, after: None }).await, []);
        assert!(matches!(
            setting.try_do(&RevokeAll { person: first.person }).await,
            Err(Error::NotFound(Thing::Person))
        ));
        let second = setting.invite("ada", &[key]).await;
        assert_ne!(first.person, second.person);
        assert!(second.is_new);
    });
}

/// F-058, F-094, F-099, F-105: end, role and sharing of a Key in somebody's hand.
#[test]
fn access_is_edited_while_it_lasts() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let invited = setting.invite("ada", &[key]).await;
        let grant = invited.grants[0];
        let edit = |end| EditAccess { grant, role: Some(Role::NonResident), may_share: Some(false), end };
        let end = setting.now.plus(DAY);
        setting.do_it(&edit(NewEnd::Set(end.into()))).await;
        assert_eq!(rows(&setting, home).await[0].terms().unwrap().not_after(), Some(end));
        setting.do_it(&edit(NewEnd::Clear)).await;
        assert_eq!(rows(&setting, home).await[0].terms().unwrap().not_after(), None);
        let past = setting.try_do(&edit(NewEnd::Set(setting.now.into()))).await;
        assert!(matches!(past, Err(Error::Invalid(Invalid::Term(_) | Invalid::EndInPast))));
        setting.do_it(&RevokeKey { grant }).await;
        assert!(matches!(setting.try_do(&edit(NewEnd::Keep)).await, Err(Error::NotFound(Thing::KeyGrant))));
    });
}

/// F-032, F-041, R-047, R-048: a Key changes everybody who holds it.
#[test]
fn changing_a_key_changes_everybody_who_holds_it() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("All", &[home]).await;
        setting.invite("ada", &[key]).await;
        setting.invite("ben", &[key]).await;
        let tasks = setting.do_it(&ChangeKey { key, doors: vec![always(gym)] }).await;
        assert_eq!((rows(&setting, home).await.len(), rows(&setting, gym).await.len()), (0, 2));
        assert!(tasks.iter().all(|task| task.reasons.contains(Reason::KeyEdited)));
        setting.do_it(&DeleteKey { key }).await;
        assert!(rows(&setting, gym).await.is_empty());
    });
}

/// the very same access is not given twice.
#[test]
fn the_same_invitation_twice_gives_one_key() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let first = setting.invite("ada", &[key]).await;
        let second = setting.invite("ADA", &[key]).await;
        assert_eq!(second.person, first.person, "an address in another case is the same person (R-080)");
        assert_eq!((first.grants.len(), second.grants.len()), (1, 0));
    });
}

/// F-024, F-025, R-026: a unit is added once, people are put into it, and it opens nothing.
#[test]
fn a_unit_opens_no_door() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.key("Gym", &[home]).await;
        let add = AddUnit { name: Name::parse("1A").unwrap(), floor: None, external_id: None };
        let unit = setting.do_it(&add).await;
        assert!(matches!(setting.try_do(&add).await, Err(Error::NameTaken(Thing::Unit))));
        let mut invitation = setting.invitation("ada", &[gym]);
        invitation.unit = Some(unit);
        let ada = setting.do_it(&invitation).await;
        setting.do_it(&RevokeKey { grant: ada.grants[0] }).await;
        assert!(rows(&setting, home).await.is_empty(), "she lives there still");
        invitation.unit = Some(UnitId([7; 16]));
        assert!(matches!(setting.try_do(&invitation).await, Err(Error::NotFound(Thing::Unit))));
    });
}

/// F-044, F-056, R-042, R-088: with doorcodes off, holders of a Key get none; and nobody has a keycard who was not given one.
#[test]
fn doorcodes_are_a_matter_of_the_key() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let doors = vec![KeyDoor { doorcodes: false, ..always(home) }];
        let key = setting.do_it(&CreateKey { name: Name::parse("App only").unwrap(), doors }).await;
        let ada = setting.invite("ada", &[key]).await;
        assert!(rows(&setting, home).await.is_empty());
        assert_eq!(ada.tasks, [], "a door need not hear of who comes with a phone");
        setting.do_it(&ChangeKey { key, doors: vec![always(home)] }).await;
        assert_eq!(rows(&setting, home).await.len(), 1);
    });
}

/// F-046, F-049, R-084, R-087: who is invited for later hears of it today, once; who has an account hears of the doors.
#[test]
fn a_welcome_goes_out_today() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let [flat, gym] = [setting.key("Flat 1", &[home]).await, setting.key("Gym", &[home]).await];
        let mut invitation = setting.invitation("ada", &[flat]);
        invitation.start = Some(setting.now.plus(30 * DAY));
        let ada = setting.do_it(&invitation).await;
        setting.invite("ada", &[gym]).await;
        let told = setting.office.messages_to(setting.property, ada.account).await.unwrap();
        assert_eq!(told, ["welcome", "access added"]);
    });
}
