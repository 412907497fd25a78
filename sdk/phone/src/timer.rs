//! The driver's clock: deadlines come from here, so that a virtual clock drives the same code.

use async_trait::async_trait;
use thumbturn_protocol::time::Millis;

/// A monotonic clock that can wait.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Milliseconds since an arbitrary start; never falls.
    fn now(&self) -> Millis;

    /// Waits until [`Timer::now`] is at least `deadline`; returns at once when it is already.
    async fn sleep_until(&self, deadline: Millis);
}
