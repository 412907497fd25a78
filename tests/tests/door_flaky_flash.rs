//! A flash that fails once and works on: what the door owes to it is tried again (spec §6.1).

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::event::Event;
use thumbturn_protocol::ids::Serial;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::list_update;
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::Property;

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
/// Beyond what one request makes the door write.
const OPERATIONS: u64 = 6;
const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Middle, Moment::After];

/// A phone that has unlocked before, and its door.
fn stage(seed: u64) -> (BenchDoor, ManualPhone) {
    let mut property = Property::new(seed);
    let phone = property.ticket_holder();
    (property.door, phone)
}

/// Unlocks at a door whose flash fails in one of the operations that come, whichever, and lets somebody pass by. How often
/// the outcome was this one, and what then holds.
fn try_failures(
    stage: impl Fn() -> (BenchDoor, ManualPhone),
    outcome: Outcome,
    check: impl Fn(BenchDoor, ManualPhone),
) -> usize {
    let mut times = 0;
    for operation in 0..OPERATIONS {
        for moment in MOMENTS {
            let (mut door, mut phone) = stage();
            door.flash.fail_operation(operation, moment);
            let reply = phone.try_fast(&mut door, 1, 1);
            door.pass(2_000);
            door.flash.power_on();
            if matches!(reply, Reply::Answer(answer) if answer.outcome == outcome) {
                times += 1;
                check(door, phone);
            }
        }
    }
    times
}

#[test]
fn a_denied_chain_is_forgotten_although_the_flash_failed_once() {
    let stage = || {
        let (door, phone) = stage(1_301);
        let grant = phone.grant();
        let void_before = Serial(grant.serial.0 + 1);
        let entry = DenyEntry { subject: DenySubject::Holder(grant.holder), void_before };
        (list_update::deny(door, entry), phone)
    };
    let times = try_failures(stage, Outcome::Denied, |mut door, _| {
        assert_eq!(door.engine().storage_mut().chains(), 0);
    });
    assert_eq!(times, 18, "a denial needs no flash");
}

#[test]
fn the_next_ticket_outlives_a_power_cut_although_the_flash_failed_once() {
    let times = try_failures(
        || stage(1_302),
        ACCEPTED,
        |door, mut phone| assert_eq!(phone.try_fast(&mut door.reboot(), 1, 1).outcome(), ACCEPTED),
    );
    assert!(times >= 12, "{times}");
}

#[test]
fn what_the_bolt_did_is_in_the_log_although_the_flash_failed_once() {
    let times = try_failures(
        || stage(1_303),
        ACCEPTED,
        |mut door, _| {
            let operations = door.bolt_moves();
            assert_eq!(operations.len(), 2);
            for moved in operations {
                let tells =
                    |event: &Event| matches!(event, Event::Actuator { operation, .. } if *operation == moved);
                assert!(door.log().iter().any(|logged| tells(&logged.event)));
            }
        },
    );
    assert!(times >= 12, "{times}");
}
