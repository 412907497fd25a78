//! The machine's clocks: a monotonic one for the phone core, and the time of day for the authority.

use core::time::Duration;
use std::time::{Instant, SystemTime};

use async_trait::async_trait;
use thumbturn_phone::timer::Timer;
use thumbturn_protocol::time::{Millis, UnixSeconds};

/// Milliseconds since it was made.
#[derive(Debug)]
pub(crate) struct MachineTimer(Instant);

impl MachineTimer {
    /// Begins at zero.
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Timer for MachineTimer {
    fn now(&self) -> Millis {
        Millis(u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    async fn sleep_until(&self, deadline: Millis) {
        // A millisecond more: `now` rounds down, and must not be before the deadline afterwards.
        let target = self.0 + Duration::from_millis(deadline.0.saturating_add(1));
        if self.now() < deadline {
            tokio::time::sleep_until(target.into()).await;
        }
    }
}

/// What the machine takes the time to be.
pub(crate) fn time_of_day() -> UnixSeconds {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixSeconds::new(since.as_secs()).unwrap_or(UnixSeconds::MAX)
}

/// Date and time of day in UTC, proleptic Gregorian.
pub(crate) fn date_and_time(at: UnixSeconds) -> String {
    let (days, second) = (at.seconds() / 86_400, at.seconds() % 86_400);
    // Years begin in March here, so that the leap day is the last of its year; 719,468 days lie before 1970-01-01.
    let (era, day) = ((days + 719_468) / 146_097, (days + 719_468) % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + era * 400 + next;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_date_that_it_is() {
        let at = |seconds| date_and_time(UnixSeconds::new(seconds).unwrap());
        assert_eq!(at(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(at(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(at(1_772_438_400 + 61), "2026-03-02 08:01:01 UTC");
        assert_eq!(at(1_798_761_599), "2026-12-31 23:59:59 UTC");
    }
}
