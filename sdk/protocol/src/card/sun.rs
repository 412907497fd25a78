//! Secure unique NFC messages: the link that a card of the NTAG 424 DNA kind gives a phone (spec §14.11, R-445).
//!
//! A resident's card prompts its own activation. The authority opens the link, checks it with the card's key, and takes each
//! reading once.

use core::fmt;

use zeroize::Zeroize;

use super::cipher;
use crate::crypto;
use crate::error::Error;

/// A card's unique identifier.
const UID: usize = 7;
/// Tag of card data with a UID of seven bytes and a counter.
const UID_AND_COUNTER: u8 = 0xc7;

/// How often a card was read, 0…2^24 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadCounter(u32);

impl ReadCounter {
    /// `None` above 2^24 − 1.
    #[must_use]
    pub const fn new(count: u32) -> Option<Self> {
        if count < 1 << 24 { Some(Self(count)) } else { None }
    }

    /// The count.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0
    }
}

/// An AES-128 key of the cards that give links.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct SunKey([u8; 16]);

impl SunKey {
    /// A key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for SunKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SunKey")
    }
}

/// What a link says, opened and not yet believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardData {
    uid: [u8; UID],
    counter: ReadCounter,
}

impl CardData {
    /// Opens the link's `e` with the key that all cards of a property share for this purpose.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthentic`] for what that key did not encrypt.
    pub fn open(key: &SunKey, encrypted: &[u8; 16]) -> Result<Self, Error> {
        let mut plain = *encrypted;
        cipher::decrypt(&key.0, [0; 16], &mut plain)?;
        // The last five bytes are random.
        let [tag, uid @ .., low, middle, high, _, _, _, _, _] = plain;
        if tag != UID_AND_COUNTER {
            return Err(Error::NotAuthentic);
        }
        Ok(Self { uid, counter: ReadCounter(u32::from_le_bytes([low, middle, high, 0])) })
    }

    /// The card that the link is said to come from: its key is needed to verify the rest.
    #[must_use]
    pub const fn uid(&self) -> [u8; UID] {
        self.uid
    }

    /// Believes the link, if the card of this UID made it and it is newer than `last`, the counter of the link that was believed before.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthentic`] for a wrong MAC and for a link that is not newer.
    pub fn verify(
        self,
        key: &SunKey,
        mac: &[u8; 8],
        last: Option<ReadCounter>,
    ) -> Result<VerifiedTap, Error> {
        let session = cipher::cmac(&key.0, &[&self.vector([0x3c, 0xc3])]);
        if !crypto::same(mac, &cipher::truncated_cmac(&session, &[]))
            || last.is_some_and(|last| self.counter <= last)
        {
            return Err(Error::NotAuthentic);
        }
        Ok(VerifiedTap(self))
    }

    /// SV1 or SV2.
    fn vector(&self, [a, b]: [u8; 2]) -> [u8; 16] {
        let [u0, u1, u2, u3, u4, u5, u6] = self.uid;
        let [low, middle, high, _] = self.counter.0.to_le_bytes();
        [a, b, 0x00, 0x01, 0x00, 0x80, u0, u1, u2, u3, u4, u5, u6, low, middle, high]
    }
}

/// A card was held to a phone, and this is the newest time. Only [`CardData::verify`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedTap(CardData);

impl VerifiedTap {
    /// The card.
    #[must_use]
    pub const fn uid(&self) -> [u8; UID] {
        self.0.uid
    }

    /// To be stored as the last one of this card before anything is done.
    #[must_use]
    pub const fn counter(&self) -> ReadCounter {
        self.0.counter
    }
}

#[cfg(test)]
impl CardData {
    /// The key of encrypted file data, which our links do not use; for the published vector.
    pub(super) fn file_encryption_key(&self, key: &SunKey) -> [u8; 16] {
        *cipher::cmac(&key.0, &[&self.vector([0xc3, 0x3c])])
    }

    pub(super) fn file_mac_key(&self, key: &SunKey) -> [u8; 16] {
        *cipher::cmac(&key.0, &[&self.vector([0x3c, 0xc3])])
    }
}
