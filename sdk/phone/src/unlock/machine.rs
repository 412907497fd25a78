//! The unlock machine: hellos and answers in, frames and exactly one outcome out. No I/O, no clock.

mod delivering;
mod incoming;
mod outcome;
mod outgoing;

use std::collections::VecDeque;
use std::sync::Arc;

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::frame::{AttMtu, MessageType};
use thumbturn_protocol::ids::{DoorId, TagKey};
use thumbturn_protocol::keys::PhoneKeys;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::time::Millis;

use crate::conversation::{GiveUp, HangUp, Recognition, Step, Written};
use crate::unlock::connection::{AnsweredSession, Connection, Phase};
use crate::unlock::error::UnlockError;
use crate::unlock::ledger::{HELLO_DEAD_MS, Ledger};
use crate::unlock::machine::delivering::Delivering;
use crate::unlock::progress::{Opened, Progress};
use crate::wallet::pass::Pass;
use crate::wallet::reservation::{Operation, TicketChange};

/// How long an unlock waits for what, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlockTimes {
    /// For the answer to a fast request. The door needs 3 ms; the rest is the link.
    pub fast_answer: u64,
    /// For the answer to a full handshake. The door needs 270 ms, more when others are before us.
    pub full_answer: u64,
    /// For the door's word about its bolt, after it accepted.
    pub after_bolt: u64,
}

impl UnlockTimes {
    /// What the driver uses.
    pub const DEFAULT: Self = Self { fast_answer: 1_200, full_answer: 2_000, after_bolt: 3_000 };
}

/// Leads one intent at one door to exactly one outcome.
pub(crate) struct UnlockMachine {
    /// What is asked for: to open, or only to deliver.
    kind: OperationKind,
    door: DoorId,
    keys: Arc<PhoneKeys>,
    /// What to show the door, the one to try now in front.
    passes: VecDeque<Arc<Pass>>,
    /// The tag keys of all of them, also of those that were given up: the door goes on naming itself by one.
    tag_keys: Vec<TagKey>,
    operation: Option<Operation>,
    ephemeral: Option<Ephemeral>,
    times: UnlockTimes,
    deadline: Millis,
    fast_refused: bool,
    connection: Option<Connection>,
    ledger: Ledger,
    change: TicketChange,
    reports: VecDeque<Progress>,
    relax: bool,
    cancelled: bool,
    /// The door was busy when it last said something.
    busy: bool,
    /// Whoever advertises as the door does said hello in a version that is not ours.
    newer: bool,
    /// The door has named itself in our version.
    greeted: bool,
    delivering: Delivering,
    opened: Option<Opened>,
    verdict: Option<UnlockError>,
    result: Option<Result<Opened, UnlockError>>,
}

impl UnlockMachine {
    pub(crate) fn new(
        door: DoorId,
        keys: Arc<PhoneKeys>,
        passes: Vec<Arc<Pass>>,
        times: UnlockTimes,
        deadline: Millis,
    ) -> Self {
        Self {
            kind: OperationKind::Unlock,
            door,
            keys,
            tag_keys: passes.iter().map(|pass| pass.credential.tag_key.clone()).collect(),
            passes: passes.into(),
            operation: None,
            ephemeral: None,
            times,
            deadline,
            fast_refused: false,
            connection: None,
            ledger: Ledger::default(),
            change: TicketChange::Keep,
            reports: VecDeque::new(),
            relax: false,
            cancelled: false,
            busy: false,
            newer: false,
            greeted: false,
            delivering: Delivering::default(),
            opened: None,
            verdict: None,
            result: None,
        }
    }

    /// Asks to deliver, and never to open.
    pub(crate) const fn only_delivers(mut self) -> Self {
        self.kind = OperationKind::Deliver;
        self
    }

    pub(crate) const fn door(&self) -> DoorId {
        self.door
    }

    /// The reserved operation, for reserving more tries.
    pub(crate) const fn operation_mut(&mut self) -> &mut Option<Operation> {
        &mut self.operation
    }

    /// Makes the ephemeral key of a handshake ahead of the hello.
    pub(crate) fn prepare_handshake(&mut self, random: &mut dyn SecureRandom) {
        if self.ephemeral.is_none() && !self.has_fast_path() {
            self.ephemeral = Ephemeral::generate(random).ok();
        }
    }

    /// Whether the next request is a fast one.
    pub(crate) fn has_fast_path(&self) -> bool {
        !self.fast_refused
            && self.operation.as_ref().is_some_and(|operation| operation.ticket_for_next_attempt().is_some())
    }

    /// What the last answer did to the ticket; once.
    pub(crate) const fn take_change(&mut self) -> TicketChange {
        core::mem::replace(&mut self.change, TicketChange::Keep)
    }

    /// The outcome, once [`Step::Finished`].
    pub(crate) const fn result(&self) -> Option<Result<Opened, UnlockError>> {
        self.result
    }

    /// The session behind an open door, for a delivery; once. `None` before the outcome.
    pub(crate) fn take_session(&mut self) -> Option<AnsweredSession> {
        match self.result {
            Some(Ok(_)) if !self.cancelled => self.connection.take()?.into_session(),
            Some(_) | None => None,
        }
    }

    pub(crate) fn tag_keys(&self) -> &[TagKey] {
        &self.tag_keys
    }

    /// Whether another connection could still change the outcome.
    pub(crate) const fn wants_connection(&self) -> bool {
        self.verdict.is_none() && self.result.is_none() && self.opened.is_none()
    }

    /// The last instant at which a hello can still be answered and die before the deadline.
    pub(crate) const fn last_chance(&self) -> Millis {
        Millis(self.deadline.0.saturating_sub(HELLO_DEAD_MS))
    }

    pub(crate) fn begin(&mut self, recognition: Recognition, now: Millis) {
        self.connection = Some(Connection::new(recognition, now));
    }

    pub(crate) fn lost(&mut self) {
        self.connection = None;
    }

    /// Takes the intent back. What has left the phone is waited for.
    pub(crate) fn cancel(&mut self) {
        self.cancelled = true;
        self.verdict.get_or_insert(UnlockError::Cancelled);
        if let (Some(connection), Some(_)) = (&mut self.connection, self.opened) {
            // The person has gone on: the door is open, its word about the bolt is not waited for.
            connection.phase = Phase::Unusable(HangUp::Silent);
        }
    }

    pub(crate) fn give_up(&mut self, reason: GiveUp) {
        let reason = match reason {
            GiveUp::BluetoothOff => UnlockError::BluetoothOff,
            GiveUp::BluetoothUnauthorized => UnlockError::BluetoothUnauthorized,
            GiveUp::TurnedAway => UnlockError::Busy,
            GiveUp::NotInRange | GiveUp::ConnectionLost if self.delivering.interrupted().is_some() => {
                self.delivering.interrupted().unwrap_or(UnlockError::ConnectionLost)
            }
            GiveUp::NotInRange | GiveUp::ConnectionLost if self.busy => UnlockError::Busy,
            GiveUp::NotInRange | GiveUp::ConnectionLost if self.newer && !self.greeted => {
                UnlockError::AppTooOld
            }
            GiveUp::NotInRange => UnlockError::NotInRange,
            GiveUp::ConnectionLost => UnlockError::ConnectionLost,
        };
        self.verdict.get_or_insert(reason);
    }

    pub(crate) fn wrote(&mut self, written: Written, now: Millis) {
        let Some(connection) = &mut self.connection else { return };
        match written {
            Written::Refused | Written::Gone => {}
            Written::Taken | Written::Unsure => {
                if let Some(delivery) = &mut connection.delivery {
                    delivery.taken();
                }
                if let Some((hello, received)) = connection.frame_taken() {
                    connection.departed(self.ledger.left(hello, received, now));
                    let full = connection.newest_is_full();
                    let patience = if full { self.times.full_answer } else { self.times.fast_answer };
                    connection.phase = Phase::AwaitAnswer { until: now.plus(patience) };
                }
            }
        }
    }

    pub(crate) fn receive(&mut self, frame: &[u8], now: Millis, random: &mut dyn SecureRandom) {
        let Some(message) = self.connection.as_mut().and_then(|connection| connection.receive(frame)) else {
            return;
        };
        match message.message_type {
            MessageType::Hello => self.on_hello(&message, now, random),
            MessageType::FastAnswer | MessageType::FullAnswer => self.on_answer(&message, now),
            MessageType::NotAccepted => self.on_not_accepted(&message, now, random),
            MessageType::Record => self.on_record(&message, now),
            MessageType::HelloRequest
            | MessageType::FullRequest
            | MessageType::FastRequest
            | MessageType::ClaimRequest
            | MessageType::ClaimAnswer => {}
        }
    }

    pub(crate) fn poll(&mut self, mtu: AttMtu, now: Millis) -> Step {
        loop {
            if let Some(report) = self.reports.pop_front() {
                return Step::Report(report);
            }
            self.keep_deadlines(now);
            self.conclude(now);
            if self.result.is_some() {
                return Step::Finished;
            }
            if core::mem::take(&mut self.relax) {
                return Step::Relax;
            }
            let Some(connection) = &mut self.connection else { break };
            match connection.phase {
                Phase::Unusable(reason) => return Step::HangUp(reason),
                // At most once each way for each step of it; every end of it leaves this phase.
                Phase::Delivering if self.verdict.is_none() => {
                    if let Some(step) = self.poll_delivery(mtu, now) {
                        return step;
                    }
                }
                Phase::AwaitHello { .. }
                | Phase::AwaitAnswer { .. }
                | Phase::Pause { .. }
                | Phase::AfterBolt { .. }
                | Phase::Delivering => {
                    if self.verdict.is_some() {
                        connection.stop_sending();
                    }
                    match connection.next_write(mtu) {
                        Some(write) => return write,
                        None => break,
                    }
                }
            }
        }
        Step::Wait { until: self.next_deadline() }
    }
}
