//! When codes of 15 minutes were used first. In flash before the motor runs, so that no power cut starts the minutes again.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use thumbturn_protocol::code::{CodeEpoch, DailyCode, LocalDay, Slot};
use thumbturn_protocol::time::{Millis, UnixSeconds};

use super::ClockSpan;

/// Seconds for which a code opens after its first use.
const LIFE_SECONDS: u64 = 900;
/// First uses that a door remembers: two days of the most slots.
pub(super) const MOST_FIRST_USES: usize = 32;

/// The first use of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstUse {
    epoch: CodeEpoch,
    day: LocalDay,
    slot: Slot,
    at: UnixSeconds,
    /// By the timer of the run in which it happened; not stored.
    #[serde(skip)]
    seen: Option<Millis>,
}

impl FirstUse {
    pub(super) const fn new(epoch: CodeEpoch, code: DailyCode, at: UnixSeconds, now: Millis) -> Self {
        Self { epoch, day: code.day, slot: code.slot, at, seen: Some(now) }
    }

    /// Whether the minutes are not over, whatever happened to clock and power.
    pub(super) fn is_live(&self, clock: ClockSpan, now: Millis) -> bool {
        let not_before = clock.latest() >= self.at;
        let by_the_clock = not_before && clock.estimate < self.at.plus(LIFE_SECONDS);
        let by_the_timer = self.seen.is_none_or(|seen| now.since(seen) < LIFE_SECONDS * 1_000);
        by_the_clock && by_the_timer
    }

    fn is_of(&self, epoch: CodeEpoch, code: DailyCode) -> bool {
        (self.epoch, self.day, self.slot) == (epoch, code.day, code.slot)
    }
}

/// A door remembers 32 first uses, and has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

/// All first uses that still matter. Takes RAM for those that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstUses(Vec<FirstUse>);

impl FirstUses {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Remembers one: when it was stored, or when it is read back at boot. The earliest that was remembered of a code counts.
    ///
    /// # Errors
    ///
    /// [`NoRoom`]; never for what [`judge`](super::DailyCodes::judge) just gave.
    pub fn remember(&mut self, first_use: FirstUse) -> Result<(), NoRoom> {
        let known = |other: &FirstUse| {
            (other.epoch, other.day, other.slot) == (first_use.epoch, first_use.day, first_use.slot)
        };
        if self.0.iter().any(known) {
            return Ok(());
        }
        if self.is_full() {
            return Err(NoRoom);
        }
        self.0.push(first_use);
        Ok(())
    }

    /// Forgets what lies before `oldest`, the day of a floor that no power cut takes back.
    pub fn forget_before(&mut self, oldest: LocalDay) {
        self.0.retain(|first_use| first_use.day >= oldest);
    }

    pub(super) fn of(&self, epoch: CodeEpoch, code: DailyCode) -> Option<&FirstUse> {
        self.0.iter().find(|first_use| first_use.is_of(epoch, code))
    }

    pub(super) const fn is_full(&self) -> bool {
        self.0.len() >= MOST_FIRST_USES
    }
}
