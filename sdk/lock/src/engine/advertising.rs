//! What the door advertises, and when it changes (spec §4.2).

use thumbturn_protocol::advertisement::{Advertisement, ROTATION_MS, ROTATION_PAUSE_MS};
use thumbturn_protocol::random::random_bytes;
use thumbturn_protocol::time::Millis;

use super::Engine;
use crate::output::{Address, Broadcast, Pace};
use crate::platform::Platform;
use crate::work::Work;

/// Milliseconds of fast advertising after a touch.
const TOUCHED_MS: u64 = 30_000;

/// The state of advertising.
#[derive(Debug)]
pub(super) struct Advertising {
    /// Salt and what was broadcast with it last; none before the first.
    current: Option<(Salt, Broadcast)>,
    /// The tag key changed: a new salt at once.
    renamed: bool,
    connected: bool,
    /// No rotation before then, so that a retry finds the door.
    held_until: Millis,
    fast_until: Millis,
}

#[derive(Clone, Copy, Debug)]
struct Salt {
    bytes: [u8; 4],
    made: Millis,
}

impl Advertising {
    pub(super) const fn boot(now: Millis) -> Self {
        Self { current: None, renamed: false, connected: false, held_until: now, fast_until: now }
    }

    /// Somebody touched the door.
    pub(super) fn touched(&mut self, now: Millis) {
        self.fast_until = now.plus(TOUCHED_MS);
    }

    /// The door's tag key changed.
    pub(super) const fn rename(&mut self) {
        self.renamed = true;
    }

    pub(super) const fn connection_opened(&mut self) {
        self.connected = true;
    }

    pub(super) fn last_connection_closed(&mut self, now: Millis) {
        self.connected = false;
        self.held_until = now.plus(ROTATION_PAUSE_MS);
    }

    /// When salt and address rotate; `None` while a connection holds them.
    fn rotation(&self) -> Option<Millis> {
        let (salt, _) = self.current?;
        (!self.connected).then(|| salt.made.plus(ROTATION_MS).max(self.held_until))
    }

    /// When something about the broadcast changes by itself.
    pub(super) fn deadline(&self, now: Millis) -> Option<Millis> {
        let calm = (self.fast_until > now).then_some(self.fast_until);
        self.rotation().into_iter().chain(calm).min()
    }

    fn salt(&self, now: Millis) -> Option<Salt> {
        let (salt, _) = self.current?;
        let rotates = self.renamed || self.rotation().is_some_and(|due| due <= now);
        (!rotates).then_some(salt)
    }
}

impl<P: Platform> Engine<P> {
    /// A broadcast that differs from the last.
    pub(super) fn next_broadcast(&mut self, now: Millis) -> Option<Broadcast> {
        let kept = self.advertising.salt(now);
        let (salt, address) = match kept {
            Some(salt) => (salt, Address::Same),
            None => (Salt { bytes: random_bytes(&mut self.random).ok()?, made: now }, Address::New),
        };
        let pace = if now < self.advertising.fast_until { Pace::Fast } else { Pace::Normal };
        let service_data = Advertisement::new(self.tag_key(), salt.bytes, self.list_version(), self.status());
        let broadcast = Broadcast { service_data, address, pace };
        let unchanged = self
            .advertising
            .current
            .is_some_and(|(_, last)| last.service_data == service_data && last.pace == pace);
        if unchanged {
            return None;
        }
        self.work.add(Work::macs(2));
        self.advertising.renamed = false;
        self.advertising.current = Some((salt, broadcast));
        Some(broadcast)
    }
}
