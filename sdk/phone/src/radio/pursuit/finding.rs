//! From an intent to a peer that is the door, or may be it.

use std::sync::Arc;

use thumbturn_protocol::advertisement::Advertisement;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::time::Millis;

use crate::conversation::{GiveUp, Recognition};
use crate::link::{AdapterState, LinkError, PeerId, ScanEvent, ScanResult};
use crate::queue::EventQueue;
use crate::radio::pursuit::Pursuit;
use crate::radio::sightings::Choice;
use crate::radio::waiting::{First, unless_cancelled};
use crate::unlock::Progress;

/// Scan results waiting to be looked at.
const QUEUE: usize = 256;
/// Milliseconds until a scan that the platform refused is tried again.
const SCAN_RETRY_MS: u64 = 500;

impl Pursuit<'_, '_> {
    /// Takes what was heard before the intent.
    pub(super) fn recall(&mut self) {
        let now = self.radio.now();
        for result in self.radio.heard_lately(now) {
            self.hear(&result, now);
        }
    }

    /// When no scan may start: takes what was heard up to a minute ago, once. Whether there is something to try.
    fn recall_for_want_of_a_scan(&mut self) -> bool {
        if core::mem::replace(&mut self.recalled, true) {
            return false;
        }
        let now = self.radio.now();
        for result in self.radio.heard_before(now) {
            self.hear(&result, now);
        }
        self.sightings.choose(self.policy.unresolved, now) != Choice::Nothing
    }

    /// The next peer to connect to. `None`: the situation has changed, look again whether to go on.
    pub(super) async fn find(&mut self) -> Option<(PeerId, Recognition)> {
        let started = self.radio.now();
        let listening_until = started.plus(self.policy.scan).min(self.conversation.last_chance());
        let events = Arc::new(EventQueue::new(QUEUE));
        let mut scanning = false;
        let found = loop {
            let now = self.radio.now();
            while let Some(event) = events.try_pop() {
                self.on_scan_event(&event, now);
            }
            self.take_cancel();
            if !self.conversation.wants_connection() {
                break None;
            }
            let wake_at = match self.sightings.choose(self.policy.unresolved, now) {
                Choice::Try(peer, recognition) => break Some((peer, recognition)),
                Choice::BackOff(at) => {
                    self.wait_until(at).await;
                    continue;
                }
                Choice::Later(at) => at,
                Choice::Nothing if now >= listening_until => {
                    self.give_up_for_want_of_time();
                    break None;
                }
                Choice::Nothing => listening_until,
            };
            if !scanning {
                scanning = self.start_scan(&events, wake_at).await;
                continue;
            }
            let deadline = wake_at.max(now.plus(1));
            match unless_cancelled(self.radio.timer(), deadline, self.pending_cancel(), events.pop()).await {
                First::Done(event) => self.on_scan_event(&event, self.radio.now()),
                First::Late | First::Cancelled => {}
            }
        };
        if scanning {
            self.engagement.stop_scan().await;
        }
        found
    }

    /// Starts a scan when the budget allows it, but waits for that no longer than until `wake_at`. Whether it runs.
    async fn start_scan(&mut self, events: &Arc<EventQueue<ScanEvent>>, wake_at: Millis) -> bool {
        let allowed_at = self.radio.next_scan_start();
        if allowed_at > self.radio.now() {
            if self.recall_for_want_of_a_scan() {
                return false;
            }
            self.wait_until(allowed_at.min(wake_at)).await;
            return false;
        }
        self.report(Progress::Searching);
        self.radio.scan_started();
        self.engagement.scanning();
        let deadline = wake_at.max(self.radio.now().plus(1));
        let starting = self.radio.link().start_scan(Arc::clone(events));
        let started = unless_cancelled(self.radio.timer(), deadline, self.pending_cancel(), starting).await;
        let failure = match started {
            First::Done(Ok(())) => return true,
            First::Done(Err(error)) => Some(error),
            First::Late | First::Cancelled => None,
        };
        self.engagement.stop_scan().await;
        match failure {
            Some(LinkError::BluetoothOff) => self.conversation.give_up(GiveUp::BluetoothOff),
            Some(LinkError::Unauthorized) => self.conversation.give_up(GiveUp::BluetoothUnauthorized),
            Some(_) => {
                let retry_at = self.radio.now().plus(SCAN_RETRY_MS);
                self.wait_until(retry_at.min(wake_at)).await;
            }
            None => {}
        }
        false
    }

    async fn wait_until(&mut self, deadline: Millis) {
        let deadline = deadline.max(self.radio.now().plus(1));
        let nothing = core::future::pending::<()>();
        let _ = unless_cancelled(self.radio.timer(), deadline, self.pending_cancel(), nothing).await;
    }

    fn on_scan_event(&mut self, event: &ScanEvent, now: Millis) {
        match event {
            ScanEvent::Heard(result) => {
                self.radio.hear(result, now);
                self.hear(result, now);
            }
            ScanEvent::Adapter(AdapterState::On) => {}
            ScanEvent::Adapter(AdapterState::Off) => self.conversation.give_up(GiveUp::BluetoothOff),
            ScanEvent::Adapter(AdapterState::Unauthorized) => {
                self.conversation.give_up(GiveUp::BluetoothUnauthorized);
            }
        }
    }

    fn hear(&mut self, result: &ScanResult, now: Millis) {
        let recognised = match result.service_data.as_deref().map(Advertisement::parse) {
            None => None,
            Some(Ok(advertisement)) => Some(self.conversation.recognises(&advertisement)),
            // A newer door, perhaps this one: its hello will tell.
            Some(Err(Error::UnsupportedVersion(_))) => None,
            Some(Err(_)) => Some(false),
        };
        self.sightings.hear(result, recognised, now);
    }
}
