//! Key rotation: the portfolio's root announces a property's next keys (spec §3.3).

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ids::{Generation, PropertyId, check_version};
use crate::keys::{ExchangeKey, VerifyingKey};
use crate::labels::{self, Label};
use crate::limits;
use crate::signed::Signable;
use crate::time::UnixSeconds;

/// The keys of a property's new generation. Signed by the root alone; open; accepted in any state if the generation is higher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRotation {
    version: u8,
    /// The property.
    pub property: PropertyId,
    /// The new generation, higher than the one it replaces.
    pub generation: Generation,
    /// The property's new signing key.
    pub signing_key: VerifyingKey,
    /// The property's new sealing key.
    pub sealing_key: ExchangeKey,
    /// The previous key stays valid until then; `None`: it is void at once.
    pub previous_until: Option<UnixSeconds>,
    /// No door of the property may believe in an earlier time.
    pub floor: UnixSeconds,
}

impl KeyRotation {
    const VERSION: u8 = 1;

    /// A draft that voids the previous key at once.
    #[must_use]
    pub const fn new(
        property: PropertyId,
        generation: Generation,
        signing_key: VerifyingKey,
        sealing_key: ExchangeKey,
        floor: UnixSeconds,
    ) -> Self {
        Self {
            version: Self::VERSION,
            property,
            generation,
            signing_key,
            sealing_key,
            previous_until: None,
            floor,
        }
    }
}

impl Signable for KeyRotation {
    const LABEL: Label = labels::ROTATION;
    const NAME: &'static str = "key rotation";
    const MAX_BODY: usize = limits::CERTIFICATE_BODY;

    fn check(&self) -> Result<(), Error> {
        check_version(self.version, Self::VERSION, Self::NAME)?;
        match self.generation {
            // The first generation comes with the claim (spec §9.4); a rotation always replaces one.
            Generation(0 | 1) => Err(Error::Malformed(Self::NAME)),
            Generation(_) => Ok(()),
        }
    }
}
