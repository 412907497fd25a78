//! The door's civil time: a table of UTC offsets (spec §3.6, §9.4).
//!
//! A door holds no rules of time zones. The authority computes the transitions of the door's IANA zone for the coming
//! 24 months or more and signs them into the door's configuration, so a change of the law is an update and not
//! new firmware. After the last transition of its table a door keeps the last offset.

#[cfg(test)]
pub(crate) mod iana;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::limits::ZONE_TRANSITIONS;
use crate::list::deserialize_list;
use crate::schedule::{Minute, Weekday};
use crate::time::UnixSeconds;

const DAY_SECONDS: u64 = 86_400;
const WEEK_SECONDS: u64 = 7 * DAY_SECONDS;
/// 1970-01-01 was a Thursday.
const EPOCH_AFTER_MONDAY: u64 = 3;

/// What is added to UTC to get local time, in seconds east: −64,800…+64,800 (18 hours).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct UtcOffset(i32);

impl UtcOffset {
    /// The largest offset either way.
    pub const LIMIT_SECONDS: i32 = 64_800;
    /// None at all.
    pub const UTC: Self = Self(0);

    /// `None` beyond [`UtcOffset::LIMIT_SECONDS`] either way.
    #[must_use]
    pub const fn new(seconds_east: i32) -> Option<Self> {
        if seconds_east < -Self::LIMIT_SECONDS || seconds_east > Self::LIMIT_SECONDS {
            return None;
        }
        Some(Self(seconds_east))
    }

    /// Seconds east of UTC.
    #[must_use]
    pub const fn seconds_east(self) -> i32 {
        self.0
    }
}

impl TryFrom<i32> for UtcOffset {
    type Error = Error;

    fn try_from(seconds_east: i32) -> Result<Self, Error> {
        Self::new(seconds_east).ok_or(Error::Malformed("offset from UTC"))
    }
}

impl From<UtcOffset> for i32 {
    fn from(offset: UtcOffset) -> Self {
        offset.0
    }
}

/// A change of offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Transition {
    /// The first instant of the new offset.
    pub at: UnixSeconds,
    /// The offset from then on.
    pub offset: UtcOffset,
}

/// The offsets of one place over some years: an initial one and at most 16 transitions, strictly rising in time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WireZone")]
pub struct Zone {
    initial: UtcOffset,
    transitions: Vec<Transition>,
}

impl Zone {
    /// A place whose offset is `initial` before the first of `transitions`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for more than 16 transitions, or when they do not strictly rise.
    pub fn new(initial: UtcOffset, transitions: Vec<Transition>) -> Result<Self, Error> {
        if transitions.len() > ZONE_TRANSITIONS {
            return Err(Error::InvalidArgument("a zone with too many transitions"));
        }
        if !transitions.is_sorted_by(|earlier, later| earlier.at < later.at) {
            return Err(Error::InvalidArgument("a zone whose transitions do not rise"));
        }
        Ok(Self { initial, transitions })
    }

    /// A place whose offset never changes.
    #[must_use]
    pub const fn fixed(offset: UtcOffset) -> Self {
        Self { initial: offset, transitions: Vec::new() }
    }

    /// The offset before the first transition.
    #[must_use]
    pub const fn initial(&self) -> UtcOffset {
        self.initial
    }

    /// The transitions, rising.
    #[must_use]
    pub fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// The offset in force at `instant`; a transition's own instant is the first of its offset.
    #[must_use]
    pub fn offset_at(&self, instant: UnixSeconds) -> UtcOffset {
        let passed = self.transitions.iter().rev().find(|transition| transition.at <= instant);
        passed.map_or(self.initial, |transition| transition.offset)
    }

    /// What the clock on the wall and the calendar show at `instant`.
    #[must_use]
    pub fn local(&self, instant: UnixSeconds) -> LocalTime {
        let offset = self.offset_at(instant);
        // One week later is the same weekday and minute, and never before 1970 for any offset.
        let local = (instant.seconds() + WEEK_SECONDS).saturating_add_signed(i64::from(offset.0));
        let minute = u16::try_from(local % DAY_SECONDS / 60).ok().and_then(Minute::new);
        LocalTime {
            weekday: Weekday::after_monday(local / DAY_SECONDS + EPOCH_AFTER_MONDAY),
            minute: minute.unwrap_or(Minute::DAY_START),
        }
    }
}

/// A weekday and a minute of the local clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime {
    /// The day of the local calendar.
    pub weekday: Weekday,
    /// The minute that the local clock shows, 0…1439.
    pub minute: Minute,
}

/// The table as it is read, before its order is checked.
#[derive(Deserialize)]
struct WireZone {
    initial: UtcOffset,
    #[serde(deserialize_with = "deserialize_list::<ZONE_TRANSITIONS, Transition, _>")]
    transitions: Vec<Transition>,
}

impl TryFrom<WireZone> for Zone {
    type Error = Error;

    fn try_from(table: WireZone) -> Result<Self, Error> {
        Self::new(table.initial, table.transitions)
    }
}
