//! Bytes as the vectors write them. For tests.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Bytes that deserialize from a string of hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hexadecimal(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Hexadecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = Cow::<'_, str>::deserialize(deserializer)?;
        if digits.len() % 2 != 0 {
            return Err(D::Error::custom("half a byte"));
        }
        let byte = |pair: &[u8]| {
            let pair = core::str::from_utf8(pair).map_err(D::Error::custom)?;
            u8::from_str_radix(pair, 16).map_err(D::Error::custom)
        };
        digits.as_bytes().chunks(2).map(byte).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Debug for Hexadecimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}
