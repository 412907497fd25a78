//! At which hours of the week.

use std::collections::BTreeSet;

use thumbturn_protocol::schedule::{Days, Window};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::Zone;

/// At any hour, or in weekly windows of the door's clock on the wall. Any number of windows: a list cuts them to rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeeklyHours {
    /// At any hour.
    Always,
    /// In any of these, and never where there are none.
    Within(BTreeSet<Window>),
}

impl WeeklyHours {
    /// Whether `instant` is within, at a door in `zone`.
    #[must_use]
    pub fn contains(&self, instant: UnixSeconds, zone: &Zone) -> bool {
        match self {
            Self::Always => true,
            Self::Within(windows) => {
                let local = zone.local(instant);
                windows.iter().any(|window| window.contains(local))
            }
        }
    }

    /// The hours that both have in common.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Always, hours) | (hours, Self::Always) => hours.clone(),
            (Self::Within(these), Self::Within(those)) => {
                let pairs = these.iter().flat_map(|this| those.iter().map(move |that| (*this, *that)));
                Self::Within(pairs.filter_map(|(this, that)| common(this, that)).collect())
            }
        }
    }

    /// The hours of either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Within(these), Self::Within(those)) => Self::Within(these.union(those).copied().collect()),
        }
    }

    /// Whether each window of these hours lies in one of those. Hours that only several windows of those together cover count as not within.
    #[must_use]
    pub fn is_within(&self, those: &Self) -> bool {
        match (self, those) {
            (_, Self::Always) => true,
            (Self::Always, Self::Within(_)) => false,
            (Self::Within(these), Self::Within(those)) => these.iter().all(|this| {
                those.iter().any(|that| {
                    let days = this.days().bits() & that.days().bits() == this.days().bits();
                    days && that.start() <= this.start() && this.end() <= that.end()
                })
            }),
        }
    }

    /// Whether there is no such hour.
    #[must_use]
    pub fn are_none(&self) -> bool {
        matches!(self, Self::Within(windows) if windows.is_empty())
    }
}

/// What two windows have in common, if anything.
fn common(this: Window, that: Window) -> Option<Window> {
    let days = Days::from_bits(this.days().bits() & that.days().bits())?;
    Window::new(days, this.start().max(that.start()), this.end().min(that.end())).ok()
}
