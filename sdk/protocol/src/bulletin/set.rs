//! The authority's side: from subjects to a signed set (spec §11.1).

use alloc::vec::Vec;

use super::{BulletinHeader, BulletinSubject, BulletinVersion, Entry, reader::EntriesHash};
use crate::error::Error;
use crate::ids::{PropertyId, Serial};
use crate::keys::Signer;
use crate::limits;
use crate::signed::{Signable, Signed};
use crate::time::UnixSeconds;

/// What a bulletin is made of, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulletinDraft {
    /// The property.
    pub property: PropertyId,
    /// Generation of the signing key, and an epoch above all that were ever signed with it.
    pub version: BulletinVersion,
    /// Now.
    pub issued: UnixSeconds,
    /// All that doors must refuse; at most [`limits::BULLETIN_ENTRIES`], in any order, each subject once.
    pub denials: Vec<Denial>,
}

/// One thing that doors must refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Whom.
    pub subject: BulletinSubject,
    /// Credentials below this serial; [`Entry::EVERY_SERIAL`]: all.
    pub void_before: Serial,
    /// Until then; `None`: until a newer bulletin leaves it out.
    pub until: Option<UnixSeconds>,
}

/// A signed set as it travels: a header and sorted entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// The signed header.
    pub header: Signed<BulletinHeader>,
    /// The entries, sorted.
    pub entries: Vec<Entry>,
}

impl Bulletin {
    /// Header, then entries: what phones take from their authority (§11.1). At most 6,268 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.as_bytes().to_vec();
        bytes.extend(self.entries.iter().flat_map(|entry| entry.to_bytes()));
        bytes
    }
}

impl BulletinDraft {
    /// Signs it. Refuses what no door would take: too many entries, or a subject named twice.
    pub fn sign(&self, key: &dyn Signer) -> Result<Bulletin, Error> {
        if self.denials.len() > limits::BULLETIN_ENTRIES {
            return Err(Error::InvalidArgument("too many bulletin entries"));
        }
        let mut entries =
            self.denials.iter().map(|denial| self.entry(denial)).collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(|entry| entry.to_bytes());
        let mut hash = EntriesHash::new();
        for entry in &entries {
            hash.take(entry).map_err(|_| Error::InvalidArgument("a subject twice in a bulletin"))?;
        }
        let count = hash.count();
        let header = BulletinHeader::new(self.property, self.version, self.issued, count, hash.finish());
        Ok(Bulletin { header: header.sign(key)?, entries })
    }

    fn entry(&self, denial: &Denial) -> Result<Entry, Error> {
        let entry = Entry::new(denial.subject.hash(self.property, self.version.epoch)?, denial.void_before);
        Ok(denial.until.map_or(entry, |until| entry.until(until)))
    }
}
