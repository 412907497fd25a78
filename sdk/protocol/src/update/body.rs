//! The body of an update: a head, then rows (spec §10.4).

mod builder;
mod reader;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::builder::{Body, Delta};
pub use self::reader::{BodyReader, Piece};
use super::digest::{ListDigest, ListKey};
use super::header::UpdateKind;
use super::settings::Settings;
use crate::error::Error;
use crate::limits::LIST_ROWS;

const NAME: &str = "update body";
const VERSION: u8 = 1;
/// Length of the number that tells the head's length.
const HEAD_LENGTH: usize = 2;

/// What a body says before its rows. Holds the list key and perhaps settings: wiped when dropped.
#[derive(Debug, Serialize, Deserialize)]
pub struct Head {
    version: u8,
    /// In a snapshot the key of the new list's digests; in a delta that of the snapshot that the door's list began with.
    pub list_key: ListKey,
    /// Of the list at the update's version, with its settings.
    pub digest: ListDigest,
    /// How many rows that list has, at most [`LIST_ROWS`].
    pub rows: u32,
    /// How many rows this body has.
    pub changes: u32,
    /// The settings: always in a snapshot, in a delta where they changed.
    pub settings: Option<Settings>,
}

impl Head {
    fn check(&self, kind: UpdateKind) -> Result<(), Error> {
        let fits = |count: u32| usize::try_from(count).is_ok_and(|count| count <= LIST_ROWS);
        if self.version != VERSION || !fits(self.rows) || !fits(self.changes) {
            return Err(Error::Malformed(NAME));
        }
        if kind == UpdateKind::Snapshot && (self.settings.is_none() || self.changes != self.rows) {
            return Err(Error::Malformed(NAME));
        }
        self.settings.as_ref().map_or(Ok(()), Settings::check)
    }
}
