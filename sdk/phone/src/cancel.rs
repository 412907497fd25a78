//! How an app takes an intent back.

use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Cancels one intent. Clones cancel the same one.
///
/// Explicit, since dropping a future does not cross a language boundary. A cancel has a defined answer: `Cancelled`
/// when no request had left the phone; otherwise what the door did (spec §8.3).
#[derive(Clone, Debug, Default)]
pub struct CancelHandle {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    cancelled: bool,
    waiting: Option<Waker>,
}

impl CancelHandle {
    /// A handle for a new intent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the intent back. Doing it again, or after the end, changes nothing.
    pub fn cancel(&self) {
        let mut state = self.state();
        state.cancelled = true;
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    /// Whether [`CancelHandle::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    /// Ready once cancelled. One waiter at a time: the driver of the intent.
    pub(crate) async fn cancelled(&self) {
        poll_fn(|context| {
            let mut state = self.state();
            if state.cancelled {
                return Poll::Ready(());
            }
            state.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
