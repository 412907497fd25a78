//! The share: a holder lets a guest's phone use a door behind his own grant (spec §3.5).

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ids::{DoorId, DoorKeyId, Generation, PhoneId, Serial, ShareId, check_version};
use crate::keys::{PhonePublicKeys, VerifyingKey};
use crate::labels::{self, Label};
use crate::limits;
use crate::signed::{Received, Signable, Verified};
use crate::validity::Validity;

/// Lets a guest's phone unlock. Signed by the granter's phone, offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    version: u8,
    /// The door.
    pub door: DoorId,
    /// The door's keys at the time of sharing.
    pub door_key: DoorKeyId,
    /// The generation of the grant it stands behind: scopes the serial.
    pub generation: Generation,
    /// The serial of that grant; renewing the lease keeps it.
    pub granter_serial: Serial,
    /// The only phone that can use it.
    pub guest: PhoneId,
    /// Names it in a deny entry.
    pub share_id: ShareId,
    /// When, within the granter's own times.
    pub validity: Validity,
}

impl Share {
    const VERSION: u8 = 1;

    /// A draft.
    #[must_use]
    pub const fn new(
        door: DoorId,
        door_key: DoorKeyId,
        generation: Generation,
        granter_serial: Serial,
        guest: PhoneId,
        share_id: ShareId,
        validity: Validity,
    ) -> Self {
        Self { version: Self::VERSION, door, door_key, generation, granter_serial, guest, share_id, validity }
    }
}

impl Signable for Share {
    const LABEL: Label = labels::SHARE;
    const NAME: &'static str = "share";
    const MAX_BODY: usize = limits::GRANT_BODY;

    fn check(&self) -> Result<(), Error> {
        check_version(self.version, Self::VERSION, Self::NAME)?;
        self.validity.check(Self::NAME)
    }
}

/// A share with the keys of the phone that signed it, so that the door can tell that the grant is that phone's (spec §3.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareChain {
    /// The granter's public keys; their id must be the grant's phone.
    pub granter: PhonePublicKeys,
    /// The share, signed by the granter's phone.
    pub share: Received<Share>,
}

impl ShareChain {
    /// Checks the share against the granter's key. One strict Ed25519 verification.
    pub fn verify(&self) -> Result<Verified<Share>, Error> {
        let key: &VerifyingKey = &self.granter.signing_key;
        self.share.verify(key)
    }
}
