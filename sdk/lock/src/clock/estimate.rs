//! Where the clock was put, and how far it may have run astray (spec §13.1).

use thumbturn_protocol::time::{Millis, UnixSeconds};

/// Seconds in which a timer that is off by 20 ppm gains or loses one.
const SECONDS_PER_SECOND_OF_DRIFT: u64 = 50_000;
/// Seconds of error up to which a clock is good enough for leases, windows and schedules.
const GOOD: u32 = 3_600;

/// An instant of the calendar at an instant of the door's timer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    at: Millis,
    instant: UnixSeconds,
    /// Seconds by which `instant` was off at most.
    error: u32,
    /// The latest instant that had come for certain then.
    vouched: UnixSeconds,
    /// Seconds by which plain tokens have pushed it ahead since. They do not move what their bound counts from: else a row of
    /// tokens would go any distance.
    pushed: u64,
}

impl Estimate {
    pub(super) const fn new(instant: UnixSeconds, error: u32, vouched: UnixSeconds, at: Millis) -> Self {
        Self { at, instant, error, vouched, pushed: 0 }
    }

    /// The estimate now.
    pub(super) fn instant(&self, now: Millis) -> UnixSeconds {
        self.unpushed(now).plus(self.pushed)
    }

    /// What it would be without plain tokens.
    pub(super) fn unpushed(&self, now: Millis) -> UnixSeconds {
        self.instant.plus(self.age(now))
    }

    /// Seconds since it was put there.
    pub(super) const fn age(&self, now: Millis) -> u64 {
        now.since(self.at) / 1_000
    }

    /// Seconds by which the unpushed estimate may be off.
    pub(super) fn error(&self, now: Millis) -> u32 {
        self.error.saturating_add(drift(self.age(now)))
    }

    pub(super) fn is_good(&self, now: Millis) -> bool {
        self.error(now) <= GOOD
    }

    /// The latest instant that has come for certain, by a timer that may be fast.
    pub(super) fn certain(&self, now: Millis) -> UnixSeconds {
        let age = self.age(now);
        self.vouched.plus(age.saturating_sub(u64::from(drift(age))))
    }

    /// A plain token says that it is `instant` or later.
    pub(super) fn push(&mut self, instant: UnixSeconds, now: Millis) {
        self.pushed = self.pushed.max(instant.since(self.unpushed(now)));
    }

    /// Something that no bound holds for says that it is `instant` or later: plain tokens count from there.
    pub(super) fn lift(&mut self, instant: UnixSeconds, now: Millis) {
        if self.unpushed(now) < instant {
            let error = self.error(now);
            *self = Self::new(instant, error, instant, now);
        }
    }
}

/// Seconds that a timer may gain or lose in `seconds`, rounded up.
pub(super) fn drift(seconds: u64) -> u32 {
    u32::try_from(seconds.div_ceil(SECONDS_PER_SECOND_OF_DRIFT)).unwrap_or(u32::MAX)
}
