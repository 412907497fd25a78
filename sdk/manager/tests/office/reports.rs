//! Reports (F-102 to F-104).

use std::collections::BTreeSet;

use thumbturn_manager::access::{KeyDoor, Role, WeeklyHours};
use thumbturn_manager::office::model::{DoorType, Name, PersonName};
use thumbturn_manager::office::permission::{KeyManagement, NotPermitted, Permissions};
use thumbturn_manager::office::use_case::key::CreateKey;
use thumbturn_manager::office::use_case::manager::SetPermissions;
use thumbturn_manager::office::use_case::people::{InvitePerson, RevokeAll};
use thumbturn_manager::office::use_case::report::{AssignedAccess, KeysReport, PeopleKeys};
use thumbturn_manager::office::{Actor, Error};

use crate::setting::{DAY, Setting, on_every_engine};

async fn manager_of(setting: &mut Setting, keys: KeyManagement) -> Actor {
    let appoint = SetPermissions {
        email: setting.email("max"),
        name: PersonName::parse("Max", "Moss").unwrap(),
        permissions: Permissions { keys, ..Permissions::default() },
    };
    Actor::Account(setting.do_it(&appoint).await)
}

/// F-091, F-101, F-102, F-104, R-160: who holds what, as whom, from when until when, by whom; what is over is not there.
#[test]
fn assigned_access_tells_who_holds_what() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let (ada, ben) = (setting.email("ada"), setting.email("ben"));
        let invitation = setting.invitation("ada", &[key]);
        let guest = InvitePerson {
            role: Role::NonResident,
            may_share: false,
            end: Some(setting.now.plus(7 * DAY)),
            ..setting.invitation("ben", &[key])
        };
        setting.do_it(&invitation).await;
        setting.do_it(&guest).await;
        let gone = setting.invite("cleo", &[key]).await.person;
        setting.do_it(&RevokeAll { person: gone }).await;
        let report = setting.ask(&AssignedAccess::default()).await;
        let expected = format!(
            "first_name,last_name,email,key,resident,may_share,starts,expires,granted_by,granted_at,account_set_up,keycard\r\n\
             ada,Moss,{},Flat 1,yes,yes,2026-01-05T01:00:00+01:00,,Pat Manager,2026-01-05T01:00:00+01:00,no,no\r\n\
             ben,Moss,{},Flat 1,no,no,2026-01-05T01:00:00+01:00,2026-01-12T01:00:00+01:00,Pat Manager,2026-01-05T01:00:00+01:00,no,no\r\n",
            ada.as_str(),
            ben.as_str()
        );
        assert_eq!((report.csv, report.next), (expected, None));
        setting.pass(7 * DAY);
        assert_eq!(setting.ask(&AssignedAccess::default()).await.csv.lines().count(), 2);
    });
}

/// pages after one another are the whole.
#[test]
fn pages_of_a_report_are_one_file() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let keys = [
            setting.key("A", &[home, gym]).await,
            setting.key("B", &[home]).await,
            setting.key("C", &[gym]).await,
        ];
        for (who, held) in [("ada", &keys[..]), ("ben", &keys[..1]), ("cleo", &keys[1..])] {
            setting.invite(who, held).await;
        }
        macro_rules! pages {
            ($report:ident, $most:expr) => {{
                let (mut after, mut text) = (None, String::new());
                loop {
                    let page = setting.ask(&$report { after, most: $most }).await;
                    text += &page.csv;
                    after = page.next;
                    if after.is_none() {
                        break text;
                    }
                }
            }};
        }
        let [access, doors, people] = [
            setting.ask(&AssignedAccess::default()).await.csv,
            setting.ask(&KeysReport::default()).await.csv,
            setting.ask(&PeopleKeys::default()).await.csv,
        ];
        assert_eq!((access.lines().count(), doors.lines().count(), people.lines().count()), (7, 5, 4));
        for most in 1..7 {
            assert_eq!(pages!(AssignedAccess, most), access);
            assert_eq!(pages!(KeysReport, most), doors);
        }
        for most in 4..7 {
            assert_eq!(pages!(PeopleKeys, most), people);
        }
        let told: Vec<_> = people.lines().map(|row| row.rsplit(',').next().unwrap()).collect();
        assert_eq!(told, ["keys", "A; B; C", "A", "B; C"]);
        assert!(people.lines().skip(1).all(|row| row.contains(",resident,")));
    });
}

/// doors of each Key.
#[test]
fn the_keys_report_tells_the_doors_of_each_key() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        setting.key("Flat 1", &[home]).await;
        let gate = setting.door("Gate", DoorType::BuildingEntrance).await;
        let never = KeyDoor { door: gate, hours: WeeklyHours::Within(BTreeSet::new()), doorcodes: false };
        setting.do_it(&CreateKey { name: Name::parse("Gate, front").unwrap(), doors: vec![never] }).await;
        let expected = "key,door,door_type,hours,doorcodes\r\nFlat 1,Flat 1,residence,always,yes\r\n\
                        \"Gate, front\",Gate,building entrance,limited,no\r\n";
        assert_eq!(setting.ask(&KeysReport::default()).await.csv, expected);
    });
}

/// names that somebody chose are no programs in a manager's spreadsheet.
#[test]
fn no_cell_of_a_report_is_a_formula() {
    on_every_engine(async |mut setting| {
        let home = setting.door("@home", DoorType::Residence).await;
        let key = setting.key("-1+1", &[home]).await;
        let evil = PersonName::parse("=HYPERLINK(A1)", "+1").unwrap();
        let invitation = InvitePerson { name: evil, ..setting.invitation("ada", &[key]) };
        setting.do_it(&invitation).await;
        let reports = [
            setting.ask(&AssignedAccess::default()).await.csv,
            setting.ask(&KeysReport::default()).await.csv,
            setting.ask(&PeopleKeys::default()).await.csv,
        ];
        for report in reports {
            let cells = report.lines().flat_map(|row| row.split(','));
            let formulas: Vec<_> =
                cells.filter(|cell| cell.trim_matches('"').starts_with(['=', '+', '-', '@'])).collect();
            assert_eq!(formulas, Vec::<&str>::new());
            assert!(report.contains("'-1+1"));
        }
    });
}

/// who manages some Keys sees these only, and who is limited sees no report.
#[test]
fn a_report_shows_what_is_in_the_scope_of_who_asks() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let [mine, other] = [setting.key("Mine", &[home]).await, setting.key("Other", &[home]).await];
        setting.invite("ada", &[mine, other]).await;
        setting.invite("ben", &[other]).await;
        let max = manager_of(&mut setting, KeyManagement::Specific(BTreeSet::from([mine]))).await;
        let (office, property, now) = (setting.office.clone(), setting.property, setting.now);
        let reports = [
            office.ask(max, property, &AssignedAccess::default(), now).await.unwrap().csv,
            office.ask(max, property, &KeysReport::default(), now).await.unwrap().csv,
            office.ask(max, property, &PeopleKeys::default(), now).await.unwrap().csv,
        ];
        for report in reports {
            assert_eq!(
                (report.lines().count(), report.contains("Mine"), report.contains("Other")),
                (2, true, false)
            );
        }
        manager_of(&mut setting, KeyManagement::Limited).await;
        let refused = NotPermitted::NotFullKeyManagement;
        let is_refused =
            |answer: Result<(), Error>| matches!(answer, Err(Error::NotPermitted(why)) if why == refused);
        assert!(is_refused(office.ask(max, property, &AssignedAccess::default(), now).await.map(drop)));
        assert!(is_refused(office.ask(max, property, &KeysReport::default(), now).await.map(drop)));
        assert!(is_refused(office.ask(max, property, &PeopleKeys::default(), now).await.map(drop)));
    });
}
