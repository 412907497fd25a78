//! Reset from the secured side (spec §9.7): the identity goes first, then everything else, one erase a poll.

use super::Engine;
use super::motor::MotorState;
use crate::error::Error;
use crate::event::Event;
use crate::known::KnownOperations;
use crate::platform::Platform;

impl<P: Platform> Engine<P> {
    pub(super) fn begin_reset(&mut self) {
        if self.storage.begin_reset().is_err() {
            // Nothing was changed; whoever presses the control sees that the door still advertises as before.
            return;
        }
        self.forget_everything();
        loop {
            let first = self.connections.iter().next();
            let Some(id) = first.map(|connection| connection.id) else { return };
            self.end(id);
        }
    }

    fn forget_everything(&mut self) {
        self.identity = None;
        self.known = KnownOperations::default();
        self.motor = MotorState::default();
        self.housekeeping.forget();
        self.advertising.rename();
    }

    /// One step of a reset that is under way, also of one that a power cut interrupted. `false`: none is.
    pub(super) fn step_reset(&mut self) -> Result<bool, Error> {
        if !self.storage.is_resetting() {
            return Ok(false);
        }
        self.storage.maintain()?;
        if !self.storage.is_resetting() {
            self.housekeeping.note(Event::Reset);
        }
        Ok(true)
    }
}
