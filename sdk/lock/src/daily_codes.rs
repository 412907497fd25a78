//! Judges a daily code by the door's clock and by when it was used first (spec §14.3).

mod first_uses;

use thumbturn_protocol::code::{
    CodeEpoch, DailyCode, DailyCodeKey, DailyKind, DoorField, Doorcode, LocalDay, Slots,
};
use thumbturn_protocol::time::{Millis, UnixSeconds};
use thumbturn_protocol::zone::Zone;

pub use self::first_uses::{FirstUse, FirstUses, NoRoom};

/// Seconds by which the clock may be off for a day to be known.
const MOST_ERROR_SECONDS: u32 = 300;

/// What the door's clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSpan {
    floor: UnixSeconds,
    estimate: UnixSeconds,
    error_seconds: u32,
}

impl ClockSpan {
    /// A clock that is off by at most `error_seconds`; `None` if that is too much for daily codes.
    #[must_use]
    pub fn new(floor: UnixSeconds, estimate: UnixSeconds, error_seconds: u32) -> Option<Self> {
        (error_seconds <= MOST_ERROR_SECONDS).then(|| Self {
            floor,
            estimate: estimate.max(floor),
            error_seconds,
        })
    }

    /// The earliest instant that it may be.
    fn earliest(self) -> UnixSeconds {
        let earliest = self.estimate.seconds().saturating_sub(self.error_seconds.into());
        UnixSeconds::new(earliest).map_or(self.floor, |earliest| earliest.max(self.floor))
    }

    /// The latest instant that it may be.
    fn latest(self) -> UnixSeconds {
        self.estimate.plus(self.error_seconds.into())
    }

    /// The days that it may be, one or two; of one, it is twice the same.
    fn days(self, zone: &Zone) -> [LocalDay; 2] {
        [LocalDay::at(self.earliest(), zone), LocalDay::at(self.latest(), zone)]
    }
}

/// A door's settings for daily codes (spec §10.2).
#[derive(Debug)]
pub struct DailyCodes {
    /// The door's name in the derivation.
    pub door: DoorField,
    /// `K_door`.
    pub key: DailyCodeKey,
    /// Revokes all codes when it rises.
    pub epoch: CodeEpoch,
    /// How many codes of each kind there are.
    pub slots: Slots,
}

/// What a daily code may do. Deny entries and the actuator are judged after this.
#[derive(Debug, PartialEq, Eq)]
pub enum DailyVerdict {
    /// Opens.
    Open(DailyCode),
    /// Opens, after this was stored: from now on it counts.
    OpenFirst(DailyCode, FirstUse),
    /// Its 15 minutes are over, or there is no room to remember that they have begun.
    Over(DailyCode),
    /// No daily code of these days.
    Unknown,
}

impl DailyCodes {
    /// Judges what was typed at `now` by the timer of this run and `clock` by the calendar.
    ///
    /// Computes all codes of the days that it may be, whichever fits: at most 64.
    #[must_use]
    pub fn judge(
        &self,
        typed: &Doorcode,
        first_uses: &FirstUses,
        zone: &Zone,
        clock: ClockSpan,
        now: Millis,
    ) -> DailyVerdict {
        let days = clock.days(zone);
        let [earlier, later] = days;
        let days: &[LocalDay] = if earlier == later { &[later] } else { &days };
        let Some(code) = self.key.find(self.door, self.epoch, self.slots, days, typed) else {
            return DailyVerdict::Unknown;
        };
        match code.kind {
            DailyKind::WholeDay => DailyVerdict::Open(code),
            DailyKind::FirstUse => self.judge_first_use(code, first_uses, clock, now),
        }
    }

    fn judge_first_use(
        &self,
        code: DailyCode,
        first_uses: &FirstUses,
        clock: ClockSpan,
        now: Millis,
    ) -> DailyVerdict {
        match first_uses.of(self.epoch, code) {
            Some(first_use) if first_use.is_live(clock, now) => DailyVerdict::Open(code),
            Some(_) => DailyVerdict::Over(code),
            None if first_uses.is_full() => DailyVerdict::Over(code),
            None => DailyVerdict::OpenFirst(code, FirstUse::new(self.epoch, code, clock.estimate, now)),
        }
    }
}

#[cfg(test)]
mod tests;
