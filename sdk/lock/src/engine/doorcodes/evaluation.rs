//! Whether a code opens the door: what is asked before the look-up, the row, the daily code (spec §14.3, §14.4).

use thumbturn_protocol::code::{Doorcode, LocalDay};
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::row::{Row, RowKey};

use super::{Engine, EntryEnd};
use crate::daily_codes::{ClockSpan, DailyVerdict};
use crate::decision::{Motor, Permission};
use crate::hardware::{Hardware, Readiness};
use crate::platform::Platform;
use crate::signal::Signal;
use crate::work::Work;
use thumbturn_protocol::event::{EventClass, UsedKey};

/// Seconds by which the clock may be off for a code to be looked up.
const MOST_ERROR_SECONDS: u32 = 3_600;
/// HMACs of all daily codes of two days, the most that a door may have, and of a weak one or two.
const MACS: u32 = 68;

impl<P: Platform> Engine<P> {
    pub(super) fn has_room_for_code(&self) -> bool {
        self.storage.has_room_for_code() && self.storage.event_room(EventClass::Evidence) > 0
    }

    /// What is the same for every code, so that it tells nothing and costs nothing (spec §14.4, rules 3 and 4).
    pub(super) fn may_look_up(&mut self, now: Millis) -> Result<OperationId, Signal> {
        if self.clock.error(now) > MOST_ERROR_SECONDS {
            return Err(Signal::UnknownTime);
        }
        if self.doorcodes.taken.is_none() && self.doorcodes.lockout.check(now).is_err() {
            return Err(Signal::LockedOut);
        }
        let is_able = self.motor.occupation() == Motor::Free && self.hardware.readiness() == Readiness::Ready;
        if !is_able || !self.has_room_for_code() {
            return Err(Signal::Unable);
        }
        if !self.doorcodes.is_stored {
            self.store_bucket(now).map_err(|_| Signal::Unable)?;
        }
        OperationId::random(&mut self.random).map_err(|_| Signal::Unable)
    }

    /// Opens the door if the code does; else what is shown when it is paid for.
    pub(super) fn evaluate(
        &mut self,
        now: Millis,
        code: &Doorcode,
        end: EntryEnd,
        operation: OperationId,
    ) -> Result<(), Signal> {
        let (permission, key) = match self.permanent(now, code, operation) {
            Some(opener) => opener,
            None if end == EntryEnd::Reached => self.daily(now, code, operation)?,
            None => return Err(Signal::Refused),
        };
        self.open_keyed(now, permission, operation, key).map_err(|_| Signal::Unable)
    }

    /// A row that lets the door open. What cannot be read is as good as not there.
    fn permanent(
        &mut self,
        now: Millis,
        code: &Doorcode,
        operation: OperationId,
    ) -> Option<(Permission, UsedKey)> {
        let Row::Doorcode(_, terms) = self.row(&RowKey::doorcode(code)).ok()?? else { return None };
        let permission = self.decide_row(now, &terms, None, operation).ok()?;
        Some((permission, UsedKey::Doorcode(terms.credential())))
    }

    /// A daily code that lets the door open; its first use is in flash when this returns.
    fn daily(
        &mut self,
        now: Millis,
        typed: &Doorcode,
        operation: OperationId,
    ) -> Result<(Permission, UsedKey), Signal> {
        let Some(codes) = &self.doorcodes.daily else { return Err(Signal::Refused) };
        let Some(identity) = &self.identity else { return Err(Signal::Refused) };
        let zone = &identity.configuration.zone;
        let reading = self.clock.read(now).sure().ok_or(Signal::UnknownTime)?;
        let clock = ClockSpan::new(self.clock.floor(), reading, self.clock.error(now));
        let clock = clock.ok_or(Signal::UnknownTime)?;
        let mut first_uses = self.storage.first_uses().clone();
        // The floor in flash: after a power cut the clock may be behind the one in use.
        first_uses.forget_before(LocalDay::at(self.storage.kept_floor(), zone));
        self.work.add(Work::macs(MACS));
        let verdict = codes.judge(typed, &first_uses, zone, clock, now);
        let (code, first_use) = match verdict {
            DailyVerdict::Open(code) => (code, None),
            DailyVerdict::OpenFirst(code, first_use) => (code, Some(first_use)),
            DailyVerdict::Over(_) | DailyVerdict::Unknown => return Err(Signal::Refused),
        };
        let permission = self.decide_daily(now, code, operation).map_err(|_| Signal::Refused)?;
        if let Some(first_use) = first_use {
            first_uses.remember(first_use).map_err(|_| Signal::Refused)?;
            self.storage.keep_first_uses(first_uses).map_err(|_| Signal::Unable)?;
        }
        Ok((permission, UsedKey::Daily(code)))
    }
}
