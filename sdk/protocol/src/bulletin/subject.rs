//! Whom a bulletin names, and how it hides who that is (spec §11.1).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::crypto;
use crate::error::Error;
use crate::ids::{BulletinEpoch, CardToken, DoorId, HolderId, PhoneId, PropertyId, ShareId};
use crate::labels;

/// Whom or what an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum BulletinSubject {
    /// A person, with all his phones, cards and guests.
    Holder(HolderId),
    /// One phone, also a guest's.
    Phone(PhoneId),
    /// One share.
    Share(ShareId),
    /// One keycard.
    Card(CardToken),
    /// One daily code.
    DailyCode {
        /// Of which door.
        door: DoorId,
        /// Days since 1970-01-01 in the door's civil time (spec §14).
        day: i32,
        /// Kind of daily code (spec §14).
        kind: u8,
        /// Slot within the kind (spec §14).
        slot: u16,
    },
    /// Everybody, staff included.
    Everybody,
}

impl BulletinSubject {
    /// Longest encoding in bytes.
    const BYTES: usize = 24;

    /// As bytes, for a store: what a bulletin says is a hash.
    ///
    /// # Errors
    ///
    /// None that a caller can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        codec::encode(self)
    }

    /// From a store.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        codec::decode(bytes, Self::BYTES, "bulletin subject")
    }

    /// Its name in one bulletin. Keyed with the epoch, so that entries of two bulletins cannot be linked by their bytes.
    pub fn hash(&self, property: PropertyId, epoch: BulletinEpoch) -> Result<SubjectHash, Error> {
        let subject = codec::encode(self)?;
        let digest = crypto::hash(labels::BULLETIN_SUBJECT, &[&property.0, &epoch.0.to_be_bytes(), &subject]);
        let mut hash = [0; 12];
        for (to, from) in hash.iter_mut().zip(digest) {
            *to = from;
        }
        Ok(SubjectHash(hash))
    }
}

/// The name of a [`BulletinSubject`] in one bulletin: 12 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectHash(pub [u8; 12]);
