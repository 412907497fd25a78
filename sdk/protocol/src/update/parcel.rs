//! A parcel: header and sealed chunks, as the authority hands it out and a phone carries it (spec §10.5).

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

use super::header::{UPDATE_HEADER, UpdateHeader, UpdateSubject};
use super::size::BodySize;
use super::tree::ChunkTree;
use crate::error::Error;
use crate::ids::{ListVersion, UpdateId};
use crate::signed::Received;
use crate::time::UnixSeconds;

const NAME: &str = "parcel";

/// What the authority says of an update beside its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    /// For which door.
    pub subject: UpdateSubject,
    /// To which list version.
    pub to: ListVersion,
    /// When it is signed.
    pub issued: UnixSeconds,
    /// The door applies it before this second only.
    pub apply_until: UnixSeconds,
}

/// An update on its way: the signed header and all sealed chunks. Nothing in it is secret to its courier.
#[derive(Clone, PartialEq, Eq)]
pub struct Parcel {
    header: Received<UpdateHeader>,
    size: BodySize,
    chunks: Vec<u8>,
}

impl Parcel {
    pub(crate) const fn new(header: Received<UpdateHeader>, size: BodySize, chunks: Vec<u8>) -> Self {
        Self { header, size, chunks }
    }

    /// Takes `header ‖ sealed chunks` and checks that they belong together: a courier that does not know the property key
    /// knows at least that no door will send it away for a broken chunk.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for anything that is not a header and exactly its chunks; [`Error::NotAuthentic`] when the chunks are not
    /// those under the header's root.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let (header, chunks) = bytes.split_first_chunk::<UPDATE_HEADER>().ok_or(Error::Malformed(NAME))?;
        let header = Received::<UpdateHeader>::from_bytes(header)?;
        let content = header.peek_unverified()?;
        if chunks.len() != content.size.sealed() {
            return Err(Error::Malformed(NAME));
        }
        let parcel = Self::new(header, content.size, chunks.to_vec());
        if ChunkTree::of(&parcel).root() != content.root {
            return Err(Error::NotAuthentic);
        }
        Ok(parcel)
    }

    /// `header ‖ sealed chunks`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.header.as_bytes(), &self.chunks].concat()
    }

    /// The header, which the door verifies.
    #[must_use]
    pub const fn header(&self) -> &Received<UpdateHeader> {
        &self.header
    }

    /// The update's id.
    #[must_use]
    pub fn id(&self) -> UpdateId {
        self.header.id()
    }

    /// How long the body is, and how many chunks that makes.
    #[must_use]
    pub const fn size(&self) -> BodySize {
        self.size
    }

    /// One sealed chunk; `None` beyond the last.
    #[must_use]
    pub fn chunk(&self, number: u16) -> Option<&[u8]> {
        let length = self.size.sealed_chunk(number)?;
        let start = usize::from(number) * self.size.sealed_chunk(0)?;
        self.chunks.get(start..)?.get(..length)
    }

    /// All sealed chunks in order.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.size.chunks()).filter_map(|number| self.chunk(number))
    }
}

impl fmt::Debug for Parcel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Parcel({:?}, {:?})", self.id(), self.size)
    }
}
