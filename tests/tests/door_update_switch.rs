//! The moment in which a list is switched: nothing that comes in it parts the door from its new list (spec §10.7).

use thumbturn_lock::storage::list::ListStore;
use thumbturn_protocol::event::Event;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::record::Record;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::Courier;
use thumbturn_tests::list_stage::{ListStage, stranger};
use thumbturn_tests::property::at;

/// Beyond what the door writes from the last piece of a short parcel on.
const OPERATIONS: u64 = 16;

fn next_parcel(stage: &mut ListStage, is_delta: bool) -> Parcel {
    stage.deny(stranger(1));
    if is_delta { stage.delta() } else { stage.snapshot() }
}

/// Hands over all of a short parcel; the door has done nothing yet with the last piece.
fn hand_over(parcel: &Parcel, session: &mut Conversation, door: &mut BenchDoor) {
    let mut courier = Courier::new(parcel);
    assert_eq!(courier.chunks(), 1);
    courier.offer(session, door);
    let mut records = courier.records(0);
    let last = records.pop().expect("a piece");
    for record in records {
        session.say(door, &record);
    }
    session.say_unpolled(door, &last);
}

fn list_in_flash(door: &BenchDoor) -> ListVersion {
    let mut flash = door.flash.clone();
    ListStore::open(&mut flash).expect("the flash can be read").version()
}

#[test]
fn a_rotation_right_after_the_switch_does_not_part_the_door_from_its_list() {
    for is_delta in [true, false] {
        let mut stage = ListStage::begun(1);
        let parcel = next_parcel(&mut stage, is_delta);
        let rotation = stage.property.authority.rotate(Some(at(86_400)), at(0)).expect("a rotation");
        let (door, version) = (&mut stage.property.door, stage.list.version());
        let mut session = Conversation::begin(&mut stage.neighbour, door);
        hand_over(&parcel, &mut session, door);
        while door.engine().storage_mut().list_store().version() != version {
            assert_eq!(door.step(), None, "it has to do");
        }
        session.say_unpolled(door, &Record::Rotation(rotation.into()));
        door.settle();
        let _ = session.heard(door);
        assert_eq!(session.state(door).list_version, version, "delta: {is_delta}");
        let tells =
            |event: &Event| matches!(event, Event::UpdateApplied { version: told } if *told == version);
        assert!(door.log().iter().any(|logged| tells(&logged.event)), "delta: {is_delta}");
    }
}

#[test]
fn a_door_whose_flash_fails_in_the_switch_speaks_of_the_list_that_it_has() {
    let mut switched = 0;
    for is_delta in [true, false] {
        for operation in 0..OPERATIONS {
            for moment in [Moment::Before, Moment::Middle, Moment::After] {
                let mut stage = ListStage::begun(2);
                let parcel = next_parcel(&mut stage, is_delta);
                let door = &mut stage.property.door;
                let mut session = Conversation::begin(&mut stage.neighbour, door);
                hand_over(&parcel, &mut session, door);
                door.flash.fail_operation(operation, moment);
                door.settle();
                door.flash.power_on();
                let _ = session.heard(door);
                let version = list_in_flash(door);
                let case = format!("delta: {is_delta}, operation {operation}, {moment:?}");
                assert_eq!(session.state(door).list_version, version, "{case}");
                switched += usize::from(version == stage.list.version());
            }
        }
    }
    assert!(switched > 60, "{switched}");
}
