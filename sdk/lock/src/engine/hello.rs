//! Pushing hellos (spec §4.5).

use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::hello::{self, DoorState, HELLO_REQUESTS, Hello};
use thumbturn_protocol::random::{RandomFailed, SecureRandom, random_bytes};
use thumbturn_protocol::time::Millis;

use super::Engine;
use crate::connection::{PushedHello, Stage};
use crate::error::Error;
use crate::flash::Flash;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::{Maintenance, Storage};
use crate::work::Work;

/// Makes the nonce key at the first boot. A new chip needs an erased block before it can keep anything, so what maintenance is due is done first.
pub(super) fn boot_nonces<F: Flash>(
    storage: &mut Storage<F>,
    random: &mut dyn SecureRandom,
) -> Result<(), Error> {
    if storage.nonce_key().is_some() {
        return Ok(());
    }
    while storage.prepare()? == Maintenance::More {}
    Ok(storage.keep_nonce_key(random_bytes(random)?)?)
}

impl<P: Platform> Engine<P> {
    /// Pushes a new hello, which voids the one before.
    pub(super) fn push_hello(&mut self, now: Millis, id: ConnectionId) {
        // Without a nonce the door stays silent: a repeated hello would let a recorded request open it.
        let Ok(nonce) = self.next_nonce() else { return };
        let state = if self.is_claimed() { DoorState::Claimed } else { DoorState::FactoryFresh };
        let hello = Hello::new(state, nonce, self.tag_key());
        self.work.add(Work::macs(2));
        let Some(connection) = self.connections.get(id) else { return };
        connection.hello = Some(PushedHello::new(hello, now));
        let [_, payload @ ..] = hello.as_bytes();
        connection.send(MessageType::Hello, payload.to_vec());
    }

    /// The phone missed the hello, or its hello is spent or dead.
    pub(super) fn hello_requested(&mut self, now: Millis, id: ConnectionId) {
        let Some(connection) = self.connections.get(id) else { return };
        let working = matches!(connection.stage, Stage::Request(_) | Stage::Claim(_));
        if !connection.subscribed || working || connection.hello_requests >= HELLO_REQUESTS {
            return;
        }
        connection.hello_requests += 1;
        if let Stage::Session(session) = &mut connection.stage {
            // Otherwise hellos would keep it waiting for its confirmation longer than the claimer thinks (spec §9.6).
            session.claim = None;
        }
        self.push_hello(now, id);
    }

    /// Fresh randomness mixed with a number that was reserved in flash: nonces do not repeat even when the random source does.
    fn next_nonce(&mut self) -> Result<[u8; 12], Error> {
        let number = self.storage.next_hello()?;
        let fresh = random_bytes(&mut self.random)?;
        let key = self.storage.nonce_key().ok_or(Error::Random(RandomFailed))?;
        Ok(hello::nonce(key, number, &fresh))
    }
}
