//! Refusals: which are believed, and when an intent may end with one.

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::time::Millis;

use crate::conversation::{Conversation, GiveUp, Step, Written};
use crate::unlock::ledger::HELLO_DEAD_MS;
use crate::unlock::{UnlockError, UnlockTimes};

use super::{MTU, Stage, accepted, answer};

#[test]
fn refusal_of_a_request_for_a_voided_hello_is_not_taken_for_the_ticket_s() {
    let mut stage = Stage::with_ticket();
    stage.connect();
    stage.now = 300;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    // The first hello was only late; the second, which voids it, comes right behind the request.
    let late = stage.hello();
    stage.notify(late.as_bytes());
    assert_eq!(stage.only_written().message_type, MessageType::FastRequest);
    let second = stage.hello();
    stage.notify(second.as_bytes());
    assert_eq!(stage.only_written().message_type, MessageType::FastRequest);
    stage.say(MessageType::NotAccepted, &[1]);
    assert!(stage.written().is_empty(), "the refusal was for the voided hello");
    stage.say(MessageType::NotAccepted, &[1]);
    assert_eq!(stage.only_written().message_type, MessageType::FullRequest);
}

#[test]
fn refusal_is_doubted_once_while_a_hello_is_missing() {
    let mut stage = Stage::with_ticket();
    stage.connect();
    stage.now = 300;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    let late = stage.hello();
    stage.notify(late.as_bytes());
    assert_eq!(stage.only_written().message_type, MessageType::FastRequest);
    // The second hello vanished; the door answers for it.
    stage.say(MessageType::NotAccepted, &[1]);
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    let third = stage.hello();
    stage.notify(third.as_bytes());
    assert_eq!(stage.only_written().message_type, MessageType::FastRequest, "the ticket got its chance");
}

#[test]
fn busy_door_is_asked_again_after_a_second_but_its_word_proves_nothing() {
    let mut stage = Stage::new();
    stage.connect_and_greet();
    assert_eq!(stage.only_written().message_type, MessageType::FullRequest);
    stage.say(MessageType::NotAccepted, &[2]);
    assert!(stage.written().is_empty());
    stage.now = 999;
    assert!(stage.written().is_empty());
    stage.now = 1_000;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    stage.lost();
    stage.conversation.give_up(GiveUp::ConnectionLost);
    assert_eq!(stage.result(), Err(UnlockError::OutcomeUnknown));
}

#[test]
fn forged_refusal_is_not_believed() {
    let mut stage = Stage::new();
    stage.connect_and_greet();
    stage.written();
    stage.say(MessageType::NotAccepted, &[1]);
    assert_eq!(stage.result(), Err(UnlockError::OutcomeUnknown));
    assert_eq!(stage.now, HELLO_DEAD_MS, "an unproven refusal is not reported before the hello has died");
}

#[test]
fn failure_waits_for_the_death_of_every_hello_that_was_answered() {
    let mut stage = Stage::new();
    stage.now = 500;
    stage.connect_and_greet();
    stage.written();
    stage.now = 700;
    stage.lost();
    stage.conversation.give_up(GiveUp::BluetoothOff);
    assert_eq!(stage.result(), Err(UnlockError::OutcomeUnknown));
    assert_eq!(stage.now, 500 + HELLO_DEAD_MS);
}

#[test]
fn proven_refusal_is_told_at_once() {
    let mut stage = Stage::new();
    let hello = stage.connect_and_greet();
    stage.now = 40;
    stage.answer_full(&hello, answer(Outcome::Denied));
    assert_eq!(stage.result(), Err(UnlockError::Denied));
    assert_eq!(stage.now, 40);
}

/// Two requests on two connections; the second is refused while the first may still be executed.
fn overtaken() -> Stage {
    let mut stage = Stage::new();
    stage.connect_and_greet();
    stage.written();
    stage.lost();
    stage.now = 1_000;
    let hello = stage.connect_and_greet();
    stage.answer_full(&hello, answer(Outcome::Denied));
    stage
}

#[test]
fn refusal_that_overtook_an_earlier_request_is_asked_for_again_once_that_is_dead() {
    let mut stage = overtaken();
    assert_eq!(stage.step(), Step::Wait { until: Millis(HELLO_DEAD_MS) });
    stage.now = HELLO_DEAD_MS;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    let hello = stage.hello();
    stage.notify(hello.as_bytes());
    stage.answer_full(&hello, answer(Outcome::Denied));
    assert_eq!(stage.result(), Err(UnlockError::Denied));
}

/// Somebody in between holds a request back, fetches another hello from the door over a connection of his own, and lets the
/// request through that answers it: the phone sees one connection, the door sees two.
fn held_back(refusal: Outcome) -> Stage {
    let mut stage = Stage::new();
    stage.connect_and_greet();
    assert_eq!(stage.only_written().message_type, MessageType::FullRequest);
    stage.now = UnlockTimes::DEFAULT.full_answer;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    let hello = stage.hello();
    stage.notify(hello.as_bytes());
    stage.answer_full(&hello, answer(refusal));
    stage
}

#[test]
fn refusal_says_nothing_of_a_request_that_was_held_back_on_the_same_connection() {
    let mut stage = held_back(Outcome::OutOfSchedule);
    assert_eq!(stage.step(), Step::Wait { until: Millis(HELLO_DEAD_MS) });
    stage.now = HELLO_DEAD_MS;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    let hello = stage.hello();
    stage.notify(hello.as_bytes());
    stage.answer_full(&hello, answer(Outcome::OutOfSchedule));
    assert_eq!(stage.result(), Err(UnlockError::OutOfSchedule));
}

#[test]
fn cancel_at_a_busy_door_waits_for_a_request_that_was_held_back_on_the_same_connection() {
    let mut stage = held_back(Outcome::Busy);
    stage.conversation.cancel();
    assert_eq!(stage.result(), Err(UnlockError::OutcomeUnknown), "it may still open the door");
    assert_eq!(stage.now, HELLO_DEAD_MS);
}

#[test]
fn refusal_that_overtook_an_earlier_request_is_no_outcome() {
    let mut stage = overtaken();
    stage.conversation.cancel();
    assert_eq!(stage.result(), Err(UnlockError::OutcomeUnknown), "the earlier one may have opened the door");
    assert_eq!(stage.now, HELLO_DEAD_MS);
}

#[test]
fn late_refusal_waits_for_the_answer_to_the_request_after_it() {
    let mut stage = Stage::new();
    let first_hello = stage.connect_and_greet();
    let first = stage.only_written();
    stage.now = UnlockTimes::DEFAULT.full_answer;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    let second_hello = stage.hello();
    stage.notify(second_hello.as_bytes());
    let second = stage.only_written();
    let (_, message, _) = stage.full_answer(&first_hello, &first, answer(Outcome::Denied));
    stage.say(MessageType::FullAnswer, &message);
    assert!(matches!(stage.step(), Step::Wait { .. }));
    let (_, message, _) = stage.full_answer(&second_hello, &second, accepted());
    stage.say(MessageType::FullAnswer, &message);
    assert!(stage.result().is_ok());
}

#[test]
fn nothing_is_reported_lost_while_nothing_has_left() {
    let mut stage = Stage::new();
    stage.connect_and_greet();
    // The platform takes no frame.
    let now = Millis(stage.now);
    loop {
        match stage.conversation.poll(MTU, now) {
            Step::Write { .. } => break,
            Step::Report(_) => {}
            other => panic!("{other:?}"),
        }
    }
    stage.conversation.wrote(Written::Gone, now);
    stage.lost();
    stage.conversation.give_up(GiveUp::ConnectionLost);
    assert_eq!(stage.result(), Err(UnlockError::ConnectionLost));
    assert_eq!(stage.now, 0);
}

#[test]
fn cancel_before_the_last_frame_is_cancelled_and_after_it_tells_what_the_door_did() {
    let mut stage = Stage::new();
    stage.connect_and_greet();
    stage.conversation.cancel();
    assert!(stage.written().is_empty());
    assert_eq!(stage.result(), Err(UnlockError::Cancelled));

    for outcome in [Outcome::Accepted { relock_seconds: 5 }, Outcome::Denied] {
        let mut stage = Stage::new();
        let hello = stage.connect_and_greet();
        let request = stage.only_written();
        stage.conversation.cancel();
        assert!(matches!(stage.step(), Step::Wait { .. }));
        let (_, message, _) = stage.full_answer(&hello, &request, answer(outcome));
        stage.say(MessageType::FullAnswer, &message);
        let result = stage.result();
        match outcome {
            Outcome::Denied => assert_eq!(result, Err(UnlockError::Denied)),
            _ => assert!(result.is_ok()),
        }
    }

    let mut stage = Stage::new();
    stage.connect_and_greet();
    stage.written();
    stage.conversation.cancel();
    assert_eq!(stage.result(), Err(UnlockError::OutcomeUnknown));
    assert_eq!(stage.now, HELLO_DEAD_MS);
}
