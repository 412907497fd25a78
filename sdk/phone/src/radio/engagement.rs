//! Who has the radio: one intent at a time, and whatever it leaves behind is released.

use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::sync::Arc;

use futures_util::FutureExt;
use thumbturn_protocol::time::Millis;

use crate::link::ConnectionId;
use crate::radio::waiting::until;
use crate::radio::{Engaged, Radio, RadioState};

/// Milliseconds that releasing something may take before it is left to the next intent.
const RELEASE_MS: u64 = 500;

/// The radio, for one intent or one delivery. Dropping it, also half way, gives everything back.
pub(crate) struct Engagement {
    radio: Arc<Radio>,
    number: u64,
    connection: Option<ConnectionId>,
    scanning: bool,
}

/// Tells a delivery that an intent has taken the radio.
pub(crate) struct GiveWay {
    radio: Arc<Radio>,
    number: u64,
}

impl Radio {
    /// Takes the radio for an intent; `None` while another has it. A running `nearby` scan gives way, and so does a delivery: it may
    /// not have been polled since, so its connection is ended by whoever comes.
    pub(crate) fn engage(self: &Arc<Self>) -> Option<Engagement> {
        let mut state = self.state();
        match &state.engaged {
            Some(engaged) if !engaged.gives_way => return None,
            Some(engaged) => {
                let left = engaged.connection;
                state.stale.extend(left);
            }
            None => {}
        }
        let engagement = self.take(&mut state, false);
        let waiting = core::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        Some(engagement)
    }

    /// Takes the radio for a delivery, which gives way to intents; `None` while anybody has it.
    pub(crate) fn engage_for_delivery(self: &Arc<Self>) -> Option<Engagement> {
        let mut state = self.state();
        if state.engaged.is_some() {
            return None;
        }
        Some(self.take(&mut state, true))
    }

    fn take(self: &Arc<Self>, state: &mut RadioState, gives_way: bool) -> Engagement {
        state.engagements = state.engagements.wrapping_add(1);
        let number = state.engagements;
        state.engaged = Some(Engaged { number, gives_way, connection: None });
        state.scan = state.scan.wrapping_add(1);
        Engagement { radio: Arc::clone(self), number, connection: None, scanning: state.scanning }
    }

    /// Ready while nobody has the radio.
    pub(crate) async fn disengaged(&self) {
        self.wait_until(|state| state.engaged.is_none()).await;
    }

    async fn wait_until(&self, reached: impl Fn(&RadioState) -> bool) {
        poll_fn(|context| {
            let mut state = self.state();
            if reached(&state) {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Whether somebody has the radio.
    pub(crate) fn is_engaged(&self) -> bool {
        self.state().engaged.is_some()
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

impl RadioState {
    /// The entry of an engagement that still has the radio.
    fn engaged_as(&mut self, number: u64) -> Option<&mut Engaged> {
        self.engaged.as_mut().filter(|engaged| engaged.number == number)
    }
}

impl GiveWay {
    /// Ready once an intent has taken the radio.
    pub(crate) async fn asked(&self) {
        let number = self.number;
        self.radio.wait_until(|state| state.engaged.as_ref().is_none_or(|now| now.number != number)).await;
    }
}

impl Engagement {
    /// The outcome is known: whoever comes next takes the radio from now on.
    pub(crate) fn give_way(&self) -> GiveWay {
        if let Some(engaged) = self.radio.state().engaged_as(self.number) {
            engaged.gives_way = true;
        }
        GiveWay { radio: Arc::clone(&self.radio), number: self.number }
    }

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
        let radio = &self.radio;
        let deadline = radio.now().plus(RELEASE_MS);
        let _ = until(radio.timer(), deadline, radio.link().stop_scan()).await;
        radio.scan_stopped();
        self.scanning = false;
    }

    pub(crate) fn connected(&mut self, connection: ConnectionId) {
        self.connection = Some(connection);
        if let Some(engaged) = self.radio.state().engaged_as(self.number) {
            engaged.connection = Some(connection);
        }
    }

    /// Ends the connection. One that does not end in time is left to the next intent.
    pub(crate) async fn disconnect(&mut self) {
        let Some(connection) = self.connection else { return };
        let radio = &self.radio;
        let deadline = radio.now().plus(RELEASE_MS);
        if until(radio.timer(), deadline, radio.link().disconnect(connection)).await.is_none() {
            radio.state().stale.push(connection);
        }
        if let Some(engaged) = self.radio.state().engaged_as(self.number) {
            engaged.connection = None;
        }
        self.connection = None;
    }
}

impl Drop for Engagement {
    /// A dropped future cannot wait. Polling once starts the platform's work; what that did not finish is remembered.
    fn drop(&mut self) {
        let radio = &self.radio;
        // Of whoever gave way, the scan belongs to the one who came.
        let has_radio = radio.state().engaged_as(self.number).is_some();
        if self.scanning && has_radio {
            let _ = radio.link().stop_scan().now_or_never();
        }
        let left = self
            .connection
            .filter(|connection| radio.link().disconnect(*connection).now_or_never().is_none());
        let mut state = radio.state();
        state.stale.extend(left);
        if !has_radio {
            return;
        }
        state.engaged = None;
        state.scanning = false;
        let waiting = core::mem::take(&mut state.waiting);
        drop(state);
        for waker in waiting {
            waker.wake();
        }
    }
}
