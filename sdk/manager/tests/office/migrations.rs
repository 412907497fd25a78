//! Stores of older programs open, and those of newer ones are left alone.
//!
//! `samples/schema-N.db` is a store as the program with schema N wrote it, with invented people. It is never written anew. For the sample of
//! the present schema: `THUMBTURN_SAMPLES=tests/office/samples cargo test -p thumbturn-manager --test office sample_of_this_schema`.

use std::fs;
use std::path::{Path, PathBuf};

use thumbturn_manager::office::model::DoorType;
use thumbturn_manager::office::use_case::door::{ListDoors, OpenTasks};
use thumbturn_manager::office::use_case::people::{ListPeople, RevokeAll};
use thumbturn_manager::office::{Actor, Office, Store, StoreError};
use thumbturn_protocol::time::UnixSeconds;

use crate::address::Address;
use crate::agreement;
use crate::setting::{Counting, DAY, MONDAY, Setting, host, on_every_engine};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/office/samples")
}

/// Every sample: what was in it is there, doors still know what the rule says, and work goes on.
#[test]
fn stores_of_older_programs_open_and_answer() {
    let mut tried = 0;
    for sample in fs::read_dir(samples()).unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("office.db");
        fs::copy(sample.unwrap().path(), &file).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(opens_and_answers(&file));
        tried += 1;
    }
    assert!(tried >= 1, "the sample of schema 1 is missing");
}

async fn opens_and_answers(file: &Path) {
    let store = Store::open_file(file).await.unwrap();
    let office = Office::new(store.clone(), host());
    let properties = office.properties(Actor::Host).await.unwrap();
    assert_eq!(properties.len(), 1);
    let (line, now) = (&properties[0], UnixSeconds::new(MONDAY).unwrap());
    assert_eq!((line.name.as_str(), line.zone.as_str()), ("Elm Street 1", "Europe/Berlin"));
    let property = line.property;
    let doors = office.ask(Actor::Host, property, &ListDoors, now).await.unwrap();
    let names: Vec<_> = doors.iter().map(|door| door.name.as_str()).collect();
    assert_eq!(names, ["Flat 1", "Gate"]);
    let people = office.ask(Actor::Host, property, &ListPeople::default(), now).await.unwrap();
    let names: Vec<_> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["ada Moss", "cleo Moss"]);
    agreement::check_store(store.clone(), property).await;

    let before = office.ask(Actor::Host, property, &OpenTasks, now).await.unwrap();
    assert_eq!(before.len(), 2);
    let revoke = RevokeAll { person: people[0].person };
    office.perform(Actor::Host, property, &revoke, now, &mut Counting::new()).await.unwrap();
    agreement::check_store(store, property).await;
}

/// Two people with two Keys, one of them for later, a third who was deleted.
async fn fill(setting: &mut Setting) {
    let flat = setting.door("Flat 1", DoorType::Residence).await;
    let gate = setting.door("Gate", DoorType::BuildingEntrance).await;
    let home = setting.key("Flat 1", &[flat, gate]).await;
    let way = setting.key("Gate", &[gate]).await;
    setting.invite("ada", &[home]).await;
    let mut later = setting.invitation("cleo", &[way]);
    (later.start, later.end) = (Some(setting.now.plus(DAY)), Some(setting.now.plus(40 * DAY).into()));
    setting.do_it(&later).await;
    let gone = setting.invite("ben", &[home, way]).await.person;
    setting.do_it(&thumbturn_manager::office::use_case::people::DeletePerson { person: gone }).await;
}

/// Writes it where `THUMBTURN_SAMPLES` names a folder in which it is not yet, and always tries what would be written.
#[test]
fn sample_of_this_schema() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("office.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut setting = Setting::with_random(Address::File(file.clone()), None, Counting::seeded(1)).await;
        fill(&mut setting).await;
        setting.store.close().await;
        #[expect(clippy::disallowed_methods, reason = "asked for by hand")]
        if let Ok(samples) = std::env::var("THUMBTURN_SAMPLES") {
            let sample = Path::new(&samples).join(format!("schema-{}.db", Store::schema()));
            assert!(!sample.exists(), "what an older program wrote is not written anew");
            fs::copy(&file, sample).unwrap();
        }
        opens_and_answers(&file).await;
    });
}

#[test]
fn the_store_of_a_newer_program_is_refused() {
    on_every_engine(async |setting| {
        // The server's one database is also that of the other tests.
        let Address::File(file) = &setting.address else { return };
        let newer = u32::try_from(Store::schema()).unwrap() + 1;
        setting.store.claim_schema(newer).await.unwrap();
        let refused = Store::open_file(file).await;
        assert!(
            matches!(refused, Err(StoreError::SchemaTooNew { found, known }) if found == newer && known == newer - 1),
            "{refused:?}"
        );
    });
}
