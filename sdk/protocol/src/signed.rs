//! Four roles of a signed object, four types: draft, signed, received, verified (spec §3.1).
//!
//! A draft is the plain structure. [`Signed`] is made by the signer only. [`Received`] is bytes and a claim. [`Verified`]
//! can be built in this module alone, by checking the signature first and the content after, and is the only one that
//! decisions accept.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec;
use crate::error::Error;
use crate::keys::{self, Signer, VerifyingKey};
use crate::labels::Label;
use crate::limits;

/// A structure that can be signed.
pub trait Signable: Serialize + DeserializeOwned {
    /// The label under which it is signed.
    const LABEL: Label;
    /// Its name, for errors.
    const NAME: &'static str;
    /// Its longest body in bytes.
    const MAX_BODY: usize;

    /// Checks what the field types cannot: version, order of times, unknown bits.
    fn check(&self) -> Result<(), Error>;

    /// Signs this draft. Refuses a draft that no verifier would accept.
    fn sign(&self, key: &dyn Signer) -> Result<Signed<Self>, Error> {
        self.check()?;
        let mut bytes = codec::encode(self)?;
        if bytes.len() > Self::MAX_BODY {
            return Err(Error::InvalidArgument(Self::NAME));
        }
        let signature = keys::sign(key, Self::LABEL, &bytes)?;
        bytes.extend_from_slice(&signature);
        Ok(Signed { bytes, kind: PhantomData })
    }
}

/// `body ‖ signature`, made by the signer.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed<T> {
    bytes: Vec<u8>,
    kind: PhantomData<T>,
}

impl<T> Signed<T> {
    /// The bytes that travel.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// `body ‖ signature`, of unknown origin. Can be stored and passed on, and verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Received<T> {
    bytes: Vec<u8>,
    kind: PhantomData<T>,
}

impl<T: Signable> Received<T> {
    /// Takes bytes as they came; refuses only what is too short or too long to be a `T`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() <= limits::SIGNATURE || bytes.len() > T::MAX_BODY + limits::SIGNATURE {
            return Err(Error::Malformed(T::NAME));
        }
        Ok(Self { bytes: bytes.to_vec(), kind: PhantomData })
    }

    /// Checks the signature, then decodes and checks the content. One strict Ed25519 verification.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Verified<T>, Error> {
        let (body, signature) =
            self.bytes.split_last_chunk::<{ limits::SIGNATURE }>().ok_or(Error::Malformed(T::NAME))?;
        key.verify(T::LABEL, body, signature)?;
        let value: T = codec::decode(body, T::MAX_BODY, T::NAME)?;
        value.check()?;
        Ok(Verified { value })
    }

    /// The content without any check of who signed it: for choosing what to do next, never for a decision to open.
    pub fn peek_unverified(&self) -> Result<T, Error> {
        let (body, _) =
            self.bytes.split_last_chunk::<{ limits::SIGNATURE }>().ok_or(Error::Malformed(T::NAME))?;
        let value: T = codec::decode(body, T::MAX_BODY, T::NAME)?;
        value.check()?;
        Ok(value)
    }
}

impl<T> Received<T> {
    /// The bytes as they came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T> From<Signed<T>> for Received<T> {
    fn from(signed: Signed<T>) -> Self {
        Self { bytes: signed.bytes, kind: PhantomData }
    }
}

impl<T> Serialize for Received<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.bytes)
    }
}

impl<'de, T: Signable> Deserialize<'de> for Received<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = codec::deserialize_bytes(deserializer, T::MAX_BODY + limits::SIGNATURE)?;
        Self::from_bytes(&bytes).map_err(serde::de::Error::custom)
    }
}

/// A `T` whose signature was checked. Only [`Received::verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Signable> fmt::Debug for Signed<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signed {} of {} bytes", T::NAME, self.bytes.len())
    }
}

impl<T: Signable> fmt::Debug for Received<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Received {} of {} bytes", T::NAME, self.bytes.len())
    }
}
