//! The unlock machine: hellos and answers in, frames and exactly one outcome out. No I/O, no clock.

use std::collections::VecDeque;
use std::sync::Arc;

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType};
use thumbturn_protocol::full::{self, RequestPayload};
use thumbturn_protocol::hello::{HELLO_LIFETIME_MS, Hello};
use thumbturn_protocol::ids::{DoorId, TagKey};
use thumbturn_protocol::keys::PhoneKeys;
use thumbturn_protocol::operation::{Operation as OperationField, OperationKind};
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::ticket::Counters;
use thumbturn_protocol::time::Millis;

use crate::conversation::{GiveUp, HangUp, Recognition, Step, Written};
use crate::unlock::connection::{Connection, LiveHello, Phase};
use crate::unlock::error::UnlockError;
use crate::unlock::ledger::Ledger;
use crate::unlock::progress::{Bolt, Opened, Progress, UnlockPath};
use crate::unlock::request::{Answered, Exchange, Request};
use crate::wallet::pass::Pass;
use crate::wallet::reservation::{Operation, TicketChange};

/// Milliseconds to wait after *not accepted 02* (spec §4.6).
const TOO_MANY_HANDSHAKES_MS: u64 = 1_000;
/// Milliseconds to wait while the motor moves for somebody else.
const MOTOR_BUSY_MS: u64 = 700;
/// A full handshake in answer to a hello older than this would race with its death.
const HELLO_FRESH_MS: u64 = 1_500;

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
            opened: None,
            verdict: None,
            result: None,
        }
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

    pub(crate) fn tag_keys(&self) -> &[TagKey] {
        &self.tag_keys
    }

    /// Whether another connection could still change the outcome.
    pub(crate) const fn wants_connection(&self) -> bool {
        self.verdict.is_none() && self.result.is_none() && self.opened.is_none()
    }

    /// The last instant at which a hello can still be answered and die before the deadline.
    pub(crate) const fn last_chance(&self) -> Millis {
        Millis(self.deadline.0.saturating_sub(HELLO_LIFETIME_MS))
    }

    pub(crate) fn begin(&mut self, recognition: Recognition, now: Millis) {
        self.connection = Some(Connection::new(recognition, now));
    }

    pub(crate) fn lost(&mut self) {
        self.connection = None;
        self.ledger.connection_ended();
    }

    /// Takes the intent back. What has left the phone is waited for.
    pub(crate) fn cancel(&mut self) {
        self.cancelled = true;
        self.verdict.get_or_insert(UnlockError::Cancelled);
        if let Some(connection) = &mut self.connection {
            connection.stop_sending();
            if self.opened.is_some() {
                // The person has gone on: the door is open, its word about the bolt is not waited for.
                connection.phase = Phase::Unusable(HangUp::Silent);
            }
        }
    }

    pub(crate) fn give_up(&mut self, reason: GiveUp) {
        let reason = match reason {
            GiveUp::BluetoothOff => UnlockError::BluetoothOff,
            GiveUp::BluetoothUnauthorized => UnlockError::BluetoothUnauthorized,
            GiveUp::TurnedAway => UnlockError::Busy,
            GiveUp::NotInRange | GiveUp::ConnectionLost if self.busy => UnlockError::Busy,
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
                if let Some(hello) = connection.frame_taken() {
                    self.ledger.left(hello);
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
            MessageType::Record => self.on_record(&message),
            MessageType::HelloRequest
            | MessageType::FullRequest
            | MessageType::FastRequest
            | MessageType::ClaimRequest
            | MessageType::ClaimAnswer => {}
        }
    }

    pub(crate) fn poll(&mut self, mtu: AttMtu, now: Millis) -> Step {
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
        if let Some(connection) = &mut self.connection {
            if let Phase::Unusable(reason) = connection.phase {
                return Step::HangUp(reason);
            }
            if self.verdict.is_some() {
                connection.stop_sending();
            }
            if let Some(write) = connection.next_write(mtu) {
                return write;
            }
        }
        Step::Wait { until: self.next_deadline() }
    }
}

/// What comes from the door.
impl UnlockMachine {
    fn on_hello(&mut self, message: &Message, now: Millis, random: &mut dyn SecureRandom) {
        let Some(connection) = &mut self.connection else { return };
        if self.opened.is_some() {
            return;
        }
        let frame = [&[MessageType::Hello.single_frame_header()], message.payload.as_slice()].concat();
        let hello = match (Hello::parse(&frame), connection.recognition) {
            (Ok(hello), _) => hello,
            (Err(Error::UnsupportedVersion(_)), Recognition::Recognised) => {
                self.verdict.get_or_insert(UnlockError::AppTooOld);
                return;
            }
            // Another door, of which nothing can be said.
            (Err(Error::UnsupportedVersion(_)), Recognition::Unresolved) => {
                connection.phase = Phase::Unusable(HangUp::WrongDoor);
                return;
            }
            (Err(_), _) => return,
        };
        let Some(tag_key) = self.tag_keys.iter().find(|tag_key| hello.is_named_by(tag_key)).cloned() else {
            connection.phase = Phase::Unusable(HangUp::WrongDoor);
            return;
        };
        connection.take_hello(LiveHello { hello, received: now, tag_key });
        if !matches!(connection.phase, Phase::Pause { .. }) {
            self.answer_hello(now, random);
        }
    }

    fn on_answer(&mut self, message: &Message, now: Millis) {
        let Some(connection) = &mut self.connection else { return };
        if self.opened.is_some() {
            return;
        }
        let Some(answered) = connection.read_answer(message) else { return };
        self.ledger.answered();
        connection.stop_sending();
        let Answered { answer, session, path, attempt, change } = answered;
        self.change = change;
        match answer.outcome {
            Outcome::Accepted { relock_seconds } | Outcome::AlreadyDone { relock_seconds } => {
                connection.records = Some(Records::new(&session, Side::Phone));
                let until = now.plus(self.times.after_bolt).min(self.deadline);
                connection.phase = Phase::AfterBolt { until };
                self.opened = Some(Opened {
                    door: self.door,
                    relock_seconds,
                    path,
                    bolt: Bolt::Unconfirmed,
                    status: answer.status,
                    list_version: answer.list_version,
                    attempts: attempt,
                });
                self.reports.push_back(Progress::Accepted { relock_seconds });
                self.relax = true;
                if self.cancelled {
                    connection.phase = Phase::Unusable(HangUp::Silent);
                }
            }
            Outcome::Busy => self.wait_for_door(now, MOTOR_BUSY_MS),
            Outcome::OutcomeUnknown
            | Outcome::Denied
            | Outcome::NotYet
            | Outcome::Expired
            | Outcome::LeaseEnded
            | Outcome::OutOfSchedule
            | Outcome::UpdateRequired
            | Outcome::UnknownTime
            | Outcome::DoorFault(_) => {
                self.refused(
                    UnlockError::of_outcome(answer.outcome).unwrap_or(UnlockError::Denied),
                    path,
                    now,
                );
            }
        }
    }

    fn on_not_accepted(&mut self, message: &Message, now: Millis, random: &mut dyn SecureRandom) {
        let Some(connection) = &mut self.connection else { return };
        let &[reason @ 1..=3] = message.payload.as_slice() else { return };
        let Some(request) = connection.take_refused() else { return };
        self.ledger.not_accepted();
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

    fn on_record(&mut self, message: &Message) {
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

/// What goes to the door.
impl UnlockMachine {
    /// Answers the hello at hand with a request, if the intent still stands and there is time for one.
    fn answer_hello(&mut self, now: Millis, random: &mut dyn SecureRandom) {
        if self.verdict.is_some() || !self.has_time(now) {
            return;
        }
        let made = self.make_request(random);
        let Some(connection) = &mut self.connection else { return };
        match made {
            Ok(Some((fragmenter, request, hello))) => {
                connection.send(fragmenter, request, hello);
                self.reports.push_back(Progress::Asking);
            }
            // The tries reserved for this connection are used up.
            Ok(None) => connection.phase = Phase::Unusable(HangUp::Silent),
            // The pass cannot be used at all (a door key that is no valid point, for example).
            Err(Error::InvalidKey | Error::InvalidArgument(_)) => self.next_pass(UnlockError::NoGrant, now),
            Err(_) => connection.phase = Phase::Unusable(HangUp::Silent),
        }
    }

    #[expect(clippy::type_complexity, reason = "used once, right above")]
    fn make_request(
        &mut self,
        random: &mut dyn SecureRandom,
    ) -> Result<Option<(Fragmenter<Vec<u8>>, Request, Millis)>, Error> {
        let fast = self.has_fast_path();
        let (Some(connection), Some(operation), Some(pass)) =
            (&self.connection, &mut self.operation, self.passes.front())
        else {
            return Ok(None);
        };
        let Some(live) = &connection.hello else { return Ok(None) };
        let ticket = operation.ticket_for_next_attempt().map(|(ticket, press)| (ticket.clone(), press));
        let Some(attempt) = operation.take_attempt() else { return Ok(None) };
        let (message_type, payload, exchange) = match ticket {
            Some((ticket, press)) if fast => {
                let request =
                    ticket.request(&live.hello, Counters { press, attempt }, OperationKind::Unlock)?;
                let [_, payload @ ..] = request.as_bytes();
                (MessageType::FastRequest, payload.to_vec(), Exchange::Fast { ticket, request })
            }
            _ => {
                let ephemeral = match self.ephemeral.take() {
                    Some(ephemeral) => ephemeral,
                    None => Ephemeral::generate(random)?,
                };
                let payload = RequestPayload {
                    phone_signing_key: self.keys.signing.public(),
                    operation: OperationField { kind: OperationKind::Unlock, id: operation.id, attempt },
                    grant: pass.credential.grant.clone(),
                    share: pass.credential.share.clone(),
                };
                let door = pass.certificate.keys.session_key;
                let (initiator, bytes) =
                    full::request(&self.keys.session, door, &live.tag_key, &live.hello, &payload, ephemeral)?;
                let (door_key, made_from) = (pass.door_key(), pass.fingerprint());
                (
                    MessageType::FullRequest,
                    bytes,
                    Exchange::Full { initiator: Box::new(initiator), door_key, made_from },
                )
            }
        };
        let request = Request { hello: live.hello, attempt, exchange };
        Ok(Some((Fragmenter::new(message_type, payload)?, request, live.received)))
    }

    /// Asks for a new hello, to which the request is made again.
    fn ask_again(&mut self, now: Millis) {
        if !self.has_time(now) {
            return;
        }
        if let Some(connection) = &mut self.connection {
            connection.ask_for_hello(now);
        }
    }

    fn wait_for_door(&mut self, now: Millis, milliseconds: u64) {
        if self.verdict.is_some() {
            return;
        }
        self.busy = true;
        self.reports.push_back(Progress::WaitingForDoor);
        if let Some(connection) = &mut self.connection {
            connection.phase = Phase::Pause { until: now.plus(milliseconds) };
        }
    }

    /// The door has refused with proof.
    fn refused(&mut self, error: UnlockError, path: UnlockPath, now: Millis) {
        if self.cancelled || !error.is_about_the_credential() {
            self.verdict = Some(error);
            return;
        }
        match path {
            // The ticket's credential need not be the one in front; after its refusal all others get their chance.
            UnlockPath::Fast if self.passes.len() > 1 => {
                self.fast_refused = true;
                self.ask_again(now);
            }
            UnlockPath::Fast => self.verdict = Some(error),
            UnlockPath::Full => self.next_pass(error, now),
        }
    }

    /// Gives the pass in front up, for `error` unless there is another.
    fn next_pass(&mut self, error: UnlockError, now: Millis) {
        if self.passes.len() <= 1 {
            self.verdict = Some(error);
            return;
        }
        self.passes.pop_front();
        self.ask_again(now);
    }

    /// Whether a hello received now dies before the deadline; without time the intent ends.
    fn has_time(&mut self, now: Millis) -> bool {
        let has_time = now <= self.last_chance();
        if !has_time {
            self.give_up(GiveUp::ConnectionLost);
        }
        has_time
    }
}

/// Deadlines and the outcome.
impl UnlockMachine {
    fn keep_deadlines(&mut self, now: Millis) {
        let Some(connection) = &mut self.connection else { return };
        if connection.is_sending() || self.verdict.is_some() || self.opened.is_some() {
            return;
        }
        match connection.phase {
            Phase::AwaitHello { ask_at: until } | Phase::AwaitAnswer { until } | Phase::Pause { until }
                if now >= until =>
            {
                self.ask_again(now);
            }
            Phase::AwaitHello { .. }
            | Phase::AwaitAnswer { .. }
            | Phase::Pause { .. }
            | Phase::AfterBolt { .. }
            | Phase::Unusable(_) => {}
        }
    }

    /// Sets the outcome once it may be reported: success when nothing more is waited for, a failure when every hello is dead.
    fn conclude(&mut self, now: Millis) {
        if self.result.is_some() {
            return;
        }
        if let Some(opened) = self.opened {
            let waiting = self.connection.as_ref().is_some_and(
                |connection| matches!(connection.phase, Phase::AfterBolt { until } if now < until),
            );
            if !waiting {
                self.result = Some(Ok(opened));
            }
            return;
        }
        if now >= self.deadline {
            self.give_up(GiveUp::ConnectionLost);
        }
        let Some(error) = self.verdict else { return };
        if self.ledger.dead_at().is_some_and(|dead_at| now < dead_at) {
            return;
        }
        let unknown = self.ledger.has_unanswered();
        self.result = Some(Err(if unknown { UnlockError::OutcomeUnknown } else { error }));
    }

    fn next_deadline(&self) -> Millis {
        let of_phase = self.connection.as_ref().and_then(|connection| match connection.phase {
            Phase::AfterBolt { until } => Some(until),
            Phase::AwaitHello { ask_at: until } | Phase::AwaitAnswer { until } | Phase::Pause { until } => {
                self.verdict.is_none().then_some(until)
            }
            Phase::Unusable(_) => None,
        });
        let of_verdict = self.verdict.and_then(|_| self.ledger.dead_at());
        [of_phase, of_verdict].into_iter().flatten().fold(self.deadline, Millis::min)
    }
}
