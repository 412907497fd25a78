//! A keycard, as a door knows it (spec §10.1, §14).

use core::fmt;

use zeroize::Zeroize;

use crate::crypto;

/// What a reader finds a card by: 8 random bytes on the card, readable by everybody. Opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardToken(pub [u8; 8]);

/// Its type only: the token stays with its card for life and would tell one person's ways.
impl fmt::Debug for CardToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CardToken")
    }
}

/// The key of one card for doors of one class. Secret: wiped when dropped, never printed.
///
/// `Clone` for the same reason as [`Row`](super::Row).
#[derive(Clone, Eq, Zeroize)]
#[zeroize(drop)]
pub struct CardKey(pub(crate) [u8; 16]);

impl CardKey {
    /// A card key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key, for the cipher that talks to the card.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// In constant time.
impl PartialEq for CardKey {
    fn eq(&self, other: &Self) -> bool {
        crypto::same(&self.0, &other.0)
    }
}

impl fmt::Debug for CardKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CardKey")
    }
}

/// A card: how it is found, how it is spoken to, and from which version on it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// How it is found.
    pub token: CardToken,
    /// Its key for doors of this door's class.
    pub key: CardKey,
    /// The lowest version of the card that is accepted.
    pub lowest_version: u8,
}
