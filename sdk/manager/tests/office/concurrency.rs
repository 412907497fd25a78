//! Several processes write at once, to one property and to others: nothing is lost, and nobody waits for another property.

use std::collections::BTreeSet;

use thumbturn_manager::office::model::{DoorType, EmailAddress, Name, PersonName};
use thumbturn_manager::office::use_case::door::{AddDoor, ListDoors};
use thumbturn_manager::office::use_case::people::{InvitePerson, ListPeople};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::{Actor, Office};
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time::UnixSeconds;

use crate::address::Address;
use crate::agreement;
use crate::process::{parse, print, start};
use crate::setting::{Counting, MONDAY, host, on_every_engine};

const PROCESSES: usize = 3;
/// What each process does at each of its properties.
const ROUNDS: usize = 6;
const LOOKS: usize = 200;

/// Revisions have no gap, the chain of the audit log holds, and lists say what the rule says.
#[test]
fn processes_that_write_at_once_lose_nothing() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        setting.key("Flat 1", &[home]).await;
        let (address, property) = (setting.address.to_string(), print(setting.property));
        let processes: Vec<_> = (0..PROCESSES)
            .map(|number| start(&["write", &address, &property, &number.to_string()]))
            .collect();
        let mut numbers = Vec::new();
        for process in processes {
            let output = process.wait_with_output().unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{printed}");
            let own = printed.lines().find_map(|line| line.strip_prefix("property ")).unwrap();
            complete(&setting.office, parse(own), numbers.len()..=numbers.len()).await;
            agreement::check_store(setting.store.clone(), parse(own)).await;
            numbers.push(own.to_owned());
        }
        complete(&setting.office, setting.property, 0..=PROCESSES - 1).await;
        agreement::check_store(setting.store.clone(), setting.property).await;
        let everything = setting.office.everything(setting.property).await.unwrap();
        // The door and the Key of before, a door and a person each time.
        assert_eq!(usize::try_from(everything.revision), Ok(2 + PROCESSES * ROUNDS * 2));
    });
}

/// Whether everything is there that these processes wrote at a property.
async fn complete(office: &Office, property: PropertyId, processes: core::ops::RangeInclusive<usize>) {
    let now = UnixSeconds::new(MONDAY).unwrap();
    let doors = office.ask(Actor::Host, property, &ListDoors, now).await.unwrap();
    let people = office.ask(Actor::Host, property, &ListPeople::default(), now).await.unwrap();
    let doors: BTreeSet<String> = doors.into_iter().map(|door| door.name).collect();
    let people: BTreeSet<String> = people.into_iter().map(|person| person.email).collect();
    for number in processes {
        for round in 0..ROUNDS {
            assert!(doors.contains(&door_name(number, round)), "{doors:?}");
            let invited = people.iter().any(|email| email.starts_with(&format!("person-{number}-{round}-")));
            assert!(invited, "{people:?}");
        }
    }
}

fn door_name(number: usize, round: usize) -> String {
    format!("Door {number}-{round}")
}

/// One of the processes: adds doors and invites people at the shared property and at one of its own.
pub(crate) async fn write(address: &str, shared: PropertyId, number: &str) {
    let office = Office::new(Address::parse(address).open().await, host());
    let mut random = Counting::new();
    let own = open_property(&office, shared, &mut random).await;
    println!("property {}", print(own));
    let number = number.parse().unwrap();
    for round in 0..ROUNDS {
        for property in [shared, own] {
            let door = AddDoor {
                name: Name::parse(&door_name(number, round)).unwrap(),
                kind: DoorType::Communal,
                is_connected: false,
            };
            let now = UnixSeconds::new(MONDAY).unwrap();
            office.perform(Actor::Host, property, &door, now, &mut random).await.unwrap();
            let key = office.everything(property).await.unwrap().keys[0];
            let invitation = InvitePerson {
                email: email(&format!("person-{number}-{round}"), property),
                name: PersonName::parse("Ada", "Moss").unwrap(),
                unit: None,
                keys: BTreeSet::from([key]),
                role: thumbturn_manager::access::Role::Resident,
                may_share: false,
                start: None,
                end: None,
            };
            office.perform(Actor::Host, property, &invitation, now, &mut random).await.unwrap();
        }
    }
}

/// A property with a door and a Key, whose manager all processes share: they make his account at the same time.
async fn open_property(office: &Office, shared: PropertyId, random: &mut Counting) -> PropertyId {
    let now = UnixSeconds::new(MONDAY).unwrap();
    let (name, manager) = (Name::parse("Portfolio").unwrap(), PersonName::parse("Pat", "Manager").unwrap());
    let founder = (&email("pat", shared), &manager);
    let (portfolio, _) = office.found(&name, founder, now, random).await.unwrap();
    let draft = PropertyDraft {
        name: Name::parse("Elm Street 2").unwrap(),
        zone: "Europe/Berlin".to_owned(),
        retention_days: 730,
    };
    let property = office.open_property(Actor::Host, portfolio, &draft, now, random).await.unwrap();
    let name = Name::parse("Entrance").unwrap();
    let door = AddDoor { name: name.clone(), kind: DoorType::BuildingEntrance, is_connected: false };
    let door = office.perform(Actor::Host, property, &door, now, random).await.unwrap();
    let doors = vec![crate::setting::always(door)];
    let key = thumbturn_manager::office::use_case::key::CreateKey { name, doors };
    office.perform(Actor::Host, property, &key, now, random).await.unwrap();
    property
}

fn email(who: &str, property: PropertyId) -> EmailAddress {
    EmailAddress::parse(&format!("{who}-{}@example.com", print(property))).unwrap()
}

/// Whoever comes second at a property waits for the first, on every engine.
#[test]
fn a_writer_waits_for_another_of_the_same_property() {
    on_every_engine(async |mut setting| {
        let held = setting.office.hold(setting.property).await.unwrap();
        let (other, property, now) = (setting.office.clone(), setting.property, setting.now);
        let waiting = tokio::spawn(async move { add_gate(&other, property, now).await });
        // Somebody who only looks does not wait, and does so often enough for a writer who does not wait either.
        for _ in 0..LOOKS {
            setting.ask(&ListDoors).await;
        }
        assert!(!waiting.is_finished());
        held.release().await.unwrap();
        waiting.await.unwrap();
        setting.door("Garage", DoorType::Communal).await;
    });
}

/// On Postgres nobody waits for a writer of another property. SQLite has one writer in all.
#[cfg(feature = "postgres")]
#[test]
fn a_writer_does_not_wait_for_those_of_other_properties() {
    use crate::setting::Setting;

    let Some(url) = crate::setting::postgres() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // Whoever would wait for ever fails after so long. No figure is measured.
        let for_ever = core::time::Duration::from_secs(60);
        let one = Setting::with_random(Address::Postgres(url.clone()), None, Counting::new()).await;
        let other = Setting::with_random(Address::Postgres(url), None, Counting::new()).await;
        let held = one.office.hold(one.property).await.unwrap();
        let written = add_gate(&other.office, other.property, other.now);
        tokio::time::timeout(for_ever, written).await.expect("it waits for another property");
        held.release().await.unwrap();
        add_gate(&one.office, one.property, one.now).await;
    });
}

async fn add_gate(office: &Office, property: PropertyId, now: UnixSeconds) {
    let door =
        AddDoor { name: Name::parse("Gate").unwrap(), kind: DoorType::BuildingEntrance, is_connected: false };
    office.perform(Actor::Host, property, &door, now, &mut Counting::new()).await.unwrap();
}
