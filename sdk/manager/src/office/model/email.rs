//! E-mail addresses: what people are known by.

use core::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// Longest address in bytes (RFC 5321, §4.5.3.1.3, without the brackets).
const LONGEST: usize = 254;

/// An address in the one form that is compared: trimmed, Unicode NFC, in lower case. No provider's tricks: dots and `+tags` count.
///
/// Its `Debug` shows nothing of it, because addresses name people.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// Not an address that mail can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no e-mail address: write it as name@example.com")]
pub struct InvalidEmail;

impl EmailAddress {
    /// Takes an address as somebody wrote it, of at most 254 bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidEmail`]: no single `@` with something on both sides, white space or control characters within, or too long.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let trimmed = text.trim();
        if trimmed.len() > LONGEST {
            return Err(InvalidEmail);
        }
        let normal: String = trimmed.nfc().collect::<String>().to_lowercase().nfc().collect();
        let (name, domain) = normal.split_once('@').ok_or(InvalidEmail)?;
        let is_whole = !name.is_empty() && !domain.is_empty() && !domain.contains('@');
        let is_clean =
            !normal.contains(|character: char| character.is_whitespace() || character.is_control());
        let has_dots = !domain.starts_with('.') && !domain.ends_with('.') && !domain.contains("..");
        if is_whole && is_clean && has_dots && normal.len() <= LONGEST {
            Ok(Self(normal))
        } else {
            Err(InvalidEmail)
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EmailAddress")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_form_of_an_address() {
        let parsed = |text| EmailAddress::parse(text).unwrap();
        assert_eq!(parsed(" Ada.Moss@Example.COM "), parsed("ada.moss@example.com"));
        // "é" as one character and as two.
        assert_eq!(parsed("ren\u{e9}@example.com"), parsed("rene\u{301}@example.com"));
        assert_ne!(parsed("ada.moss@example.com"), parsed("adamoss@example.com"));
        assert_ne!(parsed("ada+door@example.com"), parsed("ada@example.com"));
    }

    #[test]
    fn what_no_mail_reaches_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        let wrong = [
            "",
            " ",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "a b@example.com",
            "a@.com",
            "a@b..c",
            "a\u{7}@b.c",
            &long,
        ];
        for text in wrong {
            assert_eq!(EmailAddress::parse(text), Err(InvalidEmail), "{text:?}");
        }
    }
}
