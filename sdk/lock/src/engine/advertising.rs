//! What the door advertises, and when it changes (spec §4.2).

use thumbturn_protocol::advertisement::{Advertisement, ROTATION_MS, ROTATION_PAUSE_MS};
use thumbturn_protocol::answer::DoorStatus;
use thumbturn_protocol::ids::ListVersion;
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
    /// What is being broadcast; none before the first.
    current: Option<Said>,
    /// The tag key changed: a new salt at once.
    renamed: bool,
    connected: bool,
    /// No rotation before then, so that a retry finds the door.
    held_until: Millis,
    fast_until: Millis,
}

/// What a broadcast says. While it stays the same, nothing is derived anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said {
    salt: Salt,
    list_version: ListVersion,
    status: DoorStatus,
    pace: Pace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        let salt = self.current?.salt;
        (!self.connected).then(|| salt.made.plus(ROTATION_MS).max(self.held_until))
    }

    /// When something about the broadcast changes by itself.
    pub(super) fn deadline(&self, now: Millis) -> Option<Millis> {
        let calm = (self.fast_until > now).then_some(self.fast_until);
        self.rotation().into_iter().chain(calm).min()
    }

    fn salt(&self, now: Millis) -> Option<Salt> {
        let salt = self.current?.salt;
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
        let said = Said { salt, list_version: self.list_version(), status: self.status(), pace };
        if self.advertising.current == Some(said) {
            return None;
        }
        let service_data = Advertisement::new(self.tag_key(), salt.bytes, said.list_version, said.status);
        self.work.add(Work::macs(2));
        self.advertising.renamed = false;
        self.advertising.current = Some(said);
        Some(Broadcast { service_data, address, pace })
    }
}
