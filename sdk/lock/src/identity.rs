//! Who a claimed door is: what the claim told it and the keys that it made (spec §9).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::ids::DoorKeyId;
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, SigningKeyPair};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use zeroize::{Zeroize, Zeroizing};

/// A claimed door's identity. Kept in flash as one record, so that it is there or not.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) configuration: DoorConfiguration,
    pub(crate) keys: DoorKeys,
    pub(crate) key_id: DoorKeyId,
}

/// A door's own key pairs, made anew at each claim (spec §2.4).
#[derive(Debug)]
pub(crate) struct DoorKeys {
    pub(crate) session: ExchangeKeyPair,
    pub(crate) sealing: ExchangeKeyPair,
    pub(crate) receipt: SigningKeyPair,
}

impl DoorKeys {
    /// New keys. Three base-point multiplications.
    pub(crate) fn generate(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        Ok(Self {
            session: ExchangeKeyPair::generate(random)?,
            sealing: ExchangeKeyPair::generate(random)?,
            receipt: SigningKeyPair::generate(random)?,
        })
    }

    /// The public halves.
    pub(crate) fn public(&self) -> DoorPublicKeys {
        DoorPublicKeys {
            session_key: self.session.public(),
            sealing_key: self.sealing.public(),
            receipt_key: self.receipt.public(),
        }
    }
}

/// The record in flash.
#[derive(Serialize, Deserialize)]
struct Stored {
    configuration: DoorConfiguration,
    session: [u8; 32],
    sealing: [u8; 32],
    receipt: [u8; 32],
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.session.zeroize();
        self.sealing.zeroize();
        self.receipt.zeroize();
    }
}

impl Identity {
    /// What a claim made of the door.
    pub(crate) fn new(configuration: DoorConfiguration, keys: DoorKeys) -> Self {
        let key_id = keys.public().id();
        Self { configuration, keys, key_id }
    }

    /// For flash.
    pub(crate) fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let stored = Stored {
            configuration: self.configuration.clone(),
            session: *self.keys.session.secret(),
            sealing: *self.keys.sealing.secret(),
            receipt: *self.keys.receipt.secret(),
        };
        postcard::to_allocvec(&stored).ok().map(Zeroizing::new)
    }

    /// From flash.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let stored: Stored = postcard::from_bytes(bytes).ok()?;
        let keys = DoorKeys {
            session: ExchangeKeyPair::from_secret(stored.session),
            sealing: ExchangeKeyPair::from_secret(stored.sealing),
            receipt: SigningKeyPair::from_secret(stored.receipt),
        };
        Some(Self::new(stored.configuration.clone(), keys))
    }
}
