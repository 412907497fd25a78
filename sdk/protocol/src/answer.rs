//! What a door answers: five bytes, the same on both paths (spec §5.5, §8.4).

use crate::error::Error;
use crate::ids::ListVersion;

/// Length of an encoded answer.
pub const ANSWER: usize = 5;

/// What became of an operation. Each value is one thing that an app does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The event is written and the motor started.
    Accepted {
        /// Seconds until the door relocks; 255 stands for 255 or more.
        relock_seconds: u8,
    },
    /// This very operation was accepted at most 10 s ago; the bolt was not moved again.
    AlreadyDone {
        /// Seconds until the door relocks.
        relock_seconds: u8,
    },
    /// This operation reached the door before, but what the bolt did is not known: look at the door.
    OutcomeUnknown,
    /// Refused: ask the manager.
    Denied,
    /// The grant or share has not begun.
    NotYet,
    /// The grant or share is over.
    Expired,
    /// The lease is over: go online.
    LeaseEnded,
    /// Outside the hours of the week.
    OutOfSchedule,
    /// The door must be updated first.
    UpdateRequired,
    /// The door does not know the time well enough.
    UnknownTime,
    /// The motor is moving: ask again.
    Busy,
    /// The door cannot open.
    DoorFault(Fault),
    /// The door takes what the phone brings, and stays as it is: the answer to [`crate::operation::OperationKind::Deliver`].
    Ready,
}

/// Why a door cannot open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The bolt is stuck.
    Jammed,
    /// The battery is too low for the motor.
    Battery,
    /// The event could not be written.
    Storage,
}

/// What a door says about itself in answers and advertisements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoorStatus {
    /// The door's clock is unsure (spec §8.6).
    pub clock_unsure: bool,
    /// Events wait to be collected.
    pub logs_waiting: bool,
    /// The battery should be changed.
    pub battery_low: bool,
}

impl DoorStatus {
    /// Bits 0–2 (spec §4.2).
    pub(crate) const fn bits(self) -> u8 {
        // Three bits from three booleans; the lint's alternatives hide that.
        (if self.clock_unsure { 1 } else { 0 })
            | (if self.logs_waiting { 2 } else { 0 })
            | (if self.battery_low { 4 } else { 0 })
    }

    pub(crate) const fn from_bits(bits: u8) -> Option<Self> {
        if bits > 7 {
            return None;
        }
        Some(Self { clock_unsure: bits & 1 != 0, logs_waiting: bits & 2 != 0, battery_low: bits & 4 != 0 })
    }
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What became of the operation.
    pub outcome: Outcome,
    /// Whether a ticket chain was started (full handshake) or advanced (fast path).
    pub ticket: bool,
    /// What the door says about itself.
    pub status: DoorStatus,
    /// The door's list version, modulo 2^16.
    pub list_version: u16,
}

impl Answer {
    /// An answer that starts or advances no ticket.
    #[must_use]
    pub fn new(outcome: Outcome, status: DoorStatus, list_version: ListVersion) -> Self {
        Self { outcome, ticket: false, status, list_version: short_version(list_version) }
    }

    /// The same, with a ticket started or advanced.
    #[must_use]
    pub const fn with_ticket(mut self) -> Self {
        self.ticket = true;
        self
    }

    /// The five bytes of spec §5.5.
    #[must_use]
    pub fn to_bytes(self) -> [u8; ANSWER] {
        let (code, detail) = self.outcome.code();
        let flags = u8::from(self.ticket) | (self.status.bits() << 1);
        let [high, low] = self.list_version.to_be_bytes();
        [code, detail, flags, high, low]
    }

    /// Refuses unknown codes, details and flags.
    pub fn from_bytes(bytes: [u8; ANSWER]) -> Result<Self, Error> {
        let [code, detail, flags, high, low] = bytes;
        Ok(Self {
            outcome: Outcome::from_code(code, detail).ok_or(Error::Malformed("answer"))?,
            ticket: flags & 1 != 0,
            status: DoorStatus::from_bits(flags >> 1).ok_or(Error::Malformed("answer"))?,
            list_version: u16::from_be_bytes([high, low]),
        })
    }
}

/// A list version modulo 2^16, as answers and advertisements carry it.
#[must_use]
pub fn short_version(version: ListVersion) -> u16 {
    let [_, _, high, low] = version.0.to_be_bytes();
    u16::from_be_bytes([high, low])
}

impl Outcome {
    const fn code(self) -> (u8, u8) {
        match self {
            Self::Accepted { relock_seconds } => (0x00, relock_seconds),
            Self::AlreadyDone { relock_seconds } => (0x01, relock_seconds),
            Self::OutcomeUnknown => (0x02, 0),
            Self::Denied => (0x03, 0),
            Self::NotYet => (0x04, 0),
            Self::Expired => (0x05, 0),
            Self::LeaseEnded => (0x06, 0),
            Self::OutOfSchedule => (0x07, 0),
            Self::UpdateRequired => (0x08, 0),
            Self::UnknownTime => (0x09, 0),
            Self::Busy => (0x0a, 0),
            Self::DoorFault(Fault::Jammed) => (0x0b, 1),
            Self::DoorFault(Fault::Battery) => (0x0b, 2),
            Self::DoorFault(Fault::Storage) => (0x0b, 3),
            Self::Ready => (0x0c, 0),
        }
    }

    const fn from_code(code: u8, detail: u8) -> Option<Self> {
        Some(match (code, detail) {
            (0x00, relock_seconds) => Self::Accepted { relock_seconds },
            (0x01, relock_seconds) => Self::AlreadyDone { relock_seconds },
            (0x02, 0) => Self::OutcomeUnknown,
            (0x03, 0) => Self::Denied,
            (0x04, 0) => Self::NotYet,
            (0x05, 0) => Self::Expired,
            (0x06, 0) => Self::LeaseEnded,
            (0x07, 0) => Self::OutOfSchedule,
            (0x08, 0) => Self::UpdateRequired,
            (0x09, 0) => Self::UnknownTime,
            (0x0a, 0) => Self::Busy,
            (0x0b, 1) => Self::DoorFault(Fault::Jammed),
            (0x0b, 2) => Self::DoorFault(Fault::Battery),
            (0x0b, 3) => Self::DoorFault(Fault::Storage),
            (0x0c, 0) => Self::Ready,
            _ => return None,
        })
    }
}
