//! Who a claimed door is: what the claim told it and the keys that it made (spec §9).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::ids::{DoorKeyId, Generation};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, SigningKeyPair, VerifyingKey};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::Verified;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::edition::Edition;
use thumbturn_protocol::update::settings::Settings;
use zeroize::{Zeroize, Zeroizing};

use crate::storage::IDENTITY;

/// A claimed door's identity. Kept in flash as one record, so that it is there or not.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) configuration: DoorConfiguration,
    pub(crate) keys: DoorKeys,
    pub(crate) key_id: DoorKeyId,
    /// The property's signing key before the present one, while it is valid.
    pub(crate) previous: Option<PreviousKey>,
    /// The generation of the list, whose serials the deny entries are about.
    pub(crate) list_generation: Generation,
}

/// A signing key that a rotation replaced but did not void (spec §11.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PreviousKey {
    generation: Generation,
    signing_key: VerifyingKey,
    until: UnixSeconds,
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

/// What of an identity changes in its life. In flash before it is in force.
pub(crate) struct Change {
    configuration: DoorConfiguration,
    previous: Option<PreviousKey>,
}

/// The record in flash.
#[derive(Serialize, Deserialize)]
struct Stored {
    previous: Option<PreviousKey>,
    list_generation: Generation,
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
        let list_generation = configuration.generation;
        Self { configuration, keys, key_id, previous: None, list_generation }
    }

    /// The property's signing key of a generation, if it is valid at `instant`.
    pub(crate) fn signing_key(&self, generation: Generation, instant: UnixSeconds) -> Option<&VerifyingKey> {
        if generation == self.configuration.generation {
            return Some(&self.configuration.signing_key);
        }
        let previous = self.previous.as_ref();
        previous.filter(|key| key.generation == generation && instant < key.until).map(|key| &key.signing_key)
    }

    /// What a rotation changes; `None` when it is not for this property, or not to a later generation (spec §11.4).
    pub(crate) fn rotated(&self, rotation: &Verified<KeyRotation>) -> Option<Change> {
        let before = &self.configuration;
        if rotation.property != before.property || rotation.generation <= before.generation {
            return None;
        }
        let previous = rotation.previous_until.map(|until| PreviousKey {
            generation: before.generation,
            signing_key: before.signing_key,
            until,
        });
        let mut change = Change { previous, ..self.as_it_is() };
        change.configuration.generation = rotation.generation;
        change.configuration.signing_key = rotation.signing_key;
        change.configuration.sealing_key = rotation.sealing_key;
        Some(change)
    }

    /// Puts a change in force that [`Identity::to_bytes_with`] has brought into flash.
    pub(crate) fn apply(&mut self, change: Change) {
        let Change { configuration, previous } = change;
        self.configuration = configuration;
        self.previous = previous;
    }

    /// What the list in flash says takes the place of what the claim said (spec §10.2).
    pub(crate) fn adopt(&mut self, edition: Edition, settings: Option<&Settings>) {
        self.list_generation = edition.generation;
        self.configuration.list_version = edition.version;
        self.configuration.deny.clear();
        let Some(settings) = settings else { return };
        self.configuration.tag_key = settings.tag_key.clone();
        self.configuration.kind = settings.kind;
        self.configuration.relock_seconds = settings.relock_seconds;
        self.configuration.zone = settings.zone.clone();
    }

    fn as_it_is(&self) -> Change {
        Change { configuration: self.configuration.clone(), previous: self.previous }
    }

    /// For flash.
    pub(crate) fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.to_bytes_with(&self.as_it_is())
    }

    /// For flash, as it is after a change.
    pub(crate) fn to_bytes_with(&self, change: &Change) -> Option<Zeroizing<Vec<u8>>> {
        let stored = Stored {
            configuration: change.configuration.clone(),
            previous: change.previous,
            list_generation: self.list_generation,
            session: *self.keys.session.secret(),
            sealing: *self.keys.sealing.secret(),
            receipt: *self.keys.receipt.secret(),
        };
        // Of the full size from the start: growing would leave copies of the keys behind.
        let mut bytes = Zeroizing::new(alloc::vec![0; IDENTITY]);
        let length = postcard::to_slice(&stored, &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }

    /// From flash.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let stored: Stored = postcard::from_bytes(bytes).ok()?;
        let keys = DoorKeys {
            session: ExchangeKeyPair::from_secret(stored.session),
            sealing: ExchangeKeyPair::from_secret(stored.sealing),
            receipt: SigningKeyPair::from_secret(stored.receipt),
        };
        let Stored { previous, list_generation, .. } = stored;
        Some(Self { previous, list_generation, ..Self::new(stored.configuration.clone(), keys) })
    }
}
