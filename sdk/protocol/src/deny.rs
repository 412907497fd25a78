//! Deny entries: what a door refuses although it is signed (spec §8.5, §9.4).

use serde::{Deserialize, Serialize};

use crate::ids::{HolderId, PhoneId, Serial, ShareId};

/// Whom a deny entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DenySubject {
    /// A person, with all his phones and guests.
    Holder(HolderId),
    /// One phone, also a guest's.
    Phone(PhoneId),
    /// One share.
    Share(ShareId),
    /// Everybody without the staff role: a residence changed hands.
    EverybodyButStaff,
}

/// Refuses grants of `subject` with a serial below `void_before`, so that a new grant works again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenyEntry {
    /// Whom.
    pub subject: DenySubject,
    /// Grants below this serial.
    pub void_before: Serial,
}
