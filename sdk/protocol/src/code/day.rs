//! Days of the local calendar (spec §14.3).

use serde::{Deserialize, Serialize};

use crate::time::UnixSeconds;
use crate::zone::{UtcOffset, Zone};

const DAY_SECONDS: i64 = 86_400;

/// A day of a door's local calendar, counted from 1970-01-01 in the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LocalDay(pub i32);

impl LocalDay {
    /// The day at a door in `zone`. It begins at the first instant whose local date is that day's, and never returns: a
    /// clock that is set back over midnight does not bring yesterday's codes back.
    #[must_use]
    pub fn at(instant: UnixSeconds, zone: &Zone) -> Self {
        let mut latest = Self::of(instant.seconds(), zone.offset_at(instant));
        let mut before = zone.initial();
        for transition in zone.transitions() {
            if transition.at > instant {
                break;
            }
            // The last instant of each offset that has passed.
            latest = latest.max(Self::of(transition.at.seconds().saturating_sub(1), before));
            before = transition.offset;
        }
        latest
    }

    fn of(seconds: u64, offset: UtcOffset) -> Self {
        let local = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_add(offset.seconds_east().into());
        // 2^40 seconds are 12.7 million days.
        Self(i32::try_from(local.div_euclid(DAY_SECONDS)).unwrap_or(i32::MAX))
    }
}
