//! Weekly schedules in the door's civil time (spec §3.6).
//!
//! A schedule says at which local minutes of which weekdays a credential opens the door. It knows no dates and no
//! zones: the door's [`Zone`] turns an instant into local time, so daylight saving needs no rule here. A window that
//! begins inside a spring gap opens at the first instant after it, and both passes of an autumn fold count.
//!
//! ```
//! use thumbturn_protocol::schedule::{Days, Hours, Minute, Schedule};
//! use thumbturn_protocol::time::UnixSeconds;
//! use thumbturn_protocol::zone::{UtcOffset, Zone};
//!
//! let night = Hours { days: Days::WORKDAYS, from: Minute::at(22, 0).unwrap(), to: Minute::at(6, 0).unwrap() };
//! let schedule = Schedule::from_hours(&[night]).unwrap();
//! let zone = Zone::fixed(UtcOffset::UTC);
//!
//! let saturday_at_two = UnixSeconds::new(1_772_848_800).unwrap(); // 2026-03-07T02:00:00Z
//! assert!(schedule.contains(saturday_at_two, &zone)); // the night that began on Friday
//! ```

mod days;
mod hours;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
mod window;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use self::days::{Days, Weekday};
pub use self::hours::Hours;
pub use self::window::{Minute, Window};
use crate::error::Error;
use crate::limits::SCHEDULE_WINDOWS;
use crate::list::deserialize_list;
use crate::time::UnixSeconds;
use crate::zone::{LocalTime, Zone};

/// One to eight windows, sorted by their four bytes and distinct; an instant inside any of them is inside.
///
/// "Always" is not a schedule but the absence of one (spec §3.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WireSchedule")]
pub struct Schedule(Vec<Window>);

impl Schedule {
    /// A schedule of `windows` in any order, repeats allowed.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for no window or more than eight distinct ones.
    pub fn new(windows: &[Window]) -> Result<Self, Error> {
        let mut windows = windows.to_vec();
        windows.sort_unstable();
        windows.dedup();
        Self::from_sorted(windows)
    }

    /// A schedule of opening hours as people write them; hours that cross midnight become two windows.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for hours that begin and end at the same minute or begin at 24:00 (see [`Hours`]),
    /// for no hours at all, and when more than eight distinct windows come out.
    pub fn from_hours(hours: &[Hours]) -> Result<Self, Error> {
        let mut windows = Vec::new();
        for hours in hours {
            let (evening, morning) = hours.windows()?;
            windows.push(evening);
            windows.extend(morning);
        }
        Self::new(&windows)
    }

    fn from_sorted(windows: Vec<Window>) -> Result<Self, Error> {
        if windows.is_empty() {
            return Err(Error::InvalidArgument("a schedule without windows"));
        }
        if windows.len() > SCHEDULE_WINDOWS {
            return Err(Error::InvalidArgument("a schedule with too many windows"));
        }
        if !windows.is_sorted_by(|earlier, later| earlier < later) {
            return Err(Error::InvalidArgument("a schedule whose windows are not in order"));
        }
        Ok(Self(windows))
    }

    /// The windows, ascending.
    #[must_use]
    pub fn windows(&self) -> &[Window] {
        &self.0
    }

    /// Whether the schedule is open at `instant` at a door in `zone`.
    #[must_use]
    pub fn contains(&self, instant: UnixSeconds, zone: &Zone) -> bool {
        self.contains_local(zone.local(instant))
    }

    /// Whether the schedule is open at a door whose clock on the wall shows `local`.
    #[must_use]
    pub fn contains_local(&self, local: LocalTime) -> bool {
        self.0.iter().any(|window| window.contains(local))
    }
}

impl TryFrom<Vec<Window>> for Schedule {
    type Error = Error;

    /// Unlike [`Schedule::new`], refuses windows that are not ascending and distinct: one value has one encoding.
    fn try_from(windows: Vec<Window>) -> Result<Self, Error> {
        Self::from_sorted(windows)
    }
}

/// The list as it is read, before its order is checked.
#[derive(Deserialize)]
struct WireSchedule(
    #[serde(deserialize_with = "deserialize_list::<SCHEDULE_WINDOWS, Window, _>")] Vec<Window>,
);

impl TryFrom<WireSchedule> for Schedule {
    type Error = Error;

    fn try_from(list: WireSchedule) -> Result<Self, Error> {
        Self::from_sorted(list.0)
    }
}
