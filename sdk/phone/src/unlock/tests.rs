//! The machine against a scripted door: what the air does in orders that a well-behaved radio never shows.

mod answers;
mod hellos;
mod refusals;

use std::sync::Arc;

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::{Answer, DoorStatus, Outcome};
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::full::{Responder, check_gate};
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{ListVersion, OperationId};
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::ticket::Ticket;
use thumbturn_protocol::time::Millis;

use crate::conversation::{Conversation, Recognition, Step, Written};
use crate::fixture::{Door, Phone, Property, TestRandom};
use crate::unlock::{Opened, UnlockConversation, UnlockError, UnlockPath, UnlockTimes};
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
