//! Lists and byte strings whose bounds are part of their type (spec §1.2, §7.2), in both directions: what is too long or too
//! short is neither built, nor encoded, nor decoded.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec;
use crate::error::Error;
use crate::list;

/// A `list<T>` of `MINIMUM` to `MAXIMUM` elements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List<T, const MINIMUM: usize, const MAXIMUM: usize>(Vec<T>);

/// A `bytes` of `MINIMUM` to `MAXIMUM` bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes<const MINIMUM: usize, const MAXIMUM: usize>(Vec<u8>);

impl<T, const MINIMUM: usize, const MAXIMUM: usize> TryFrom<Vec<T>> for List<T, MINIMUM, MAXIMUM> {
    type Error = Error;

    fn try_from(elements: Vec<T>) -> Result<Self, Error> {
        if elements.len() < MINIMUM || elements.len() > MAXIMUM {
            return Err(Error::InvalidArgument("length of a list"));
        }
        Ok(Self(elements))
    }
}

impl<T, const MINIMUM: usize, const MAXIMUM: usize> Deref for List<T, MINIMUM, MAXIMUM> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: DeserializeOwned, const MINIMUM: usize, const MAXIMUM: usize> Deserialize<'de>
    for List<T, MINIMUM, MAXIMUM>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let elements: Vec<T> = list::deserialize_list::<MAXIMUM, T, D>(deserializer)?;
        Self::try_from(elements).map_err(serde::de::Error::custom)
    }
}

impl<const MINIMUM: usize, const MAXIMUM: usize> TryFrom<&[u8]> for Bytes<MINIMUM, MAXIMUM> {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAXIMUM {
            return Err(Error::InvalidArgument("length of bytes"));
        }
        Self::try_from(bytes.to_vec())
    }
}

impl<const MINIMUM: usize, const MAXIMUM: usize> TryFrom<Vec<u8>> for Bytes<MINIMUM, MAXIMUM> {
    type Error = Error;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Error> {
        if bytes.len() < MINIMUM || bytes.len() > MAXIMUM {
            return Err(Error::InvalidArgument("length of bytes"));
        }
        Ok(Self(bytes))
    }
}

impl<const MINIMUM: usize, const MAXIMUM: usize> Deref for Bytes<MINIMUM, MAXIMUM> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// How many; the content may be anything.
impl<const MINIMUM: usize, const MAXIMUM: usize> fmt::Debug for Bytes<MINIMUM, MAXIMUM> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

impl<const MINIMUM: usize, const MAXIMUM: usize> Serialize for Bytes<MINIMUM, MAXIMUM> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de, const MINIMUM: usize, const MAXIMUM: usize> Deserialize<'de> for Bytes<MINIMUM, MAXIMUM> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = codec::deserialize_bytes(deserializer, MAXIMUM)?;
        Self::try_from(bytes).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn lengths_out_of_bounds_are_neither_built_nor_decoded() {
        for length in 0..6_u8 {
            let elements = vec![7_u8; usize::from(length)];
            let fits = (2..=4).contains(&length);
            assert_eq!(List::<u8, 2, 4>::try_from(elements.clone()).is_ok(), fits);
            assert_eq!(Bytes::<2, 4>::try_from(elements.as_slice()).is_ok(), fits);
            let encoded = [vec![length], elements].concat();
            assert_eq!(codec::decode::<List<u8, 2, 4>>(&encoded, 16, "list").is_ok(), fits);
            assert_eq!(codec::decode::<Bytes<2, 4>>(&encoded, 16, "bytes").is_ok(), fits);
        }
    }
}
