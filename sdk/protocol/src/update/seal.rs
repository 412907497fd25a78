//! The key that seals the chunks of a body (spec §10.4).

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::header::UpdateHeader;
use crate::crypto;
use crate::error::Error;
use crate::keys::{ExchangeKey, ExchangeKeyPair};
use crate::labels;
use crate::random::SecureRandom;
use crate::sealing::{self, Encapsulation};
use crate::signed::Verified;

/// Seals and opens the chunks of one update, each by itself. Exported from an HPKE context; wiped when dropped.
pub struct BodyKey(Zeroizing<[u8; 32]>);

impl BodyKey {
    /// Authority: a new key for the door that holds `sealing`, and what lets it find the key. `bound` is bytes 0–53 of the header.
    pub(crate) fn make(
        sealing: &ExchangeKey,
        bound: &[u8; 54],
        random: &mut dyn SecureRandom,
    ) -> Result<(Encapsulation, Self), Error> {
        let (encapsulation, context) = sealing::setup_sender(sealing, labels::UPDATE_BODY, bound, random)?;
        Ok((encapsulation, Self(context.export(labels::UPDATE_CHUNK)?)))
    }

    /// Door: the key of an update whose header is verified; of no other, so that nobody makes a door compute. Two scalar multiplications.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthentic`] for an encapsulation that gives no secret.
    pub fn recover(header: &Verified<UpdateHeader>, sealing: &ExchangeKeyPair) -> Result<Self, Error> {
        let context =
            sealing::setup_receiver(sealing, &header.encapsulation, labels::UPDATE_BODY, &header.bound())?;
        Ok(Self(context.export(labels::UPDATE_CHUNK)?))
    }

    /// Opens a sealed chunk in place, whichever others were opened before: afterwards `chunk` is 16 bytes shorter and plain.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthentic`] for a chunk of another number, update or door, and a changed one; `chunk` is empty then.
    pub fn open(&self, number: u16, chunk: &mut Vec<u8>) -> Result<(), Error> {
        let opened = crypto::open_in_place(&self.0, &nonce(number), &[], chunk);
        if opened.is_err() {
            chunk.clear();
        }
        opened
    }

    /// Seals a plain chunk in place: afterwards it is 16 bytes longer.
    pub(crate) fn seal(&self, number: u16, chunk: &mut Vec<u8>) -> Result<(), Error> {
        crypto::seal(&self.0, &nonce(number), &[], chunk)
    }
}

impl fmt::Debug for BodyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BodyKey")
    }
}

/// The key seals one body, and each chunk of it once.
fn nonce(number: u16) -> [u8; 12] {
    let [high, low] = number.to_be_bytes();
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low]
}
