//! What a door states about itself to its property through strangers: an open part, a sealed part, a signature over both
//! (spec §12.1, §12.3).

mod sealed;

use serde::{Deserialize, Serialize};

pub(crate) use self::sealed::Layout;
pub use self::sealed::{EncapsulatedStatement, SealedStatement};
use crate::error::Error;
use crate::fixed::Fields;
use crate::ids::{DoorId, DoorKeyId, Generation, PropertyId, check_version};
use crate::keys::{DoorPublicKeys, ExchangeKey, SigningKeyPair};

/// Which life of which door speaks, or is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The property that the door belongs to.
    pub property: PropertyId,
    /// The generation that the door is in.
    pub generation: Generation,
    /// The door.
    pub door: DoorId,
    /// Its current keys.
    pub door_key: DoorKeyId,
}

/// The keys that a door states with: its own to sign, the property's to seal to.
#[derive(Debug)]
pub struct StatementKeys<'a> {
    /// The door's receipt key.
    pub receipt_key: &'a SigningKeyPair,
    /// The property's sealing key.
    pub sealing_key: &'a ExchangeKey,
}

impl Origin {
    /// Of a door with these keys.
    #[must_use]
    pub fn new(property: PropertyId, generation: Generation, door: DoorId, keys: &DoorPublicKeys) -> Self {
        Self { property, generation, door, door_key: keys.id() }
    }

    /// Reads version, property, generation, door and door key id: the beginning of every open part.
    pub(crate) fn read(fields: &mut Fields<'_>, what: &'static str) -> Result<Self, Error> {
        check_version(fields.byte()?, VERSION, what)?;
        Ok(Self {
            property: PropertyId(fields.take()?),
            generation: Generation(fields.number()?),
            door: DoorId(fields.take()?),
            door_key: DoorKeyId(fields.take()?),
        })
    }

    /// The 25 bytes of the same.
    pub(crate) fn to_bytes(self) -> [u8; ORIGIN] {
        crate::fixed::joined(&[
            &[VERSION],
            &self.property.0,
            &self.generation.0.to_be_bytes(),
            &self.door.0,
            &self.door_key.0,
        ])
    }
}

/// Length of version and origin.
pub(crate) const ORIGIN: usize = 25;
const VERSION: u8 = 1;
