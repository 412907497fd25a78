//! What a phone hands in to the authority.

use serde::{Deserialize, Serialize};
use thumbturn_protocol::bulletin::{BulletinHeader, Entry};
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::log::SealedBatch;
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::signed::Received;

/// Names one thing to hand in. Never given twice in the life of an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UploadId(pub u64);

/// One thing to hand in, to the authority of `property`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upload {
    /// For [`super::Inbox::uploaded`].
    pub id: UploadId,
    /// Whose authority takes it.
    pub property: PropertyId,
    /// What it is.
    pub object: UploadObject,
}

/// What a phone brings from doors. The phone has checked who signed it: its door, a bulletin the property.
///
/// The authority must be told which of these [`UploadObject::to_bytes`] are: the bytes do not say it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadObject {
    /// What a door knows (spec §12.1).
    Receipt(SealedReceipt),
    /// Events of a door (spec §12.3).
    LogBatch(SealedBatch),
    /// A bulletin that this phone has learnt from a door before it heard of it from the authority.
    Bulletin {
        /// Its signed header.
        header: Received<BulletinHeader>,
        /// Its entries.
        entries: Vec<Entry>,
    },
}

impl UploadObject {
    /// The bytes that travel to the authority; of a bulletin its header, then its entries.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Receipt(receipt) => receipt.as_bytes().to_vec(),
            Self::LogBatch(batch) => batch.as_bytes().to_vec(),
            Self::Bulletin { header, entries } => {
                let mut bytes = header.as_bytes().to_vec();
                bytes.extend(entries.iter().flat_map(|entry| entry.to_bytes()));
                bytes
            }
        }
    }
}
