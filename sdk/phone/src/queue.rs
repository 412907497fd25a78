//! The bounded queue into which a platform pushes events and from which the driver takes them.

use core::future::poll_fn;
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A bounded first-in first-out queue with one reader.
///
/// `push` never waits and never loses an event silently: when the queue is full it refuses, and [`EventQueue::overflowed`]
/// stays true, upon which the driver gives the connection up (a phone that cannot keep up must not guess what it missed). A queue of
/// steps for a screen may overflow: the screen misses steps, nothing else happens.
#[derive(Debug)]
pub struct EventQueue<T> {
    state: Mutex<State<T>>,
    capacity: usize,
}

#[derive(Debug)]
struct State<T> {
    events: VecDeque<T>,
    reader: Option<Waker>,
    overflowed: bool,
}

impl<T> EventQueue<T> {
    /// A queue that holds at most `capacity` events.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State { events: VecDeque::new(), reader: None, overflowed: false }),
            capacity,
        }
    }

    /// Puts an event at the end. `false`: the queue was full, the event is dropped and the queue marked.
    pub fn push(&self, event: T) -> bool {
        let mut state = self.lock();
        let taken = state.events.len() < self.capacity;
        if taken {
            state.events.push_back(event);
        } else {
            state.overflowed = true;
        }
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        taken
    }

    /// Takes the oldest event, if there is one.
    pub fn try_pop(&self) -> Option<T> {
        self.lock().events.pop_front()
    }

    /// Whether an event had to be dropped.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.lock().overflowed
    }

    /// Takes the oldest event, waiting for one. Dropping the future loses nothing: an event leaves the queue only when it is returned.
    pub async fn pop(&self) -> T {
        poll_fn(|context| {
            let mut state = self.lock();
            if let Some(event) = state.events.pop_front() {
                return Poll::Ready(event);
            }
            state.reader = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Ready while there is an event to take.
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if !state.events.is_empty() {
            return Poll::Ready(());
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// A panicked writer cannot leave the queue half changed, so a poisoned lock is taken over.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
