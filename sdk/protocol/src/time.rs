//! Two clocks, two types, never converted into each other (spec §1.3).

use serde::{Deserialize, Serialize};

/// Milliseconds of a device's own monotonic clock, since its start. For timeouts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// This instant and `milliseconds` more; stays at the maximum.
    #[must_use]
    pub const fn plus(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this instant; 0 when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Seconds since 1970-01-01T00:00:00Z without leap seconds. For validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct UnixSeconds(u64);

impl UnixSeconds {
    /// The largest instant, 2^40 − 1.
    pub const MAX: Self = Self((1 << 40) - 1);
    /// The beginning of 1970.
    pub const ZERO: Self = Self(0);

    /// `None` above [`UnixSeconds::MAX`].
    #[must_use]
    pub const fn new(seconds: u64) -> Option<Self> {
        if seconds <= Self::MAX.0 { Some(Self(seconds)) } else { None }
    }

    /// The seconds, 0…2^40 − 1.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// This instant and `seconds` more; stays at [`UnixSeconds::MAX`].
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        let sum = self.0.saturating_add(seconds);
        if sum > Self::MAX.0 { Self::MAX } else { Self(sum) }
    }

    /// This instant and `seconds` less; stays at [`UnixSeconds::ZERO`].
    #[must_use]
    pub const fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to this instant; 0 when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A number of seconds above 2^40 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an instant beyond 2^40 seconds")]
pub struct InstantOutOfRange;

impl TryFrom<u64> for UnixSeconds {
    type Error = InstantOutOfRange;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        Self::new(seconds).ok_or(InstantOutOfRange)
    }
}

impl From<UnixSeconds> for u64 {
    fn from(instant: UnixSeconds) -> Self {
        instant.0
    }
}
