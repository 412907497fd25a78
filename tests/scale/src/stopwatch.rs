//! Real time.

use core::future::Future;
use std::time::{Duration, Instant};

/// What something gives, and how long it takes.
pub(crate) async fn timed<T>(doing: impl Future<Output = T>) -> (T, Duration) {
    let start = now();
    let done = doing.await;
    (done, start.elapsed())
}

/// Now, by a clock that only goes on.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "this measures real time")]
    Instant::now()
}

/// The one in the middle, in milliseconds.
pub(crate) fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}
