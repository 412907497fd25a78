//! Service data of the scan response: recognisable to holders, noise to everybody else (spec §4.2).

use crate::answer::{DoorStatus, short_version};
use crate::crypto;
use crate::error::Error;
use crate::ids::{ListVersion, TagKey};
use crate::labels;

/// Length of the service data.
pub const SERVICE_DATA: usize = 13;
/// How long salt and address live.
pub const ROTATION_MS: u64 = 15 * 60 * 1_000;
/// How long they stay after a connection ended, for a retry.
pub const ROTATION_PAUSE_MS: u64 = 60 * 1_000;

const VERSION: u8 = 1;

/// The 13 bytes of service data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertisement([u8; SERVICE_DATA]);

/// What a door lets its holders know before they connect. Not authenticated: a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The door's list version, modulo 2^16.
    pub list_version: u16,
    /// What the door says about itself.
    pub status: DoorStatus,
}

impl Advertisement {
    /// Service data under `tag_key` with a fresh `salt`.
    #[must_use]
    pub fn new(tag_key: &TagKey, salt: [u8; 4], list_version: ListVersion, status: DoorStatus) -> Self {
        let [s0, s1, s2, s3] = salt;
        let head = [VERSION, s0, s1, s2, s3];
        let [t0, t1, t2, t3, t4]: [u8; 5] = tag_key.derive(labels::ADVERTISEMENT_TAG, &[&head]);
        let [m0, m1, m2]: [u8; 3] = tag_key.derive(labels::ADVERTISEMENT_HINT, &[&head]);
        let [high, low] = short_version(list_version).to_be_bytes();
        Self([VERSION, s0, s1, s2, s3, t0, t1, t2, t3, t4, m0 ^ high, m1 ^ low, m2 ^ status.bits()])
    }

    /// Reads service data; refuses a wrong length or version.
    pub fn parse(service_data: &[u8]) -> Result<Self, Error> {
        let bytes: [u8; SERVICE_DATA] =
            service_data.try_into().map_err(|_| Error::Malformed("advertisement"))?;
        match bytes {
            [VERSION, ..] => Ok(Self(bytes)),
            _ => Err(Error::UnsupportedVersion("advertisement")),
        }
    }

    /// The hint, if the door knows `tag_key`. A stranger's data passes with probability 2^−40.
    #[must_use]
    pub fn resolve(&self, tag_key: &TagKey) -> Option<Hint> {
        let [version, s0, s1, s2, s3, t0, t1, t2, t3, t4, h0, h1, h2] = self.0;
        let head = [version, s0, s1, s2, s3];
        let tag: [u8; 5] = tag_key.derive(labels::ADVERTISEMENT_TAG, &[&head]);
        if !crypto::same(&tag, &[t0, t1, t2, t3, t4]) {
            return None;
        }
        let [m0, m1, m2]: [u8; 3] = tag_key.derive(labels::ADVERTISEMENT_HINT, &[&head]);
        Some(Hint {
            list_version: u16::from_be_bytes([m0 ^ h0, m1 ^ h1]),
            status: DoorStatus::from_bits(m2 ^ h2)?,
        })
    }

    /// The bytes to advertise.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SERVICE_DATA] {
        &self.0
    }
}
