//! The door certificate: a property says which keys a door has now (spec §3.2).

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ids::{DoorId, Generation, PropertyId, check_version};
use crate::keys::DoorPublicKeys;
use crate::labels::{self, Label};
use crate::limits;
use crate::signed::Signable;
use crate::time::UnixSeconds;

/// Brings a door's keys to phones. Signed by the property key of `generation`; not secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorCertificate {
    version: u8,
    /// The property that the door belongs to.
    pub property: PropertyId,
    /// The generation of the key that signed this.
    pub generation: Generation,
    /// The door.
    pub door: DoorId,
    /// Its keys.
    pub keys: DoorPublicKeys,
    /// When the property signed this.
    pub issued: UnixSeconds,
}

impl DoorCertificate {
    const VERSION: u8 = 1;

    /// A draft.
    #[must_use]
    pub const fn new(
        property: PropertyId,
        generation: Generation,
        door: DoorId,
        keys: DoorPublicKeys,
        issued: UnixSeconds,
    ) -> Self {
        Self { version: Self::VERSION, property, generation, door, keys, issued }
    }
}

impl Signable for DoorCertificate {
    const LABEL: Label = labels::CERTIFICATE;
    const NAME: &'static str = "door certificate";
    const MAX_BODY: usize = limits::CERTIFICATE_BODY;

    fn check(&self) -> Result<(), Error> {
        check_version(self.version, Self::VERSION, Self::NAME)
    }
}
