//! Door update tasks: a door without a network is to learn something, and somebody has to come by.

use core::fmt;

use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::time::UnixSeconds;

use crate::revocation::RevocationTime;

/// Why a door is to be updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Somebody is to be let in.
    AccessAdded,
    /// Somebody is to be let in no more.
    AccessRemoved,
    /// A Key was changed.
    KeyEdited,
    /// A keycard was activated.
    CardAdded,
    /// A keycard was deactivated.
    CardRemoved,
    /// A doorcode was reset.
    CodeReset,
    /// A device is new on the door, and knows nothing yet.
    DeviceAdded,
    /// The property has new keys.
    KeysRotated,
    /// The door is in another time zone.
    ClockChanged,
}

impl Reason {
    const ALL: [Self; 9] = [
        Self::AccessAdded,
        Self::AccessRemoved,
        Self::KeyEdited,
        Self::CardAdded,
        Self::CardRemoved,
        Self::CodeReset,
        Self::DeviceAdded,
        Self::KeysRotated,
        Self::ClockChanged,
    ];

    const fn bit(self) -> u16 {
        match self {
            Self::AccessAdded => 1,
            Self::AccessRemoved => 1 << 1,
            Self::KeyEdited => 1 << 2,
            Self::CardAdded => 1 << 3,
            Self::CardRemoved => 1 << 4,
            Self::CodeReset => 1 << 5,
            Self::DeviceAdded => 1 << 6,
            Self::KeysRotated => 1 << 7,
            Self::ClockChanged => 1 << 8,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AccessAdded => "access added",
            Self::AccessRemoved => "access removed",
            Self::KeyEdited => "Key edited",
            Self::CardAdded => "card added",
            Self::CardRemoved => "card removed",
            Self::CodeReset => "doorcode reset",
            Self::DeviceAdded => "new device",
            Self::KeysRotated => "new keys",
            Self::ClockChanged => "time zone",
        })
    }
}

/// One or more reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reasons(u16);

impl Reasons {
    /// Those of a task as the store has them; a newer program's are left out.
    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    pub(crate) const fn and(self, reason: Reason) -> Self {
        Self(self.0 | reason.bit())
    }

    /// Whether the door may let somebody in until it is updated who is to be let in no more.
    pub(crate) const fn may_remove(self) -> bool {
        let adding = Reason::AccessAdded.bit() | Reason::CardAdded.bit();
        let device = Reason::DeviceAdded.bit() | Reason::KeysRotated.bit() | Reason::ClockChanged.bit();
        self.0 & !(adding | device) != 0
    }

    pub(crate) const fn or(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether it is one of them.
    #[must_use]
    pub const fn contains(self, reason: Reason) -> bool {
        self.0 & reason.bit() != 0
    }

    /// Each.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.contains(*reason))
    }
}

/// An open task: one for each door, whatever the number of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorTask {
    /// The door.
    pub door: DoorId,
    /// Why.
    pub reasons: Reasons,
    /// From when on the door has to know: the day on which somebody's access starts, or now.
    pub due: UnixSeconds,
    /// For how long the door may go on letting in whoever loses access there by what was done, or is to be done; `None`: nobody loses
    /// anything there. Only answers of use cases say it, not the list of open tasks.
    ///
    /// The bound counts on ends of leases, of doorcodes and cards, and on the property's rounds. Mean and percentile count on the hours of the last 28
    /// days in which anybody's phone brought news from the door, couriers' and also those of whoever loses access: whose phone came, the
    /// store does not know.
    pub revocation: Option<RevocationTime>,
}
