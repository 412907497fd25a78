//! Who has the radio: one intent at a time, and whatever it leaves behind is released.

use core::future::poll_fn;
use core::task::Poll;

use futures_util::FutureExt;
use thumbturn_protocol::time::Millis;

use crate::link::ConnectionId;
use crate::radio::Radio;
use crate::radio::waiting::until;

/// Milliseconds that releasing something may take before it is left to the next intent.
const RELEASE_MS: u64 = 500;

/// The radio, for one intent. Dropping it, also half way, gives everything back.
pub(crate) struct Engagement<'a> {
    radio: &'a Radio,
    connection: Option<ConnectionId>,
    scanning: bool,
}

impl Radio {
    /// Takes the radio for an intent; `None` while another has it. A running `nearby` scan gives way.
    pub(crate) fn engage(&self) -> Option<Engagement<'_>> {
        let mut state = self.state();
        if state.engaged {
            return None;
        }
        state.engaged = true;
        let scanning = state.scanning;
        state.scan = state.scan.wrapping_add(1);
        drop(state);
        Some(Engagement { radio: self, connection: None, scanning })
    }

    /// Ready while no intent has the radio.
    pub(crate) async fn disengaged(&self) {
        poll_fn(|context| {
            let mut state = self.state();
            if !state.engaged {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Whether an intent has the radio.
    pub(crate) fn is_engaged(&self) -> bool {
        self.state().engaged
    }

    /// When the next scan may start.
    pub(crate) fn next_scan_start(&self) -> Millis {
        self.state().budget.next_start(self.now())
    }

    /// A scan starts. Gives its number, by which its owner finds out that an intent has ended it.
    pub(crate) fn scan_started(&self) -> u64 {
        let now = self.now();
        let mut state = self.state();
        state.budget.started(now);
        state.scanning = true;
        state.scan
    }

    /// Whether the scan with this number is still its owner's.
    pub(crate) fn owns_scan(&self, scan: u64) -> bool {
        let state = self.state();
        state.scanning && state.scan == scan
    }

    /// Ends the scan with this number, unless an intent has taken it over. Cannot wait: polling once starts the platform's work.
    pub(crate) fn stop_own_scan(&self, scan: u64) {
        if self.owns_scan(scan) {
            let _ = self.link().stop_scan().now_or_never();
            self.scan_stopped();
        }
    }

    pub(crate) fn scan_stopped(&self) {
        self.state().scanning = false;
    }
}

impl Engagement<'_> {
    /// Ends what earlier intents left behind, and a scan that gave way.
    pub(crate) async fn clear(&mut self) {
        let stale = core::mem::take(&mut self.radio.state().stale);
        for connection in stale {
            self.connection = Some(connection);
            self.disconnect().await;
        }
        if self.scanning {
            self.stop_scan().await;
        }
    }

    pub(crate) const fn scanning(&mut self) {
        self.scanning = true;
    }

    pub(crate) async fn stop_scan(&mut self) {
        let radio = self.radio;
        let deadline = radio.now().plus(RELEASE_MS);
        let _ = until(radio.timer(), deadline, radio.link().stop_scan()).await;
        self.scanning = false;
        radio.scan_stopped();
    }

    pub(crate) const fn connected(&mut self, connection: ConnectionId) {
        self.connection = Some(connection);
    }

    /// Ends the connection. One that does not end in time is left to the next intent.
    pub(crate) async fn disconnect(&mut self) {
        let Some(connection) = self.connection else { return };
        let radio = self.radio;
        let deadline = radio.now().plus(RELEASE_MS);
        if until(radio.timer(), deadline, radio.link().disconnect(connection)).await.is_none() {
            radio.state().stale.push(connection);
        }
        self.connection = None;
    }
}

impl Drop for Engagement<'_> {
    /// A dropped future cannot wait. Polling once starts the platform's work; what that did not finish is remembered.
    fn drop(&mut self) {
        let radio = self.radio;
        if self.scanning {
            let _ = radio.link().stop_scan().now_or_never();
        }
        let left = self
            .connection
            .filter(|connection| radio.link().disconnect(*connection).now_or_never().is_none());
        let mut state = radio.state();
        state.stale.extend(left);
        state.engaged = false;
        state.scanning = false;
        let waiting = core::mem::take(&mut state.waiting);
        drop(state);
        for waker in waiting {
            waker.wake();
        }
    }
}
