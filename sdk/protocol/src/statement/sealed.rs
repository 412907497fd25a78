//! The form of every statement: `open ‖ encapsulation ‖ sealed message ‖ signature`.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::Origin;
use crate::codec;
use crate::crypto::TAG;
use crate::error::Error;
use crate::keys::{DoorPublicKeys, ExchangeKey, ExchangeKeyPair, SigningKeyPair};
use crate::labels::Label;
use crate::limits::SIGNATURE;
use crate::random::SecureRandom;
use crate::sealing::{self, Encapsulation, Sealing};

/// Length of what a statement adds to its open part and its message.
const OVERHEAD: usize = 32 + TAG + SIGNATURE;

/// An open part, and with it the kind of statement that it begins. Nobody else can name this trait, so there are no other kinds.
#[expect(unnameable_types, reason = "so that nobody makes statements of another kind")]
pub trait Layout: Copy {
    /// What errors call it.
    const NAME: &'static str;
    /// Binds the sealed part.
    const BODY: Label;
    /// Binds the signature.
    const SIGNATURE: Label;
    /// Length of the open part in bytes.
    const LENGTH: usize;
    /// Length of the shortest message in bytes.
    const SHORTEST_MESSAGE: usize;
    /// Length of the longest statement in bytes.
    const LONGEST: usize;

    /// Whose statement it is.
    fn origin(&self) -> Origin;

    /// The [`Layout::LENGTH`] bytes of it.
    fn to_bytes(self) -> Vec<u8>;

    /// Reads [`Layout::LENGTH`] bytes.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Error>;
}

/// A statement as it travels, of unknown origin until it is opened.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedStatement<H> {
    bytes: Vec<u8>,
    open_part: PhantomData<H>,
}

impl<H: Layout> SealedStatement<H> {
    /// Takes bytes as they came; refuses what is too short or too long to be one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let shortest = H::LENGTH + H::SHORTEST_MESSAGE + OVERHEAD;
        if bytes.len() < shortest || bytes.len() > H::LONGEST {
            return Err(Error::Malformed(H::NAME));
        }
        Ok(Self::of(bytes.to_vec()))
    }

    /// The bytes that travel.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The open part without any check of who signed it: for a courier to choose by, never to believe.
    pub fn peek_unverified(&self) -> Result<H, Error> {
        H::from_bytes(self.bytes.get(..H::LENGTH).ok_or(Error::Malformed(H::NAME))?)
    }

    /// The open part, if the door with `keys` signed all of it and says to be `origin`: what a courier can check.
    pub fn verify(&self, origin: &Origin, keys: &DoorPublicKeys) -> Result<H, Error> {
        self.checked(origin, keys).map(|(header, _)| header)
    }

    /// Both parts, if the door with `keys` signed all of it and says to be `origin`. The signature is checked before anything is
    /// decapsulated.
    pub(crate) fn read(
        &self,
        origin: &Origin,
        keys: &DoorPublicKeys,
        sealing_key: &ExchangeKeyPair,
    ) -> Result<(H, Vec<u8>), Error> {
        let malformed = Error::Malformed(H::NAME);
        let (header, signed) = self.checked(origin, keys)?;
        let (open, rest) = signed.split_at_checked(H::LENGTH).ok_or(malformed)?;
        let (encapsulation, sealed) = rest.split_first_chunk::<32>().ok_or(malformed)?;
        let encapsulation = Encapsulation(*encapsulation);
        let message = sealing::setup_receiver(sealing_key, &encapsulation, H::BODY, open)?.open(sealed)?;
        Ok((header, message))
    }

    const fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, open_part: PhantomData }
    }

    /// The open part, and all that the door of `keys` signed.
    fn checked(&self, origin: &Origin, keys: &DoorPublicKeys) -> Result<(H, &[u8]), Error> {
        let (signed, signature) =
            self.bytes.split_last_chunk::<SIGNATURE>().ok_or(Error::Malformed(H::NAME))?;
        keys.receipt_key.verify(H::SIGNATURE, signed, signature)?;
        let header = self.peek_unverified()?;
        if header.origin() == *origin { Ok((header, signed)) } else { Err(Error::NotAuthentic) }
    }
}

impl<H> Serialize for SealedStatement<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.bytes)
    }
}

impl<'de, H: Layout> Deserialize<'de> for SealedStatement<H> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = codec::deserialize_bytes(deserializer, H::LONGEST)?;
        Self::from_bytes(&bytes).map_err(serde::de::Error::custom)
    }
}

impl<H: Layout> fmt::Debug for SealedStatement<H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sealed {} of {} bytes", H::NAME, self.bytes.len())
    }
}

/// A statement half made: not sealed and signed yet. Doors make the halves in two calls.
pub struct EncapsulatedStatement<H> {
    /// The open part and the encapsulation.
    bytes: Vec<u8>,
    context: Sealing,
    message: Zeroizing<Vec<u8>>,
    open_part: PhantomData<H>,
}

impl<H: Layout> EncapsulatedStatement<H> {
    /// Three scalar multiplications.
    pub(crate) fn begin(
        header: H,
        message: Vec<u8>,
        sealing_key: &ExchangeKey,
        random: &mut dyn SecureRandom,
    ) -> Result<Self, Error> {
        let (message, open) = (Zeroizing::new(message), header.to_bytes());
        let (encapsulation, context) = sealing::setup_sender(sealing_key, H::BODY, &open, random)?;
        let bytes = [open.as_slice(), &encapsulation.0].concat();
        Ok(Self { bytes, context, message, open_part: PhantomData })
    }

    /// The second half: seals the message and signs all of it, with one scalar multiplication.
    pub fn sign(self, receipt_key: &SigningKeyPair) -> Result<SealedStatement<H>, Error> {
        let Self { mut bytes, mut context, message, .. } = self;
        bytes.extend_from_slice(&context.seal(&message)?);
        let signature = receipt_key.sign(H::SIGNATURE, &bytes);
        bytes.extend_from_slice(&signature);
        Ok(SealedStatement::of(bytes))
    }
}

impl<H: Layout> fmt::Debug for EncapsulatedStatement<H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "half a {}", H::NAME)
    }
}
