//! Reports (F-102 to F-104).

use std::collections::BTreeSet;

use thumbturn_manager::access::{KeyDoor, Role, WeeklyHours};
use thumbturn_manager::office::model::{DoorType, Name, PersonName};
use thumbturn_manager::office::permission::{KeyManagement, NotPermitted, Permissions};
use thumbturn_manager::office::use_case::cards::{ActivateCard, DeactivateCard};
use thumbturn_manager::office::use_case::door::AddDoor;
use thumbturn_manager::office::use_case::key::CreateKey;
use thumbturn_manager::office::use_case::manager::SetPermissions;
use thumbturn_manager::office::use_case::people::{DeletePerson, InvitePerson, RevokeAll};
use thumbturn_manager::office::use_case::report::{
    ActionsReport, AssignedAccess, CardsReport, DevicesReport, KeysReport, PeopleKeys,
};
use thumbturn_manager::office::{Actor, Error};

use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::ids::HolderId;

use crate::claimed::ClaimedDoor;
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
            end: Some(setting.now.plus(7 * DAY).into()),
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

        for (number, who) in (1..).zip(["ada", "ben", "cleo"]) {
            let person = setting.invite(who, &keys[..1]).await.person;
            setting.do_it(&activate(person, number)).await;
        }
        let [devices, cards, actions] = [
            setting.ask(&DevicesReport::default()).await.csv,
            setting.ask(&CardsReport::default()).await.csv,
            setting.ask(&ActionsReport::default()).await.csv,
        ];
        assert_eq!((devices.lines().count(), cards.lines().count()), (3, 4));
        for most in 1..4 {
            assert_eq!(pages!(DevicesReport, most), devices);
            assert_eq!(pages!(CardsReport, most), cards);
            assert_eq!(pages!(ActionsReport, most), actions);
        }
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

fn activate(person: HolderId, number: u8) -> ActivateCard {
    ActivateCard { person, token: CardToken([number; 8]), version: CardVersion(1) }
}

/// F-103, R-161, R-008: what devices said, and which doors wait for somebody.
#[test]
fn the_devices_report_tells_what_devices_said() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gate = Name::parse("Gate").unwrap();
        let gate = AddDoor { name: gate, kind: DoorType::BuildingEntrance, is_connected: true };
        setting.do_it(&gate).await;
        let mut device = ClaimedDoor::new(&mut setting, home).await;
        let header = "door,door_type,connected,device,firmware,update_needed,reasons,battery_percent,days_since_reading\r\n";
        let gate = "Gate,building entrance,yes,no,,no,,,\r\n";
        let before = format!("{header}Flat 1,residence,no,yes,,yes,new device,,\r\n{gate}");
        assert_eq!(setting.ask(&DevicesReport::default()).await.csv, before);
        let receipt = device.receipt(setting.now, 1);
        setting.do_it(&receipt).await;
        let key = setting.key("Flat 1", &[home]).await;
        setting.invite("ada", &[key]).await;
        setting.pass(3 * DAY + 1);
        let after = format!("{header}Flat 1,residence,no,yes,12,yes,access added; new device,87,3\r\n{gate}");
        assert_eq!(setting.ask(&DevicesReport::default()).await.csv, after);
    });
}

/// F-103, R-161: cards by what every reader sees of them, whose they are, since when, and where they stand; nothing of who was deleted.
#[test]
fn the_keycards_report_tells_whose_each_card_is() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let [ada, ben, cleo] = [
            setting.invite("ada", &[key]).await.person,
            setting.invite("ben", &[key]).await.person,
            setting.invite("cleo", &[key]).await.person,
        ];
        for (person, number) in [(ada, 1), (ben, 2), (cleo, 3)] {
            setting.do_it(&activate(person, number)).await;
        }
        setting.office.door_applied(setting.property, home).await.unwrap();
        setting.do_it(&DeactivateCard { person: ben }).await;
        setting.do_it(&DeletePerson { person: cleo }).await;
        setting.office.door_applied(setting.property, home).await.unwrap();
        setting.do_it(&activate(ben, 4)).await;
        let (adas, bens) = (setting.email("ada"), setting.email("ben"));
        let (adas, bens, at) = (adas.as_str(), bens.as_str(), "2026-01-05T01:00:00+01:00");
        let expected = format!(
            "card,first_name,last_name,email,activated,status\r\n\
             0101010101010101,ada,Moss,{adas},{at},active\r\n\
             0202020202020202,ben,Moss,{bens},{at},inactive\r\n\
             0303030303030303,,,,{at},inactive\r\n\
             0404040404040404,ben,Moss,{bens},{at},activation pending\r\n"
        );
        assert_eq!(setting.ask(&CardsReport::default()).await.csv, expected);
    });
}

/// F-103, R-010, R-014: what was done and what was denied, by whom; for Portfolio Managers alone.
#[test]
fn the_actions_report_is_for_portfolio_managers() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let max = manager_of(&mut setting, KeyManagement::Full).await;
        let (office, property, now) = (setting.office.clone(), setting.property, setting.now);
        let refused = office.ask(max, property, &ActionsReport::default(), now).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotPortfolioManager))));
        let appoint = SetPermissions {
            email: setting.email("eve"),
            name: PersonName::parse("Eve", "Moss").unwrap(),
            permissions: Permissions::default(),
        };
        let denied = office.perform(max, property, &appoint, now, &mut setting.random).await;
        assert!(denied.is_err());
        let gym =
            AddDoor { name: Name::parse("Gym").unwrap(), kind: DoorType::Communal, is_connected: false };
        office.perform(Actor::Host, property, &gym, now, &mut setting.random).await.unwrap();
        let report = setting.ask(&ActionsReport::default()).await.csv;
        let rows: Vec<&str> = report.lines().collect();
        let door: String = home.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(rows[0], "revision,at,by,action,about,outcome");
        assert!(rows[2].starts_with("1,2026-01-05T01:00:00+01:00,pat-"), "{}", rows[2]);
        assert!(rows[2].ends_with(&format!(",add door,door {door},done")), "{}", rows[2]);
        let maxs = setting.email("max");
        let by_max = format!("{},set permissions,property,denied", maxs.as_str());
        assert!(rows[4].ends_with(&by_max), "{}", rows[4]);
        assert!(rows[5].contains(",the host,add door,"), "{}", rows[5]);
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
        let gym = setting.door("Gym", DoorType::Communal).await;
        setting.key("Gym", &[gym]).await;
        let devices = office.ask(max, property, &DevicesReport::default(), now).await.unwrap().csv;
        assert_eq!((devices.lines().count(), devices.contains("Gym")), (2, false), "doors of his Keys");
        for (number, who) in (1..).zip(["ada", "ben"]) {
            let person = setting.invite(who, &[other]).await.person;
            setting.do_it(&activate(person, number)).await;
        }
        let cards = office.ask(max, property, &CardsReport::default(), now).await.unwrap().csv;
        assert_eq!((cards.lines().count(), cards.contains("ada")), (2, true), "ben holds none of his Keys");
        manager_of(&mut setting, KeyManagement::Limited).await;
        let refused = NotPermitted::NotFullKeyManagement;
        let is_refused =
            |answer: Result<(), Error>| matches!(answer, Err(Error::NotPermitted(why)) if why == refused);
        assert!(is_refused(office.ask(max, property, &AssignedAccess::default(), now).await.map(drop)));
        assert!(is_refused(office.ask(max, property, &KeysReport::default(), now).await.map(drop)));
        assert!(is_refused(office.ask(max, property, &PeopleKeys::default(), now).await.map(drop)));
        assert!(is_refused(office.ask(max, property, &DevicesReport::default(), now).await.map(drop)));
        assert!(is_refused(office.ask(max, property, &CardsReport::default(), now).await.map(drop)));
    });
}
