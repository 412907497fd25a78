//! The digest of a list: a keyed sum over its rows and settings (spec §10.6).

#[cfg(test)]
mod tests;

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::row::ROW;
use crate::crypto::{self, Kdf};
use crate::labels;
use crate::random::{RandomFailed, SecureRandom, random_bytes};

/// The number 1.
const ONE: [u8; 32] =
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// The secret of a list's digests, known to the authority and the door. Made anew for each snapshot.
#[derive(Clone, Eq, Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
pub struct ListKey([u8; 16]);

impl ListKey {
    /// A list key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A new list key, for a snapshot.
    pub fn generate(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        random_bytes(random).map(Self)
    }

    /// Its bytes, for the owner's sealed storage only.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Ready to digest rows.
    #[must_use]
    pub fn digester(&self) -> ListDigester {
        ListDigester(Kdf::new(&self.0))
    }
}

/// In constant time.
impl PartialEq for ListKey {
    fn eq(&self, other: &Self) -> bool {
        crypto::same(&self.0, &other.0)
    }
}

impl fmt::Debug for ListKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ListKey")
    }
}

/// Digests rows and settings under one list key, which it has absorbed once.
pub struct ListDigester(Kdf);

impl ListDigester {
    /// What a row adds to the digest: the 64 bytes of a row that is in the list, so without the flag *removed*. Two HMAC blocks.
    #[must_use]
    pub fn row(&self, row: &[u8; ROW]) -> DigestPart {
        DigestPart(self.0.derive(labels::LIST_ROW, &[row]))
    }

    /// What the settings add to the digest, in their encoding (§10.2).
    #[must_use]
    pub fn settings(&self, settings: &[u8]) -> DigestPart {
        DigestPart(self.0.derive(labels::LIST_SETTINGS, &[settings]))
    }
}

impl fmt::Debug for ListDigester {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ListDigester")
    }
}

/// What one row, or the settings, adds to the digest of their list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DigestPart([u8; 32]);

impl fmt::Debug for DigestPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DigestPart")
    }
}

/// The digest of a list: the sum of its parts modulo 2^256, most significant byte first.
///
/// In whatever order parts are added and taken away, the same list has the same digest.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListDigest([u8; 32]);

impl ListDigest {
    /// Of nothing, not even settings; also what a list that no update made has.
    pub const EMPTY: Self = Self([0; 32]);

    /// A digest from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// With one part more.
    #[must_use]
    pub fn plus(mut self, part: &DigestPart) -> Self {
        let mut carry = 0;
        for (to, added) in self.0.iter_mut().zip(part.0).rev() {
            // At most 2 · 255 + 1.
            let [high, low] = (u16::from(*to) + u16::from(added) + carry).to_be_bytes();
            *to = low;
            carry = u16::from(high);
        }
        self
    }

    /// With one part less.
    #[must_use]
    pub fn minus(self, part: &DigestPart) -> Self {
        // −x = ¬x + 1 modulo 2^256.
        self.plus(&DigestPart(part.0.map(|byte| !byte))).plus(&DigestPart(ONE))
    }
}

impl fmt::Debug for ListDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ListDigest(")?;
        for byte in self.0.iter().take(4) {
            write!(formatter, "{byte:02x}")?;
        }
        formatter.write_str(")")
    }
}
