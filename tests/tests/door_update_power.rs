//! The power fails in every flash operation of an update, and of what the door does behind it: the list is the one before or the one
//! after, and the next phone brings what is lacking (invariant I3).

use thumbturn_lock::platform::Board;
use thumbturn_protocol::bounded::Bytes;
use thumbturn_protocol::record::Record;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_simulator::nor::{Moment, NorFlash};
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::bench_flash::BenchFlash;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::Courier;
use thumbturn_tests::list_stage::{ListStage, stranger};

const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Middle, Moment::After];
/// Deltas of one row, two slots each, after which the next makes the overlay be merged into the slot.
const DELTAS: u8 = 189;

/// Operations of which each is cut: the update and its switch. Of the erases behind them some are.
const EACH: u64 = 120;

/// A door with this chip in the place of the stage's own.
fn with_chip(stage: &mut ListStage, chip: NorFlash) {
    let door = std::mem::replace(&mut stage.property.door, BenchDoor::new(0));
    let Board { random, hardware, .. } = door.into_board();
    let flash = BenchFlash::from_chip(chip);
    stage.property.door = BenchDoor::boot(Board { flash, random, hardware }).expect("the door boots");
}

/// The neighbour brings a parcel, and a power cut is due; goes on for a minute, in which the door does all that is to be done.
fn bring(stage: &mut ListStage, parcel: &Parcel, operation: u64, moment: Moment) {
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    door.flash.cut_power(operation, moment);
    let mut courier = Courier::new(parcel);
    let header = Bytes::try_from(parcel.header().as_bytes()).expect("a header");
    session.say(door, &Record::Offer(header));
    for chunk in 0..parcel.size().chunks() {
        for record in courier.records(chunk) {
            if door.flash.is_powered() && !door.has_ended(session.connection) {
                session.say(door, &record);
            }
        }
    }
    door.pass(60_000);
}

/// Cuts every flash operation of an update of the door as it is; gives how many there were.
fn cut_everywhere(stage: &mut ListStage, parcel: &Parcel) -> u64 {
    let chip = stage.property.door.flash.copy();
    let list = stage.property.door.engine().storage_mut().list_store();
    let before = (list.edition(), list.digest());
    let digest = *stage.list.digest().expect("sensible settings").as_bytes();
    let mut most = 0;
    for moment in MOMENTS {
        for operation in (0..EACH).chain((EACH..).step_by(37)) {
            with_chip(stage, chip.clone());
            bring(stage, parcel, operation, moment);
            let was_cut = !stage.property.door.flash.is_powered();
            let door = std::mem::replace(&mut stage.property.door, BenchDoor::new(0));
            stage.property.door = door.reboot();
            let list = stage.property.door.engine().storage_mut().list_store();
            let now = (list.edition(), list.digest());
            let after = list.version() == stage.list.version() && list.digest() == Some(digest);
            assert!(now == before || after, "cut {moment:?} in operation {operation}: {now:?}");
            // The next phone brings the rest, or finds that nothing is lacking.
            if !after {
                let door = &mut stage.property.door;
                door.pass(3_000);
                let mut session = Conversation::begin(&mut stage.neighbour, door);
                Courier::new(parcel).deliver(&mut session, door);
                door.disconnect(session.connection);
            }
            stage.assert_same_list();
            if !was_cut {
                most = most.max(operation);
                break;
            }
        }
    }
    most
}

#[test]
fn a_snapshot_of_three_chunks_and_the_erases_behind_it() {
    let (mut stage, snapshot) = ListStage::with_long_snapshot(1);
    stage.pass_a_minute();
    let operations = cut_everywhere(&mut stage, &snapshot);
    assert!(operations > 320, "chunks, the switch, and the slot that is erased: {operations}");
}

#[test]
fn a_delta_and_the_merge_behind_it() {
    let mut stage = ListStage::begun(2);
    for number in 0..DELTAS {
        stage.deny(stranger(number));
        let delta = stage.delta();
        let door = &mut stage.property.door;
        door.pass(3_000);
        let mut session = Conversation::begin(&mut stage.neighbour, door);
        Courier::new(&delta).deliver(&mut session, door);
        door.disconnect(session.connection);
        stage.assert_same_list();
    }
    stage.deny(stranger(DELTAS));
    let delta = stage.delta();
    let operations = cut_everywhere(&mut stage, &delta);
    assert!(operations > 320, "the delta, the merge, its switch, and the slot that is erased: {operations}");
}
