//! The full handshake, one slice of public-key work a poll (spec §5).

use alloc::boxed::Box;
use alloc::vec::Vec;

use thumbturn_protocol::answer::{Answer, Fault, Outcome};
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::full::{RequestPayload, Responder, check_gate};
use thumbturn_protocol::grant::Grant;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::keys::PhonePublicKeys;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::share::{Share, ShareChain};
use thumbturn_protocol::signed::Verified;
use thumbturn_protocol::ticket::Ticket;
use thumbturn_protocol::time::Millis;

use super::Engine;
use super::fast::newest;
use super::radio::NotAccepted;
use super::serve::Asked;
use crate::connection::{Session, Stage, Visitor};
use crate::facts::Facts;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::{Chain, ChainTicket};
use crate::work::Work;

/// What is to be done next for a request that passed the gate. Each step consumes itself: a failed one cannot be resumed.
pub(crate) enum RequestStep {
    /// Read message 1.
    Read { hello: Hello, message: Vec<u8> },
    /// Verify the grant.
    VerifyGrant { responder: Box<Responder>, payload: RequestPayload },
    /// Verify the share.
    VerifyShare { responder: Box<Responder>, payload: RequestPayload, guest: Box<Guest> },
    /// The bolt is decided on; write message 2.
    Answer(Box<Decided>),
}

/// A guest's verified grant and the share behind it that is still to be verified.
pub(crate) struct Guest {
    grant: Verified<Grant>,
    chain: ShareChain,
}

/// A decided request whose answer is still to be written.
pub(crate) struct Decided {
    responder: Responder,
    answer: Answer,
    operation: OperationId,
    visitor: Option<Visitor>,
    /// The chain to start, when the phone gets one.
    chain: Option<Facts>,
    /// What the bolt did meanwhile.
    later: Option<Record>,
}

impl RequestStep {
    /// Keeps a record until the answer, which must come first.
    pub(crate) fn tell_later(&mut self, record: Record) {
        if let Self::Answer(decided) = self {
            decided.later = Some(record);
        }
    }
}

/// What a step leads to.
pub(super) struct Next {
    /// Where the connection stands now.
    pub(super) stage: Stage,
    /// What is said to the phone.
    pub(super) messages: Vec<(MessageType, Vec<u8>)>,
}

impl Next {
    /// Nothing to say yet.
    pub(super) const fn silent(stage: Stage) -> Self {
        Self { stage, messages: Vec::new() }
    }

    fn request(step: RequestStep) -> Self {
        Self::silent(Stage::Request(Box::new(step)))
    }
}

impl<P: Platform> Engine<P> {
    pub(super) fn full_requested(&mut self, now: Millis, id: ConnectionId, request: &[u8]) {
        match self.admit(now, id, request) {
            Ok((hello, message)) if self.is_claimed() => {
                self.begin_handshake(id, Stage::Request(Box::new(RequestStep::Read { hello, message })));
            }
            Ok(_) => self.refuse(id, NotAccepted::NotRecognised),
            Err(reason) => self.refuse(id, reason),
        }
    }

    /// The gate, the one try of a hello, and the bucket: all before any public-key operation (spec §4.7, §5.2).
    pub(super) fn admit(
        &mut self,
        now: Millis,
        id: ConnectionId,
        request: &[u8],
    ) -> Result<(Hello, Vec<u8>), NotAccepted> {
        let connection = self.connections.get(id).ok_or(NotAccepted::Stale)?;
        let tried = connection.hello.is_some_and(|pushed| pushed.handshake_tried);
        let hello = connection.live_hello(now).ok_or(NotAccepted::Stale)?;
        self.work.add(Work::macs(1));
        let message =
            check_gate(self.tag_key(), &hello, request).map_err(|_| NotAccepted::NotRecognised)?.to_vec();
        if tried {
            return Err(NotAccepted::NotRecognised);
        }
        if !self.bucket.take(now) {
            return Err(NotAccepted::Busy);
        }
        Ok((hello, message))
    }

    pub(super) fn begin_handshake(&mut self, id: ConnectionId, stage: Stage) {
        let Some(connection) = self.connections.get(id) else { return };
        if let Some(pushed) = &mut connection.hello {
            pushed.handshake_tried = true;
        }
        connection.stage = stage;
        self.updates.give_way();
    }

    /// Does one slice for the oldest connection that waits for one. `false`: there was none.
    pub(super) fn step_handshake(&mut self, now: Millis) -> bool {
        let waiting = self
            .connections
            .iter_mut()
            .find(|connection| matches!(connection.stage, Stage::Request(_) | Stage::Claim(_)));
        let Some(connection) = waiting else { return false };
        let id = connection.id;
        // A slice of its own, when there was no time to make one before the request.
        if self.ephemeral.is_none() && connection.stage.needs_ephemeral() {
            return self.make_ephemeral().unwrap_or(false);
        }
        // Failed before the fallible step: an early return leaves a connection that waits for a new hello.
        let next = match core::mem::replace(&mut connection.stage, Stage::Waiting) {
            Stage::Request(step) => self.step_request(now, id, *step),
            Stage::Claim(step) => self.step_claim(now, *step),
            Stage::Waiting | Stage::Session(_) => return false,
        };
        match next {
            Ok(next) => self.enter(id, next),
            Err(reason) => self.refuse(id, reason),
        }
        true
    }

    fn enter(&mut self, id: ConnectionId, next: Next) {
        let Some(connection) = self.connections.get(id) else { return };
        if matches!(next.stage, Stage::Session(_)) {
            connection.hello = None;
        }
        connection.stage = next.stage;
        for (message_type, payload) in next.messages {
            connection.send(message_type, payload);
        }
    }

    fn step_request(
        &mut self,
        now: Millis,
        id: ConnectionId,
        step: RequestStep,
    ) -> Result<Next, NotAccepted> {
        match step {
            RequestStep::Read { hello, message } => self.read_request(&hello, &message),
            RequestStep::VerifyGrant { responder, payload } => self.verify_grant(now, id, responder, payload),
            RequestStep::VerifyShare { responder, payload, guest } => {
                self.verify_share(now, id, responder, &payload, &guest)
            }
            RequestStep::Answer(decided) => self.write_answer(now, *decided),
        }
    }

    fn read_request(&mut self, hello: &Hello, message: &[u8]) -> Result<Next, NotAccepted> {
        let ephemeral = self.ephemeral.take().ok_or(NotAccepted::Busy)?;
        let identity = self.identity.as_ref().ok_or(NotAccepted::NotRecognised)?;
        self.work.add(Work::READ_REQUEST);
        let (responder, payload) = Responder::read(&identity.keys.session, hello, message, ephemeral)
            .map_err(|_| NotAccepted::NotRecognised)?;
        Ok(Next::request(RequestStep::VerifyGrant { responder: Box::new(responder), payload }))
    }

    fn verify_grant(
        &mut self,
        now: Millis,
        id: ConnectionId,
        responder: Box<Responder>,
        mut payload: RequestPayload,
    ) -> Result<Next, NotAccepted> {
        let identity = self.identity.as_ref().ok_or(NotAccepted::NotRecognised)?;
        let claimed = payload.grant.peek_unverified().map_err(|_| NotAccepted::NotRecognised)?;
        let instant = self.clock.read(now).certain();
        let Some(key) = identity.signing_key(claimed.generation, instant) else {
            return self.deny_unverified(now, id, responder, payload.operation.id);
        };
        self.work.add(Work::VERIFY);
        let grant = payload.grant.verify(key).map_err(|_| NotAccepted::NotRecognised)?;
        match payload.share.take() {
            Some(chain) => {
                let guest = Box::new(Guest { grant, chain });
                Ok(Next::request(RequestStep::VerifyShare { responder, payload, guest }))
            }
            None => self.decide_request(now, id, responder, &payload, &grant, None),
        }
    }

    /// The grant is of a generation whose key this door does not know, or does not believe any more. The phone is told in a
    /// session, so that it can bring the rotation and ask again (spec §8.5, §11.4).
    fn deny_unverified(
        &mut self,
        now: Millis,
        id: ConnectionId,
        responder: Box<Responder>,
        operation: OperationId,
    ) -> Result<Next, NotAccepted> {
        self.spend_hello(now, id)?;
        self.housekeeping.count_failure();
        Ok(self.decided(responder, operation, Outcome::Denied, None, None))
    }

    fn verify_share(
        &mut self,
        now: Millis,
        id: ConnectionId,
        responder: Box<Responder>,
        payload: &RequestPayload,
        guest: &Guest,
    ) -> Result<Next, NotAccepted> {
        self.work.add(Work::VERIFY);
        let share = guest.chain.verify().map_err(|_| NotAccepted::NotRecognised)?;
        self.decide_request(now, id, responder, payload, &guest.grant, Some((&guest.chain.granter, &share)))
    }

    /// All is authentic: spend the hello, decide, and move the bolt before the answer is computed.
    fn decide_request(
        &mut self,
        now: Millis,
        id: ConnectionId,
        responder: Box<Responder>,
        payload: &RequestPayload,
        grant: &Verified<Grant>,
        share: Option<(&PhonePublicKeys, &Verified<Share>)>,
    ) -> Result<Next, NotAccepted> {
        self.spend_hello(now, id)?;
        let identity = self.identity.as_ref().ok_or(NotAccepted::NotRecognised)?;
        let operation = payload.operation;
        let (outcome, visitor, chain) = match Facts::establish(identity, responder.phone(), grant, share) {
            None => {
                if operation.kind == OperationKind::Unlock {
                    self.housekeeping.note_refusal(responder.phone().id(), Outcome::Denied);
                }
                (Outcome::Denied, None, None)
            }
            Some(facts) => {
                let asked =
                    Asked { facts: &facts, operation: operation.id, kind: operation.kind, connection: id };
                let outcome = self.serve_full(now, &asked);
                let starts = matches!(outcome, Outcome::Accepted { .. } | Outcome::AlreadyDone { .. });
                (outcome, Some(facts.visitor()), starts.then_some(facts))
            }
        };
        Ok(self.decided(responder, operation.id, outcome, visitor, chain))
    }

    /// The phone may have given up when its hello died; nothing may open after that (I8).
    fn spend_hello(&mut self, now: Millis, id: ConnectionId) -> Result<(), NotAccepted> {
        let connection = self.connections.get(id).ok_or(NotAccepted::Stale)?;
        connection.live_hello(now).ok_or(NotAccepted::Stale)?;
        connection.hello = None;
        Ok(())
    }

    /// The bolt is decided on; the answer is a slice of its own.
    fn decided(
        &self,
        responder: Box<Responder>,
        operation: OperationId,
        outcome: Outcome,
        visitor: Option<Visitor>,
        chain: Option<Facts>,
    ) -> Next {
        let answer = self.answer(outcome);
        let decided = Decided { responder: *responder, answer, operation, visitor, chain, later: None };
        Next::request(RequestStep::Answer(Box::new(decided)))
    }

    /// Serves an operation that was asked for without a ticket: the phone's newest operation lies with its chain.
    fn serve_full(&mut self, now: Millis, asked: &Asked<'_>) -> Outcome {
        let Ok(chain) = self.chain_of(asked.facts.phone) else {
            // Whether it was served before cannot be told.
            return Outcome::DoorFault(Fault::Storage);
        };
        let newest = chain.and_then(|chain| chain.newest).map(|newest| newest.id);
        self.known_outcome(now, asked, newest).unwrap_or_else(|| self.serve(now, asked))
    }

    fn write_answer(&mut self, now: Millis, decided: Decided) -> Result<Next, NotAccepted> {
        let Decided { responder, answer, operation, visitor, chain, later } = decided;
        let chain = chain.filter(|facts| self.tickets.has_room_for(facts.phone));
        let answer = if chain.is_some() { answer.with_ticket() } else { answer };
        self.work.add(Work::WRITE_ANSWER);
        let (message, session) = responder.answer(answer).map_err(|_| NotAccepted::NotRecognised)?;
        if let Some(facts) = chain {
            self.start_chain(Ticket::first(&session), &facts, operation, answer);
        }
        let mut records = Records::new(&session, Side::Door);
        let mut messages = alloc::vec![(MessageType::FullAnswer, message)];
        if let Some(payload) = later.and_then(|record| records.seal(&record).ok()) {
            messages.push((MessageType::Record, payload));
        }
        Ok(Next { stage: Stage::Session(Box::new(Session::new(records, visitor, now))), messages })
    }

    /// A new chain for a phone. Nothing of the old one stays usable: whoever holds a copy of its ticket is rid of it (spec §6.1).
    fn start_chain(&mut self, first: Ticket, facts: &Facts, operation: OperationId, answer: Answer) {
        let Some(bytes) = facts.to_bytes() else { return };
        let newest_before = self.chain_of(facts.phone).ok().flatten().and_then(|chain| chain.newest);
        let newest = match answer.outcome {
            // It was an older one that was asked for again.
            Outcome::AlreadyDone { .. } if newest_before.is_some() => newest_before,
            _ => Some(newest(operation, answer)),
        };
        let current = ChainTicket::new(first);
        self.keep_chain(Chain { phone: facts.phone, current, previous: None, newest, facts: bytes });
    }
}
