//! One window of a schedule: four bytes.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::Days;
use crate::error::Error;
use crate::zone::LocalTime;

/// Minutes since the local clock showed 00:00: 0…1440, where 1440 is the 24:00 at which the day ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(u16);

impl Minute {
    /// 24:00. No clock shows it; a window may end there.
    pub const DAY_END: Self = Self(1440);
    /// 00:00.
    pub const DAY_START: Self = Self(0);

    /// `None` above 1440.
    #[must_use]
    pub const fn new(minute: u16) -> Option<Self> {
        if minute <= Self::DAY_END.0 { Some(Self(minute)) } else { None }
    }

    /// The minute that a clock calls `hour:minute`, up to 24:00; `None` for what no clock shows.
    #[must_use]
    pub const fn at(hour: u16, minute: u16) -> Option<Self> {
        if hour > 24 || minute > 59 { None } else { Self::new(hour * 60 + minute) }
    }

    /// The minutes since 00:00, 0…1440.
    #[must_use]
    pub const fn since_midnight(self) -> u16 {
        self.0
    }
}

/// As a clock shows it: `07:05`.
impl fmt::Display for Minute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A range of minutes, the same on each of some weekdays: `start ≤ local minute < end` (spec §3.6).
///
/// Start is 00:00…23:59, end 00:01…24:00, start before end. Windows are ordered as their four bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "[u8; 4]", into = "[u8; 4]")]
pub struct Window {
    // The order of the fields makes the derived order that of the bytes.
    days: Days,
    start: Minute,
    end: Minute,
}

impl Window {
    /// The window from `start` until `end`, which it does not contain.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] unless `start` is before `end`; [`Hours`](super::Hours) may cross midnight.
    pub const fn new(days: Days, start: Minute, end: Minute) -> Result<Self, Error> {
        if start.0 >= end.0 {
            return Err(Error::InvalidArgument("a window that does not start before it ends"));
        }
        Ok(Self { days, start, end })
    }

    /// The weekdays of the window.
    #[must_use]
    pub const fn days(self) -> Days {
        self.days
    }

    /// The first minute inside.
    #[must_use]
    pub const fn start(self) -> Minute {
        self.start
    }

    /// The first minute after it.
    #[must_use]
    pub const fn end(self) -> Minute {
        self.end
    }

    /// Whether the window is open while the clock on the wall shows `local`.
    #[must_use]
    pub fn contains(self, local: LocalTime) -> bool {
        self.days.contains(local.weekday) && self.start <= local.minute && local.minute < self.end
    }
}

impl From<Window> for [u8; 4] {
    fn from(window: Window) -> Self {
        let minutes = u32::from(window.start.0) << 12 | u32::from(window.end.0);
        let [_, high, middle, low] = minutes.to_be_bytes();
        [window.days.bits(), high, middle, low]
    }
}

impl TryFrom<[u8; 4]> for Window {
    type Error = Error;

    fn try_from([days, high, middle, low]: [u8; 4]) -> Result<Self, Error> {
        let start = u16::from(high) << 4 | u16::from(middle) >> 4;
        let end = u16::from(middle & 0x0f) << 8 | u16::from(low);
        let (Some(days), Some(start), Some(end)) =
            (Days::from_bits(days), Minute::new(start), Minute::new(end))
        else {
            return Err(Error::Malformed("window"));
        };
        Self::new(days, start, end)
    }
}
