//! Every outcome that an app can act on, end to end on both paths, and every credential that must not open (spec §8.4–§8.6).

use thumbturn_lock::event::{Event, Refusal};
use thumbturn_lock::hardware::{HardwareEvent, Readiness};
use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::grant::{Grant, Roles};
use thumbturn_protocol::ids::{
    DoorId, DoorKeyId, Generation, HolderId, ListVersion, OperationId, PhoneId, PropertyId, Serial, ShareId,
};
use thumbturn_protocol::schedule::{Days, Schedule, Window};
use thumbturn_protocol::share::Share;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::{Authority, GrantTerms};
use thumbturn_simulator::nor::Moment;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::zone_table::zone_table;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::list_update;
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::{Property, at, claim_door};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const NOT_RECOGNISED: Reply = Reply::NotAccepted(1);

fn resident() -> GrantTerms {
    GrantTerms::resident(at(-60))
}

/// A grant that begins so many seconds after the claim.
fn from(seconds: i64) -> GrantTerms {
    GrantTerms { validity: Validity::from(at(seconds)), ..resident() }
}

fn grant_of(roles: Roles) -> GrantTerms {
    GrantTerms { roles, ..resident() }
}

/// Two phones with such a grant: one without a ticket, and one that has unlocked before.
fn phones(property: &mut Property, terms: &GrantTerms) -> [ManualPhone; 2] {
    let mut phones = [property.phone(terms), property.phone(terms)];
    assert_eq!(phones[1].unlock_full(&mut property.door), ACCEPTED);
    phones
}

/// The outcomes for a phone without a ticket and for one with.
fn outcomes(door: &mut BenchDoor, [first, repeat]: &mut [ManualPhone; 2]) -> [Outcome; 2] {
    [first.unlock_full(door), repeat.unlock_fast(door)]
}

/// On both paths the outcome is this, and the bolt rests.
fn assert_refused(door: &mut BenchDoor, phones: &mut [ManualPhone; 2], outcome: Outcome) {
    let moves = door.bolt_moves().len();
    assert_eq!(outcomes(door, phones), [outcome; 2]);
    assert_eq!(door.bolt_moves().len(), moves);
}

fn hours(days: Days, start: (u16, u16), end: (u16, u16)) -> Schedule {
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
fn a_grant_that_needs_a_newer_list_requires_the_update() {
    let mut property = Property::with(413, |configuration| configuration.list_version = ListVersion(7));
    let mut needs_newer = property.phone(&GrantTerms { min_list_version: ListVersion(8), ..resident() });
    let mut content = property.phone(&GrantTerms { min_list_version: ListVersion(7), ..resident() });
    let reply = needs_newer.try_full(&mut property.door, OperationId([1; 8]), 1);
    let Reply::Answer(answer) = reply else { panic!("{reply:?}") };
    assert_eq!((answer.outcome, answer.ticket, answer.list_version), (Outcome::UpdateRequired, false, 7));
    assert_eq!(property.door.bolt_moves(), []);
    assert_eq!(content.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_guest_needs_the_update_that_the_granters_grant_needs() {
    let mut property = Property::new(414);
    let mut granter = property.phone(&GrantTerms { min_list_version: ListVersion(2), ..resident() });
    let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
    assert_eq!(guest.unlock_full(&mut property.door), Outcome::UpdateRequired);
}

fn guest_of(granter: &mut ManualPhone, validity: Validity) -> ManualPhone {
    let mut guest = ManualPhone::new(4_000);
    guest.keep(granter.share(guest.id(), validity));
    guest
}

/// A property whose door got this deny entry after the phones had their tickets.
fn denied(
    seed: u64,
    terms: &GrantTerms,
    subject: impl Fn(&Grant) -> DenySubject,
    void_before: impl Fn(Serial) -> u32,
) -> (Property, [ManualPhone; 2]) {
    let mut property = Property::new(seed);
    let phones = phones(&mut property, terms);
    // Both phones are of one person, as far as the entry is concerned: the second grant decides.
    let grant = phones[1].grant();
    let entry = DenyEntry { subject: subject(&grant), void_before: Serial(void_before(grant.serial)) };
    property.door = list_update::deny(property.door, entry);
    (property, phones)
}

#[test]
fn a_deny_entry_keeps_out_whom_it_names_and_nobody_else() {
    type Subject = fn(&Grant) -> DenySubject;
    let named: [Subject; 2] =
        [|grant| DenySubject::Holder(grant.holder), |grant| DenySubject::Phone(grant.phone)];
    for subject in named {
        let (mut property, mut phones) = denied(415, &resident(), subject, |serial| serial.0 + 1);
        assert_eq!(phones[1].unlock_fast(&mut property.door), Outcome::Denied);
        assert_eq!(phones[1].unlock_full(&mut property.door), Outcome::Denied);
        assert_eq!(phones[0].unlock_full(&mut property.door), ACCEPTED, "the other phone");
        property.grant_again(&mut phones[1], &resident());
        assert_eq!(phones[1].unlock_full(&mut property.door), ACCEPTED, "a newer grant");
    }
    let others: [Subject; 3] = [
        |_| DenySubject::Holder(HolderId([9; 8])),
        |_| DenySubject::Phone(PhoneId([9; 16])),
        |_| DenySubject::Share(ShareId([9; 8])),
    ];
    for subject in others {
        let (mut property, mut phones) = denied(416, &resident(), subject, |_| u32::MAX);
        assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    }
}

#[test]
fn a_deny_entry_voids_serials_below_it_only() {
    let subject = |grant: &Grant| DenySubject::Holder(grant.holder);
    let (mut property, mut phones) = denied(417, &resident(), subject, |serial| serial.0);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
}

#[test]
fn everybody_but_staff_can_be_kept_out() {
    let everybody = |_: &Grant| DenySubject::EverybodyButStaff;
    let (mut property, mut phones) = denied(418, &resident(), everybody, |_| u32::MAX);
    assert_refused(&mut property.door, &mut phones, Outcome::Denied);

    let staff = grant_of(Roles::UNLOCK.and(Roles::STAFF).and(Roles::MAY_SHARE));
    let (mut property, mut phones) = denied(419, &staff, everybody, |_| u32::MAX);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    let mut guest = guest_of(&mut phones[1], Validity::from(at(-1)));
    assert_eq!(guest.unlock_full(&mut property.door), Outcome::Denied, "a guest of staff is not staff");
}

#[test]
fn a_guest_is_denied_with_each_link_of_the_chain() {
    type Subject = fn(&Grant, &Share) -> DenySubject;
    let links: [Subject; 4] = [
        |grant, _| DenySubject::Holder(grant.holder),
        |grant, _| DenySubject::Phone(grant.phone),
        |_, share| DenySubject::Phone(share.guest),
        |_, share| DenySubject::Share(share.share_id),
    ];
    for subject in links {
        let mut property = Property::new(420);
        let mut granter = property.phone(&resident());
        let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
        assert_eq!(guest.unlock_full(&mut property.door), ACCEPTED);
        let grant = granter.grant();
        let chain = guest.credential().share.clone().expect("a share");
        let share = chain.share.peek_unverified().expect("a share");
        let entry = DenyEntry { subject: subject(&grant, &share), void_before: Serial(grant.serial.0 + 1) };
        property.door = list_update::deny(property.door, entry);
        assert_eq!(guest.unlock_fast(&mut property.door), Outcome::Denied);
        assert_eq!(guest.unlock_full(&mut property.door), Outcome::Denied);
    }
}

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

/// What the door says to a phone with this grant, signed by the property as it is.
fn try_grant(property: &mut Property, change: impl FnOnce(&mut Grant)) -> Reply {
    let mut phone = property.resident();
    let mut grant = phone.grant();
    change(&mut grant);
    let own = phone.credential().clone();
    let signed = property.authority.credential(&grant).expect("a door of the property");
    phone.keep(Credential::new(own.certificate, own.tag_key, signed.grant, None));
    phone.try_full(&mut property.door, OperationId([1; 8]), 1)
}

#[test]
fn a_grant_for_something_else_is_denied() {
    let mut property = Property::new(428);
    let mut elsewhere = BenchDoor::new(4_280);
    let other = property
        .authority
        .configure(DoorKind::Residence, property.configuration.zone.clone(), at(0))
        .expect("a seeded source");
    let keys = claim_door(&mut elsewhere, &other);
    property.authority.enter(&other, keys, at(0)).expect("certified");
    type Change = Box<dyn FnOnce(&mut Grant)>;
    let changes: [(&str, Change); 6] = [
        ("property", Box::new(|grant| grant.property = PropertyId([1; 8]))),
        ("generation", Box::new(|grant| grant.generation = Generation(2))),
        ("door", Box::new(move |grant| grant.door = other.door)),
        ("door key", Box::new(|grant| grant.door_key = DoorKeyId([1; 4]))),
        ("phone", Box::new(|grant| grant.phone = PhoneId([1; 16]))),
        ("roles", Box::new(|grant| grant.roles = Roles::COURIER.and(Roles::MAY_SHARE).and(Roles::STAFF))),
    ];
    for (what, change) in changes {
        assert_eq!(try_grant(&mut property, change).outcome(), Outcome::Denied, "{what}");
    }
    assert_eq!(property.door.bolt_moves(), []);
    let is_denial = |event: &Event| matches!(event, Event::Refused { reason: Refusal::Denied, .. });
    let logged = property.door.log().into_iter().filter(|logged| is_denial(&logged.event)).count();
    assert_eq!(logged, 5, "each whose signature could be checked is in the log");
    assert_eq!(try_grant(&mut property, |_| {}).outcome(), ACCEPTED);
}

#[test]
fn a_grant_that_another_key_signed_is_not_accepted() {
    let mut property = Property::new(429);
    let mut phone = property.resident();
    // Another property, whose authority knows all about the door.
    let mut stranger = Authority::new(SeededRandom::new(4_290)).expect("a seeded source");
    let keys = property.authority.door_keys(property.configuration.door).expect("claimed");
    stranger.enter(&property.configuration, keys, at(0)).expect("entered");
    let own = phone.credential().clone();
    let forged = stranger.credential(&phone.grant()).expect("signed");
    phone.keep(Credential::new(own.certificate, own.tag_key, forged.grant, None));
    assert_eq!(phone.try_full(&mut property.door, OperationId([1; 8]), 1), NOT_RECOGNISED);
    // The next generation of the property's own keys, which this door does not know: its phone must be able to bring them.
    let _ = property.authority.rotate(None, at(0)).expect("rotated");
    let mut late = property.resident();
    assert_eq!(late.unlock_full(&mut property.door), Outcome::Denied);
    assert_eq!(property.door.bolt_moves(), []);
}

#[test]
fn a_grant_is_worthless_in_another_phone() {
    let mut property = Property::new(430);
    let owner = property.resident();
    let mut thief = ManualPhone::new(4_300);
    thief.keep(owner.credential().clone());
    assert_eq!(thief.unlock_full(&mut property.door), Outcome::Denied);
    // The thief shows the owner's signing key beside his own session key.
    let mut payload = thief.payload(OperationId([1; 8]), 1);
    payload.phone_signing_key = owner.keys.public().signing_key;
    assert_eq!(thief.try_full_with(&mut property.door, &payload).outcome(), Outcome::Denied);
    assert_eq!(property.door.bolt_moves(), []);
}

#[test]
fn a_signing_key_of_another_phone_is_denied() {
    let mut property = Property::new(431);
    let mut phone = property.resident();
    let mut payload = phone.payload(OperationId([1; 8]), 1);
    payload.phone_signing_key = ManualPhone::new(4_310).keys.public().signing_key;
    assert_eq!(phone.try_full_with(&mut property.door, &payload).outcome(), Outcome::Denied);
}

/// What the door says to a guest with this share of a granter with these roles.
fn try_share(roles: Roles, change: impl FnOnce(&mut Share)) -> Outcome {
    let mut property = Property::new(432);
    let mut granter = property.phone(&grant_of(roles));
    let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
    let chain = guest.credential().share.clone().expect("a share");
    let mut share = chain.share.peek_unverified().expect("a share");
    change(&mut share);
    guest.keep(granter.sign_share(&share));
    let outcome = guest.unlock_full(&mut property.door);
    assert_eq!(property.door.bolt_moves().is_empty(), outcome != ACCEPTED);
    outcome
}

const MAY_SHARE: Roles = Roles::UNLOCK.and(Roles::MAY_SHARE);

#[test]
fn a_share_that_does_not_fit_is_denied() {
    assert_eq!(try_share(MAY_SHARE, |_| {}), ACCEPTED);
    assert_eq!(try_share(Roles::UNLOCK, |_| {}), Outcome::Denied, "the granter may not share");
    assert_eq!(try_share(Roles::MAY_SHARE, |_| {}), Outcome::Denied, "the granter may not unlock");
    assert_eq!(try_share(MAY_SHARE, |share| share.guest = PhoneId([1; 16])), Outcome::Denied);
    assert_eq!(try_share(MAY_SHARE, |share| share.door = DoorId([1; 8])), Outcome::Denied);
    assert_eq!(try_share(MAY_SHARE, |share| share.door_key = DoorKeyId([1; 4])), Outcome::Denied);
    assert_eq!(try_share(MAY_SHARE, |share| share.generation = Generation(2)), Outcome::Denied);
    for off_by in [-1, 1] {
        let wrong = |share: &mut Share| {
            share.granter_serial = Serial(share.granter_serial.0.saturating_add_signed(off_by));
        };
        assert_eq!(try_share(MAY_SHARE, wrong), Outcome::Denied);
    }
}

#[test]
fn a_share_lives_within_its_own_window_and_hours() {
    let with = |validity: Validity| try_share(MAY_SHARE, |share| share.validity = validity);
    assert_eq!(with(Validity::from(at(1))), Outcome::NotYet);
    assert_eq!(with(Validity::from(at(-2)).until(at(0))), Outcome::Expired);
    // A Monday, 12:00.
    let later = hours(Days::EVERY_DAY, (12, 1), (24, 0));
    assert_eq!(with(Validity::from(at(-1)).within(later)), Outcome::OutOfSchedule);
    let now = hours(Days::EVERY_DAY, (12, 0), (12, 1));
    assert_eq!(with(Validity::from(at(-1)).within(now)), ACCEPTED);
}

#[test]
fn a_guest_under_a_ticket_is_held_to_share_and_grant() {
    let limits: [(GrantTerms, Validity, Outcome); 4] = [
        (GrantTerms { lease_end: at(60), ..resident() }, Validity::from(at(-1)), Outcome::LeaseEnded),
        (resident(), Validity::from(at(-1)).until(at(60)), Outcome::Expired),
        (
            resident(),
            Validity::from(at(-1)).within(hours(Days::EVERY_DAY, (12, 0), (12, 1))),
            Outcome::OutOfSchedule,
        ),
        (
            GrantTerms { validity: Validity::from(at(-60)).until(at(60)), ..resident() },
            Validity::from(at(-1)),
            Outcome::Expired,
        ),
    ];
    for (terms, validity, outcome) in limits {
        let mut property = Property::new(433);
        let mut granter = property.phone(&terms);
        let mut guest = guest_of(&mut granter, validity);
        assert_eq!(guest.unlock_full(&mut property.door), ACCEPTED);
        property.door.pass(59_999);
        assert_eq!(guest.unlock_fast(&mut property.door), ACCEPTED);
        property.door.pass(1);
        assert_eq!(guest.unlock_fast(&mut property.door), outcome);
        assert_eq!(guest.unlock_full(&mut property.door), outcome);
    }
}

#[test]
fn a_guest_cannot_share_what_was_shared_with_him() {
    let mut property = Property::new(434);
    let mut granter = property.phone(&resident());
    let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
    let mut third = ManualPhone::new(4_340);
    // A share that the guest signs, behind the granter's grant.
    third.keep(guest.share(third.id(), Validity::from(at(-1))));
    assert_eq!(third.unlock_full(&mut property.door), Outcome::Denied);
    // The same, in the granter's name.
    let mut payload = third.payload(OperationId([1; 8]), 1);
    let chain = payload.share.as_mut().expect("a share");
    chain.granter = granter.keys.public();
    assert_eq!(third.try_full_with(&mut property.door, &payload), NOT_RECOGNISED);
    // The guest's own share, shown by the third.
    third.keep(guest.credential().clone());
    assert_eq!(third.unlock_full(&mut property.door), Outcome::Denied);
    // The granter's grant alone, shown by the guest.
    let grant = granter.credential().clone();
    guest.keep(grant);
    assert_eq!(guest.unlock_full(&mut property.door), Outcome::Denied);
    assert_eq!(property.door.bolt_moves(), []);
}

#[test]
fn a_share_does_not_go_on_with_a_newer_grant() {
    let mut property = Property::new(435);
    let mut granter = property.phone(&resident());
    let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
    let share = guest.credential().share.clone();
    property.grant_again(&mut granter, &resident());
    let new = granter.credential().clone();
    guest.keep(Credential::new(new.certificate, new.tag_key, new.grant, share));
    assert_eq!(guest.unlock_full(&mut property.door), Outcome::Denied);
}

#[test]
fn an_instant_of_the_far_future_does_not_upset_the_clock() {
    let mut property = Property::with(436, |configuration| configuration.now = UnixSeconds::MAX);
    let mut phone = property.phone(&resident());
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::LeaseEnded);
    property.door.pass(7_200_000);
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::LeaseEnded);
}
