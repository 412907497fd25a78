//! Days that a property is set to, within bounds.

use core::fmt;
use core::ops::RangeInclusive;

/// A number of days that a property is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DaysSetting {
    /// For how long the phone of a resident or guest opens doors without having been online: 1…90.
    Lease,
    /// The same for staff: 1…90.
    StaffLease,
    /// How many days before access begins its doors may be updated: 0…90; 0: on the day itself.
    Preload,
    /// For how long activity is kept: 1…3,650.
    Retention,
    /// At least so often somebody with the news comes by each door: 0…90; 0: nobody has to.
    Round,
}

/// For how long activity is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retention {
    /// So many days: 1…3,650.
    Days(u32),
    /// As New York City demands it: 90 days.
    NewYorkCity,
}

/// A number that a property cannot be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} has to be {lowest} to {highest} days: choose a number of these")]
pub struct OutOfBounds {
    /// What was to be set.
    pub setting: DaysSetting,
    /// The lowest number.
    pub lowest: u32,
    /// The highest number.
    pub highest: u32,
}

impl DaysSetting {
    /// The numbers that it can be set to.
    #[must_use]
    pub const fn bounds(self) -> RangeInclusive<u32> {
        match self {
            Self::Lease | Self::StaffLease => 1..=90,
            Self::Preload | Self::Round => 0..=90,
            Self::Retention => 1..=3_650,
        }
    }

    /// Takes a number that it can be set to.
    pub(crate) fn check(self, days: u32) -> Result<u32, OutOfBounds> {
        let bounds = self.bounds();
        if bounds.contains(&days) {
            return Ok(days);
        }
        Err(OutOfBounds { setting: self, lowest: *bounds.start(), highest: *bounds.end() })
    }
}

impl Retention {
    /// As days.
    #[must_use]
    pub const fn days(self) -> u32 {
        match self {
            Self::Days(days) => days,
            Self::NewYorkCity => 90,
        }
    }
}

impl fmt::Display for DaysSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lease => "the lease of residents and guests",
            Self::StaffLease => "the lease of staff",
            Self::Preload => "the time by which doors are updated ahead",
            Self::Retention => "the time for which activity is kept",
            Self::Round => "the time between two rounds of staff",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_bounds_is_told_with_its_bounds() {
        for (setting, lowest, highest) in [
            (DaysSetting::Lease, 1, 90),
            (DaysSetting::StaffLease, 1, 90),
            (DaysSetting::Preload, 0, 90),
            (DaysSetting::Retention, 1, 3_650),
            (DaysSetting::Round, 0, 90),
        ] {
            assert_eq!((setting.check(lowest), setting.check(highest)), (Ok(lowest), Ok(highest)));
            let error = OutOfBounds { setting, lowest, highest };
            assert_eq!(setting.check(highest + 1), Err(error));
            assert!(error.to_string().contains(&format!("{lowest} to {highest} days")));
            if let Some(below) = lowest.checked_sub(1) {
                assert_eq!(setting.check(below), Err(error));
            }
        }
        assert!(DaysSetting::Retention.check(Retention::NewYorkCity.days()).is_ok());
    }
}
