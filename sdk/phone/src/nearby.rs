//! The doors around: which of this wallet's doors are near, how near, without a list that jumps.

mod smoothing;
mod tracker;

use core::fmt;
use core::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};
use futures_util::stream::{self, Stream};
use thumbturn_protocol::advertisement::Hint;
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::time::Millis;

use self::tracker::Tracker;
use crate::link::{AdapterState, PeerId, ScanEvent};
use crate::queue::EventQueue;
use crate::radio::Radio;
use crate::radio::waiting::until;
use crate::wallet::Wallet;

/// Scan results waiting to be looked at; what does not fit is heard again a moment later.
const QUEUE: usize = 256;
/// Milliseconds between two looks at what has fallen silent, and at an adapter that is off.
const LOOK_MS: u64 = 500;

/// A door around.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearbyDoor {
    /// Which door; `None` when its scan response was not heard: connecting would tell.
    pub door: Option<DoorId>,
    /// The peer that advertises. Rotates.
    pub peer: PeerId,
    /// Smoothed signal strength in dBm, in steps of a few dB.
    pub signal_dbm: i8,
    /// Whether the person stands before it, as far as signal strength can tell: never a reason to open without a tap.
    pub distance: Distance,
    /// What the door says about itself. Not authenticated.
    pub hint: Option<Hint>,
}

/// How far a door is, by signal strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distance {
    /// Within reach of a hand or a few steps.
    AtHand,
    /// In range.
    InRange,
}

/// What is around now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearbyDoors {
    /// The adapter's state; unless it is on, nothing is heard.
    pub adapter: AdapterState,
    /// The doors, the strongest first, unresolved ones last.
    pub doors: Vec<NearbyDoor>,
}

/// Listens for doors. While an intent has the radio it rests, and goes on by itself after.
pub struct Nearby {
    radio: Arc<Radio>,
    wallet: Arc<Wallet>,
    tracker: Tracker,
    events: Arc<EventQueue<ScanEvent>>,
    scan: Option<u64>,
    told: Option<NearbyDoors>,
}

/// The doors around, as a stream that yields whenever the picture changes. Dropping it stops the scan.
pub fn nearby(radio: Arc<Radio>, wallet: Arc<Wallet>) -> impl Stream<Item = NearbyDoors> + Send {
    stream::unfold(Nearby::new(radio, wallet), |mut nearby| async move {
        let doors = nearby.next().await;
        Some((doors, nearby))
    })
}

impl Nearby {
    /// A listener that is not listening yet.
    #[must_use]
    pub fn new(radio: Arc<Radio>, wallet: Arc<Wallet>) -> Self {
        let events = Arc::new(EventQueue::new(QUEUE));
        Self { radio, wallet, tracker: Tracker::default(), events, scan: None, told: None }
    }

    /// The doors around, once they differ from what was told before. The first call tells what there is.
    pub async fn next(&mut self) -> NearbyDoors {
        loop {
            let now = self.radio.now();
            self.take_events(now);
            self.tracker.forget_silent(now);
            if let Some(news) = self.news() {
                return news;
            }
            if self.radio.is_engaged() {
                // The intent takes the radio; what was heard before it stays on the screen.
                self.radio.disengaged().await;
                self.tracker.excuse_silence(self.radio.now());
                continue;
            }
            self.keep_scanning().await;
            self.wait(now.plus(LOOK_MS)).await;
        }
    }

    fn take_events(&mut self, now: Millis) {
        while let Some(event) = self.events.try_pop() {
            match event {
                ScanEvent::Heard(result) => {
                    self.radio.hear(&result, now);
                    self.tracker.hear(&result, &self.wallet, now);
                }
                ScanEvent::Adapter(AdapterState::On) => {}
                ScanEvent::Adapter(AdapterState::Off | AdapterState::Unauthorized) => {
                    self.tracker.clear();
                    self.stop();
                }
            }
        }
        if self.events.overflowed() {
            // Advertisements come again; a fresh queue and a fresh scan tell that it has room.
            self.stop();
        }
    }

    fn news(&mut self) -> Option<NearbyDoors> {
        let seen = NearbyDoors { adapter: self.radio.link().adapter(), doors: self.tracker.doors() };
        if self.told.as_ref() == Some(&seen) {
            return None;
        }
        self.told = Some(seen.clone());
        Some(seen)
    }

    /// Starts a scan unless ours is running, the adapter is off or the budget says later.
    async fn keep_scanning(&mut self) {
        let running = self.scan.is_some_and(|scan| self.radio.owns_scan(scan));
        let may_start = self.radio.next_scan_start() <= self.radio.now();
        if running || !may_start || self.radio.link().adapter() != AdapterState::On {
            return;
        }
        self.events = Arc::new(EventQueue::new(QUEUE));
        self.scan = Some(self.radio.scan_started());
        let starting = self.radio.link().start_scan(Arc::clone(&self.events));
        let deadline = self.radio.now().plus(LOOK_MS);
        if !matches!(until(self.radio.timer(), deadline, starting).await, Some(Ok(()))) {
            self.stop();
        }
    }

    /// Until something is heard, an intent takes the radio, or `deadline`.
    async fn wait(&self, deadline: Millis) {
        let heard = async {
            // Put back in front of the rest: `take_events` is the one place that looks at events.
            core::future::poll_fn(|context| self.events.poll_ready(context)).await;
        };
        match select(pin!(heard), self.radio.timer().sleep_until(deadline)).await {
            Either::Left(((), _)) | Either::Right(((), _)) => {}
        }
    }

    fn stop(&mut self) {
        self.events = Arc::new(EventQueue::new(QUEUE));
        if let Some(scan) = self.scan.take() {
            self.radio.stop_own_scan(scan);
        }
    }
}

impl Drop for Nearby {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Nearby {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Nearby")
    }
}
