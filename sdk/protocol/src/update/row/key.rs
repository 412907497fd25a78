//! The key of a row: its kind and the id within the kind (spec §10.1).

use core::fmt;

use zeroize::Zeroize;

use super::NAME;
use crate::code::{CodeLength, Doorcode};
use crate::deny::DenySubject;
use crate::error::Error;
use crate::fixed::{Fields, joined};
use crate::ids::{CardToken, HolderId, PhoneId, ShareId};

/// Length of a row's key in bytes.
pub const ROW_KEY: usize = 17;

const DOORCODE: u8 = 0;
const CARD: u8 = 1;
const DENY_HOLDER: u8 = 2;
const DENY_PHONE: u8 = 3;
const DENY_SHARE: u8 = 4;
const DENY_EVERYBODY_BUT_STAFF: u8 = 5;

/// Bytes 0–16 of a row, ordered as a list is. That of a doorcode tells its digits: wiped when dropped.
///
/// `Clone` for the same reason as [`Row`](super::Row).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Zeroize)]
#[zeroize(drop)]
pub struct RowKey([u8; ROW_KEY]);

/// What kind of row has a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// A code for the keypad.
    Doorcode,
    /// A keycard.
    Card,
    /// A denied person, with all his phones and guests.
    DenyHolder,
    /// A denied phone.
    DenyPhone,
    /// A denied share.
    DenyShare,
    /// Everybody but staff is denied.
    DenyEverybodyButStaff,
}

/// What a key names.
pub(super) enum Subject {
    Doorcode(Doorcode),
    Card(CardToken),
    Deny(DenySubject),
}

impl RowKey {
    /// Of the row of a doorcode.
    #[must_use]
    pub fn doorcode(code: &Doorcode) -> Self {
        Self(joined(&[&[DOORCODE], &*code.row_id()]))
    }

    /// Of the row of a card.
    #[must_use]
    pub fn card(token: CardToken) -> Self {
        Self(joined(&[&[CARD], &token.0]))
    }

    /// Of a deny row.
    #[must_use]
    pub fn deny(subject: &DenySubject) -> Self {
        Self(match subject {
            DenySubject::Holder(holder) => joined(&[&[DENY_HOLDER], &holder.0]),
            DenySubject::Phone(phone) => joined(&[&[DENY_PHONE], &phone.0]),
            DenySubject::Share(share) => joined(&[&[DENY_SHARE], &share.0]),
            DenySubject::EverybodyButStaff => joined(&[&[DENY_EVERYBODY_BUT_STAFF]]),
        })
    }

    /// Takes 17 bytes that may be anything.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for an unknown kind or an id that is not one of its kind.
    pub fn parse(bytes: &[u8; ROW_KEY]) -> Result<Self, Error> {
        let key = Self(*bytes);
        let canonical = match key.subject()? {
            Subject::Doorcode(code) => Self::doorcode(&code),
            Subject::Card(token) => Self::card(token),
            Subject::Deny(subject) => Self::deny(&subject),
        };
        if canonical == key { Ok(key) } else { Err(Error::Malformed(NAME)) }
    }

    /// The 17 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; ROW_KEY] {
        &self.0
    }

    /// The kind of its row.
    #[must_use]
    pub const fn kind(&self) -> RowKind {
        let [kind, ..] = self.0;
        match kind {
            DOORCODE => RowKind::Doorcode,
            CARD => RowKind::Card,
            DENY_HOLDER => RowKind::DenyHolder,
            DENY_PHONE => RowKind::DenyPhone,
            DENY_SHARE => RowKind::DenyShare,
            // No key of another kind is ever made: `subject` refuses it.
            _ => RowKind::DenyEverybodyButStaff,
        }
    }

    pub(super) fn subject(&self) -> Result<Subject, Error> {
        let mut fields = Fields::new(&self.0, NAME);
        match fields.byte()? {
            DOORCODE => {
                fields.take::<11>()?;
                let length = CodeLength::new(fields.byte()?).ok_or(Error::Malformed(NAME))?;
                let code = Doorcode::from_number(fields.number()?, length);
                code.map(Subject::Doorcode).map_err(|_| Error::Malformed(NAME))
            }
            CARD => fields.take().map(CardToken).map(Subject::Card),
            DENY_HOLDER => fields.take().map(HolderId).map(DenySubject::Holder).map(Subject::Deny),
            DENY_PHONE => fields.take().map(PhoneId).map(DenySubject::Phone).map(Subject::Deny),
            DENY_SHARE => fields.take().map(ShareId).map(DenySubject::Share).map(Subject::Deny),
            DENY_EVERYBODY_BUT_STAFF => Ok(Subject::Deny(DenySubject::EverybodyButStaff)),
            _ => Err(Error::Malformed(NAME)),
        }
    }
}

/// The kind only.
impl fmt::Debug for RowKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RowKey({:?})", self.kind())
    }
}
