//! One phone's radio, shared by everything in the app that uses it: who may, how often, and what was heard lately.

mod engagement;
mod policy;
pub(crate) mod pursuit;
mod recent;
mod scan_budget;
mod sightings;
pub(crate) mod waiting;

use core::fmt;
use core::task::Waker;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::time::Millis;

pub(crate) use self::engagement::{Engagement, GiveWay};
pub use self::policy::Policy;
use self::recent::Recent;
use self::scan_budget::ScanBudget;
use crate::link::{ConnectionId, Link, ScanResult};
use crate::timer::Timer;

/// Most doors of which the last delivery is remembered.
const DELIVERED: usize = 64;

/// The radio, the clock and the random source of one phone. Make one and share it: the scan budget and the list of stale
/// connections are the phone's, not the caller's.
pub struct Radio {
    link: Arc<dyn Link>,
    timer: Arc<dyn Timer>,
    random: Mutex<Box<dyn SecureRandom + Send>>,
    state: Mutex<RadioState>,
}

#[derive(Default)]
struct RadioState {
    /// Who has the radio; there is one at a time.
    engaged: Option<Engaged>,
    /// Counts those who had it.
    engagements: u64,
    /// Whether somebody is scanning.
    scanning: bool,
    /// Counts the intents: a scan that began under another number was ended by one.
    scan: u64,
    /// Those who wait for a change of who has the radio.
    waiting: Vec<Waker>,
    budget: ScanBudget,
    recent: Recent,
    /// Where this phone delivered lately, and when.
    delivered: Vec<(DoorId, Millis)>,
    /// Connections of intents that were dropped half way: the platform may still hold them.
    stale: Vec<ConnectionId>,
}

/// Who has the radio.
struct Engaged {
    number: u64,
    /// A delivery, which an intent of the person takes the radio away from.
    gives_way: bool,
    connection: Option<ConnectionId>,
}

impl Radio {
    /// The radio of a phone.
    #[must_use]
    pub fn new(link: Arc<dyn Link>, timer: Arc<dyn Timer>, random: Box<dyn SecureRandom + Send>) -> Self {
        Self { link, timer, random: Mutex::new(random), state: Mutex::default() }
    }

    pub(crate) fn link(&self) -> &dyn Link {
        self.link.as_ref()
    }

    pub(crate) fn timer(&self) -> &dyn Timer {
        self.timer.as_ref()
    }

    pub(crate) fn now(&self) -> Millis {
        self.timer.now()
    }

    /// Lends the random source for something short.
    pub(crate) fn with_random<T>(&self, lend: impl FnOnce(&mut dyn SecureRandom) -> T) -> T {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        lend(random.as_mut())
    }

    /// Remembers what was heard, for an intent that comes right after.
    pub(crate) fn hear(&self, result: &ScanResult, now: Millis) {
        self.state().recent.hear(result, now);
    }

    /// What was heard so short a time ago that no scan is needed.
    pub(crate) fn heard_lately(&self, now: Millis) -> Vec<ScanResult> {
        self.state().recent.within(recent::FRESH_MS, now)
    }

    /// What was heard before, for want of anything better.
    pub(crate) fn heard_before(&self, now: Millis) -> Vec<ScanResult> {
        self.state().recent.within(recent::OLD_MS, now)
    }

    /// The door had its chance: it has answered somebody who could deliver.
    pub(crate) fn delivered(&self, door: DoorId) {
        let now = self.now();
        let delivered = &mut self.state().delivered;
        delivered.retain(|(known, _)| *known != door);
        if delivered.len() >= DELIVERED {
            delivered.remove(0);
        }
        delivered.push((door, now));
    }

    /// Whether the last delivery to a door is so short a time ago.
    pub(crate) fn delivered_within(&self, door: DoorId, milliseconds: u64) -> bool {
        let now = self.now();
        self.state().delivered.iter().any(|(known, at)| *known == door && now.since(*at) < milliseconds)
    }

    /// Every field is valid at any instant, so a poisoned lock is taken over.
    fn state(&self) -> MutexGuard<'_, RadioState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Radio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Radio")
    }
}
