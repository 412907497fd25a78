//! Whether a bulletin refuses a credential (spec §11.2).

use alloc::vec::Vec;

use super::{BulletinSubject, BulletinVersion, Entry, SubjectHash};
use crate::error::Error;
use crate::ids::{PropertyId, Serial};
use crate::time::UnixSeconds;

/// All that one credential may be refused for, in the words of one bulletin.
///
/// Serials compare as pairs with their generation (spec §11.1): a credential of an earlier generation than the bulletin's is
/// looked up with serial 0, one of a later generation is not looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    serial: Serial,
    subjects: Vec<SubjectHash>,
}

impl Lookup {
    /// For a credential with `serial` and these `subjects`: holder, phone, share, granter's phone, card token, daily code, of
    /// every link of its chain, one hash each. Everybody is looked up without being named.
    pub fn new(
        property: PropertyId,
        version: BulletinVersion,
        serial: Serial,
        subjects: &[BulletinSubject],
    ) -> Result<Self, Error> {
        let named = subjects.iter().chain(&[BulletinSubject::Everybody]);
        let subjects =
            named.map(|subject| subject.hash(property, version.epoch)).collect::<Result<_, _>>()?;
        Ok(Self { serial, subjects })
    }

    /// Whether `entries`, sorted as they were taken, refuse the credential. `now` is `None` while the clock is not sure: then
    /// no entry has ended. One binary search for each subject.
    #[must_use]
    pub fn is_denied_by(&self, entries: &[Entry], now: Option<UnixSeconds>) -> bool {
        self.subjects.iter().any(|subject| {
            let found = entries.binary_search_by_key(subject, Entry::subject);
            found.ok().and_then(|index| entries.get(index)).is_some_and(|entry| self.is_denied(entry, now))
        })
    }

    /// The same for one entry, for a door that reads them one after another from flash.
    #[must_use]
    pub fn is_denied_by_entry(&self, entry: &Entry, now: Option<UnixSeconds>) -> bool {
        self.subjects.contains(&entry.subject()) && self.is_denied(entry, now)
    }

    fn is_denied(&self, entry: &Entry, now: Option<UnixSeconds>) -> bool {
        entry.voids(self.serial) && entry.is_in_force(now)
    }
}
