//! Many people at once: what is done for groups of them comes to the same as what would be done for each.

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_manager::access::{KeyDoor, WeeklyHours};
use thumbturn_manager::ids::KeyId;
use thumbturn_manager::office::import::PeopleFile;
use thumbturn_manager::office::model::{DoorType, Name};
use thumbturn_manager::office::testing::RawKind::{Bytes, Number};
use thumbturn_manager::office::testing::{RawTable, RawValue};
use thumbturn_manager::office::use_case::doorcodes::SetResidenceCodeLength;
use thumbturn_manager::office::use_case::import::{AddContacts, STEP_ROWS, SendInvitations};
use thumbturn_manager::office::use_case::key::{ChangeKey, CreateKey, DeleteKey};
use thumbturn_manager::office::use_case::people::{ListPeople, RevokeAll};
use thumbturn_manager::office::{Error, Invalid};
use thumbturn_protocol::code::CodeLength;
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::schedule::{Days, Minute, Window};
use thumbturn_protocol::update::row::Row;

use crate::agreement::{self, Wanted};
use crate::setting::{Setting, always, on_every_engine};

/// More than two groups, and no round number of anything.
const PEOPLE: usize = 601;

/// Imports people who have these Keys in turn.
async fn import(setting: &mut Setting, people: usize, keys: &[&str]) {
    let rows = keys.iter().cycle().take(people).enumerate().map(|(place, key)| {
        format!("Ada,Moss,{},{key}\n", setting.email(&format!("person-{place}")).as_str())
    });
    let text = format!("first_name,last_name,email,keys\n{}", rows.collect::<String>());
    let file = PeopleFile::parse(text.as_bytes()).unwrap();
    let (mut from, mut after, mut sent) = (Some(0), Some(0), 0);
    while let Some(place) = from {
        from = setting.do_it(&AddContacts { file: &file, from: place, most: STEP_ROWS }).await.next;
    }
    while let Some(line) = after {
        let (keys, most) = (BTreeSet::new(), STEP_ROWS);
        let step = SendInvitations { file: &file, keys, start: None, end: None, after: line, most };
        let step = setting.do_it(&step).await;
        assert_eq!(step.issues, []);
        (sent, after) = (sent + step.sent, step.next);
    }
    assert_eq!(sent, people);
}

/// Whether the doors' lists say what the rule says.
async fn agree(setting: &Setting) {
    let everything = setting.office.everything(setting.property).await.unwrap();
    let (people, access, cards) = (&everything.people, &everything.access, &BTreeMap::new());
    let wanted = Wanted { doors: &everything.doors, people, access, cards };
    agreement::check((&setting.office, setting.property), &wanted, everything.at).await;
}

fn daily(door: DoorId, from: u16, to: u16) -> KeyDoor {
    let [start, end] = [from, to].map(|hour| Minute::at(hour, 0).unwrap());
    let hours = WeeklyHours::Within([Window::new(Days::EVERY_DAY, start, end).unwrap()].into());
    KeyDoor { door, hours, doorcodes: true }
}

async fn key(setting: &mut Setting, name: &str, doors: Vec<KeyDoor>) -> KeyId {
    let name = Name::parse(name).unwrap();
    setting.do_it(&CreateKey { name, doors }).await
}

/// F-082, F-083, R-040, R-047, R-048: Keys of hundreds, given, changed and deleted.
#[test]
fn lists_of_hundreds_say_what_the_rule_says() {
    on_every_engine(async |mut setting| {
        let flat = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let all = key(&mut setting, "All", vec![always(flat), always(gym)]).await;
        let morning = key(&mut setting, "Morning", vec![daily(gym, 6, 12)]).await;
        key(&mut setting, "Evening", vec![daily(gym, 18, 22)]).await;
        import(&mut setting, PEOPLE, &["All", "Morning; Evening", "Evening", "All; Morning"]).await;
        assert_eq!(setting.rows(gym).await.len(), PEOPLE);
        agree(&setting).await;

        setting.office.door_applied(setting.property, gym).await.unwrap();
        setting.do_it(&ChangeKey { key: morning, doors: vec![daily(gym, 7, 13), always(flat)] }).await;
        agree(&setting).await;
        let tasks = setting.do_it(&DeleteKey { key: all }).await;
        assert_eq!(tasks.iter().map(|task| task.door).collect::<BTreeSet<_>>(), BTreeSet::from([flat, gym]));
        agree(&setting).await;
        let people = setting.ask(&ListPeople::default()).await;
        for line in people.iter().take(3) {
            setting.do_it(&RevokeAll { person: line.person }).await;
        }
        agree(&setting).await;
    });
}

/// among codes of four digits, hundreds that are drawn together meet; nobody gets another's.
#[test]
fn doorcodes_that_are_made_together_are_all_different() {
    on_every_engine(async |mut setting| {
        let flat = setting.door("Flat 1", DoorType::Residence).await;
        setting.key("Flat 1", &[flat]).await;
        setting.do_it(&SetResidenceCodeLength { length: CodeLength::FOUR }).await;
        import(&mut setting, PEOPLE, &["Flat 1"]).await;
        let rows = setting.rows(flat).await;
        let code =
            |row: &Row| if let Row::Doorcode(code, _) = row { code.text().to_string() } else { panic!() };
        assert_eq!(rows.iter().map(code).collect::<BTreeSet<_>>().len(), PEOPLE);
    });
}

const LIST_ROW: RawTable = RawTable {
    name: "list_row",
    columns: &[
        ("property_id", Bytes),
        ("door_id", Bytes),
        ("fingerprint", Bytes),
        ("holder_id", Bytes),
        ("sealed", Bytes),
        ("schedule", Number),
        ("present", Number),
        ("left_once", Number),
        ("changed", Number),
    ],
};

/// Rows of nobody in particular at a door.
async fn fill(setting: &Setting, door: DoorId, numbers: core::ops::Range<u64>, present: i64) {
    let row = |number: u64| {
        let fingerprint = [number.to_be_bytes(), [0; 8]].concat();
        let bytes = [setting.property.0.to_vec(), door.0.to_vec(), fingerprint, vec![0; 8], vec![0; 92]];
        let numbers = [0, present, 1, 0];
        let bytes = bytes.map(|bytes| RawValue::Bytes(Some(bytes))).into_iter();
        bytes.chain(numbers.map(|number| RawValue::Number(Some(number)))).collect()
    };
    let mut raw = setting.store.raw().await.unwrap();
    raw.fill(&LIST_ROW, numbers.map(row).collect()).await.unwrap();
    raw.commit().await.unwrap();
}

/// a door takes 20,000 rows. What it is still to remove does not count.
#[test]
fn a_full_list_takes_nobody_in() {
    on_every_engine(async |mut setting| {
        let [gym, gate] =
            [setting.door("Gym", DoorType::Communal).await, setting.door("Gate", DoorType::Communal).await];
        let [key, other] = [setting.key("Gym", &[gym]).await, setting.key("Gate", &[gate]).await];
        fill(&setting, gym, 0..19_999, 1).await;
        fill(&setting, gym, 20_000..20_010, 0).await;
        setting.invite("ada", &[key]).await;
        let ben = setting.invitation("ben", &[key, other]);
        let refused = setting.try_do(&ben).await;
        assert!(matches!(refused, Err(Error::Invalid(Invalid::ListFull))), "{refused:?}");
        assert_eq!(setting.ask(&ListPeople::default()).await.len(), 1);
        setting.invite("ben", &[other]).await;
    });
}
