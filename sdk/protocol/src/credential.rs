//! What a phone stores for one door and what a QR code brings to a guest (spec §3.7).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::certificate::DoorCertificate;
use crate::codec;
use crate::error::Error;
use crate::grant::Grant;
use crate::ids::{TagKey, check_version};
use crate::share::ShareChain;
use crate::signed::Received;

/// Everything a phone needs to open one door. Holds the tag key, so it is stored sealed and shown to nobody but the guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    version: u8,
    /// The door's keys, signed by the property.
    pub certificate: Received<DoorCertificate>,
    /// The door's tag key.
    pub tag_key: TagKey,
    /// The holder's grant, or the granter's when there is a share.
    pub grant: Received<Grant>,
    /// A guest's share behind that grant.
    pub share: Option<ShareChain>,
}

impl Credential {
    const VERSION: u8 = 1;
    /// The longest encoding in bytes: fits a version-40 QR code (2,953 bytes) three times over.
    pub const MAX_BYTES: usize = 896;

    /// A credential from its parts.
    #[must_use]
    pub const fn new(
        certificate: Received<DoorCertificate>,
        tag_key: TagKey,
        grant: Received<Grant>,
        share: Option<ShareChain>,
    ) -> Self {
        Self { version: Self::VERSION, certificate, tag_key, grant, share }
    }

    /// As bytes, at most [`Credential::MAX_BYTES`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        codec::encode(self)
    }

    /// From bytes of any origin. Nothing is verified yet.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let credential: Self = codec::decode(bytes, Self::MAX_BYTES, "credential")?;
        check_version(credential.version, Self::VERSION, "credential")?;
        Ok(credential)
    }
}
