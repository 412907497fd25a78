//! The tree over an update's sealed chunks (spec §10.5), as the authority and phones have it: whole.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

use super::parcel::Parcel;
use crate::crypto;
use crate::labels;

/// A hash in the tree.
pub type Node = [u8; 32];

/// The hash at the root of the tree, which the header signs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChunkRoot(pub Node);

/// Shortened to four bytes.
impl fmt::Debug for ChunkRoot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(formatter, "ChunkRoot({a:02x}{b:02x}{c:02x}{d:02x})")
    }
}

/// All nodes of the tree over n chunks: about 2n hashes, 20 KiB for the largest body.
pub struct ChunkTree {
    /// The leaves, and above each level the next; the last holds the root alone.
    ///
    /// A node without a right sibling moves up as it is. That is the shape of RFC 6962: the left part of every split is the
    /// largest full tree.
    levels: Vec<Vec<Node>>,
}

impl ChunkTree {
    /// The tree of a parcel.
    #[must_use]
    pub fn of(parcel: &Parcel) -> Self {
        Self::over(parcel.chunks())
    }

    /// The tree over sealed chunks, in order.
    pub(crate) fn over<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let leaves: Vec<Node> =
            chunks.into_iter().zip(0..).map(|(chunk, number)| leaf(number, chunk)).collect();
        let mut levels = Vec::new();
        let mut level = leaves;
        while level.len() > 1 {
            let above = level.chunks(2).filter_map(|pair| match pair {
                [left, right] => Some(node(left, right)),
                [single] => Some(*single),
                _ => None,
            });
            let above = above.collect();
            levels.push(core::mem::replace(&mut level, above));
        }
        levels.push(level);
        Self { levels }
    }

    /// The root. The tree over nothing has none; nothing signs its zeros.
    #[must_use]
    pub fn root(&self) -> ChunkRoot {
        ChunkRoot(self.levels.last().and_then(|level| level.first()).copied().unwrap_or_default())
    }

    /// The proof of the first chunk after an offer: the siblings from its leaf to the root, at most 9.
    ///
    /// Empty for a tree of one chunk, and beyond the last.
    #[must_use]
    pub fn audit_path(&self, chunk: u16) -> Vec<Node> {
        let position = usize::from(chunk);
        if self.levels.first().is_none_or(|leaves| position >= leaves.len()) {
            return Vec::new();
        }
        let siblings = self.levels.iter().enumerate().map(|(level, nodes)| nodes.get(position >> level ^ 1));
        siblings.flatten().copied().collect()
    }

    /// The proof of a chunk that is sent right after the one before it: the right siblings that the door does not know, from
    /// the leaf up, at most 8; often none.
    ///
    /// Every path through the chunk before told the hash of the highest subtree that begins with this chunk. A chunk whose
    /// number ends in t zero bits begins a subtree of t levels, so what is below those is missing.
    #[must_use]
    pub fn continuation(&self, chunk: u16) -> Vec<Node> {
        let position = usize::from(chunk);
        let missing = self.levels.iter().enumerate().take(aligned_levels(chunk));
        missing.filter_map(|(level, nodes)| nodes.get((position >> level) + 1)).copied().collect()
    }
}

impl fmt::Debug for ChunkTree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ChunkTree({:?})", self.root())
    }
}

/// How many levels has the highest subtree that begins with `chunk`, if there is room for it.
pub(crate) fn aligned_levels(chunk: u16) -> usize {
    usize::try_from(chunk.trailing_zeros()).unwrap_or(0)
}

/// `leaf(i)` of a sealed chunk.
pub(crate) fn leaf(number: u16, sealed: &[u8]) -> Node {
    crypto::hash(labels::UPDATE_LEAF, &[&u32::from(number).to_be_bytes(), sealed])
}

/// A node above two others.
pub(crate) fn node(left: &Node, right: &Node) -> Node {
    crypto::hash(labels::UPDATE_NODE, &[left, right])
}
