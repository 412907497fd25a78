//! When what happened on one phone's radio: what `bench` measures phases from.

use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::trouble::Trouble;

/// Most marks that are kept: some 30 MB of transfer at the smallest frames. Later ones are dropped.
const MARKS: usize = 1 << 20;

/// Something that happened on the radio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A scan began.
    ScanStarted,
    /// A door was heard.
    Heard,
    /// A connection was asked for.
    ConnectStarted,
    /// The link stands.
    LinkUp,
    /// The service and its characteristics are known.
    Discovered,
    /// The subscription was asked for.
    SubscribeStarted,
    /// Subscribed to `tx`.
    Subscribed,
    /// A frame came; its header and its length in bytes.
    Received {
        /// First byte.
        header: u8,
        /// Whole frame.
        bytes: usize,
    },
    /// A frame is being handed to the radio.
    Written {
        /// First byte.
        header: u8,
        /// Whole frame.
        bytes: usize,
    },
    /// The connection ended.
    Disconnected,
}

/// The marks of one phone, and its newest trouble.
#[derive(Debug)]
pub(crate) struct Timeline {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    marks: Vec<(Duration, Mark)>,
    trouble: Option<Trouble>,
}

impl Timeline {
    /// Begins now.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), state: Mutex::default() }
    }

    /// How long it has been running.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Notes that something happened now.
    pub(crate) fn mark(&self, mark: Mark) {
        let at = self.now();
        let marks = &mut self.state().marks;
        if marks.len() < MARKS {
            marks.push((at, mark));
        }
    }

    /// Notes what went wrong.
    pub(crate) fn trouble(&self, trouble: Trouble) {
        self.state().trouble = Some(trouble);
    }

    /// Takes all marks, and begins anew.
    pub(crate) fn take(&self) -> Vec<(Duration, Mark)> {
        core::mem::take(&mut self.state().marks)
    }

    /// Takes what went wrong last.
    pub(crate) fn take_trouble(&self) -> Option<Trouble> {
        self.state().trouble.take()
    }

    /// Every field is valid at any instant, so a poisoned lock is taken over.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
