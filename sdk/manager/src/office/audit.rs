//! What was done at a property, and what was tried and denied.

use core::fmt;

use thumbturn_protocol::ids::{DoorId, HolderId, PhoneId};
use thumbturn_protocol::time::UnixSeconds;

use crate::ids::{AccountId, GuestGrantId, KeyGrantId, KeyId, UnitId};

/// One entry of the audit log. It names by identifiers, never by names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of the property; each entry has its own.
    pub revision: u64,
    /// When.
    pub at: UnixSeconds,
    /// Who; `None`: the host itself.
    pub account: Option<AccountId>,
    /// What: the name of a use case.
    pub action: String,
    /// About whom or what, as [`Subject`] prints it.
    pub subject: String,
    /// False: it was denied.
    pub done: bool,
}

/// Whom or what a use case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// The property as a whole.
    Property,
    /// An account.
    Account(AccountId),
    /// A door.
    Door(DoorId),
    /// What a guest was given.
    GuestAccess(GuestGrantId),
    /// A Key.
    Key(KeyId),
    /// A Key in somebody's hand.
    KeyGrant(KeyGrantId),
    /// A person.
    Person(HolderId),
    /// A phone.
    Phone(PhoneId),
    /// A unit.
    Unit(UnitId),
}

/// What it is, and its identifier in hexadecimal.
impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, bytes): (&str, &[u8]) = match self {
            Self::Property => ("property", &[]),
            Self::Account(account) => ("account ", &account.0),
            Self::Door(door) => ("door ", &door.0),
            Self::GuestAccess(access) => ("guest access ", &access.0),
            Self::Key(key) => ("key ", &key.0),
            Self::KeyGrant(grant) => ("access ", &grant.0),
            Self::Person(holder) => ("person ", &holder.0),
            Self::Phone(phone) => ("phone ", &phone.0),
            Self::Unit(unit) => ("unit ", &unit.0),
        };
        formatter.write_str(what)?;
        bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}
