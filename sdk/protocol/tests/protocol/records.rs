//! Records after the answer (spec §7).

use proptest::prelude::*;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::record::{ActuatorResult, Record, Records, Side};

use crate::{cast, damage, strategies};

fn ends() -> (Records, Records) {
    let session = cast::session(&cast::hello(1));
    (Records::new(&session, Side::Phone), Records::new(&session, Side::Door))
}

fn moved() -> Record {
    Record::Actuator { operation: OperationId([5; 8]), result: ActuatorResult::Moved }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_records_arrive_in_both_directions(
        records in proptest::collection::vec((any::<bool>(), strategies::record()), 1..50),
    ) {
        let (mut phone, mut door) = ends();
        for (to_door, record) in records {
            let (sender, receiver) = if to_door { (&mut phone, &mut door) } else { (&mut door, &mut phone) };
            let payload = sender.seal(&record).unwrap();
            prop_assert_eq!(receiver.open(&payload).unwrap(), record);
        }
    }

    #[test]
    fn lost_records_leave_gaps_and_nothing_else(lost in proptest::collection::vec(any::<bool>(), 1..50)) {
        let (mut phone, mut door) = ends();
        for lost in lost {
            let payload = door.seal(&moved()).unwrap();
            if !lost {
                prop_assert_eq!(phone.open(&payload).unwrap(), moved());
            }
        }
    }
}

#[test]
fn every_damaged_record_ends_the_session() {
    let (mut phone, mut door) = ends();
    let good = door.seal(&moved()).unwrap();
    assert_eq!(phone.open(&good), Ok(moved()));
    let later = door.seal(&moved()).unwrap();
    for damaged in damage::all(&good) {
        let (mut phone, _) = ends();
        assert!(phone.open(&damaged).is_err(), "{damaged:02x?}");
        // Not even an honest record is taken after it.
        assert_eq!(phone.open(&later), Err(Error::Exhausted));
    }
}

#[test]
fn a_record_twice_or_late_ends_the_session() {
    let (_, mut door) = ends();
    let sent: Vec<_> = (0..4).map(|_| door.seal(&moved()).unwrap()).collect();
    for first in 0..sent.len() {
        for second in 0..sent.len() {
            let (mut phone, _) = ends();
            assert!(phone.open(&sent[first]).is_ok());
            assert_eq!(phone.open(&sent[second]).is_ok(), second > first, "{second} after {first}");
        }
    }
}

#[test]
fn a_record_sent_back_to_its_sender_is_refused() {
    let (mut phone, mut door) = ends();
    let payload = door.seal(&moved()).unwrap();
    assert_eq!(door.open(&payload), Err(Error::NotAuthentic));
    let payload = phone.seal(&Record::ClaimConfirm).unwrap();
    assert_eq!(phone.open(&payload), Err(Error::NotAuthentic));
}

#[test]
fn a_record_of_another_session_is_refused() {
    let other = cast::session(&cast::hello(2));
    let payload = Records::new(&other, Side::Door).seal(&moved()).unwrap();
    let (mut phone, _) = ends();
    assert_eq!(phone.open(&payload), Err(Error::NotAuthentic));
}

#[test]
fn equal_records_look_different_each_time() {
    let (_, mut door) = ends();
    let (one, other) = (door.seal(&moved()).unwrap(), door.seal(&moved()).unwrap());
    assert_ne!(one[4..], other[4..]);
}
