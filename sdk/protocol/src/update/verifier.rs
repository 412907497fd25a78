//! Chunk by chunk against the root (spec §7.3, §10.5): nothing unverified is ever stored.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

use super::header::UpdateHeader;
use super::size::BodySize;
use super::tree::{ChunkRoot, Node, aligned_levels, leaf, node};
use crate::error::Error;

const NAME: &str = "chunk";

/// Door: verifies the chunks of one update, in order, from whichever is the first after an offer.
///
/// Holds the root and at most nine hashes: of the subtrees right of the last chunk, which its path told.
pub struct ChunkVerifier {
    root: ChunkRoot,
    size: BodySize,
    /// The chunk to come; `None` before the first.
    next: Option<u16>,
    /// Verified subtrees right of the last chunk; the one that begins with the next chunk is the last.
    known: Vec<Node>,
}

impl ChunkVerifier {
    /// A verifier for what follows an offer. A new offer needs a new one.
    #[must_use]
    pub const fn new(header: &UpdateHeader) -> Self {
        Self { root: header.root, size: header.size, next: None, known: Vec::new() }
    }

    /// Takes a sealed chunk with its proof: the first with its audit path, each later one directly after the one before
    /// and with what is missing of its path.
    ///
    /// After an error everything is as before: the same chunk may come again.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for a chunk out of order, of the wrong length or with the wrong number of nodes;
    /// [`Error::NotAuthentic`] for one whose path does not lead to the root.
    pub fn accept(&mut self, chunk: u16, sealed: &[u8], proof: &[Node]) -> Result<(), Error> {
        let verified = self.check(chunk, sealed, proof)?;
        self.advance(verified);
        Ok(())
    }

    /// The same for a receiver that may yet lose the chunk: until [`ChunkVerifier::advance`] it may come again.
    ///
    /// # Errors
    ///
    /// As [`ChunkVerifier::accept`].
    pub fn check(&self, chunk: u16, sealed: &[u8], proof: &[Node]) -> Result<VerifiedChunk, Error> {
        if self.next.is_some_and(|next| next != chunk) || self.size.sealed_chunk(chunk) != Some(sealed.len())
        {
            return Err(Error::Malformed(NAME));
        }
        let (expected, levels) = match self.next {
            None => (self.root.0, usize::MAX),
            Some(_) => (*self.known.last().ok_or(Error::Malformed(NAME))?, aligned_levels(chunk)),
        };
        let Path { top, right_siblings } = self.climb(chunk, leaf(chunk, sealed), levels, proof)?;
        if top == expected { Ok(VerifiedChunk { chunk, right_siblings }) } else { Err(Error::NotAuthentic) }
    }

    /// Goes on behind a chunk that was verified and is kept. One that is not the chunk to come changes nothing.
    pub fn advance(&mut self, verified: VerifiedChunk) {
        let VerifiedChunk { chunk, right_siblings } = verified;
        if self.next.is_some_and(|next| next != chunk) {
            return;
        }
        self.known.pop();
        self.known.extend(right_siblings.into_iter().rev());
        self.next = Some(chunk.saturating_add(1));
    }

    /// The chunk that comes next; `None` before the first and after the last.
    #[must_use]
    pub fn next(&self) -> Option<u16> {
        self.next.filter(|next| *next < self.size.chunks())
    }

    /// From a leaf `levels` up, or to the root. Takes all of `proof`, and no more.
    fn climb(&self, chunk: u16, leaf: Node, levels: usize, proof: &[Node]) -> Result<Path, Error> {
        let mut proof = proof.iter();
        let mut path = Path { top: leaf, right_siblings: Vec::new() };
        let (mut position, mut width) = (chunk, self.size.chunks());
        // At most 9: the width is at most 319 and is halved each time.
        for _ in 0..levels {
            if width <= 1 {
                break;
            }
            if position % 2 == 1 {
                let left = proof.next().ok_or(Error::Malformed(NAME))?;
                path.top = node(left, &path.top);
            } else if position.saturating_add(1) < width {
                let right = proof.next().ok_or(Error::Malformed(NAME))?;
                path.top = node(&path.top, right);
                path.right_siblings.push(*right);
            }
            position /= 2;
            width = width.div_ceil(2);
        }
        if proof.next().is_some() { Err(Error::Malformed(NAME)) } else { Ok(path) }
    }
}

/// A chunk that leads to the root, and what its path told.
#[derive(Debug)]
pub struct VerifiedChunk {
    chunk: u16,
    /// From the leaf up.
    right_siblings: Vec<Node>,
}

/// From a leaf up.
struct Path {
    top: Node,
    /// From the leaf up.
    right_siblings: Vec<Node>,
}

impl fmt::Debug for ChunkVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ChunkVerifier({:?}, next {:?})", self.root, self.next)
    }
}
