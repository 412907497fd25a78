//! The host's clock, and what the emulated world calls now.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use thumbturn_phone::timer::Timer;
use thumbturn_protocol::time::{Millis, UnixSeconds};

/// When the door is claimed: 2026-03-02T12:00:00Z.
const START: u64 = 1_772_452_800;

/// A clock that every phone shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "the emulator runs in real time")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// What honest clocks show; `None` never.
    pub(crate) fn civil(&self) -> Option<UnixSeconds> {
        UnixSeconds::new(START.saturating_add(self.elapsed().as_secs()))
    }
}

#[async_trait]
impl Timer for Clock {
    fn now(&self) -> Millis {
        Millis(u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    async fn sleep_until(&self, deadline: Millis) {
        if self.now() < deadline {
            // A millisecond more: `now` rounds down, and must not be before the deadline afterwards.
            let target = self.0 + Duration::from_millis(deadline.0.saturating_add(1));
            tokio::time::sleep_until(target.into()).await;
        }
    }
}
