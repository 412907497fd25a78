//! What a door writes into its log, and a property reads out of it (spec §12.5).

use alloc::vec::Vec;

use crate::answer::Outcome;
use crate::code::DailyCode;
use crate::ids::{BulletinEpoch, Generation, HolderId, ListVersion, OperationId, PhoneId, Serial, ShareId};
use crate::operation::OperationKind;
use crate::record::ActuatorResult;
use crate::time::UnixSeconds;
use crate::update::row::CredentialNumber;
use serde::{Deserialize, Serialize};

/// Longest encoding of an [`Event`] in bytes.
pub const EVENT: usize = 96;

/// Counts the events of one life of a door, from 1, without gaps. A reset begins a new life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sequence(pub u32);

impl Sequence {
    /// The first event of a life.
    pub const FIRST: Self = Self(1);

    /// The sequence after this one; stays at the maximum.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The door's estimate of the time of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTime {
    /// The estimate.
    pub at: UnixSeconds,
    /// The clock was unsure (spec §8.6): the true time is later, by how much is not known.
    pub unsure: bool,
}

/// One thing that happened at the door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// An operation was accepted. Written before the motor starts (spec §8.5).
    Operation(AcceptedOperation),
    /// What the bolt did.
    Actuator {
        /// For the newest operation with this id.
        operation: OperationId,
        /// What it did.
        result: ActuatorResult,
    },
    /// An authentic request was refused.
    Refused {
        /// The phone that asked.
        phone: PhoneId,
        /// Why.
        reason: Refusal,
    },
    /// Requests that authenticated nobody, coalesced: at most one record each hour.
    Failures {
        /// How many.
        count: u32,
    },
    /// The door leaf moved.
    DoorSensor {
        /// It is open now.
        open: bool,
    },
    /// The door started.
    Booted,
    /// The door was claimed.
    Claimed,
    /// The clock became unsure.
    ClockLost,
    /// The door was reset from its secured side: the first event of a new life.
    Reset,
    /// A bulletin came into force.
    BulletinTaken {
        /// Of this generation.
        generation: Generation,
        /// With this epoch.
        epoch: BulletinEpoch,
    },
    /// The clock was set.
    ClockSet {
        /// By the own clock of this phone, in a dead zone; none: by a token of the property for this session.
        phone: Option<PhoneId>,
    },
    /// A token stated an instant too far ahead.
    ClockRefused,
    /// The property's keys were replaced.
    RotationTaken {
        /// By those of this generation.
        generation: Generation,
    },
    /// The list came to a later version.
    UpdateApplied {
        /// To this one.
        version: ListVersion,
    },
    /// A doorcode or a card opened the door. Written before the motor starts.
    Keyed {
        /// The opening; the bolt's event names it.
        operation: OperationId,
        /// By what.
        key: UsedKey,
    },
    /// An entry at the keypad that opened nothing and took a token (spec §14.4).
    WrongCode {
        /// Digits of the entry; which, nobody is told.
        digits: u8,
    },
    /// The last token for wrong codes was taken, or the door started without one (spec §14.5).
    LockedOut,
    /// A card that had proved itself was refused.
    CardRefused {
        /// Its row's number.
        credential: CredentialNumber,
        /// Why.
        reason: Refusal,
    },
    /// Readings of cards that failed, at whatever step; coalesced: at most one record each hour (spec §14.8).
    CardFailures {
        /// How many.
        count: u32,
    },
}

/// What opened a door without a phone. Never digits or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum UsedKey {
    /// A doorcode of the list, by its row's number.
    Doorcode(CredentialNumber),
    /// A card, by its row's number.
    Card(CredentialNumber),
    /// A daily code, by what it was made from.
    Daily(DailyCode),
}

/// An operation that passed every check of spec §8.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedOperation {
    /// Whose request it was.
    pub phone: PhoneId,
    /// The intent; unique for the phone.
    pub operation: OperationId,
    /// The holder of the grant.
    pub holder: HolderId,
    /// The grant's serial.
    pub serial: Serial,
    /// The share behind the grant, for a guest.
    pub share: Option<ShareId>,
    /// What was asked for.
    pub kind: OperationKind,
}

/// Why an authentic request was refused (spec §8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// Not this door, denied, or without the right.
    Denied,
    /// Before the grant or share begins.
    NotYet,
    /// After its end.
    Expired,
    /// After the end of its lease.
    LeaseEnded,
    /// Outside its schedule.
    OutOfSchedule,
    /// The door's list is too old for it.
    UpdateRequired,
    /// The clock is not good enough for it.
    UnknownTime,
    /// The actuator was moving.
    Busy,
    /// The actuator or the storage was not able.
    DoorFault,
}

impl Refusal {
    /// The refusal that an outcome is; `None` for outcomes after which the door is, or may be, open, and for those that refuse nothing.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Option<Self> {
        Some(match outcome {
            Outcome::Accepted { .. }
            | Outcome::AlreadyDone { .. }
            | Outcome::OutcomeUnknown
            | Outcome::Ready => return None,
            Outcome::Denied => Self::Denied,
            Outcome::NotYet => Self::NotYet,
            Outcome::Expired => Self::Expired,
            Outcome::LeaseEnded => Self::LeaseEnded,
            Outcome::OutOfSchedule => Self::OutOfSchedule,
            Outcome::UpdateRequired => Self::UpdateRequired,
            Outcome::UnknownTime => Self::UnknownTime,
            Outcome::Busy => Self::Busy,
            Outcome::DoorFault(_) => Self::DoorFault,
        })
    }
}

/// What of the log an event may overwrite when all is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventClass {
    /// Openings and changes. Nobody makes one without a credential or the claim secret; only each other they overwrite.
    Evidence,
    /// All else: what a passer-by can cause as often as he likes.
    Routine,
}

impl Event {
    /// The part of the log that the event goes to.
    #[must_use]
    pub const fn class(&self) -> EventClass {
        match self {
            Self::Operation(_)
            | Self::Actuator { .. }
            | Self::Claimed
            | Self::Reset
            | Self::BulletinTaken { .. }
            | Self::RotationTaken { .. }
            | Self::UpdateApplied { .. }
            | Self::Keyed { .. } => EventClass::Evidence,
            Self::Refused { .. }
            | Self::Failures { .. }
            | Self::DoorSensor { .. }
            | Self::Booted
            | Self::ClockLost
            | Self::ClockSet { .. }
            | Self::ClockRefused
            | Self::WrongCode { .. }
            | Self::LockedOut
            | Self::CardRefused { .. }
            | Self::CardFailures { .. } => EventClass::Routine,
        }
    }
}

/// An event as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Its number.
    pub sequence: Sequence,
    /// When.
    pub time: EventTime,
    /// What.
    pub event: Event,
}

/// Length in bytes that few events exceed.
const COMMON: usize = 80;

impl LoggedEvent {
    /// The event as the property gets it, without its number (spec §12.2): time, then what happened. `None`: it cannot be encoded, which
    /// no event of this version is.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_extend(&(self.time, &self.event), Vec::with_capacity(COMMON)).ok()
    }

    /// An event that a property took out of a batch, behind its salt. `None`: no event that this version knows.
    #[must_use]
    pub fn from_bytes(sequence: Sequence, bytes: &[u8]) -> Option<Self> {
        let ((time, event), rest) = postcard::take_from_bytes(bytes).ok()?;
        rest.is_empty().then_some(Self { sequence, time, event })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_event_fits_its_bound() {
        let longest = Event::Operation(AcceptedOperation {
            phone: PhoneId([0xff; 16]),
            operation: OperationId([0xff; 8]),
            holder: HolderId([0xff; 8]),
            serial: Serial(u32::MAX),
            share: Some(ShareId([0xff; 8])),
            kind: OperationKind::Unlock,
        });
        let mut bytes = [0; EVENT];
        let length = postcard::to_slice(&longest, &mut bytes).unwrap().len();
        assert!(length <= EVENT, "{length}");
        assert!(length > 40, "it is the longest that is measured");
    }

    #[test]
    fn what_anybody_can_cause_is_never_evidence() {
        let phone = PhoneId([1; 16]);
        for noise in [
            Event::Refused { phone, reason: Refusal::Denied },
            Event::Failures { count: 1 },
            Event::DoorSensor { open: true },
            Event::Booted,
            Event::ClockLost,
            Event::WrongCode { digits: 7 },
            Event::LockedOut,
            Event::CardFailures { count: 1 },
        ] {
            assert_eq!(noise.class(), EventClass::Routine);
        }
    }
}
