//! Reset from the secured side (spec §9.7): the identity goes first, then everything else, one erase a poll.

use thumbturn_protocol::time::Millis;

use super::Engine;
use super::cards::Cards;
use super::doorcodes::Doorcodes;
use super::motor::MotorState;
use crate::clock::DoorClock;
use crate::error::Error;
use crate::hardware::Hardware;
use crate::known::KnownOperations;
use crate::platform::Platform;
use thumbturn_protocol::event::Event;

impl<P: Platform> Engine<P> {
    pub(super) fn begin_reset(&mut self, now: Millis) {
        // Flash that fails after the first write leaves a reset that has begun, and goes on as soon as flash can.
        if self.storage.begin_reset().is_err() && !self.storage.is_resetting() {
            // Nothing was changed; whoever presses the control sees that the door still advertises as before.
            return;
        }
        self.forget_everything(now);
        loop {
            let first = self.connections.iter().next();
            let Some(id) = first.map(|connection| connection.id) else { return };
            self.end(id);
        }
    }

    fn forget_everything(&mut self, now: Millis) {
        self.identity = None;
        self.known = KnownOperations::default();
        self.motor = MotorState::unknown(now);
        self.clock = DoorClock::boot(self.storage.floor(), self.hardware.real_time_clock(), now);
        self.housekeeping.forget();
        self.tickets.clear();
        self.bulletins.forget();
        self.receipts.forget();
        self.logs.forget(now);
        self.updates.forget();
        self.doorcodes = Doorcodes::of_nobody(now);
        self.cards = Cards::boot(now);
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
