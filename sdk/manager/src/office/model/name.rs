//! Names of things and people.

use core::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// Longest name in characters.
const LONGEST: usize = 120;

/// The name of a property, unit, door or Key: 1…120 characters, trimmed, Unicode NFC, without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// No name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 120 characters and no line breaks: choose another")]
pub struct InvalidName;

impl Name {
    /// Takes a name as somebody wrote it.
    ///
    /// # Errors
    ///
    /// [`InvalidName`].
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name: String = text.trim().nfc().take(LONGEST + 1).collect();
        let length = name.chars().count();
        if (1..=LONGEST).contains(&length) && !name.contains(char::is_control) {
            Ok(Self(name))
        } else {
            Err(InvalidName)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// First and last name of a person. Its `Debug` shows neither.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName {
    first: Name,
    last: Name,
}

impl PersonName {
    /// Takes both as somebody wrote them.
    ///
    /// # Errors
    ///
    /// [`InvalidName`].
    pub fn parse(first: &str, last: &str) -> Result<Self, InvalidName> {
        Ok(Self { first: Name::parse(first)?, last: Name::parse(last)? })
    }

    /// The first name.
    #[must_use]
    pub fn first(&self) -> &str {
        self.first.as_str()
    }

    /// The last name.
    #[must_use]
    pub fn last(&self) -> &str {
        self.last.as_str()
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.first, self.last)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PersonName")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(Name::parse("  Lobby ").unwrap().as_str(), "Lobby");
        assert!(Name::parse(&"ä".repeat(120)).is_ok());
        for text in ["", "   ", "two\nlines", &"ä".repeat(121)] {
            assert_eq!(Name::parse(text), Err(InvalidName), "{text:?}");
        }
    }
}
