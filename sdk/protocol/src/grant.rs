//! The grant: a property lets one phone use one door (spec §3.4).

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ids::{
    DoorId, DoorKeyId, Generation, HolderId, ListVersion, PhoneId, PropertyId, Serial, check_version,
};
use crate::labels::{self, Label};
use crate::limits;
use crate::signed::Signable;
use crate::time::UnixSeconds;
use crate::validity::Validity;

/// What a grant's holder may do at its door, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles(u16);

impl Roles {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Open the door.
    pub const UNLOCK: Self = Self(1);
    /// Share the door with guests.
    pub const MAY_SHARE: Self = Self(1 << 1);
    /// Deliver to the door without a right to open it.
    pub const COURIER: Self = Self(1 << 2);
    /// Set the clock of a door in a dead zone.
    pub const CLOCK: Self = Self(1 << 3);
    /// Exempt from "everybody but staff" in a deny entry.
    pub const STAFF: Self = Self(1 << 4);

    const KNOWN: u16 = 0b1_1111;

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Lets one phone do what `roles` say at one door. Signed by the property key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    version: u8,
    /// The property.
    pub property: PropertyId,
    /// The generation of the signing key; scopes `serial`.
    pub generation: Generation,
    /// The door.
    pub door: DoorId,
    /// The door's keys at the time of issue: a recommissioned door refuses it.
    pub door_key: DoorKeyId,
    /// The only phone that can use it.
    pub phone: PhoneId,
    /// The person behind the phone.
    pub holder: HolderId,
    /// Its number; a deny entry voids all numbers below one.
    pub serial: Serial,
    /// The phone must have renewed it before this second.
    pub lease_end: UnixSeconds,
    /// What it lets the phone do.
    pub roles: Roles,
    /// The door refuses it while its list is older; 0: never.
    pub min_list_version: ListVersion,
    /// When.
    pub validity: Validity,
}

/// What a grant must say; the rest has a default.
#[derive(Clone, Copy, Debug)]
pub struct GrantSubject {
    /// The property.
    pub property: PropertyId,
    /// The generation of the signing key.
    pub generation: Generation,
    /// The door.
    pub door: DoorId,
    /// The door's current keys.
    pub door_key: DoorKeyId,
    /// The phone.
    pub phone: PhoneId,
    /// The person.
    pub holder: HolderId,
    /// The number.
    pub serial: Serial,
}

impl Grant {
    const VERSION: u8 = 1;

    /// A draft that lets its phone unlock during `validity` until `lease_end`.
    #[must_use]
    pub const fn new(subject: GrantSubject, validity: Validity, lease_end: UnixSeconds) -> Self {
        Self {
            version: Self::VERSION,
            property: subject.property,
            generation: subject.generation,
            door: subject.door,
            door_key: subject.door_key,
            phone: subject.phone,
            holder: subject.holder,
            serial: subject.serial,
            lease_end,
            roles: Roles::UNLOCK,
            min_list_version: ListVersion(0),
            validity,
        }
    }
}

impl Signable for Grant {
    const LABEL: Label = labels::GRANT;
    const NAME: &'static str = "grant";
    const MAX_BODY: usize = limits::GRANT_BODY;

    fn check(&self) -> Result<(), Error> {
        check_version(self.version, Self::VERSION, Self::NAME)?;
        if self.roles.0 & !Roles::KNOWN != 0 {
            return Err(Error::Malformed(Self::NAME));
        }
        self.validity.check(Self::NAME)
    }
}
