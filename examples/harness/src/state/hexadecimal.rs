//! Bytes as hexadecimal digits: on labels, on the command line, in the state's files.

use core::fmt::Write;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that are written as digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hexadecimal(pub(crate) Vec<u8>);

impl Serialize for Hexadecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&digits(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hexadecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        bytes(&text).map(Self).ok_or_else(|| D::Error::custom("not hexadecimal digits"))
    }
}

/// Two digits for each byte.
pub(crate) fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of digits; spaces, hyphens and colons between them are as labels print them.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    let kept = text.chars().filter(|character| !matches!(character, ' ' | '-' | ':'));
    let digits: Vec<u8> = kept.map(|character| character.to_digit(16)).map(small).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn small(digit: Option<u32>) -> Option<u8> {
    digit.and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_the_bytes_that_they_came_from() {
        assert_eq!(bytes(&digits(&[0, 0x7f, 0xff])), Some(vec![0, 0x7f, 0xff]));
        assert_eq!(bytes("00 7F-ff"), Some(vec![0, 0x7f, 0xff]));
        for wrong in ["0", "0g", "é0"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
