//! The door's connections, and who has to leave when the last slot is taken (spec §4.7).

use heapless::Vec;
use thumbturn_protocol::time::Millis;

use crate::connection::{Connection, Stage};
use crate::input::ConnectionId;

/// Connections that a door holds: three sessions, and one slot that always becomes free again.
pub const CONNECTIONS: usize = 4;
/// Milliseconds after which a connection that nobody has authenticated leaves before all others.
const LINGERING_MS: u64 = 1_500;

/// The connections, oldest first.
#[derive(Default)]
pub(crate) struct Connections {
    oldest_first: Vec<Connection, CONNECTIONS>,
}

impl Connections {
    /// Adds a connection. `false`: the adapter took in more than there are slots; it must be ended.
    pub(crate) fn add(&mut self, id: ConnectionId, now: Millis) -> bool {
        self.remove(id);
        self.oldest_first.push(Connection::new(id, now)).is_ok()
    }

    /// Forgets a connection.
    pub(crate) fn remove(&mut self, id: ConnectionId) {
        self.oldest_first.retain(|connection| connection.id != id);
    }

    pub(crate) fn get(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.oldest_first.iter_mut().find(|connection| connection.id == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.oldest_first.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.oldest_first.iter_mut()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.oldest_first.is_empty()
    }

    /// Until when a request is likely to follow at any moment, because somebody has come so lately: nothing long is begun
    /// before. `None`: nobody has.
    pub(crate) fn asking_until(&self, now: Millis) -> Option<Millis> {
        let waiting = self.iter().filter(|connection| matches!(connection.stage, Stage::Waiting));
        waiting.map(|connection| connection.connected.plus(LINGERING_MS)).filter(|until| now < *until).max()
    }

    /// Who has to leave for `newcomer`, so that a slot becomes free; `None` while one is.
    ///
    /// The oldest that has been unauthenticated for 1.5 s, else the oldest of all: whoever comes has as long to ask as it takes
    /// others to fill the slots, and what is past its bolt leaves before those who wait for theirs. A request whose public-key
    /// work is under way is never sent away: it has passed the gate and ends by itself.
    pub(crate) fn to_evict(&self, newcomer: ConnectionId, now: Millis) -> Option<ConnectionId> {
        if !self.oldest_first.is_full() {
            return None;
        }
        let others = || {
            self.iter().filter(|connection| {
                connection.id != newcomer && !matches!(connection.stage, Stage::Request(_) | Stage::Claim(_))
            })
        };
        let lingering = others().find(|connection| {
            matches!(connection.stage, Stage::Waiting) && now.since(connection.connected) >= LINGERING_MS
        });
        lingering.or_else(|| others().next()).map(|connection| connection.id)
    }
}
