//! One row of a door's list: a doorcode, a card or somebody denied (spec §10.1).

mod key;
mod terms;
#[cfg(test)]
pub(crate) mod tests;

use core::fmt;

use zeroize::Zeroizing;

use self::key::Subject;
pub use self::key::{ROW_KEY, RowKey, RowKind};
pub use self::terms::{CredentialNumber, ScheduleNumber, Terms};
use crate::card::{CardKey, CardVersion};
use crate::code::Doorcode;
use crate::deny::DenyEntry;
use crate::error::Error;
use crate::fixed::{Fields, joined};
use crate::ids::CardToken;

/// Length of a row in bytes.
pub const ROW: usize = 64;

const NAME: &str = "row";
const FLAG_REMOVED: u8 = 1;
const FLAG_STAFF: u8 = 1 << 1;

/// A card: how it is found, how it is spoken to, and from which version on it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// How it is found.
    pub token: CardToken,
    /// Its key for doors of this door's class.
    pub key: CardKey,
    /// The lowest version of the card that is accepted.
    pub lowest_version: CardVersion,
}

/// A row of a list. Its doorcode or card key is wiped when it is dropped.
///
/// `Clone`, because a list keeps its rows while parcels are made of them; each copy is wiped by itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Row {
    /// A code for the keypad.
    Doorcode(Doorcode, Terms),
    /// A keycard.
    Card(Card, Terms),
    /// Somebody whose grants below a serial are void at this door.
    Deny(DenyEntry),
}

impl Row {
    /// Takes 64 bytes that may be anything.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for whatever breaks a rule of §10.1, and for a removed row.
    pub fn parse(bytes: &[u8; ROW]) -> Result<Self, Error> {
        match Change::parse(bytes)? {
            Change::Set(row) => Ok(row),
            Change::Remove(_) => Err(Error::Malformed(NAME)),
        }
    }

    /// Its 64 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; ROW]> {
        let key = self.key();
        Zeroizing::new(match self {
            Self::Doorcode(_, terms) => terms.write(&key, CardVersion(0), &[0; 16]),
            Self::Card(card, terms) => terms.write(&key, card.lowest_version, card.key.as_bytes()),
            Self::Deny(entry) => Terms::of_deny_row(entry.void_before).write(&key, CardVersion(0), &[0; 16]),
        })
    }

    /// What it is found by; no two rows of a list have the same.
    #[must_use]
    pub fn key(&self) -> RowKey {
        match self {
            Self::Doorcode(code, _) => RowKey::doorcode(code),
            Self::Card(card, _) => RowKey::card(card.token),
            Self::Deny(entry) => RowKey::deny(&entry.subject),
        }
    }

    /// When and for whom a doorcode or card opens the door; `None` in a deny row.
    #[must_use]
    pub const fn terms(&self) -> Option<&Terms> {
        match self {
            Self::Doorcode(_, terms) | Self::Card(_, terms) => Some(terms),
            Self::Deny(_) => None,
        }
    }
}

/// The kind only: no code, key or person gets into a log.
impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Row({:?})", self.key().kind())
    }
}

/// A row of an update's body: the final state of one key.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// The list has this row.
    Set(Row),
    /// The list has no row of this key; in a delta only.
    Remove(RowKey),
}

impl Change {
    /// Takes 64 bytes that may be anything.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for whatever breaks a rule of §10.1.
    pub fn parse(bytes: &[u8; ROW]) -> Result<Self, Error> {
        let change = Self::read(bytes)?;
        // One way to write each row: what its kind does not use is what the writer puts there.
        if crate::crypto::same(&*change.to_bytes(), bytes) { Ok(change) } else { Err(Error::Malformed(NAME)) }
    }

    fn read(bytes: &[u8; ROW]) -> Result<Self, Error> {
        let mut fields = Fields::new(bytes, NAME);
        let key = RowKey::parse(&fields.take()?)?;
        let flags = fields.byte()?;
        if flags == FLAG_REMOVED {
            return Ok(Self::Remove(key));
        }
        let (terms, lowest_version, card_key) = Terms::read(flags, &mut fields)?;
        Ok(Self::Set(match key.subject()? {
            Subject::Doorcode(code) => Row::Doorcode(code, terms),
            Subject::Card(token) => Row::Card(Card { token, key: card_key, lowest_version }, terms),
            Subject::Deny(subject) => Row::Deny(DenyEntry { subject, void_before: terms.serial() }),
        }))
    }

    /// Its 64 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; ROW]> {
        match self {
            Self::Set(row) => row.to_bytes(),
            Self::Remove(key) => Zeroizing::new(joined(&[key.as_bytes(), &[FLAG_REMOVED]])),
        }
    }

    /// The key whose state it tells.
    #[must_use]
    pub fn key(&self) -> RowKey {
        match self {
            Self::Set(row) => row.key(),
            Self::Remove(key) => key.clone(),
        }
    }
}

/// The kind only.
impl fmt::Debug for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(row) => write!(formatter, "Set({row:?})"),
            Self::Remove(key) => write!(formatter, "Remove({key:?})"),
        }
    }
}
