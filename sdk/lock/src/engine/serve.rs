//! Serving one authentic operation: known, decided, written, started (spec §8).

use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::time::Millis;

use super::Engine;
use super::opening::Opening;
use crate::decision::{Circumstances, Permission, admit, decide};
use crate::facts::Facts;
use crate::input::ConnectionId;
use crate::known::Known;
use crate::platform::Platform;
use thumbturn_protocol::event::{AcceptedOperation, Event};

/// An authentic request for one operation.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) facts: &'a Facts,
    pub(super) operation: OperationId,
    pub(super) kind: OperationKind,
    /// Who is told what the bolt did.
    pub(super) connection: ConnectionId,
}

impl<P: Platform> Engine<P> {
    /// What is known of an operation (spec §8.2), as its outcome.
    ///
    /// `newest` is the operation that the phone's chain remembers: it stays known however many other operations came since.
    pub(super) fn known_outcome(
        &self,
        now: Millis,
        asked: &Asked<'_>,
        newest: Option<OperationId>,
    ) -> Option<Outcome> {
        // Nothing moves for it, so nothing is repeated.
        if asked.kind == OperationKind::Deliver {
            return None;
        }
        match self.known.find(asked.facts.phone, asked.operation, now) {
            Some(Known::JustDone) => {
                Some(Outcome::AlreadyDone { relock_seconds: self.motor.seconds_to_relock(now) })
            }
            Some(Known::BeforeBoot | Known::LongAgo) => Some(Outcome::OutcomeUnknown),
            None => (newest == Some(asked.operation)).then_some(Outcome::OutcomeUnknown),
        }
    }

    /// Serves a new operation.
    pub(super) fn serve(&mut self, now: Millis, asked: &Asked<'_>) -> Outcome {
        match asked.kind {
            OperationKind::Unlock => self.unlock(now, asked),
            OperationKind::Deliver => self.welcome(now, asked),
            // A kind that this firmware does not know opens nothing.
            _ => Outcome::Denied,
        }
    }

    /// Lets a phone deliver that opens nothing (spec §8.8). No event, no refusal in the log, no operation that is known afterwards.
    fn welcome(&mut self, now: Millis, asked: &Asked<'_>) -> Outcome {
        let admitted = self.with_circumstances(now, asked, |circumstances| admit(asked.facts, circumstances));
        match admitted.and_then(|admitted| admitted) {
            Ok(()) if self.deliveries.take(now) => Outcome::Ready,
            Ok(()) => Outcome::Busy,
            Err(outcome) => outcome,
        }
    }

    /// Decides on an opening; if it may, writes the event and starts the motor.
    fn unlock(&mut self, now: Millis, asked: &Asked<'_>) -> Outcome {
        let decided = self.with_circumstances(now, asked, |circumstances| {
            decide(asked.facts, asked.operation, circumstances)
        });
        match decided.and_then(|decided| decided) {
            Ok(permission) => self.open_asked(now, asked, permission),
            Err(outcome) => {
                if outcome == Outcome::UpdateRequired
                    && let Some(connection) = self.connections.get(asked.connection)
                {
                    connection.needed_version = Some(asked.facts.min_list_version);
                }
                self.housekeeping.note_refusal(asked.facts.phone, outcome);
                outcome
            }
        }
    }

    /// Lends what a decision depends on; the outcome when the flash cannot tell.
    fn with_circumstances<T>(
        &mut self,
        now: Millis,
        asked: &Asked<'_>,
        judge: impl FnOnce(&Circumstances<'_>) -> T,
    ) -> Result<T, Outcome> {
        let clock = self.clock.read(now);
        let denied = self.bulletin_denies(clock, asked.facts);
        let denied_by_bulletin = denied.map_err(|_| Outcome::DoorFault(Fault::Storage))?;
        let deny_rows =
            self.deny_rows(asked.facts.deny_subjects()).map_err(|_| Outcome::DoorFault(Fault::Storage))?;
        let identity = self.identity.as_ref().ok_or(Outcome::Denied)?;
        let signer_is_valid = identity.signing_key(asked.facts.generation, clock.certain()).is_some();
        let circumstances = self.circumstances(now, denied_by_bulletin, &deny_rows)?;
        let circumstances = Circumstances { signer_is_valid, ..circumstances };
        Ok(judge(&circumstances))
    }

    /// Opens, and knows the operation from then on.
    fn open_asked(&mut self, now: Millis, asked: &Asked<'_>, permission: Permission) -> Outcome {
        let event = Event::Operation(AcceptedOperation {
            phone: asked.facts.phone,
            operation: asked.operation,
            holder: asked.facts.holder,
            serial: asked.facts.serial,
            share: asked.facts.share.as_ref().map(|share| share.id),
            kind: asked.kind,
        });
        let opening = Opening { operation: asked.operation, event: &event, listener: Some(asked.connection) };
        let Ok(relock_seconds) = self.open(now, &opening, permission) else {
            return Outcome::DoorFault(Fault::Storage);
        };
        self.known.accept(asked.facts.phone, asked.operation, now);
        Outcome::Accepted { relock_seconds }
    }
}
