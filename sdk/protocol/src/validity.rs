//! When a grant or share may be used: its window in time and its hours of the week (spec §3.4, §3.5).

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::schedule::Schedule;
use crate::time::UnixSeconds;

/// A window in time and, optionally, hours of the week within it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// Valid from this second on.
    pub not_before: UnixSeconds,
    /// Valid before this second; `None`: no expiry.
    pub not_after: Option<UnixSeconds>,
    /// Hours of the week in the door's civil time; `None`: always.
    pub schedule: Option<Schedule>,
}

impl Validity {
    /// Valid from `not_before` on, at any hour, for ever.
    #[must_use]
    pub const fn from(not_before: UnixSeconds) -> Self {
        Self { not_before, not_after: None, schedule: None }
    }

    /// The same, but valid before `not_after` only.
    #[must_use]
    pub const fn until(mut self, not_after: UnixSeconds) -> Self {
        self.not_after = Some(not_after);
        self
    }

    /// The same, but within `schedule` only.
    #[must_use]
    pub fn within(mut self, schedule: Schedule) -> Self {
        self.schedule = Some(schedule);
        self
    }

    /// Refuses a window that is empty.
    pub(crate) fn check(&self, what: &'static str) -> Result<(), Error> {
        match self.not_after {
            Some(not_after) if not_after <= self.not_before => Err(Error::Malformed(what)),
            _ => Ok(()),
        }
    }
}
