//! Claiming (spec §9): nothing is kept before the claimer has confirmed that it has the door's keys.

use alloc::boxed::Box;
use alloc::vec::Vec;

use thumbturn_protocol::claim::{ClaimResponder, DoorConfiguration};
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::time::Millis;

use super::Engine;
use super::doorcodes::{self, Doorcodes};
use super::full::Next;
use super::radio::NotAccepted;
use crate::connection::{Session, Stage};
use crate::identity::{DoorKeys, Identity};
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::work::Work;
use thumbturn_protocol::event::Event;

/// What is to be done next for a claim that passed the gate.
pub(crate) enum ClaimStep {
    /// Read message 1.
    Read { hello: Hello, message: Vec<u8> },
    /// Make the door's new keys.
    MakeKeys { responder: Box<ClaimResponder>, configuration: Box<DoorConfiguration> },
    /// Write message 2.
    Answer { responder: Box<ClaimResponder>, claimed: Box<Claimed> },
}

/// A claim that waits for its confirmation.
pub(crate) struct Claimed {
    configuration: DoorConfiguration,
    keys: DoorKeys,
}

impl<P: Platform> Engine<P> {
    pub(super) fn claim_requested(&mut self, now: Millis, id: ConnectionId, request: &[u8]) {
        if self.is_claimed() {
            return self.refuse(id, NotAccepted::NotRecognised);
        }
        match self.admit(now, id, request) {
            Ok((hello, message)) => {
                self.begin_handshake(id, Stage::Claim(Box::new(ClaimStep::Read { hello, message })));
            }
            Err(reason) => self.refuse(id, reason),
        }
    }

    pub(super) fn step_claim(&mut self, now: Millis, step: ClaimStep) -> Result<Next, NotAccepted> {
        match step {
            ClaimStep::Read { hello, message } => self.read_claim(&hello, &message),
            ClaimStep::MakeKeys { responder, configuration } => self.make_keys(responder, configuration),
            ClaimStep::Answer { responder, claimed } => self.answer_claim(now, *responder, claimed),
        }
    }

    fn read_claim(&mut self, hello: &Hello, message: &[u8]) -> Result<Next, NotAccepted> {
        let ephemeral = self.ephemeral.take().ok_or(NotAccepted::Busy)?;
        self.work.add(Work::seals(1));
        let (responder, configuration) = ClaimResponder::read(&self.claim_secret, hello, message, ephemeral)
            .map_err(|_| NotAccepted::NotRecognised)?;
        Ok(claim(ClaimStep::MakeKeys {
            responder: Box::new(responder),
            configuration: Box::new(configuration),
        }))
    }

    fn make_keys(
        &mut self,
        responder: Box<ClaimResponder>,
        configuration: Box<DoorConfiguration>,
    ) -> Result<Next, NotAccepted> {
        for _ in 0..3 {
            self.work.add(Work::KEY_PAIR);
        }
        let keys = DoorKeys::generate(&mut self.random).map_err(|_| NotAccepted::Busy)?;
        let claimed = Box::new(Claimed { configuration: *configuration, keys });
        Ok(claim(ClaimStep::Answer { responder, claimed }))
    }

    fn answer_claim(
        &mut self,
        now: Millis,
        responder: ClaimResponder,
        claimed: Box<Claimed>,
    ) -> Result<Next, NotAccepted> {
        self.work.add(Work::WRITE_ANSWER);
        let (message, session) =
            responder.answer(&claimed.keys.public()).map_err(|_| NotAccepted::NotRecognised)?;
        let records = Records::new(&session, Side::Door);
        Ok(Next {
            stage: Stage::Session(Box::new(Session::of_claim(records, claimed, now))),
            messages: alloc::vec![(MessageType::ClaimAnswer, message)],
        })
    }

    /// The claimer has the keys: become the property's door, in one transaction.
    pub(super) fn claim_confirmed(&mut self, now: Millis, id: ConnectionId) {
        let claimed = self.connections.get(id).and_then(|connection| match &mut connection.stage {
            Stage::Session(session) => session.claim.take(),
            Stage::Waiting | Stage::Request(_) | Stage::Claim(_) => None,
        });
        match claimed {
            // Two claimers may have come this far at once; the first to confirm has the door.
            Some(claimed) if !self.is_claimed() => self.keep_claim(now, id, *claimed),
            _ => self.end(id),
        }
    }

    fn keep_claim(&mut self, now: Millis, id: ConnectionId, claimed: Claimed) {
        let identity = Identity::new(claimed.configuration, claimed.keys);
        let instant = identity.configuration.now;
        // Log and bucket first: a claim that fails after them changes nothing for a door of nobody.
        let kept = self.storage.begin_log().is_ok()
            && self.storage.keep_lockout(doorcodes::full_bucket(&identity, now)).is_ok()
            && identity.to_bytes().is_some_and(|bytes| self.storage.commit_identity(&bytes).is_ok());
        if !kept {
            // The claimer gets no answer, and the hello of its next connection says that the door is free.
            return self.end(id);
        }
        self.doorcodes = Doorcodes::claimed(&identity, now);
        self.identity = Some(identity);
        self.logs.forget(now);
        self.receipt_is_due();
        self.clock.set(instant, now);
        self.storage.raise_floor(instant);
        self.advertising.rename();
        self.housekeeping.note(Event::Claimed);
        let Some(connection) = self.connections.get(id) else { return };
        let Stage::Session(session) = &mut connection.stage else { return };
        if let Ok(payload) = session.records.seal(&Record::Claimed) {
            connection.send(MessageType::Record, payload);
        }
    }
}

fn claim(step: ClaimStep) -> Next {
    Next::silent(Stage::Claim(Box::new(step)))
}
