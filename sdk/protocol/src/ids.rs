//! Names of things (spec §2). Fixed sizes, no structure inside, never secret unless said.

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::crypto;
use crate::error::Error;
use crate::random::{RandomFailed, SecureRandom, random_bytes};

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident[$size:literal];)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub [u8; $size]);

        impl $name {
            /// A new random identifier.
            pub fn random(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
                random_bytes(random).map(Self)
            }
        }

        /// Hexadecimal, shortened to four bytes: enough to follow a thing through a log, too little to name a person.
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "("))?;
                for byte in self.0.iter().take(4) {
                    write!(formatter, "{byte:02x}")?;
                }
                formatter.write_str(")")
            }
        }
    )*};
}

identifiers! {
    /// A property, chosen by its authority (spec §2.1).
    PropertyId[8];
    /// A door of a property (spec §2.1).
    DoorId[8];
    /// The person or service that a grant is for (spec §2.1).
    HolderId[8];
    /// A phone: the hash of its two public keys (spec §2.3).
    PhoneId[16];
    /// A door's current keys: changes with each claim (spec §2.4).
    DoorKeyId[4];
    /// One share, for deny entries (spec §3.5).
    ShareId[8];
    /// One intent of a person at one door (spec §8.1).
    OperationId[8];
    /// A one-use hint at a ticket (spec §6.1).
    TicketId[3];
    /// One update: the hash of its signed header (spec §10.3).
    UpdateId[8];
    /// The random name of a card, by which a door finds its row (spec §10.1, §14.6). Not secret: whoever holds a card near a reader
    /// can read it.
    CardToken[8];
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);
    )*};
}

counters! {
    /// Counts a property's signing keys, from 1 (spec §2.2).
    Generation;
    /// Counts the grants of a property within a generation (spec §2.6).
    Serial;
    /// Counts the versions of a door's list within a generation (spec §2.6).
    ListVersion;
    /// Counts the bulletins of a property within a generation (spec §11.1).
    BulletinEpoch;
    /// Counts the receipts in one life of a door (spec §12.1).
    ReceiptNumber;
    /// Counts the events in one life of a door, from 1 (spec §12.2).
    EventNumber;
}

/// The key that hides a door from strangers (spec §2.5). Known to the door and to everybody who holds a grant for it; opens nothing.
#[derive(Clone, Eq, Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
pub struct TagKey(pub(crate) [u8; 16]);

/// In constant time.
impl PartialEq for TagKey {
    fn eq(&self, other: &Self) -> bool {
        crypto::same(&self.0, &other.0)
    }
}

impl TagKey {
    /// A tag key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A new tag key, made by the authority.
    pub fn generate(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        random_bytes(random).map(Self)
    }

    pub(crate) fn derive<const N: usize>(&self, label: crate::labels::Label, message: &[&[u8]]) -> [u8; N] {
        crypto::kdf_truncated(&self.0, label, message)
    }
}

impl fmt::Debug for TagKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TagKey")
    }
}

/// The claim secret of a door, printed on its secured side (spec §9.1).
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct ClaimSecret(pub(crate) [u8; 16]);

impl ClaimSecret {
    /// A claim secret from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The tag key of a factory-fresh door (spec §9.2).
    #[must_use]
    pub fn tag_key(&self) -> TagKey {
        TagKey(crypto::kdf_truncated(&self.0, crate::labels::CLAIM_TAG_KEY, &[]))
    }
}

impl fmt::Debug for ClaimSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClaimSecret")
    }
}

/// Refuses a structure whose version byte is not `expected`.
pub(crate) fn check_version(version: u8, expected: u8, what: &'static str) -> Result<(), Error> {
    if version == expected { Ok(()) } else { Err(Error::UnsupportedVersion(what)) }
}
