//! The machine against a scripted door: what the air does in orders that a well-behaved radio never shows.

use std::sync::Arc;

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::{Answer, DoorStatus, Outcome};
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::full::{Responder, check_gate};
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{ListVersion, OperationId};
use thumbturn_protocol::record::{ActuatorResult, Record, Records, Side};
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::ticket::{FastRequest, Ticket};
use thumbturn_protocol::time::Millis;

use crate::conversation::{Conversation, GiveUp, HangUp, Recognition, Step, Written};
use crate::fixture::{Door, Phone, Property, TestRandom};
use crate::unlock::ledger::HELLO_DEAD_MS;
use crate::unlock::{Bolt, Opened, UnlockConversation, UnlockError, UnlockPath, UnlockTimes};
use crate::wallet::Wallet;

const DEADLINE: u64 = 15_000;
const MTU: AttMtu = AttMtu::MAXIMUM;

/// A phone at a door whose every word is the test's.
struct Stage {
    door: Door,
    wallet: Arc<Wallet>,
    conversation: UnlockConversation,
    random: TestRandom,
    now: u64,
    nonce: u8,
    reassembler: Reassembler,
}

impl Stage {
    fn new() -> Self {
        let mut random = TestRandom(1);
        let property = Property::new(&mut random);
        let door = Door::new(&mut random);
        let mut phone = Phone::new(2);
        let wallet = phone.enrol(&property);
        phone.receive_grant(&wallet, &property, &door, 5);
        Self::press(door, Arc::new(wallet), random)
    }

    /// With a ticket from an unlock before.
    fn with_ticket() -> Self {
        let mut stage = Self::new();
        let hello = stage.connect_and_greet();
        stage.answer_full(&hello, accepted().with_ticket());
        stage.lost();
        assert!(matches!(stage.result(), Ok(Opened { path: UnlockPath::Full, .. })));
        stage.again()
    }

    fn press(door: Door, wallet: Arc<Wallet>, random: TestRandom) -> Self {
        let deadline = Millis(DEADLINE);
        let conversation =
            UnlockConversation::new(Arc::clone(&wallet), door.id, UnlockTimes::DEFAULT, deadline).unwrap();
        Self { door, wallet, conversation, random, now: 0, nonce: 0, reassembler: Reassembler::new() }
    }

    /// The next press.
    fn again(self) -> Self {
        Self::press(self.door, self.wallet, self.random)
    }

    fn connect(&mut self) {
        self.conversation.prepare(&mut self.random);
        self.conversation.begin(Recognition::Recognised, Millis(self.now));
    }

    fn hello(&mut self) -> Hello {
        self.nonce += 1;
        Hello::new(DoorState::Claimed, [self.nonce; 12], &self.door.tag_key)
    }

    fn notify(&mut self, frame: &[u8]) {
        self.conversation.receive(frame, Millis(self.now), &mut self.random);
    }

    fn connect_and_greet(&mut self) -> Hello {
        self.connect();
        let hello = self.hello();
        self.notify(hello.as_bytes());
        hello
    }

    fn say(&mut self, message_type: MessageType, payload: &[u8]) {
        let mut fragmenter = Fragmenter::new(message_type, payload).unwrap();
        while let Some(frame) = fragmenter.next_frame(MTU) {
            self.notify(&frame);
        }
    }

    /// Polls until something is to be waited for; gives what was written meanwhile.
    fn written(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            match self.conversation.poll(MTU, Millis(self.now)) {
                Step::Write { frame, .. } => {
                    messages.extend(self.reassembler.receive(&frame, |_| Some(640)));
                    self.conversation.wrote(Written::Taken, Millis(self.now));
                }
                Step::Report(_) | Step::Relax => {}
                Step::Wait { .. } | Step::HangUp(_) | Step::Finished => return messages,
            }
        }
    }

    fn only_written(&mut self) -> Message {
        let mut messages = self.written();
        assert_eq!(messages.len(), 1, "{messages:?}");
        messages.remove(0)
    }

    fn step(&mut self) -> Step {
        let written = self.written();
        assert!(written.is_empty(), "{written:?}");
        self.conversation.poll(MTU, Millis(self.now))
    }

    /// Reads the full request that is being written, and answers it.
    fn answer_full(&mut self, hello: &Hello, answer: Answer) -> (OperationId, SessionSecret) {
        let request = self.only_written();
        let (operation, message, session) = self.full_answer(hello, &request, answer);
        self.say(MessageType::FullAnswer, &message);
        (operation, session)
    }

    fn full_answer(
        &mut self,
        hello: &Hello,
        request: &Message,
        answer: Answer,
    ) -> (OperationId, Vec<u8>, SessionSecret) {
        assert_eq!(request.message_type, MessageType::FullRequest);
        let message = check_gate(&self.door.tag_key, hello, &request.payload).unwrap();
        let ephemeral = Ephemeral::generate(&mut self.random).unwrap();
        let (responder, payload) = Responder::read(&self.door.session, hello, message, ephemeral).unwrap();
        let (message, session) = responder.answer(answer).unwrap();
        (payload.operation.id, message, session)
    }

    fn lost(&mut self) {
        self.conversation.lost(Millis(self.now));
    }

    /// Lets time pass until the outcome.
    fn result(&mut self) -> Result<Opened, UnlockError> {
        loop {
            let _ = self.written();
            match self.conversation.poll(MTU, Millis(self.now)) {
                Step::Finished => break,
                Step::Wait { until } => self.now = until.0.max(self.now + 1),
                Step::HangUp(_) => self.lost(),
                Step::Write { .. } | Step::Report(_) | Step::Relax => {}
            }
            assert!(self.now <= DEADLINE, "no outcome by the deadline");
        }
        let stage = core::mem::replace(self, Self::placeholder());
        let Self { conversation, door, wallet, random, now, nonce, reassembler } = stage;
        let mut random = random;
        let result = conversation.close(&mut random);
        let fresh = Self::press(door, wallet, random);
        *self = Self { now, nonce, reassembler, ..fresh };
        result
    }

    fn placeholder() -> Self {
        let mut random = TestRandom(9);
        let property = Property::new(&mut random);
        let door = Door::new(&mut random);
        let mut phone = Phone::new(8);
        let wallet = phone.enrol(&property);
        phone.receive_grant(&wallet, &property, &door, 5);
        Self::press(door, Arc::new(wallet), random)
    }
}

fn answer(outcome: Outcome) -> Answer {
    Answer::new(outcome, DoorStatus::default(), ListVersion(1))
}

fn accepted() -> Answer {
    answer(Outcome::Accepted { relock_seconds: 5 })
}

/// What the door made of the ticket that the phone holds.
fn ticket(session: &SessionSecret) -> Ticket {
    Ticket::first(session)
}

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
fn silent_door_is_asked_for_its_hello_after_300_ms() {
    let mut stage = Stage::new();
    stage.connect();
    assert_eq!(stage.step(), Step::Wait { until: Millis(300) });
    stage.now = 299;
    assert!(stage.written().is_empty());
    stage.now = 300;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
}

#[test]
fn link_without_any_hello_is_given_up_for_a_new_connection() {
    let mut stage = Stage::new();
    stage.connect();
    loop {
        let _ = stage.written();
        match stage.conversation.poll(MTU, Millis(stage.now)) {
            Step::Wait { until } => stage.now = until.0,
            Step::HangUp(reason) => {
                assert_eq!(reason, HangUp::Silent);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(stage.now <= 2_000, "after {} ms", stage.now);
    assert!(stage.conversation.wants_connection());
}

#[test]
fn hello_of_another_door_gets_no_word() {
    let mut stage = Stage::new();
    stage.connect();
    let other = Door::new(&mut TestRandom(4));
    stage.notify(Hello::new(DoorState::Claimed, [1; 12], &other.tag_key).as_bytes());
    assert!(stage.written().is_empty());
    assert_eq!(stage.step(), Step::HangUp(HangUp::WrongDoor));
}

/// A hello in a version to come, as anybody can make it (spec §4.5).
const NEWER: [u8; 20] = [0xc1, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn newer_protocol_is_the_app_s_age_only_of_the_recognised_door_and_at_the_end() {
    let mut stage = Stage::new();
    stage.connect();
    stage.notify(&NEWER);
    assert_eq!(stage.step(), Step::HangUp(HangUp::WrongDoor));
    assert!(stage.conversation.wants_connection());
    stage.lost();
    stage.conversation.give_up(GiveUp::ConnectionLost);
    assert_eq!(stage.result(), Err(UnlockError::AppTooOld));

    let mut stage = Stage::new();
    stage.conversation.prepare(&mut stage.random);
    stage.conversation.begin(Recognition::Unresolved, Millis(0));
    stage.notify(&NEWER);
    assert_eq!(stage.step(), Step::HangUp(HangUp::WrongDoor));
    stage.lost();
    stage.conversation.give_up(GiveUp::ConnectionLost);
    assert_eq!(stage.result(), Err(UnlockError::ConnectionLost));
}

/// Whoever repeats the door's advertisement can say so, and must not end the intent with it.
#[test]
fn newer_protocol_of_an_impostor_does_not_keep_the_door_from_opening() {
    let mut stage = Stage::new();
    stage.connect();
    stage.notify(&NEWER);
    assert!(stage.written().is_empty());
    stage.lost();
    let hello = stage.connect_and_greet();
    stage.answer_full(&hello, accepted());
    assert_eq!(stage.result().unwrap().path, UnlockPath::Full);
}

#[test]
fn newer_protocol_of_an_impostor_is_not_reported_once_the_door_has_named_itself() {
    for impostor_first in [true, false] {
        let mut stage = Stage::new();
        if impostor_first {
            stage.connect();
            stage.notify(&NEWER);
            stage.lost();
        }
        stage.connect_and_greet();
        stage.lost();
        if !impostor_first {
            stage.connect();
            stage.notify(&NEWER);
            stage.lost();
        }
        stage.conversation.give_up(GiveUp::ConnectionLost);
        assert_eq!(stage.result(), Err(UnlockError::ConnectionLost));
    }
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
fn stale_hello_is_replaced() {
    let mut stage = Stage::new();
    stage.connect_and_greet();
    assert_eq!(stage.only_written().message_type, MessageType::FullRequest);
    stage.say(MessageType::NotAccepted, &[3]);
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    let hello = stage.hello();
    stage.notify(hello.as_bytes());
    stage.answer_full(&hello, accepted());
    stage.lost();
    assert_eq!(stage.result().unwrap().attempts, 2);
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
fn hello_too_late_to_die_before_the_deadline_gets_no_request() {
    let mut stage = Stage::new();
    stage.connect();
    stage.now = DEADLINE - HELLO_DEAD_MS + 1;
    let hello = stage.hello();
    stage.notify(hello.as_bytes());
    assert!(stage.written().is_empty());
    assert_eq!(stage.result(), Err(UnlockError::ConnectionLost));
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
