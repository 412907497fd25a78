//! What goes to the door.

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::{Fragmenter, MessageType};
use thumbturn_protocol::full::{self, RequestPayload};
use thumbturn_protocol::keys::PhoneKeys;
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::ticket::{Counters, Ticket};
use thumbturn_protocol::time::Millis;

use super::UnlockMachine;
use crate::conversation::{GiveUp, HangUp};
use crate::unlock::connection::{LiveHello, Phase};
use crate::unlock::error::UnlockError;
use crate::unlock::ledger::{Departure, Weight};
use crate::unlock::progress::{Progress, UnlockPath};
use crate::unlock::request::{Exchange, Request};
use crate::wallet::pass::Pass;

/// A request, ready to be written.
struct Made {
    fragmenter: Fragmenter<Vec<u8>>,
    request: Request,
    /// When its hello was received.
    hello: Millis,
}

impl UnlockMachine {
    /// Answers the hello at hand with a request, if the intent still stands and there is time for one.
    pub(super) fn answer_hello(&mut self, now: Millis, random: &mut dyn SecureRandom) {
        if self.verdict.is_some() || !self.has_time(now) {
            return;
        }
        let made = self.make_request(random);
        let Some(connection) = &mut self.connection else { return };
        match made {
            Ok(Some(Made { fragmenter, request, hello })) => {
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

    /// The request for the hello at hand: fast while the ticket is good for it, full otherwise.
    fn make_request(&mut self, random: &mut dyn SecureRandom) -> Result<Option<Made>, Error> {
        let (fast, kind) = (self.has_fast_path(), self.kind);
        let (Some(operation), Some(pass)) = (&mut self.operation, self.passes.front()) else {
            return Ok(None);
        };
        let Some(live) = self.connection.as_ref().and_then(|connection| connection.hello.as_ref()) else {
            return Ok(None);
        };
        let ticket = operation.ticket_for_next_attempt().filter(|_| fast);
        let ticket = ticket.map(|(ticket, press)| (ticket.clone(), press));
        let Some(attempt) = operation.take_attempt() else { return Ok(None) };
        let (fragmenter, exchange) = match ticket {
            Some((ticket, press)) => fast_request(ticket, live, Counters { press, attempt }, kind)?,
            None => {
                let ephemeral = match self.ephemeral.take() {
                    Some(ephemeral) => ephemeral,
                    None => Ephemeral::generate(random)?,
                };
                let operation = Operation { kind, id: operation.id, attempt };
                full_request(&self.keys, pass, live, operation, ephemeral)?
            }
        };
        let request = Request { hello: live.hello, attempt, departure: Departure::default(), exchange };
        Ok(Some(Made { fragmenter, request, hello: live.received }))
    }

    /// Asks for a new hello, to which the request is made again.
    pub(super) fn ask_again(&mut self, now: Millis) {
        if !self.has_time(now) {
            return;
        }
        if let Some(connection) = &mut self.connection {
            connection.ask_for_hello(now);
        }
    }

    pub(super) fn wait_for_door(&mut self, now: Millis, milliseconds: u64) {
        if self.verdict.is_some() {
            return;
        }
        self.busy = true;
        self.reports.push_back(Progress::WaitingForDoor);
        if let Some(connection) = &mut self.connection {
            connection.phase = Phase::Pause { until: now.plus(milliseconds) };
        }
    }

    /// The door has refused authentically.
    pub(super) fn refused(&mut self, error: UnlockError, path: UnlockPath, weight: Weight, now: Millis) {
        match weight {
            // Known to the door: asking again tells no more.
            _ if error == UnlockError::OutcomeUnknown => {}
            Weight::Proof => {}
            // The answer to the later request decides.
            Weight::Preliminary => return,
            Weight::Overtaken(until) => {
                self.ask_after(until);
                return;
            }
        }
        if self.cancelled || !error.is_about_the_credential() {
            self.verdict = Some(error);
            return;
        }
        if path == UnlockPath::Full || self.passes.len() <= 1 {
            self.delivering.note(error, self.passes.front());
        }
        match path {
            // The ticket's credential need not be the one in front; after its refusal all others get their chance.
            UnlockPath::Fast if self.passes.len() > 1 => {
                self.fast_refused = true;
                self.ask_again(now);
            }
            UnlockPath::Fast => self.last_refused(error),
            UnlockPath::Full => self.next_pass(error, now),
        }
    }

    /// Asks again once nothing that left before can be executed any more, unless the intent was taken back.
    fn ask_after(&mut self, until: Millis) {
        if let (Some(connection), None) = (&mut self.connection, self.verdict) {
            connection.phase = Phase::Pause { until };
        }
    }

    /// Gives the pass in front up, for `error` unless there is another.
    pub(super) fn next_pass(&mut self, error: UnlockError, now: Millis) {
        if self.passes.len() <= 1 {
            self.last_refused(error);
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

fn fast_request(
    ticket: Ticket,
    live: &LiveHello,
    counters: Counters,
    kind: OperationKind,
) -> Result<(Fragmenter<Vec<u8>>, Exchange), Error> {
    let request = ticket.open().request(&live.hello, counters, kind)?;
    let [_, payload @ ..] = request.as_bytes();
    let fragmenter = Fragmenter::new(MessageType::FastRequest, payload.to_vec())?;
    Ok((fragmenter, Exchange::Fast { ticket, request }))
}

fn full_request(
    keys: &PhoneKeys,
    pass: &Pass,
    live: &LiveHello,
    operation: Operation,
    ephemeral: Ephemeral,
) -> Result<(Fragmenter<Vec<u8>>, Exchange), Error> {
    let payload = RequestPayload {
        phone_signing_key: keys.signing.public(),
        operation,
        grant: pass.credential.grant.clone(),
        share: pass.credential.share.clone(),
    };
    let door = pass.certificate.keys.session_key;
    let (initiator, bytes) =
        full::request(&keys.session, door, &live.tag_key, &live.hello, &payload, ephemeral)?;
    let (door_key, made_from) = (pass.door_key(), pass.fingerprint());
    let exchange = Exchange::Full { initiator: Box::new(initiator), door_key, made_from };
    Ok((Fragmenter::new(MessageType::FullRequest, bytes)?, exchange))
}
