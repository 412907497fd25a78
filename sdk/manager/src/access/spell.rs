//! One stretch of time in which somebody may open a door.

use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::Zone;

use super::{Term, WeeklyHours};

/// A term, and hours within it: what rows of a door's list say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    /// From when until when.
    pub term: Term,
    /// At which hours.
    pub hours: WeeklyHours,
}

impl Spell {
    /// Whether `instant` is within, at a door in `zone`.
    #[must_use]
    pub fn contains(&self, instant: UnixSeconds, zone: &Zone) -> bool {
        self.term.contains(instant) && self.hours.contains(instant, zone)
    }

    /// What both have in common, if anything.
    #[must_use]
    pub fn and(&self, other: &Self) -> Option<Self> {
        let (term, hours) = (self.term.and(other.term)?, self.hours.and(&other.hours));
        (!hours.are_none()).then_some(Self { term, hours })
    }
}
