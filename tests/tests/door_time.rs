//! Setting a door's clock through whoever passes (spec §13).

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::record::Record;
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const DAY: i64 = 86_400;

/// A door that has lost its clock, a resident, and a cleaner whose schedule needs one.
fn stage(seed: u64) -> (Property, ManualPhone, ManualPhone) {
    let mut property = Property::new(seed);
    let resident = property.resident();
    let every_day = Days::from_bits(0x7f).expect("days");
    let (midnight, midnight_again) =
        (Minute::at(0, 0).expect("a minute"), Minute::at(24, 0).expect("a minute"));
    let window = Window::new(every_day, midnight, midnight_again).expect("a window");
    let always = Schedule::new(&[window]).expect("a schedule");
    let terms =
        GrantTerms { validity: Validity::from(at(-60)).within(always), ..GrantTerms::resident(at(-60)) };
    let cleaner = property.phone(&terms);
    property.door = property.door.reboot();
    property.door.pass(1_000);
    (property, resident, cleaner)
}

fn token(property: &Property, seconds: i64, nonce: Option<TimeNonce>) -> Received<TimeToken> {
    property.authority.time_token(at(seconds), nonce).expect("a token").into()
}

fn give(session: &mut Conversation, door: &mut BenchDoor, token: Received<TimeToken>, elapsed: Option<u32>) {
    assert_eq!(session.say(door, &Record::Time { token, elapsed }), []);
}

fn clock_is_unsure(property: &mut Property, phone: &mut ManualPhone) -> bool {
    property.door.pass(60_000);
    let session = Conversation::begin(phone, &mut property.door);
    property.door.disconnect(session.connection);
    property.door.pass(60_000);
    session.answer.status.clock_unsure
}

#[test]
fn a_token_for_this_session_brings_the_clock_back_and_schedules_with_it() {
    let (mut property, mut resident, mut cleaner) = stage(1);
    assert_eq!(cleaner.unlock_full(&mut property.door), Outcome::UnknownTime);
    let mut session = Conversation::begin(&mut resident, &mut property.door);
    assert!(session.answer.status.clock_unsure);
    let nonce = session.state(&mut property.door).nonce;
    let token = token(&property, 4_000, Some(nonce));
    give(&mut session, &mut property.door, token, None);
    property.door.disconnect(session.connection);
    property.door.pass(60_000);
    assert_eq!(cleaner.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_recorded_token_sets_no_clock_in_another_session_nor_twice_in_one() {
    let (mut property, mut resident, _) = stage(2);
    let mut first = Conversation::begin(&mut resident, &mut property.door);
    let nonce = first.state(&mut property.door).nonce;
    let recorded = token(&property, 4_000, Some(nonce));
    property.door.disconnect(first.connection);
    property.door.pass(60_000);
    let mut second = Conversation::begin(&mut resident, &mut property.door);
    assert_ne!(second.state(&mut property.door).nonce, nonce);
    give(&mut second, &mut property.door, recorded, None);
    property.door.disconnect(second.connection);
    assert!(clock_is_unsure(&mut property, &mut resident));
}

#[test]
fn a_token_that_took_longer_than_eight_seconds_is_too_old() {
    let (mut property, mut resident, _) = stage(3);
    let mut session = Conversation::begin(&mut resident, &mut property.door);
    let nonce = session.state(&mut property.door).nonce;
    let token = token(&property, 4_000, Some(nonce));
    for _ in 0..9 {
        property.door.pass(1_000);
        // Keeps the session alive without asking for the state, which would draw a new nonce.
        let _ =
            session.say(&mut property.door, &Record::Fetch(thumbturn_protocol::record::DoorObject::Receipt));
    }
    give(&mut session, &mut property.door, token, None);
    property.door.disconnect(session.connection);
    assert!(clock_is_unsure(&mut property, &mut resident));
}

#[test]
fn a_plain_token_raises_the_floor_and_no_more() {
    let (mut property, mut resident, _) = stage(4);
    let mut session = Conversation::begin(&mut resident, &mut property.door);
    let plain = token(&property, 3 * DAY, None);
    give(&mut session, &mut property.door, plain, None);
    property.door.disconnect(session.connection);
    assert!(clock_is_unsure(&mut property, &mut resident));
    let lease_end = resident.grant().lease_end;
    assert!(lease_end > at(3 * DAY));
    let late = token(&property, 8 * DAY, None);
    let mut session = Conversation::begin(&mut resident, &mut property.door);
    give(&mut session, &mut property.door, late, None);
    property.door.disconnect(session.connection);
    property.door.pass(60_000);
    assert_eq!(resident.unlock_full(&mut property.door), Outcome::LeaseEnded, "the lease ended for certain");
}

#[test]
fn a_token_from_the_future_closes_no_building() {
    let mut property = Property::new(5);
    let mut resident = property.ticket_holder();
    let mut session = Conversation::begin(&mut resident, &mut property.door);
    for seconds in [2 * DAY, 400 * DAY, 40_000 * DAY] {
        let future = token(&property, seconds, None);
        give(&mut session, &mut property.door, future, None);
    }
    property.door.disconnect(session.connection);
    property.door.pass(60_000);
    assert_eq!(resident.unlock_fast(&mut property.door), ACCEPTED);
    property.door = property.door.reboot();
    property.door.pass(60_000);
    assert_eq!(resident.unlock_fast(&mut property.door), ACCEPTED, "nor its floor after a power cut");
}

#[test]
fn only_a_phone_with_the_clock_role_may_count_for_the_door() {
    for has_role in [false, true] {
        let (mut property, _, mut cleaner) = stage(6);
        let roles = if has_role { Roles::UNLOCK.and(Roles::CLOCK) } else { Roles::UNLOCK };
        let mut keeper = property.phone(&GrantTerms { roles, ..GrantTerms::resident(at(-60)) });
        let mut session = Conversation::begin(&mut keeper, &mut property.door);
        let plain = token(&property, 600, None);
        give(&mut session, &mut property.door, plain, Some(1_200));
        property.door.disconnect(session.connection);
        property.door.pass(60_000);
        let expected = if has_role { ACCEPTED } else { Outcome::UnknownTime };
        assert_eq!(cleaner.unlock_full(&mut property.door), expected);
    }
}

#[test]
fn no_other_property_sets_the_clock() {
    let (mut property, mut resident, _) = stage(7);
    let other = Property::new(8);
    let mut session = Conversation::begin(&mut resident, &mut property.door);
    let nonce = session.state(&mut property.door).nonce;
    let foreign = token(&other, 4_000, Some(nonce));
    give(&mut session, &mut property.door, foreign, None);
    property.door.disconnect(session.connection);
    assert!(clock_is_unsure(&mut property, &mut resident));
}
