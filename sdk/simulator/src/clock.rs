//! Virtual time: microseconds since the world began.

use core::fmt;
use core::time::Duration;

use thumbturn_protocol::time::Millis;

/// A moment of virtual time, in microseconds since the world began. Never the wall clock's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The beginning of the world.
    pub const START: Self = Self(0);

    /// The moment `microseconds` after the beginning.
    #[must_use]
    pub const fn from_micros(microseconds: u64) -> Self {
        Self(microseconds)
    }

    /// Microseconds since the beginning.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the beginning: what a device that started with the world reads on its timer.
    #[must_use]
    pub const fn millis(self) -> Millis {
        Millis(self.0 / 1_000)
    }

    /// The first moment at which [`Instant::millis`] is `millis`.
    #[must_use]
    pub const fn from_millis(millis: Millis) -> Self {
        Self(millis.0.saturating_mul(1_000))
    }

    /// This moment and `duration` more; stays at the end of time.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// The time from `earlier` to this moment; zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// Prints milliseconds with three decimals: `1234.567 ms`.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:03} ms", self.0 / 1_000, self.0 % 1_000)
    }
}

/// Whole microseconds of a duration; stays at the maximum.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_print_as_milliseconds() {
        assert_eq!(Instant::from_micros(1_234_067).to_string(), "1234.067 ms");
    }

    #[test]
    fn milliseconds_are_rounded_down_and_reached_exactly() {
        assert_eq!(Instant::from_micros(2_999).millis(), Millis(2));
        assert_eq!(Instant::from_millis(Millis(3)).millis(), Millis(3));
    }
}
