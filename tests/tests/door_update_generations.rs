//! Updates over a rotation of the property's keys: a void key leaves nothing behind that is applied, or that keeps others out
//! (spec §10.7, §10.8).

use thumbturn_lock::storage::list::ParcelKind;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::record::{Progress, Record, UpdateRefusal};
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::{Courier, applied, refused};
use thumbturn_tests::list_stage::{ListStage, stranger};
use thumbturn_tests::property::at;

/// Seconds after the claim by which the minutes since 2024 are the highest version there is.
const END_OF_VERSIONS: i64 = 300_000_000_000;

/// The root voids the key that signed so far; the neighbour brings that, with a grant of the new key.
fn rotate(stage: &mut ListStage) {
    let rotation = stage.property.authority.rotate(None, at(stage.seconds)).expect("a rotation");
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    session.say(door, &Record::Rotation(rotation.into()));
    door.disconnect(session.connection);
    renew(stage);
}

/// The same, and the power can be cut at once.
fn rotate_until_parcels_are_dropped(stage: &mut ListStage) {
    let rotation = stage.property.authority.rotate(None, at(stage.seconds)).expect("a rotation");
    let mut session = Conversation::begin(&mut stage.neighbour, &mut stage.property.door);
    session.say_unpolled(&mut stage.property.door, &Record::Rotation(rotation.into()));
    while staged(stage).is_some() {
        assert_eq!(stage.property.door.step(), None, "it has to do");
    }
}

fn renew(stage: &mut ListStage) {
    let terms = GrantTerms::resident(at(stage.seconds));
    stage.property.grant_again(&mut stage.neighbour, &terms);
    stage.pass_a_minute();
}

fn staged(stage: &mut ListStage) -> Option<[u8; 8]> {
    let list = stage.property.door.engine().storage_mut().list_store();
    list.staged(ParcelKind::Snapshot).map(|staged| staged.parcel.update)
}

/// The neighbour brings the first chunks of a parcel.
fn bring_chunks(stage: &mut ListStage, parcel: &Parcel, chunks: u16) {
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let mut courier = Courier::new(parcel);
    assert_eq!(courier.offer(&mut session, door), Progress::Next { chunk: 0, offset: 0 });
    for chunk in 0..chunks {
        courier.send_chunk(&mut session, door, chunk);
    }
    door.disconnect(session.connection);
    stage.pass_a_minute();
}

#[test]
fn the_highest_version_of_a_stolen_key_gives_way_to_the_first_list_of_the_next() {
    let mut stage = ListStage::begun(1);
    let honest = stage.seconds;
    stage.seconds = END_OF_VERSIONS;
    stage.deny(stranger(1));
    let stolen = stage.delta();
    assert_eq!(stage.list.version(), ListVersion(u32::MAX));
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    assert_eq!(Courier::new(&stolen).deliver(&mut session, door), applied(ListVersion(u32::MAX)));
    door.disconnect(session.connection);
    stage.seconds = honest;
    stage.pass_a_minute();

    rotate(&mut stage);
    // The authority knows nothing of the thief's list.
    let configuration = stage.property.configuration.clone();
    stage.list = stage.property.authority.list_of(&configuration).expect("a seeded source");
    stage.deny(stranger(2));
    let snapshot = stage.snapshot();
    assert!(stage.list.version() < ListVersion(u32::MAX));
    stage.carries(&snapshot);
    stage.property.door = stage.property.door.reboot();
    stage.assert_same_list();
    // And versions count on from there.
    stage.deny(stranger(3));
    let delta = stage.delta();
    stage.carries(&delta);
    let replayed = {
        let door = &mut stage.property.door;
        let mut session = Conversation::begin(&mut stage.neighbour, door);
        let replayed = Courier::new(&stolen).deliver(&mut session, door);
        door.disconnect(session.connection);
        replayed
    };
    assert_eq!(replayed, refused(UpdateRefusal::NotAuthentic));
    stage.assert_same_list();
}

#[test]
fn half_a_parcel_of_a_void_key_keeps_none_out_that_the_next_has_signed() {
    for cut in [false, true] {
        let (mut stage, stolen) = ListStage::with_long_snapshot(2);
        let honest = stage.seconds;
        bring_chunks(&mut stage, &stolen, 2);
        if cut {
            // What was thrown away is there again: it was not erased yet.
            rotate_until_parcels_are_dropped(&mut stage);
            stage.property.door = stage.property.door.reboot();
            assert_eq!(staged(&mut stage), Some(stolen.id().0));
            renew(&mut stage);
        } else {
            rotate(&mut stage);
        }
        stage.seconds = honest;
        let configuration = stage.property.configuration.clone();
        stage.list = stage.property.authority.list_of(&configuration).expect("a seeded source");
        for number in 0..120 {
            stage.deny(stranger(number));
        }
        // The same versions once more: a snapshot of the new key that leads no further, and is no shorter than what is left.
        let snapshot = stage.snapshot();
        stage.carries(&snapshot);
        stage.property.door = stage.property.door.reboot();
        stage.assert_same_list();
    }
}

#[test]
fn a_whole_parcel_of_a_void_key_is_not_applied_after_a_power_cut() {
    let (mut stage, stolen) = ListStage::with_long_snapshot(3);
    let before = stage.property.door.engine().storage_mut().list_store().digest();
    bring_chunks(&mut stage, &stolen, 2);
    let rotation = stage.property.authority.rotate(None, at(stage.seconds)).expect("a rotation");
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let mut courier = Courier::new(&stolen);
    courier.offer(&mut session, door);
    for record in courier.records(2) {
        session.say_unpolled(door, &record);
    }
    // The rotation comes while the door begins to apply.
    while !session
        .heard(door)
        .iter()
        .any(|record| matches!(record, Record::Progress { progress: Progress::Applying, .. }))
    {
        assert_eq!(door.step(), None, "it has to do");
    }
    session.say_unpolled(door, &Record::Rotation(rotation.into()));
    door.settle();
    for _ in 0..2 {
        let list = stage.property.door.engine().storage_mut().list_store();
        assert_eq!(list.digest(), before);
        stage.property.door = stage.property.door.reboot();
    }
    renew(&mut stage);
    stage.deny(stranger(200));
    let snapshot = stage.snapshot();
    stage.carries(&snapshot);
}
