//! Structures to bytes and back, one byte string per value (spec §1.2).

use alloc::vec::Vec;
use core::fmt;

use postcard::ser_flavors::Flavor;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserializer, Serialize};
use zeroize::Zeroizing;

use crate::error::Error;

/// Length in bytes that few values exceed; those grow.
const COMMON: usize = 64;

/// Encodes `value`; fails only for values that cannot be encoded at all, which none of ours is.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    postcard::to_extend(value, Vec::with_capacity(COMMON))
        .map_err(|_| Error::InvalidArgument("unencodable value"))
}

/// Encodes a `value` that holds secrets and is at most `limit` bytes long, in one piece of memory that is wiped.
pub(crate) fn encode_secret<T: Serialize>(value: &T, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    // Of the full size from the start: growing would leave a copy behind.
    let mut bytes = Zeroizing::new(alloc::vec![0; limit]);
    let written =
        postcard::to_slice(value, &mut bytes).map_err(|_| Error::InvalidArgument("unencodable value"))?;
    let length = written.len();
    bytes.truncate(length);
    Ok(bytes)
}

/// Decodes all of `bytes`, at most `limit`, and refuses what does not encode back to the same bytes.
///
/// postcard alone accepts overlong varints and trailing bytes; with signatures over bytes and comparisons of values
/// both would let two byte strings mean the same.
pub(crate) fn decode<T: Serialize + DeserializeOwned>(
    bytes: &[u8],
    limit: usize,
    what: &'static str,
) -> Result<T, Error> {
    if bytes.len() > limit {
        return Err(Error::Malformed(what));
    }
    let value: T = postcard::from_bytes(bytes).map_err(|_| Error::Malformed(what))?;
    match postcard::serialize_with_flavor(&value, Comparison { rest: bytes }) {
        Ok(true) => Ok(value),
        Ok(false) | Err(_) => Err(Error::Malformed(what)),
    }
}

/// Compares what is encoded with what is expected, byte by byte, instead of keeping it: a door has no room for another copy.
struct Comparison<'a> {
    rest: &'a [u8],
}

impl Flavor for Comparison<'_> {
    /// Whether all of it was encoded.
    type Output = bool;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.rest = self.rest.strip_prefix(bytes).ok_or(postcard::Error::SerializeBufferFull)?;
        Ok(())
    }

    fn finalize(self) -> postcard::Result<bool> {
        Ok(self.rest.is_empty())
    }
}

/// Takes `bytes` of spec §1.2 that are at most `limit` long.
///
/// Borrows from the input before it copies, so that a length from the air never sizes an allocation.
pub(crate) fn deserialize_bytes<'de, D: Deserializer<'de>>(
    deserializer: D,
    limit: usize,
) -> Result<Vec<u8>, D::Error> {
    deserializer.deserialize_bytes(BoundedBytes { limit })
}

struct BoundedBytes {
    limit: usize,
}

impl Visitor<'_> for BoundedBytes {
    type Value = Vec<u8>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at most {} bytes", self.limit)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        if bytes.len() > self.limit {
            return Err(E::invalid_length(bytes.len(), &self));
        }
        Ok(bytes.to_vec())
    }
}

#[cfg(test)]
mod tests;
