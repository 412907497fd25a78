//! Keycards: MIFARE DESFire EV2 or later, with a key of its own on each card and for each class of door (spec §14.6).
//!
//! A door reads a card in five exchanges, see [`Reading`]. It holds no master key: its list brings the key of each card that
//! may open it, for its own class of doors only.

mod apdu;
mod cipher;
mod diversification;
mod ev2;
mod reading;
mod secure_messaging;
pub mod sun;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

pub use self::apdu::Command;
pub use self::ev2::{Challenged, FirstAuthentication};
pub use self::reading::{
    Authenticating, Candidate, Confirming, FileWanted, PresentedCard, Reading, TokenWanted,
};
pub use self::secure_messaging::{CardSession, Exchange};
use crate::crypto;
use crate::error::Error;
pub use crate::ids::CardToken;
use crate::random::{RandomFailed, SecureRandom, random_bytes};

/// Number of the application key with which a door reads. Key 0 changes the card and never leaves the authority.
pub const READ_KEY: u8 = 1;
/// Number of the file that anybody may read: the token.
pub const TOKEN_FILE: u8 = 1;
/// Number of the file that [`READ_KEY`] reads in CommMode.Full: token and version.
pub const SEALED_FILE: u8 = 2;
/// Length of a token.
pub const TOKEN: usize = 8;
/// Length of the sealed file: token and version.
pub const SEALED: usize = TOKEN + 1;
/// Ends the input of a diversification, so that no other system derives the same key from the same master.
const SYSTEM: &[u8; 9] = b"Thumbturn";

/// Which doors an application of the card is for. A reader outside holds no key that opens a flat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DoorClass {
    /// Entrances, service and communal doors.
    Common,
    /// Doors of flats.
    Residence,
}

impl DoorClass {
    /// The id of the class's application, as it goes over the air.
    #[must_use]
    pub const fn application(self) -> [u8; 3] {
        match self {
            Self::Common => [0x01, 0x54, 0x54],
            Self::Residence => [0x02, 0x54, 0x54],
        }
    }

    /// The byte by which a diversification names the class.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Common => 1,
            Self::Residence => 2,
        }
    }
}

/// Counts how often a card was personalised again. A door refuses a lower one than its list asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CardVersion(pub u8);

/// The AES-128 key of one card for one class of doors.
///
/// `Clone` because rows of a list that hold one are compared and merged; each copy is wiped.
#[derive(Clone, Zeroize)]
#[zeroize(drop)]
pub struct CardKey([u8; 16]);

impl CardKey {
    /// A key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A key that no card has, for a token that is in no row: the card learns nothing from when the door gives up (spec §14.8).
    ///
    /// # Errors
    ///
    /// When the random source fails.
    pub fn of_nobody(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        random_bytes(random).map(Self)
    }

    /// The bytes, for a row of the list (spec §10.1) and for personalisation.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for CardKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CardKey")
    }
}

/// In constant time.
impl PartialEq for CardKey {
    fn eq(&self, other: &Self) -> bool {
        crypto::same(&self.0, &other.0)
    }
}

impl Eq for CardKey {}

/// The key from which the keys of all cards of a property are derived. Only the authority has it.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct CardMaster([u8; 16]);

impl CardMaster {
    /// A master from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key of a card for a class of doors (AN10922, spec §14.7).
    ///
    /// # Errors
    ///
    /// None: the input of 22 bytes is within bounds.
    pub fn card_key(&self, token: CardToken, class: DoorClass, key_number: u8) -> Result<CardKey, Error> {
        let input =
            [&token.0, class.application().as_slice(), &[class.code(), key_number], SYSTEM.as_slice()]
                .concat();
        diversification::aes128(&self.0, &Zeroizing::new(input)).map(CardKey)
    }
}

impl fmt::Debug for CardMaster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CardMaster")
    }
}
