//! The bolt, the motor and the log behind it (spec §8.5 steps 9 and 10, §8.7).

use thumbturn_lock::hardware::{HardwareEvent, Readiness};
use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::event::Event;
use thumbturn_protocol::ids::OperationId;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::manual_phone::Reply;
use thumbturn_tests::property::Property;

use super::{ACCEPTED, NOT_RECOGNISED, assert_refused, outcomes, phones, resident};

#[test]
fn a_door_whose_motor_moves_is_busy() {
    let mut property = Property::new(421);
    let mut phones = phones(&mut property, &resident());
    let mut other = property.phone(&resident());
    property.door.hardware().motor_reports = None;
    assert_eq!(other.unlock_full(&mut property.door), ACCEPTED);
    assert_refused(&mut property.door, &mut phones, Outcome::Busy);
    property.door.happens(HardwareEvent::BoltMoved);
    property.door.hardware().motor_reports = Some(HardwareEvent::BoltMoved);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
}

#[test]
fn a_motor_that_never_reports_is_given_up_and_the_door_locks() {
    let mut property = Property::new(422);
    let mut phones = phones(&mut property, &resident());
    let mut other = property.phone(&resident());
    property.door.pass(10_000);
    property.door.hardware().motor_reports = None;
    let relocks = property.door.hardware().relocks;
    assert_eq!(other.unlock_full(&mut property.door), ACCEPTED);
    property.door.pass(4_999);
    assert_refused(&mut property.door, &mut phones, Outcome::Busy);
    property.door.pass(1);
    assert_eq!(property.door.hardware().relocks, relocks);
    property.door.pass(5_000);
    assert_eq!(property.door.hardware().relocks, relocks + 1, "it may have opened");
    property.door.hardware().motor_reports = Some(HardwareEvent::BoltMoved);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
}

#[test]
fn a_door_locks_when_its_time_is_over_and_when_it_starts() {
    let mut property = Property::new(423);
    let mut phone = property.phone(&resident());
    let relocks = property.door.hardware().relocks;
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    property.door.pass(4_999);
    assert_eq!(property.door.hardware().relocks, relocks);
    property.door.pass(1);
    assert_eq!(property.door.hardware().relocks, relocks + 1);
    property.door.pass(60_000);
    assert_eq!(property.door.hardware().relocks, relocks + 1, "once");
    assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
    property.door = property.door.reboot();
    assert_eq!(property.door.hardware().relocks, relocks + 2, "the power went while it was open");
}

#[test]
fn a_door_that_was_open_before_its_motor_failed_locks_in_time() {
    for report in [HardwareEvent::BoltJammed, HardwareEvent::BoltBlocked, HardwareEvent::BatteryGaveOut] {
        let mut property = Property::new(430);
        let mut phone = property.phone(&resident());
        assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
        property.door.pass(1_000);
        let relocks = property.door.hardware().relocks;
        property.door.hardware().motor_reports = Some(report);
        assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
        property.door.pass(3_999);
        assert_eq!(property.door.hardware().relocks, relocks, "{report:?}");
        property.door.pass(1);
        assert_eq!(property.door.hardware().relocks, relocks + 1, "{report:?}");
    }
}

#[test]
fn a_motor_that_failed_may_have_opened_so_the_door_locks_at_once() {
    for report in [HardwareEvent::BoltJammed, HardwareEvent::BoltBlocked, HardwareEvent::BatteryGaveOut] {
        let mut property = Property::new(431);
        let mut phone = property.phone(&resident());
        let relocks = property.door.hardware().relocks;
        property.door.hardware().motor_reports = Some(report);
        assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
        assert_eq!(property.door.hardware().relocks, relocks + 1, "{report:?}");
        property.door.pass(60_000);
        assert_eq!(property.door.hardware().relocks, relocks + 1, "once");
    }
}

#[test]
fn a_door_that_cannot_move_its_bolt_says_why() {
    for (readiness, fault) in [(Readiness::Jammed, Fault::Jammed), (Readiness::BatteryTooLow, Fault::Battery)]
    {
        let mut property = Property::new(424);
        let mut phones = phones(&mut property, &resident());
        property.door.hardware().readiness = readiness;
        assert_refused(&mut property.door, &mut phones, Outcome::DoorFault(fault));
        property.door.hardware().readiness = Readiness::Ready;
        assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    }
}

#[test]
fn a_door_that_cannot_write_its_log_does_not_open() {
    for moment in [Moment::Before, Moment::Middle, Moment::After] {
        for path in 0..2 {
            let mut property = Property::new(425);
            let mut phones = phones(&mut property, &resident());
            property.door.pass(60_000);
            let moves = property.door.bolt_moves().len();
            property.door.flash.cut_power(0, moment);
            let outcome = match path {
                0 => phones[0].unlock_full(&mut property.door),
                _ => phones[1].unlock_fast(&mut property.door),
            };
            assert_eq!(outcome, Outcome::DoorFault(Fault::Storage));
            assert_eq!(phones[0].unlock_full(&mut property.door), Outcome::DoorFault(Fault::Storage));
            assert_eq!(
                phones[1].try_fast(&mut property.door, 2, 1),
                NOT_RECOGNISED,
                "its ticket cannot be read"
            );
            assert_eq!(property.door.bolt_moves().len(), moves);
            property.door.flash.power_on();
            assert_eq!(phones[0].unlock_full(&mut property.door), ACCEPTED);
            assert_eq!(phones[1].try_fast(&mut property.door, 3, 1).outcome(), ACCEPTED);
            let log = property.door.log();
            let gap = log.windows(2).find(|pair| pair[1].sequence != pair[0].sequence.next());
            assert_eq!(gap, None, "the log has no gap");
            let (moved, logged) = (property.door.bolt_moves(), property.door.logged_operations());
            assert!(moved.iter().all(|operation| logged.contains(operation)), "no number is given twice");
        }
    }
}

#[test]
fn a_jam_under_the_motor_is_told_logged_and_not_the_end() {
    use thumbturn_protocol::record::ActuatorResult;
    let reports = [
        (HardwareEvent::BoltMoved, ActuatorResult::Moved),
        (HardwareEvent::BoltJammed, ActuatorResult::Jammed),
        (HardwareEvent::BoltBlocked, ActuatorResult::Blocked),
        (HardwareEvent::BatteryGaveOut, ActuatorResult::BatteryLow),
    ];
    for (report, expected) in reports {
        let mut property = Property::new(426);
        let mut phones = phones(&mut property, &resident());
        property.door.hardware().motor_reports = Some(report);
        assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
        let logged: Vec<ActuatorResult> = property
            .door
            .log()
            .into_iter()
            .filter_map(|logged| match logged.event {
                Event::Actuator { result, .. } => Some(result),
                _ => None,
            })
            .collect();
        assert_eq!(logged, [ActuatorResult::Moved, expected, expected]);
    }
}

#[test]
fn a_low_battery_and_a_lost_clock_are_told_in_the_answer() {
    let mut property = Property::new(427);
    let mut phones = phones(&mut property, &resident());
    property.door = property.door.reboot_with(|board| board.hardware.battery_low = true);
    for reply in [
        phones[0].try_full(&mut property.door, OperationId([1; 8]), 1),
        phones[1].try_fast(&mut property.door, 1, 1),
    ] {
        let Reply::Answer(answer) = reply else { panic!("{reply:?}") };
        assert!(answer.status.battery_low && answer.status.clock_unsure && answer.status.logs_waiting);
    }
}
