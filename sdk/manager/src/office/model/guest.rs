//! How guests are reached, and why one cannot be let in.

use core::fmt;

use super::EmailAddress;
use crate::office::error::Invalid;

/// Fewest and most digits of a telephone number with its country (ITU-T E.164).
const DIGITS: core::ops::RangeInclusive<usize> = 7..=15;

/// Why a guest cannot be let in, or not at a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum GuestRefusal {
    /// A guest with the app is known by an address.
    #[error("a guest with the app needs an e-mail address: add it")]
    EmailRequired,
    /// Neither address nor number.
    #[error("nobody can be told: give an e-mail address or a telephone number")]
    NoContact,
    /// Address and number.
    #[error("give an e-mail address or a telephone number, not both")]
    TwoContacts,
    /// Not a number that can be called.
    #[error("this is no telephone number: write it with its country, as +49 30 123456")]
    Telephone,
    /// More than a year ahead.
    #[error("access has to start within a year from now: choose an earlier start")]
    Start,
    /// No Key that may be shared covers the door, or the actor manages none that does.
    #[error("no Key that may be shared opens this door: ask the property's staff")]
    CannotShare,
    /// Whoever gives the access has none at the door in that time.
    #[error("you have no access to this door yourself in that time: choose another time")]
    NotThen,
    ///
    #[error(
        "your hours at this door are restricted, and without a network it cannot keep a code to them: let the guest in with the app"
    )]
    Hours,
    ///
    #[error("nobody is a guest of himself")]
    Oneself,
}

/// A telephone number with its country: 7…15 digits. Its `Debug` shows none of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Telephone(String);

impl Telephone {
    /// Takes a number as somebody wrote it: `+`, digits, and spaces, hyphens, dots or brackets between them.
    ///
    /// # Errors
    ///
    /// [`GuestRefusal::Telephone`].
    pub fn parse(text: &str) -> Result<Self, GuestRefusal> {
        let rest = text.trim().strip_prefix('+').ok_or(GuestRefusal::Telephone)?;
        let is_clean =
            rest.chars().all(|character| character.is_ascii_digit() || " -.()".contains(character));
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        if is_clean && DIGITS.contains(&digits.len()) && !digits.starts_with('0') {
            Ok(Self(format!("+{digits}")))
        } else {
            Err(GuestRefusal::Telephone)
        }
    }

    /// The number: `+` and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Telephone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Telephone")
    }
}

/// How somebody is told: exactly one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// By mail.
    Email(EmailAddress),
    /// By text message.
    Telephone(Telephone),
}

impl Contact {
    /// What a form says that has a field for each.
    ///
    /// # Errors
    ///
    /// [`GuestRefusal::NoContact`], [`GuestRefusal::TwoContacts`], [`GuestRefusal::Telephone`], [`Invalid::Email`].
    pub fn parse(email: Option<&str>, telephone: Option<&str>) -> Result<Self, Invalid> {
        match (email, telephone) {
            (Some(email), None) => Ok(Self::Email(EmailAddress::parse(email)?)),
            (None, Some(telephone)) => Ok(Self::Telephone(Telephone::parse(telephone)?)),
            (None, None) => Err(GuestRefusal::NoContact.into()),
            (Some(_), Some(_)) => Err(GuestRefusal::TwoContacts.into()),
        }
    }

    /// The address, for what is not given without one.
    ///
    /// # Errors
    ///
    /// [`GuestRefusal::EmailRequired`].
    pub fn into_email(self) -> Result<EmailAddress, GuestRefusal> {
        match self {
            Self::Email(email) => Ok(email),
            Self::Telephone(_) => Err(GuestRefusal::EmailRequired),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-134, as far as a form can break it.
    #[test]
    fn somebody_is_told_in_exactly_one_way() {
        let mail = Contact::parse(Some("dan@example.com"), None).unwrap();
        assert_eq!(mail.into_email().unwrap().as_str(), "dan@example.com");
        let call = Contact::parse(None, Some("+49 (30) 12-34.56")).unwrap();
        assert_eq!(call, Contact::Telephone(Telephone("+4930123456".to_owned())));
        assert_eq!(call.into_email(), Err(GuestRefusal::EmailRequired));
        assert_eq!(Contact::parse(None, None), Err(GuestRefusal::NoContact.into()));
        let both = Contact::parse(Some("dan@example.com"), Some("+4930123456"));
        assert_eq!(both, Err(GuestRefusal::TwoContacts.into()));
        for wrong in ["", "+", "030123456", "+030123456", "+49x30123456", "+123456", "+1234567890123456"] {
            assert_eq!(Contact::parse(None, Some(wrong)), Err(GuestRefusal::Telephone.into()), "{wrong:?}");
        }
    }
}
