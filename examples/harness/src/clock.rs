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
