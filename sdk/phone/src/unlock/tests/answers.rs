//! Answers: late, repeated, forged, and to which try they belong.

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::record::{ActuatorResult, Record, Records, Side};
use thumbturn_protocol::ticket::FastRequest;

use crate::conversation::{Conversation, GiveUp};
use crate::unlock::{Bolt, UnlockError, UnlockPath, UnlockTimes};

use super::{Stage, accepted, answer, ticket};

#[test]
fn fast_request_is_answered_in_one_round_trip_and_its_record_confirms_the_bolt() {
    let mut stage = Stage::new();
    let hello = stage.connect_and_greet();
    let (_, session) = stage.answer_full(&hello, accepted().with_ticket());
    stage.lost();
    stage.result().unwrap();
    let ticket = ticket(&session);

    let mut stage = stage.again();
    let hello = stage.connect_and_greet();
    let request = stage.only_written();
    let request = FastRequest::parse(&request.payload).unwrap();
    assert!(ticket.open().verifies(&hello, &request));
    let (answer, session) = ticket.open().answer(&hello, &request, accepted().with_ticket());
    stage.notify(answer.as_bytes());
    let mut records = Records::new(&session, Side::Door);
    let operation = ticket.operation_id(request.counters().press);
    let record = Record::Actuator { operation, result: ActuatorResult::Moved };
    stage.say(MessageType::Record, &records.seal(&record).unwrap());
    let opened = stage.result().unwrap();
    assert_eq!((opened.path, opened.bolt), (UnlockPath::Fast, Bolt::Moved));
    assert_eq!(stage.now, 0, "nothing was waited for");
}

#[test]
fn answer_repeated_or_out_of_place_changes_nothing() {
    let mut stage = Stage::new();
    let hello = stage.connect_and_greet();
    let request = stage.only_written();
    let (_, message, _) = stage.full_answer(&hello, &request, accepted().with_ticket());
    stage.say(MessageType::FullAnswer, &message);
    stage.say(MessageType::FullAnswer, &message);
    stage.say(MessageType::NotAccepted, &[1]);
    stage.say(MessageType::FastAnswer, &[0; 19]);
    let late = stage.hello();
    stage.notify(late.as_bytes());
    assert!(stage.written().is_empty());
    assert_eq!(stage.result().unwrap().attempts, 1);
}

#[test]
fn forged_answers_open_nothing() {
    let mut stage = Stage::new();
    let hello = stage.connect_and_greet();
    let request = stage.only_written();
    let (_, mut message, _) = stage.full_answer(&hello, &request, accepted());
    *message.last_mut().unwrap() ^= 1;
    stage.say(MessageType::FullAnswer, &message);
    stage.lost();
    stage.conversation.give_up(GiveUp::ConnectionLost);
    assert_eq!(stage.result(), Err(UnlockError::OutcomeUnknown));

    let mut stage = Stage::with_ticket();
    stage.connect_and_greet();
    assert_eq!(stage.only_written().message_type, MessageType::FastRequest);
    stage.say(MessageType::FastAnswer, &[0; 19]);
    stage.lost();
    stage.conversation.give_up(GiveUp::ConnectionLost);
    assert_eq!(stage.result(), Err(UnlockError::OutcomeUnknown));
}

#[test]
fn forged_fast_answer_does_not_keep_the_genuine_one_out() {
    let mut stage = Stage::new();
    let hello = stage.connect_and_greet();
    let (_, session) = stage.answer_full(&hello, accepted().with_ticket());
    stage.lost();
    stage.result().unwrap();
    let mut stage = stage.again();
    let hello = stage.connect_and_greet();
    let request = FastRequest::parse(&stage.only_written().payload).unwrap();
    stage.say(MessageType::FastAnswer, &[0; 19]);
    let (answer, _) = ticket(&session).open().answer(&hello, &request, accepted().with_ticket());
    stage.notify(answer.as_bytes());
    assert_eq!(stage.result().unwrap().path, UnlockPath::Fast);
}

#[test]
fn answer_to_an_earlier_request_counts_when_it_comes_late() {
    let mut stage = Stage::new();
    let first_hello = stage.connect_and_greet();
    let first = stage.only_written();
    stage.now = UnlockTimes::DEFAULT.full_answer;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    let second_hello = stage.hello();
    stage.notify(second_hello.as_bytes());
    let second = stage.only_written();
    let (_, message, _) = stage.full_answer(&first_hello, &first, accepted());
    stage.say(MessageType::FullAnswer, &message);
    assert_eq!(stage.result().unwrap().attempts, 1);
    assert_eq!(second.message_type, MessageType::FullRequest);
}

#[test]
fn every_try_of_an_intent_carries_one_operation_and_a_higher_attempt() {
    let mut stage = Stage::new();
    let hello = stage.connect_and_greet();
    let request = stage.only_written();
    let (first, _, _) = stage.full_answer(&hello, &request, accepted());
    stage.lost();
    stage.now = 1_000;
    let hello = stage.connect_and_greet();
    let (second, _) = stage.answer_full(&hello, answer(Outcome::AlreadyDone { relock_seconds: 3 }));
    assert_eq!(first, second);
    stage.lost();
    assert_eq!(stage.result().unwrap().attempts, 2);
}

#[test]
fn fallback_carries_the_operation_of_its_press() {
    let mut stage = Stage::new();
    let hello = stage.connect_and_greet();
    let (_, session) = stage.answer_full(&hello, accepted().with_ticket());
    stage.lost();
    stage.result().unwrap();
    let expected = ticket(&session).operation_id(1);
    let mut stage = stage.again();
    let hello = stage.connect_and_greet();
    assert_eq!(stage.only_written().message_type, MessageType::FastRequest);
    stage.say(MessageType::NotAccepted, &[1]);
    let (operation, _) = stage.answer_full(&hello, accepted().with_ticket());
    assert_eq!(operation, expected);
}

#[test]
fn records_that_do_not_open_leave_the_bolt_unconfirmed() {
    let mut stage = Stage::new();
    let hello = stage.connect_and_greet();
    stage.answer_full(&hello, accepted());
    stage.say(MessageType::Record, &[0; 40]);
    assert_eq!(stage.result().unwrap().bolt, Bolt::Unconfirmed);
}

#[test]
fn actuator_of_another_operation_says_nothing_about_ours() {
    let mut stage = Stage::new();
    let hello = stage.connect_and_greet();
    let (_, session) = stage.answer_full(&hello, accepted());
    let mut records = Records::new(&session, Side::Door);
    let record = Record::Actuator { operation: OperationId([9; 8]), result: ActuatorResult::Jammed };
    stage.say(MessageType::Record, &records.seal(&record).unwrap());
    assert_eq!(stage.result().unwrap().bolt, Bolt::Unconfirmed);
    assert_eq!(stage.now, UnlockTimes::DEFAULT.after_bolt);
}
