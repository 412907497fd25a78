//! Waiting for the first of several things, without a runtime.

use core::pin::pin;

use futures_util::future::{Either, select};
use thumbturn_protocol::time::Millis;

use crate::cancel::CancelHandle;
use crate::timer::Timer;

/// What came first.
pub(crate) enum First<T> {
    /// The thing waited for.
    Done(T),
    /// The deadline.
    Late,
    /// The person took the intent back.
    Cancelled,
}

/// Waits for `future` until `deadline`.
pub(crate) async fn until<F: Future>(timer: &dyn Timer, deadline: Millis, future: F) -> Option<F::Output> {
    match select(pin!(future), timer.sleep_until(deadline)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(((), _)) => None,
    }
}

/// Waits for `future` until `deadline` or a cancel; `None` for a cancel that was taken note of already.
pub(crate) async fn unless_cancelled<F: Future>(
    timer: &dyn Timer,
    deadline: Millis,
    cancel: Option<&CancelHandle>,
    future: F,
) -> First<F::Output> {
    let Some(cancel) = cancel else {
        return until(timer, deadline, future).await.map_or(First::Late, First::Done);
    };
    match select(pin!(until(timer, deadline, future)), pin!(cancel.cancelled())).await {
        Either::Left((Some(output), _)) => First::Done(output),
        Either::Left((None, _)) => First::Late,
        Either::Right(((), _)) => First::Cancelled,
    }
}
