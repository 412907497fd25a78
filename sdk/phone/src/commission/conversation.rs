//! The claimer's machine: hello, claim request, claim answer, confirm, claimed. No I/O, no clock.

use std::collections::VecDeque;

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::advertisement::Advertisement;
use thumbturn_protocol::claim::{self, DoorConfiguration};
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType};
use thumbturn_protocol::hello::{DoorState, HELLO_LIFETIME_MS, Hello};
use thumbturn_protocol::ids::{ClaimSecret, TagKey};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::time::Millis;

use crate::commission::ClaimError;
use crate::commission::connection::{Connection, Outgoing, Phase};
use crate::conversation::{Conversation, GiveUp, HangUp, Recognition, Step, Written};
use crate::link::WriteKind;
use crate::unlock::Progress;

/// Milliseconds for the answer: a Noise handshake and three key pairs.
const ANSWER_MS: u64 = 2_500;
/// Milliseconds for the door to store the claim.
const STORE_MS: u64 = 3_000;
/// Milliseconds to wait after *not accepted 02* (spec §4.6).
const BUSY_MS: u64 = 1_000;
/// Milliseconds after which a confirmation is not kept any more: the door's session ends 2 s after its answer (spec §9.6),
/// half a second for the difference of two clocks.
const CONFIRMATION_DEAD_MS: u64 = 2_500;

/// A confirmation that left.
#[derive(Clone, Copy)]
struct Confirmed {
    /// The keys that the door has if it keeps the claim.
    keys: DoorPublicKeys,
    /// When it cannot be kept any more.
    dead_at: Millis,
}

/// Leads one claim to its outcome.
pub(super) struct ClaimConversation {
    secret: ClaimSecret,
    claim_tag_key: TagKey,
    configuration: DoorConfiguration,
    deadline: Millis,
    ephemeral: Option<Ephemeral>,
    connection: Option<Connection>,
    /// The newest confirmation, unless it is known not to have been kept. There is one at a time: of two, nobody could tell
    /// which one a claimed door has kept.
    confirmed: Option<Confirmed>,
    reports: VecDeque<Progress>,
    busy: bool,
    /// Whoever advertises as the door does said hello in a version that is not ours.
    newer: bool,
    /// The door has named itself in our version.
    greeted: bool,
    verdict: Option<ClaimError>,
    result: Option<Result<DoorPublicKeys, ClaimError>>,
}

impl ClaimConversation {
    pub(super) fn new(secret: ClaimSecret, configuration: DoorConfiguration, deadline: Millis) -> Self {
        Self {
            claim_tag_key: secret.tag_key(),
            secret,
            configuration,
            deadline,
            ephemeral: None,
            connection: None,
            confirmed: None,
            reports: VecDeque::new(),
            busy: false,
            newer: false,
            greeted: false,
            verdict: None,
            result: None,
        }
    }

    pub(super) const fn result(&self) -> Option<Result<DoorPublicKeys, ClaimError>> {
        self.result
    }

    fn on_hello(&mut self, message: &Message, now: Millis, random: &mut dyn SecureRandom) {
        let Some(connection) = &mut self.connection else { return };
        if !matches!(connection.phase, Phase::AwaitHello { .. }) {
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
        self.greeted |= self.is_named_in(&hello);
        let Some(connection) = &mut self.connection else { return };
        if hello.is_named_by(&self.configuration.tag_key) && hello.state() == DoorState::Claimed {
            // It is this property's door already: ours if we confirmed, an earlier claim's otherwise.
            self.result = Some(self.confirmed.map(|confirmed| confirmed.keys).ok_or(ClaimError::Refused));
        } else if !hello.is_named_by(&self.claim_tag_key) || hello.state() != DoorState::FactoryFresh {
            connection.phase = Phase::Unusable(HangUp::WrongDoor);
        } else if let Some(Confirmed { dead_at, .. }) =
            self.confirmed.filter(|confirmed| now < confirmed.dead_at)
        {
            // Factory-fresh still; the confirmation may be under way.
            connection.phase = Phase::Pause { until: dead_at };
        } else if self.verdict.is_none() {
            // Factory-fresh, and nothing is under way: what was confirmed before was not kept.
            self.confirmed = None;
            self.request(&hello, now, random);
        }
    }

    /// Whether it is the door, claimed or not.
    fn is_named_in(&self, hello: &Hello) -> bool {
        hello.is_named_by(&self.configuration.tag_key) || hello.is_named_by(&self.claim_tag_key)
    }

    fn request(&mut self, hello: &Hello, now: Millis, random: &mut dyn SecureRandom) {
        let Some(connection) = &mut self.connection else { return };
        let Some(ephemeral) = self.ephemeral.take().or_else(|| Ephemeral::generate(random).ok()) else {
            connection.phase = Phase::Unusable(HangUp::Silent);
            return;
        };
        let made = claim::request(&self.secret, hello, &self.configuration, ephemeral)
            .and_then(|(claimer, bytes)| Ok((claimer, Fragmenter::new(MessageType::ClaimRequest, bytes)?)));
        match made {
            Ok((claimer, fragmenter)) => {
                connection.outgoing = Some(Outgoing { fragmenter, frame: None, confirms: None });
                connection.phase =
                    Phase::AwaitAnswer { claimer: Box::new(claimer), until: now.plus(ANSWER_MS) };
                self.reports.push_back(Progress::Asking);
            }
            Err(_) => self.verdict = Some(ClaimError::InvalidConfiguration),
        }
    }

    fn on_answer(&mut self, message: &Message, now: Millis) {
        let Some(connection) = &mut self.connection else { return };
        let failed = Phase::Unusable(HangUp::Silent);
        let Phase::AwaitAnswer { claimer, until } = core::mem::replace(&mut connection.phase, failed) else {
            return;
        };
        if self.verdict.is_some() {
            connection.phase = Phase::AwaitAnswer { claimer, until };
            return;
        }
        // What does not verify leaves the connection unusable: the next one begins anew.
        let Ok((keys, session)) = (*claimer).finish(&message.payload) else { return };
        let mut records = Records::new(&session, Side::Phone);
        let confirmation = records
            .seal(&Record::ClaimConfirm)
            .and_then(|payload| Fragmenter::new(MessageType::Record, payload));
        let Ok(fragmenter) = confirmation else { return };
        connection.outgoing = Some(Outgoing { fragmenter, frame: None, confirms: Some(keys) });
        connection.phase = Phase::AwaitClaimed { keys, records, until: now.plus(STORE_MS) };
    }

    fn on_record(&mut self, message: &Message) {
        let Some(connection) = &mut self.connection else { return };
        let Phase::AwaitClaimed { keys, records, .. } = &mut connection.phase else { return };
        match records.open(&message.payload) {
            Ok(Record::Claimed) => self.result = Some(Ok(*keys)),
            Ok(_) => {}
            Err(_) => connection.phase = Phase::Unusable(HangUp::Silent),
        }
    }

    fn on_not_accepted(&mut self, message: &Message, now: Millis) {
        let Some(connection) = &mut self.connection else { return };
        if !matches!(connection.phase, Phase::AwaitAnswer { .. }) {
            return;
        }
        match message.payload.as_slice() {
            [1] => {
                self.verdict.get_or_insert(ClaimError::Refused);
            }
            [2] => {
                self.busy = true;
                self.reports.push_back(Progress::WaitingForDoor);
                connection.phase = Phase::Pause { until: now.plus(BUSY_MS) };
            }
            [3] => connection.ask_for_hello(now),
            _ => {}
        }
    }

    fn keep_deadlines(&mut self, now: Millis) {
        if now >= self.deadline {
            self.give_up(GiveUp::ConnectionLost);
        }
        let last_chance = self.last_chance();
        let Some(connection) = &mut self.connection else { return };
        let due = connection.phase.deadline().is_some_and(|deadline| now >= deadline);
        if !due || connection.outgoing.is_some() || self.verdict.is_some() {
            return;
        }
        match connection.phase {
            Phase::AwaitHello { .. } | Phase::AwaitAnswer { .. } | Phase::Pause { .. }
                if now <= last_chance =>
            {
                connection.ask_for_hello(now);
            }
            // Whether the claim was kept is for the next connection's hello to tell.
            Phase::AwaitClaimed { .. } => connection.phase = Phase::Unusable(HangUp::Moved),
            Phase::AwaitHello { .. } | Phase::AwaitAnswer { .. } | Phase::Pause { .. } => {
                connection.phase = Phase::Unusable(HangUp::Silent);
            }
            Phase::Unusable(_) => {}
        }
    }

    fn conclude(&mut self, now: Millis) {
        let Some(error) = self.verdict else { return };
        if self.result.is_some() {
            return;
        }
        // A confirmation is under way: wait for its answer as long as there is a connection that may bring it.
        let waiting = self.connection.as_ref().is_some_and(|connection| {
            matches!(connection.phase, Phase::AwaitClaimed { until, .. } if now < until && now < self.deadline)
        });
        if !waiting {
            let unknown = self.confirmed.is_some();
            self.result = Some(Err(if unknown { ClaimError::OutcomeUnknown } else { error }));
        }
    }
}

impl Conversation for ClaimConversation {
    fn recognises(&self, advertisement: &Advertisement) -> bool {
        // Under the property's tag key once it is claimed: perhaps by us, a lost answer ago.
        advertisement.resolve(&self.claim_tag_key).is_some()
            || advertisement.resolve(&self.configuration.tag_key).is_some()
    }

    fn is_short(&self) -> bool {
        false
    }

    fn prepare(&mut self, random: &mut dyn SecureRandom) {
        if self.ephemeral.is_none() {
            self.ephemeral = Ephemeral::generate(random).ok();
        }
    }

    fn begin(&mut self, recognition: Recognition, now: Millis) {
        self.connection = Some(Connection::new(recognition, now));
    }

    fn receive(&mut self, frame: &[u8], now: Millis, random: &mut dyn SecureRandom) {
        let message = self.connection.as_mut().and_then(|connection| connection.receive(frame));
        let Some(message) = message else { return };
        match message.message_type {
            MessageType::Hello => self.on_hello(&message, now, random),
            MessageType::ClaimAnswer => self.on_answer(&message, now),
            MessageType::Record => self.on_record(&message),
            MessageType::NotAccepted => self.on_not_accepted(&message, now),
            MessageType::HelloRequest
            | MessageType::FullRequest
            | MessageType::FullAnswer
            | MessageType::FastRequest
            | MessageType::FastAnswer
            | MessageType::ClaimRequest => {}
        }
    }

    fn wrote(&mut self, written: Written, now: Millis) {
        if matches!(written, Written::Refused | Written::Gone) {
            return;
        }
        let Some(connection) = &mut self.connection else { return };
        let Some(outgoing) = &mut connection.outgoing else { return };
        outgoing.frame = None;
        if outgoing.fragmenter.is_finished() {
            let dead_at = now.plus(CONFIRMATION_DEAD_MS);
            self.confirmed = outgoing.confirms.map(|keys| Confirmed { keys, dead_at }).or(self.confirmed);
            connection.outgoing = None;
        }
    }

    fn lost(&mut self, _now: Millis) {
        self.connection = None;
    }

    fn cancel(&mut self) {
        self.verdict.get_or_insert(ClaimError::Cancelled);
    }

    fn give_up(&mut self, reason: GiveUp) {
        self.verdict.get_or_insert(match reason {
            GiveUp::BluetoothOff => ClaimError::BluetoothOff,
            GiveUp::BluetoothUnauthorized => ClaimError::BluetoothUnauthorized,
            GiveUp::TurnedAway => ClaimError::Busy,
            GiveUp::NotInRange | GiveUp::ConnectionLost if self.busy => ClaimError::Busy,
            GiveUp::NotInRange | GiveUp::ConnectionLost if self.newer && !self.greeted => {
                ClaimError::AppTooOld
            }
            GiveUp::NotInRange => ClaimError::NotInRange,
            GiveUp::ConnectionLost => ClaimError::ConnectionLost,
        });
    }

    fn wants_connection(&self) -> bool {
        self.verdict.is_none() && self.result.is_none()
    }

    fn last_chance(&self) -> Millis {
        Millis(self.deadline.0.saturating_sub(HELLO_LIFETIME_MS))
    }

    fn poll(&mut self, mtu: AttMtu, now: Millis) -> Step {
        if let Some(report) = self.reports.pop_front() {
            return Step::Report(report);
        }
        self.keep_deadlines(now);
        self.conclude(now);
        if self.result.is_some() {
            return Step::Finished;
        }
        let Some(connection) = &mut self.connection else { return Step::Wait { until: self.deadline } };
        if let Phase::Unusable(reason) = connection.phase {
            return Step::HangUp(reason);
        }
        if let Some(frame) = connection.next_frame(mtu) {
            return Step::Write { frame, kind: WriteKind::WithResponse };
        }
        Step::Wait { until: connection.phase.deadline().unwrap_or(self.deadline).min(self.deadline) }
    }
}
