//! Taking the entries of a bulletin, a few at a time, without keeping them (spec §11.1, §11.2).

use sha2::{Digest, Sha256};

use super::{BulletinHeader, Entry, SubjectHash};
use crate::crypto;
use crate::error::Error;
use crate::ids::BulletinEpoch;
use crate::labels;
use crate::signed::Verified;

/// Takes the entries that belong to a verified header, in order.
///
/// About 200 bytes, whatever the bulletin. The caller stages each entry that was taken, and puts the staged set in force
/// only with the [`CompleteBulletin`] of this reader: until then they are claims of whoever carried them.
#[derive(Debug)]
pub struct BulletinReader {
    header: Verified<BulletinHeader>,
    /// `None` after an error: nothing more is taken.
    taken: Option<EntriesHash>,
}

/// The proof that all entries of a header were taken and that they are the ones that were signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteBulletin {
    header: Verified<BulletinHeader>,
}

impl BulletinReader {
    /// Begins with a header that the caller verified and found newer than its own.
    #[must_use]
    pub fn new(header: Verified<BulletinHeader>) -> Self {
        Self { header, taken: Some(EntriesHash::new()) }
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Verified<BulletinHeader> {
        &self.header
    }

    /// Index of the entry to be taken next; `None` after an error.
    #[must_use]
    pub fn next(&self) -> Option<u16> {
        self.taken.as_ref().map(EntriesHash::count)
    }

    /// Whether all entries were taken; whether they are the signed ones is known after [`BulletinReader::finish`].
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.next() == Some(self.header.count)
    }

    /// Takes the entries of one record. Refuses what is not the continuation: another epoch, a gap, a repetition, entries
    /// beyond the signed number, subjects that do not rise. After an error the reader takes nothing more.
    pub fn take(&mut self, epoch: BulletinEpoch, first: u16, entries: &[Entry]) -> Result<(), Error> {
        // Failed before the fallible transition.
        let mut taken = self.taken.take().ok_or(Error::NotAuthentic)?;
        if epoch != self.header.epoch || first != taken.count() {
            return Err(Error::Malformed("bulletin entries"));
        }
        for entry in entries {
            if taken.count() == self.header.count {
                return Err(Error::NotAuthentic);
            }
            taken.take(entry)?;
        }
        self.taken = Some(taken);
        Ok(())
    }

    /// The whole set, if it is the signed one.
    pub fn finish(self) -> Result<CompleteBulletin, Error> {
        let taken = self.taken.ok_or(Error::NotAuthentic)?;
        if taken.count() != self.header.count || !crypto::same(&taken.finish(), &self.header.entries_hash) {
            return Err(Error::NotAuthentic);
        }
        Ok(CompleteBulletin { header: self.header })
    }
}

impl CompleteBulletin {
    /// The header of the set.
    #[must_use]
    pub const fn header(&self) -> &Verified<BulletinHeader> {
        &self.header
    }
}

/// `HASH("thumbturn/1/bulletin-entries", entries)` over entries that come one by one, and the rule of their order.
#[derive(Clone, Debug)]
pub(super) struct EntriesHash {
    digest: Sha256,
    count: u16,
    last: Option<SubjectHash>,
}

impl EntriesHash {
    pub(super) fn new() -> Self {
        let (length, text) = labels::BULLETIN_ENTRIES.pieces();
        let digest = Sha256::new().chain_update(length).chain_update(text);
        Self { digest, count: 0, last: None }
    }

    /// The next entry. Rising subject hashes are sorted entries with distinct subjects, for an entry begins with its subject.
    pub(super) fn take(&mut self, entry: &Entry) -> Result<(), Error> {
        if self.last.is_some_and(|last| entry.subject() <= last) {
            return Err(Error::Malformed("bulletin entries"));
        }
        self.count = self.count.checked_add(1).ok_or(Error::Malformed("bulletin entries"))?;
        self.last = Some(entry.subject());
        self.digest.update(entry.to_bytes());
        Ok(())
    }

    pub(super) const fn count(&self) -> u16 {
        self.count
    }

    pub(super) fn finish(self) -> [u8; 32] {
        self.digest.finalize().into()
    }
}
