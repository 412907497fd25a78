//! The door's clock: setting it by what the property signed, and the time that the log says (spec §13).

use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time::{Millis, UnixSeconds};
use thumbturn_protocol::time_token::TimeToken;

use super::Engine;
use crate::clock::{ClockChange, Reading, TimeRefused};
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::work::Work;
use thumbturn_protocol::event::{Event, EventTime};

impl<P: Platform> Engine<P> {
    /// Takes a token that came at `heard`; `elapsed` are the seconds that the phone counted since it had it.
    pub(super) fn take_time(
        &mut self,
        heard: Millis,
        id: ConnectionId,
        token: &Received<TimeToken>,
        elapsed: Option<u32>,
    ) {
        let Some(identity) = self.identity.as_ref() else { return };
        self.work.add(Work::VERIFY);
        let Ok(token) = token.verify(&identity.configuration.signing_key) else { return };
        let ours = token.property == identity.configuration.property
            && token.generation == identity.configuration.generation;
        let Some(session) = self.session(id).filter(|_| ours) else { return };
        let visitor = session.visitor;
        // A nonce is good for one token.
        let nonce = if token.nonce.is_some() { session.delivery.nonce.take() } else { None };
        let keeper = visitor.filter(|visitor| visitor.roles.contains(Roles::CLOCK));
        let (change, phone) = match (elapsed, keeper) {
            (Some(elapsed), Some(keeper)) => {
                (self.clock.hear_phone(&token, elapsed, heard), Some(keeper.phone))
            }
            _ => (self.clock.hear_token(&token, nonce, heard), None),
        };
        match change {
            Ok(ClockChange::Set) => self.housekeeping.note_routine(Event::ClockSet { phone }),
            Err(TimeRefused::FromTheFuture) => self.housekeeping.note_routine(Event::ClockRefused),
            Ok(ClockChange::Heard)
            | Err(TimeRefused::NotForThisSession | TimeRefused::TooOld | TimeRefused::NotBetter) => {}
        }
        self.keep_floor(heard);
    }

    /// An instant that the property signed has come, unless it lies too far ahead.
    pub(super) fn hear(&mut self, now: Millis, instant: UnixSeconds) {
        if self.clock.hear(instant, now).is_err() {
            self.housekeeping.note_routine(Event::ClockRefused);
        }
        self.keep_floor(now);
    }

    /// An instant has come that the property signed for this very door, or its root: no bound holds (spec §13.2).
    pub(super) fn trust(&mut self, now: Millis, instant: UnixSeconds) {
        self.clock.trust(instant);
        self.keep_floor(now);
    }

    /// Raises the floor to what is certain by now.
    pub(super) fn keep_floor(&mut self, now: Millis) {
        let floor = self.clock.raise_floor(now);
        self.storage.raise_floor(floor);
    }

    /// The door's estimate of the time, for the log.
    pub(super) fn event_time(&self, now: Millis) -> EventTime {
        match self.clock.read(now) {
            Reading::Sure(at) => EventTime { at, unsure: false },
            Reading::Unsure { floor, .. } => EventTime { at: floor, unsure: true },
        }
    }
}
