//! The platform's clock.

use std::sync::Arc;

use thumbturn_protocol::time::Millis;

use crate::link::LinkError;

/// A monotonic clock that can wait: `CLOCK_MONOTONIC`, `DispatchTime`, an event loop's time.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait Timer: Send + Sync {
    /// Milliseconds since any start; never falls.
    fn now(&self) -> Result<u64, LinkError>;

    /// Waits until [`Timer::now`] is at least `deadline` milliseconds.
    async fn sleep_until(&self, deadline: u64) -> Result<(), LinkError>;
}

/// The core's view of a foreign timer.
pub(crate) struct ForeignTimer(pub(crate) Arc<dyn Timer>);

#[async_trait::async_trait]
impl thumbturn_phone::timer::Timer for ForeignTimer {
    fn now(&self) -> Millis {
        // A clock that fails stands still: deadlines then come late, never early.
        Millis(self.0.now().unwrap_or(0))
    }

    async fn sleep_until(&self, deadline: Millis) {
        let _ = self.0.sleep_until(deadline.0).await;
    }
}
