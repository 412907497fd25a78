//! The hash chain over a door's events (spec §12.2).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::crypto::{self, Kdf};
use crate::ids::{DoorKeyId, EventNumber};
use crate::keys::SigningKeyPair;
use crate::labels;

/// The head of the chain after an event: it stands for all events up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogHead(pub [u8; 32]);

impl LogHead {
    /// The head before the first event of a life of a door.
    #[must_use]
    pub fn start(door_key: DoorKeyId) -> Self {
        Self(crypto::hash(labels::LOG_START, &[&door_key.0]))
    }

    /// The head after `event`, the salted one with this number.
    #[must_use]
    pub fn after(self, number: EventNumber, event: &[u8]) -> Self {
        Self(crypto::hash(labels::LOG, &[&self.0, &number.0.to_be_bytes(), event]))
    }
}

/// The salts of a door's events, made from its receipt key: they need not be stored.
pub struct EventSalts(Kdf);

impl EventSalts {
    /// Those of the door with this key.
    #[must_use]
    pub fn of(receipt_key: &SigningKeyPair) -> Self {
        Self(Kdf::new(receipt_key.secret()))
    }

    /// The salt of one event.
    #[must_use]
    pub fn salt(&self, number: EventNumber) -> EventSalt {
        EventSalt(self.0.derive_truncated(labels::LOG_SALT, &[&number.0.to_be_bytes()]))
    }
}

/// Sixteen bytes before each event that nobody else can predict: a head tells nothing about an event that can be guessed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EventSalt([u8; 16]);

impl EventSalt {
    /// Length of a salt.
    pub const LENGTH: usize = 16;

    /// `salt ‖ event`, as it is chained and sealed.
    #[must_use]
    pub fn salted(&self, event: &[u8]) -> Vec<u8> {
        [&self.0, event].concat()
    }
}

impl core::fmt::Debug for EventSalts {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("EventSalts")
    }
}

impl core::fmt::Debug for EventSalt {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("EventSalt")
    }
}
