//! How long a revoked credential may still open a door that has no network (design §5).
//!
//! # Assumptions
//!
//! - A door refuses a credential from the moment at which a phone has handed it the bulletin or update, and an app's grant
//!   from the end of its lease, whatever was handed over. Both are enforced by the door.
//! - *Carriers* are visits of phones that can deliver: a holder of a grant (or of a courier grant, where the property issues
//!   them) whose app is in reach for long enough. They come independently of each other at a mean rate (a Poisson process), which is
//!   kind to busy doors and unkind to none: people come in waves, so count visits that are well apart.
//! - Whoever is revoked carries nothing: leave his own visits out of the rate.
//! - A phone has the news `fetch` after it was issued, or it is not counted as a carrier.
//! - A rate is an expectation, never a bound. Only a lease, the end of the credential itself, or a round that somebody is obliged to make bounds the time.

use core::time::Duration;

/// What is revoked, and what ends it by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An app's grant: it ends with its lease at the latest.
    App {
        /// Time until the lease ends.
        lease_ends_in: Duration,
    },
    /// A keycard or doorcode, whose row the door holds.
    Stored {
        /// Time until the row ends by itself; `None`: it does not.
        ends_in: Option<Duration>,
    },
}

impl Credential {
    /// The one of both that lives longer.
    #[must_use]
    pub fn longer(self, other: Self) -> Self {
        match (self.ends_in(), other.ends_in()) {
            (Some(this), Some(that)) if that > this => other,
            (Some(_), None) => other,
            _ => self,
        }
    }

    const fn ends_in(self) -> Option<Duration> {
        match self {
            Self::App { lease_ends_in } => Some(lease_ends_in),
            Self::Stored { ends_in } => ends_in,
        }
    }
}

/// The visits of carriers to one door.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Visits {
    per_day: f64,
    at_least_every: Option<Duration>,
    fetch: Duration,
}

impl Visits {
    /// Nobody comes.
    pub const NONE: Self = Self { per_day: 0.0, at_least_every: None, fetch: Duration::ZERO };

    /// So many visits a day on average, by phones that have the news at once. `None` when the number is negative or no number.
    #[must_use]
    pub fn per_day(visits: f64) -> Option<Self> {
        let is_rate = visits.is_finite() && visits >= 0.0;
        is_rate.then_some(Self { per_day: visits, ..Self::NONE })
    }

    /// Somebody with the news is obliged to come at least so often, as a staff round.
    #[must_use]
    pub const fn at_least_every(mut self, interval: Duration) -> Self {
        self.at_least_every = Some(interval);
        self
    }

    /// Phones have the news so long after it was issued.
    #[must_use]
    pub const fn fetched_after(mut self, fetch: Duration) -> Self {
        self.fetch = fetch;
        self
    }

    /// Somebody with the news is obliged to come every so many days; 0: nobody is.
    #[cfg(feature = "office")]
    pub(crate) fn with_rounds(self, every_days: u32) -> Self {
        if every_days == 0 { self } else { self.at_least_every(days(every_days)) }
    }

    /// The chance that nobody has delivered `elapsed` after the revocation.
    fn nobody_until(&self, elapsed: Duration) -> f64 {
        (-self.per_second() * elapsed.saturating_sub(self.fetch).as_secs_f64()).exp()
    }

    fn per_second(&self) -> f64 {
        self.per_day / SECONDS_OF_DAY
    }

    fn bound(&self) -> Option<Duration> {
        self.at_least_every.map(|interval| interval.saturating_add(self.fetch))
    }
}

/// How long it takes until a door refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationTime {
    /// No later than this, whatever couriers do. `None`: nothing bounds it, and a manager must be told so.
    pub bound: Option<Duration>,
    /// The mean. `Duration::MAX`: nobody is expected to come.
    pub expected: Duration,
    /// In 99 of 100 cases no later than this. `Duration::MAX`: as above.
    pub in_99_of_100: Duration,
}

const SECONDS_OF_DAY: f64 = 86_400.0;

/// So many days of 24 hours.
#[cfg(feature = "office")]
pub(crate) fn days(days: u32) -> Duration {
    Duration::from_secs(86_400).saturating_mul(days)
}

/// The worst-case and the expected time until a door refuses a credential revoked now.
#[must_use]
pub fn revocation_time(credential: Credential, visits: &Visits) -> RevocationTime {
    let bound = [credential.ends_in(), visits.bound()].into_iter().flatten().min();
    let limit = bound.unwrap_or(Duration::MAX);
    RevocationTime {
        bound,
        expected: mean(visits, bound).min(limit),
        in_99_of_100: percentile_99(visits).min(limit),
    }
}

/// ∫ P(nobody has delivered until t) dt, from 0 to the bound.
fn mean(visits: &Visits, bound: Option<Duration>) -> Duration {
    let before = visits.fetch.min(bound.unwrap_or(Duration::MAX));
    if visits.per_second() <= 0.0 {
        return bound.unwrap_or(Duration::MAX);
    }
    let arrived = bound.map_or(1.0, |bound| 1.0 - visits.nobody_until(bound));
    before.saturating_add(seconds(arrived / visits.per_second()))
}

fn percentile_99(visits: &Visits) -> Duration {
    visits.fetch.saturating_add(seconds(100.0_f64.ln() / visits.per_second()))
}

/// A duration that never overflows: what is too long, or no number, is `Duration::MAX`.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests;
