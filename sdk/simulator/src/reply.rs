//! One answer to one question: a value that arrives once, awaited by one task.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    reader: Option<Waker>,
}

/// The end that answers. Dropped unanswered, the question stays open for ever (its task is then dropped with its deadline).
#[derive(Debug)]
pub(crate) struct Reply<T>(Arc<Mutex<State<T>>>);

/// The end that waits.
#[derive(Debug)]
pub(crate) struct Awaited<T>(Arc<Mutex<State<T>>>);

pub(crate) fn reply<T>() -> (Reply<T>, Awaited<T>) {
    let state = Arc::new(Mutex::new(State { value: None, reader: None }));
    (Reply(Arc::clone(&state)), Awaited(state))
}

impl<T> Reply<T> {
    pub(crate) fn give(self, value: T) {
        let mut state = lock(&self.0);
        state.value = Some(value);
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl<T> Awaited<T> {
    pub(crate) fn take(&self) -> Option<T> {
        lock(&self.0).value.take()
    }
}

impl<T> Future for Awaited<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = lock(&self.0);
        match state.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
