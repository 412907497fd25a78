//! Windows, leases and hours, with a clock and without one (spec §8.5 steps 6 and 7, §8.6).

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::event::Event;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::schedule::{Days, Schedule, Window};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::zone_table::zone_table;
use thumbturn_tests::manual_phone::Reply;
use thumbturn_tests::property::{Property, at};

use super::{ACCEPTED, assert_refused, outcomes, phones, resident};

/// A grant that begins so many seconds after the claim.
fn from(seconds: i64) -> GrantTerms {
    GrantTerms { validity: Validity::from(at(seconds)), ..resident() }
}

pub(super) fn hours(days: Days, start: (u16, u16), end: (u16, u16)) -> Schedule {
    let minute = |(hour, minute)| thumbturn_protocol::schedule::Minute::at(hour, minute).expect("on a clock");
    Schedule::new(&[Window::new(days, minute(start), minute(end)).expect("a window")]).expect("a schedule")
}

#[test]
fn a_lease_ends_to_the_second_also_under_a_ticket() {
    let mut property = Property::new(401);
    let mut phones = phones(&mut property, &GrantTerms { lease_end: at(3_600), ..resident() });
    property.door.pass(3_599_999);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    property.door.pass(1);
    assert_refused(&mut property.door, &mut phones, Outcome::LeaseEnded);
}

#[test]
fn a_grant_expires_to_the_second_also_under_a_ticket() {
    let mut property = Property::new(402);
    let validity = Validity::from(at(-60)).until(at(3_600));
    let mut phones = phones(&mut property, &GrantTerms { validity, ..resident() });
    property.door.pass(3_599_999);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    property.door.pass(1);
    assert_refused(&mut property.door, &mut phones, Outcome::Expired);
}

#[test]
fn a_grant_begins_to_the_second() {
    let mut property = Property::new(403);
    let mut phone = property.phone(&from(3_600));
    property.door.pass(3_599_999);
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::NotYet);
    property.door.pass(1);
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_clock_that_comes_back_early_says_not_yet_also_under_a_ticket() {
    let mut property = Property::new(404);
    let mut holder = property.phone(&from(1_700));
    let fresh = property.phone(&from(1_700));
    property.door.pass(1_800_000);
    assert_eq!(holder.unlock_full(&mut property.door), ACCEPTED);
    // Behind the truth, but not behind the floor, which is persisted each hour.
    property.door = property.door.reboot_with(|board| board.hardware.real_time_clock = Some(at(100)));
    assert_refused(&mut property.door, &mut [fresh, holder], Outcome::NotYet);
}

#[test]
fn hours_are_kept_in_the_local_time_of_the_door() {
    // Claimed on a Monday at 12:00 UTC, which is 13:00 in Berlin.
    let mut property = Property::with(405, |configuration| {
        configuration.zone = zone_table("Europe/Berlin", at(0)).expect("a zone");
    });
    let validity = Validity::from(at(-60)).within(hours(Days::WORKDAYS, (13, 0), (13, 30)));
    let mut phones = phones(&mut property, &GrantTerms { validity, lease_end: at(10_000_000), ..resident() });
    property.door.pass(1_799_999);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    property.door.pass(1);
    assert_refused(&mut property.door, &mut phones, Outcome::OutOfSchedule);
    property.door.pass(23 * 3_600_000 + 1_799_999);
    assert_refused(&mut property.door, &mut phones, Outcome::OutOfSchedule);
    property.door.pass(1);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2], "Tuesday, 13:00");
    property.door.pass(4 * 86_400_000);
    assert_refused(&mut property.door, &mut phones, Outcome::OutOfSchedule);
}

#[test]
fn hours_follow_the_change_to_summer_time() {
    let mut property = Property::with(406, |configuration| {
        configuration.zone = zone_table("Europe/Berlin", at(0)).expect("a zone");
    });
    let validity = Validity::from(at(-60)).within(hours(Days::EVERY_DAY, (13, 0), (14, 0)));
    let mut phones = phones(&mut property, &GrantTerms { validity, lease_end: at(10_000_000), ..resident() });
    // The Saturday before and the Sunday of the change: 13:00 is 12:00 UTC and then 11:00 UTC.
    property.door.pass(26 * 86_400_000);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    property.door.pass(82_799_999);
    assert_refused(&mut property.door, &mut phones, Outcome::OutOfSchedule);
    property.door.pass(1);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    property.door.pass(3_600_000);
    assert_refused(&mut property.door, &mut phones, Outcome::OutOfSchedule);
}

#[test]
fn hours_are_unknown_after_a_power_cut_until_there_is_a_clock() {
    let mut property = Property::new(407);
    let validity = Validity::from(at(-60)).within(hours(Days::EVERY_DAY, (0, 0), (24, 0)));
    let mut phones = phones(&mut property, &GrantTerms { validity, ..resident() });
    property.door = property.door.reboot();
    assert_refused(&mut property.door, &mut phones, Outcome::UnknownTime);
    property.door = property.door.reboot_with(|board| board.hardware.real_time_clock = Some(at(-1)));
    assert_refused(&mut property.door, &mut phones, Outcome::UnknownTime);
    property.door = property.door.reboot_with(|board| board.hardware.real_time_clock = Some(at(60)));
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
}

#[test]
fn a_door_of_the_house_does_not_open_without_a_clock() {
    for kind in [DoorKind::BuildingEntrance, DoorKind::Service, DoorKind::Communal] {
        let mut property = Property::with(408, |configuration| configuration.kind = kind);
        let mut phones = phones(&mut property, &resident());
        property.door = property.door.reboot();
        assert_refused(&mut property.door, &mut phones, Outcome::UnknownTime);
    }
}

#[test]
fn without_a_clock_a_residence_opens_for_72_hours() {
    let mut property = Property::new(409);
    let mut phones = phones(&mut property, &resident());
    property.door = property.door.reboot();
    property.door.pass(72 * 3_600_000 - 1);
    let answer = phones[0].try_full(&mut property.door, OperationId([1; 8]), 1);
    let Reply::Answer(answer) = answer else { panic!("{answer:?}") };
    assert_eq!((answer.outcome, answer.status.clock_unsure), (ACCEPTED, true));
    let opened =
        property.door.log().into_iter().rev().find(|logged| matches!(logged.event, Event::Operation(_)));
    assert!(opened.expect("an event").time.unsure);
    assert_eq!(phones[1].unlock_fast(&mut property.door), ACCEPTED);
    property.door.pass(1);
    assert_refused(&mut property.door, &mut phones, Outcome::UnknownTime);
}

#[test]
fn without_a_clock_a_residence_opens_200_times() {
    let mut property = Property::new(410);
    let mut phones = phones(&mut property, &resident());
    property.door = property.door.reboot();
    for _ in 0..200 {
        assert_eq!(phones[1].unlock_fast(&mut property.door), ACCEPTED);
        property.door.pass(1_000);
    }
    assert_refused(&mut property.door, &mut phones, Outcome::UnknownTime);
}

#[test]
fn what_ended_before_the_floor_stays_ended_without_a_clock() {
    let ended = [
        (GrantTerms { lease_end: at(3_600), ..resident() }, Outcome::LeaseEnded),
        (GrantTerms { validity: Validity::from(at(-60)).until(at(3_600)), ..resident() }, Outcome::Expired),
    ];
    for (terms, outcome) in ended {
        let mut property = Property::new(411);
        let mut phones = phones(&mut property, &terms);
        property.door.pass(2 * 3_600_000 + 60_000);
        property.door = property.door.reboot();
        assert_refused(&mut property.door, &mut phones, outcome);
    }
}

#[test]
fn what_begins_after_the_floor_is_not_known_without_a_clock() {
    let mut property = Property::new(412);
    let mut phone = property.phone(&from(60));
    property.door = property.door.reboot();
    property.door.pass(3_600_000);
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::UnknownTime);
}

#[test]
fn an_instant_of_the_far_future_does_not_upset_the_clock() {
    let mut property = Property::with(436, |configuration| configuration.now = UnixSeconds::MAX);
    let mut phone = property.phone(&resident());
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::LeaseEnded);
    property.door.pass(7_200_000);
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::LeaseEnded);
}
