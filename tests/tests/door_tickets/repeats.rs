//! Lost answers, fallbacks and stale presses: the bolt moves once (spec §6, §8.2).

use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::ticket::Ticket;
use thumbturn_tests::property::Property;

use super::{
    ACCEPTED, NOT_RECOGNISED, is_already_done, lose_fast_answer, lose_full_answer, operation, stage,
    write_unpolled,
};

#[test]
fn a_lost_answer_is_repeated_and_the_bolt_moves_once() {
    let (mut property, mut phone) = stage(301);
    let door = &mut property.door;
    assert_eq!(lose_fast_answer(&mut phone, door, 1, 1), ACCEPTED);
    for attempt in 2..=31 {
        assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, attempt)), "attempt {attempt}");
    }
    assert_eq!(door.bolt_moves().len(), 2);
    assert!(is_already_done(phone.try_fast(door, 1, 31).outcome()));
    assert_eq!(phone.unlock_fast(door), ACCEPTED, "the repeated answer gave the next ticket");
}

#[test]
fn a_new_press_under_the_previous_ticket_opens_until_the_next_ticket_is_used() {
    let (mut property, mut phone) = stage(302);
    let door = &mut property.door;
    let first = phone.ticket.clone();
    for press in 1..=5 {
        assert_eq!(lose_fast_answer(&mut phone, door, press, 1), ACCEPTED);
    }
    assert_eq!(phone.try_fast(door, 6, 1).outcome(), ACCEPTED);
    assert_eq!(phone.unlock_fast(door), ACCEPTED, "the next ticket");
    phone.ticket = first;
    assert_eq!(phone.try_fast(door, 7, 1), NOT_RECOGNISED, "the ticket before the previous one");
    assert_eq!(door.bolt_moves().len(), 8);
}

#[test]
fn a_repeat_does_not_take_the_next_ticket_away() {
    let (mut property, mut phone) = stage(303);
    let door = &mut property.door;
    let first = phone.ticket.clone();
    assert_eq!(phone.try_fast(door, 1, 1).outcome(), ACCEPTED);
    let second = phone.ticket.clone();
    phone.ticket = first;
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, 2)));
    phone.ticket = second;
    assert_eq!(phone.try_fast(door, 1, 1).outcome(), ACCEPTED);
}

#[test]
fn a_phone_that_is_not_recognised_opens_by_the_full_handshake_on_the_same_hello() {
    let (mut property, mut phone) = stage(305);
    let door = &mut property.door;
    phone.ticket = Some(Ticket::from_secret([9; 32]));
    let connection = door.connect();
    let hello = door.hello(connection);
    let (sent, fast) = phone.fast_request(&hello, 1, 1);
    let messages = door.ask(connection, MessageType::FastRequest, &fast);
    assert_eq!(phone.read_reply(sent, &messages), NOT_RECOGNISED);
    let operation = operation(&phone, 1);
    let (sent, full) = phone.full_request(&hello, operation, 2);
    let messages = door.ask(connection, MessageType::FullRequest, &full);
    assert_eq!(phone.read_reply(sent, &messages).outcome(), ACCEPTED);
    assert_eq!(door.bolt_moves().last(), Some(&operation));
}

#[test]
fn a_fallback_with_the_same_operation_never_moves_the_bolt_again() {
    // Long enough after, what became of it is not told any more.
    for (milliseconds, already_done) in [(0, true), (10_000, true), (10_001, false), (3_600_000, false)] {
        let (mut property, mut phone) = stage(306);
        let door = &mut property.door;
        let operation = operation(&phone, 1);
        assert_eq!(lose_fast_answer(&mut phone, door, 1, 1), ACCEPTED);
        door.pass(milliseconds);
        let by_fast = lose_fast_answer(&mut phone, door, 1, 2);
        let by_full = [3, 4].map(|_| lose_full_answer(&mut phone, door, operation));
        for outcome in [by_fast, by_full[0], by_full[1]] {
            assert_eq!(is_already_done(outcome), already_done, "{milliseconds} {outcome:?}");
            assert!(already_done || outcome == Outcome::OutcomeUnknown);
        }
        assert_eq!(door.bolt_moves().len(), 2);
    }
}

#[test]
fn a_fast_request_after_its_fallback_never_moves_the_bolt_again() {
    for (milliseconds, already_done) in [(0, true), (10_000, true), (10_001, false)] {
        let (mut property, mut phone) = stage(307);
        let door = &mut property.door;
        let operation = operation(&phone, 1);
        assert_eq!(lose_full_answer(&mut phone, door, operation), ACCEPTED);
        door.pass(milliseconds);
        assert_eq!(phone.try_fast(door, 1, 2), NOT_RECOGNISED, "the handshake ended the chain");
        let outcome = phone.try_full(door, operation, 3).outcome();
        assert_eq!(is_already_done(outcome), already_done, "{milliseconds} {outcome:?}");
        assert!(already_done || outcome == Outcome::OutcomeUnknown);
        assert_eq!(door.bolt_moves().len(), 2);
    }
}

#[test]
fn an_operation_stays_known_however_many_others_came_since() {
    for reboot in [false, true] {
        let (mut property, mut phone) = stage(308);
        let mut other = property.ticket_holder();
        let operation = operation(&phone, 1);
        assert_eq!(lose_fast_answer(&mut phone, &mut property.door, 1, 1), ACCEPTED);
        for _ in 0..40 {
            property.door.pass(1_000);
            assert_eq!(other.unlock_fast(&mut property.door), ACCEPTED);
        }
        if reboot {
            property.door = property.door.reboot();
        }
        let door = &mut property.door;
        let moves = door.bolt_moves().len();
        assert_eq!(lose_fast_answer(&mut phone, door, 1, 2), Outcome::OutcomeUnknown);
        assert_eq!(lose_full_answer(&mut phone, door, operation), Outcome::OutcomeUnknown);
        assert_eq!(door.bolt_moves().len(), moves);
        assert_eq!(phone.try_fast(door, 2, 1).outcome(), ACCEPTED, "a new intent opens");
    }
}

#[test]
fn operations_of_two_phones_may_have_one_id() {
    let mut property = Property::new(309);
    let (mut first, mut second) = (property.resident(), property.resident());
    let operation = OperationId([7; 8]);
    assert_eq!(first.try_full(&mut property.door, operation, 1).outcome(), ACCEPTED);
    assert_eq!(second.try_full(&mut property.door, operation, 1).outcome(), ACCEPTED);
    assert!(is_already_done(first.try_full(&mut property.door, operation, 2).outcome()));
    assert_eq!(property.door.bolt_moves().len(), 2);
}

#[test]
fn a_press_below_the_highest_is_not_accepted() {
    let (mut property, mut phone) = stage(310);
    let door = &mut property.door;
    assert_eq!(lose_fast_answer(&mut phone, door, 5, 1), ACCEPTED);
    for press in 1..5 {
        assert_eq!(phone.try_fast(door, press, 1), NOT_RECOGNISED, "press {press}");
    }
    assert_eq!(door.bolt_moves().len(), 2);
}

#[test]
fn a_press_below_a_refused_one_is_not_accepted_also_after_a_power_cut() {
    for reboot in [false, true] {
        let (mut property, mut phone) = stage(311);
        property.door.hardware().readiness = thumbturn_lock::hardware::Readiness::Jammed;
        let jammed = Outcome::DoorFault(Fault::Jammed);
        assert_eq!(phone.try_fast(&mut property.door, 5, 1).outcome(), jammed);
        property.door.hardware().readiness = thumbturn_lock::hardware::Readiness::Ready;
        if reboot {
            property.door = property.door.reboot();
        }
        let door = &mut property.door;
        assert_eq!(phone.try_fast(door, 4, 1), NOT_RECOGNISED);
        assert_eq!(phone.try_fast(door, 5, 2).outcome(), ACCEPTED, "the same press may be tried again");
        assert_eq!(door.bolt_moves().len(), 2);
    }
}

#[test]
fn a_lower_press_that_was_accepted_is_repeated_while_it_is_fresh() {
    let (mut property, mut phone) = stage(312);
    let door = &mut property.door;
    assert_eq!(lose_fast_answer(&mut phone, door, 1, 1), ACCEPTED);
    assert_eq!(lose_fast_answer(&mut phone, door, 3, 1), ACCEPTED);
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, 2)));
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 3, 2)), "it did not forget the newer one");
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, 3)));
    assert_eq!(phone.try_fast(door, 2, 1), NOT_RECOGNISED, "nor that press 3 was seen");
    assert_eq!(door.bolt_moves().len(), 3);
}

#[test]
fn a_repeat_under_the_previous_ticket_forgets_no_press_under_the_current_one() {
    let (mut property, mut phone) = stage(327);
    let door = &mut property.door;
    let first = phone.ticket.clone();
    assert_eq!(phone.try_fast(door, 1, 1).outcome(), ACCEPTED);
    door.hardware().readiness = thumbturn_lock::hardware::Readiness::Jammed;
    assert_eq!(phone.try_fast(door, 5, 1).outcome(), Outcome::DoorFault(Fault::Jammed));
    door.hardware().readiness = thumbturn_lock::hardware::Readiness::Ready;
    let second = std::mem::replace(&mut phone.ticket, first);
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, 2)));
    phone.ticket = second;
    assert_eq!(phone.try_fast(door, 4, 1), NOT_RECOGNISED);
    assert_eq!(phone.try_fast(door, 5, 2).outcome(), ACCEPTED);
}

#[test]
fn a_repeat_by_full_handshake_does_not_make_the_door_forget_a_newer_operation() {
    let (mut property, mut phone) = stage(328);
    let mut other = property.ticket_holder();
    let door = &mut property.door;
    let (older, newer) = (phone.new_operation(), phone.new_operation());
    assert_eq!(phone.try_full(door, older, 1).outcome(), ACCEPTED);
    assert_eq!(phone.try_full(door, newer, 1).outcome(), ACCEPTED);
    assert!(is_already_done(phone.try_full(door, older, 2).outcome()));
    for _ in 0..20 {
        door.pass(1_000);
        assert_eq!(other.unlock_fast(door), ACCEPTED);
    }
    assert_eq!(phone.try_full(door, newer, 2).outcome(), Outcome::OutcomeUnknown);
}

#[test]
fn a_stale_press_is_refused_before_the_chain_is_in_flash() {
    let (mut property, mut phone) = stage(313);
    let door = &mut property.door;
    let (new, stale) = (door.connect(), door.connect());
    let (new_hello, stale_hello) = (door.hello(new), door.hello(stale));
    let (_, new_request) = phone.fast_request(&new_hello, 2, 1);
    let (sent, stale_request) = phone.fast_request(&stale_hello, 1, 1);
    write_unpolled(door, new, MessageType::FastRequest, &new_request);
    // The bolt has reported, the answer is on its way, nothing of the ticket is in flash.
    door.step();
    write_unpolled(door, stale, MessageType::FastRequest, &stale_request);
    door.settle();
    let messages = door.messages(stale);
    assert_eq!(phone.read_reply(sent, &messages), NOT_RECOGNISED);
    assert_eq!(door.bolt_moves().len(), 2);
}
