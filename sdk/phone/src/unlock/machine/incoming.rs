//! What comes from the door.

use thumbturn_protocol::answer::{Answer, Outcome};
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::{Message, MessageType};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::time::Millis;

use super::UnlockMachine;
use crate::conversation::{HangUp, Recognition};
use crate::unlock::connection::{LiveHello, Phase};
use crate::unlock::error::UnlockError;
use crate::unlock::progress::{Bolt, Opened, Progress, UnlockPath};
use crate::unlock::request::{Answered, Content};

/// Milliseconds to wait after *not accepted 02* (spec §4.6).
const TOO_MANY_HANDSHAKES_MS: u64 = 1_000;
/// Milliseconds to wait while the motor moves for somebody else.
const MOTOR_BUSY_MS: u64 = 700;
/// A full handshake in answer to a hello older than this would race with its death.
const HELLO_FRESH_MS: u64 = 1_500;

impl UnlockMachine {
    pub(super) fn on_hello(&mut self, message: &Message, now: Millis, random: &mut dyn SecureRandom) {
        let Some(connection) = &mut self.connection else { return };
        if self.opened.is_some() {
            return;
        }
        let frame = [&[MessageType::Hello.single_frame_header()], message.payload.as_slice()].concat();
        let hello = match Hello::parse(&frame) {
            Ok(hello) => hello,
            Err(Error::UnsupportedVersion(_)) => {
                // Who says so is not known, and anybody can repeat an advertisement.
                self.newer |= connection.recognition == Recognition::Recognised;
                connection.phase = Phase::Unusable(HangUp::WrongDoor);
                return;
            }
            Err(_) => return,
        };
        let Some(tag_key) = self.tag_keys.iter().find(|tag_key| hello.is_named_by(tag_key)).cloned() else {
            connection.phase = Phase::Unusable(HangUp::WrongDoor);
            return;
        };
        self.greeted = true;
        connection.take_hello(LiveHello { hello, received: now, tag_key });
        if !matches!(connection.phase, Phase::Pause { .. } | Phase::Delivering) {
            self.answer_hello(now, random);
        }
    }

    pub(super) fn on_answer(&mut self, message: &Message, now: Millis) {
        let Some(connection) = &mut self.connection else { return };
        if self.opened.is_some() {
            return;
        }
        let Some(answered) = connection.read_answer(message) else { return };
        let Answered { hello, attempt, departure, content } = answered;
        let Content { answer, session, path, change } = content;
        let weight = self.ledger.answered(hello, departure);
        connection.stop_sending();
        connection.delivery = None;
        connection.records = Some(Records::new(&session, Side::Phone));
        self.change = change;
        match answer.outcome {
            Outcome::Accepted { relock_seconds } | Outcome::AlreadyDone { relock_seconds } => {
                let opened = self.answered(path, answer, attempt, relock_seconds);
                self.accepted(opened, now);
            }
            Outcome::Ready if self.kind == OperationKind::Deliver => {
                // Nothing has moved: nothing more is waited for.
                self.result = Some(Ok(self.answered(path, answer, attempt, 0)));
            }
            // Nobody waits at a door to deliver.
            Outcome::Busy if self.kind == OperationKind::Deliver => self.verdict = Some(UnlockError::Busy),
            Outcome::Busy => self.wait_for_door(now, MOTOR_BUSY_MS),
            Outcome::OutcomeUnknown
            | Outcome::Denied
            | Outcome::NotYet
            | Outcome::Expired
            | Outcome::LeaseEnded
            | Outcome::OutOfSchedule
            | Outcome::UpdateRequired
            | Outcome::UnknownTime
            | Outcome::DoorFault(_)
            | Outcome::Ready => {
                let error = UnlockError::of_outcome(answer.outcome).unwrap_or(UnlockError::Denied);
                self.refused(error, path, weight, now);
            }
        }
    }

    const fn answered(&self, path: UnlockPath, answer: Answer, attempts: u8, relock_seconds: u8) -> Opened {
        Opened {
            door: self.door,
            relock_seconds,
            path,
            bolt: Bolt::Unconfirmed,
            status: answer.status,
            list_version: answer.list_version,
            attempts,
        }
    }

    /// The door opens. Its word about the bolt is waited for, unless the person has gone on.
    fn accepted(&mut self, opened: Opened, now: Millis) {
        let until = now.plus(self.times.after_bolt).min(self.deadline);
        if let Some(connection) = &mut self.connection {
            connection.phase =
                if self.cancelled { Phase::Unusable(HangUp::Silent) } else { Phase::AfterBolt { until } };
        }
        self.opened = Some(opened);
        self.reports.push_back(Progress::Accepted { relock_seconds: opened.relock_seconds });
        self.relax = true;
    }

    pub(super) fn on_not_accepted(&mut self, message: &Message, now: Millis, random: &mut dyn SecureRandom) {
        let Some(connection) = &mut self.connection else { return };
        let &[reason @ 1..=3] = message.payload.as_slice() else { return };
        let Some(request) = connection.take_refused() else { return };
        let superseded = connection.hello.as_ref().is_none_or(|live| live.hello != request.hello);
        if superseded || self.verdict.is_some() {
            return;
        }
        match reason {
            2 => self.wait_for_door(now, TOO_MANY_HANDSHAKES_MS),
            // Made for a hello that a newer one has voided, as far as we can tell.
            1 if connection.doubts_its_hello() => self.ask_again(now),
            1 if request.is_full() => self.next_pass(UnlockError::NoGrant, now),
            1 => {
                self.fast_refused = true;
                let fresh =
                    connection.hello.as_ref().is_some_and(|live| now.since(live.received) <= HELLO_FRESH_MS);
                if fresh { self.answer_hello(now, random) } else { self.ask_again(now) }
            }
            _ => self.ask_again(now),
        }
    }

    pub(super) fn on_record(&mut self, message: &Message, now: Millis) {
        if let Some(delivery) = self.connection.as_mut().and_then(|connection| connection.delivery.as_mut()) {
            return delivery.receive(&message.payload, now);
        }
        let (Some(connection), Some(opened)) = (&mut self.connection, &mut self.opened) else { return };
        let Some(records) = &mut connection.records else { return };
        match records.open(&message.payload) {
            Ok(Record::Actuator { operation, result })
                if self.operation.as_ref().is_some_and(|own| own.id == operation) =>
            {
                opened.bolt = Bolt::Moved;
                self.verdict = UnlockError::of_actuator(result).or(self.verdict);
                self.result = Some(UnlockError::of_actuator(result).map_or(Ok(*opened), Err));
            }
            Ok(_) => {}
            // The session is over; what the bolt did stays unconfirmed.
            Err(_) => connection.phase = Phase::Unusable(HangUp::Silent),
        }
    }
}
