//! Taking an intent back, at any instant of it.

use std::time::Duration;

use crate::building::Building;
use thumbturn_phone::unlock::UnlockError;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::trace::PacketKind;

/// A cancel at every few milliseconds of a first and of a repeat unlock.
#[test]
fn cancel_is_truthful_at_any_instant() {
    for repeat in [false, true] {
        let (mut cancelled, mut opened) = (0, 0);
        for delay in (0..2_400).step_by(12) {
            let mut building = Building::with_door(1);
            let resident = building.resident(PhoneProfile::android());
            if repeat {
                building.unlock(&resident).unwrap();
                building.world.run_for(Duration::from_secs(10));
            }
            let before = building.movements();
            let started = building.world.now();
            let mark = building.world.mark();
            let result = building.unlock_and_cancel(&resident, Duration::from_millis(delay));
            building.world.run_for(Duration::from_secs(20));
            let moved = building.movements() - before;
            match result {
                Ok(_) => {
                    opened += 1;
                    assert_eq!(moved, 1, "reported open at {delay} ms");
                }
                Err(UnlockError::Cancelled) => {
                    cancelled += 1;
                    assert_eq!(moved, 0, "reported cancelled at {delay} ms, but the bolt moved");
                }
                Err(UnlockError::OutcomeUnknown) => assert!(moved <= 1),
                Err(other) => panic!("{other} at {delay} ms"),
            }
            // Nothing is written after the cancel but what was under way already.
            let writes = building
                .world
                .trace_after(mark)
                .packets()
                .filter(|(at, packet)| {
                    packet.kind == PacketKind::WriteCommand
                        && at.since(started) > Duration::from_millis(delay + 200)
                })
                .count();
            assert_eq!(writes, 0, "at {delay} ms");
        }
        assert!(cancelled > 5 && opened > 5, "{cancelled} cancelled, {opened} opened");
    }
}

#[test]
fn cancelled_before_it_began_is_cancelled_at_once() {
    let mut building = Building::with_door(2);
    let resident = building.resident(PhoneProfile::android());
    let started = building.world.now();
    assert_eq!(building.unlock_and_cancel(&resident, Duration::ZERO), Err(UnlockError::Cancelled));
    assert!(building.world.now().since(started) < Duration::from_millis(50));
}

#[test]
fn next_intent_after_a_cancel_opens() {
    for delay in (0..1_500).step_by(100) {
        let mut building = Building::with_door(3);
        let resident = building.resident(PhoneProfile::android());
        let _ = building.unlock_and_cancel(&resident, Duration::from_millis(delay));
        assert!(building.unlock(&resident).is_ok(), "after a cancel at {delay} ms");
    }
}
