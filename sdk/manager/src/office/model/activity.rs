//! What happened at a door, in the words of whoever looks it up.

use thumbturn_protocol::event::Refusal;
use thumbturn_protocol::record::ActuatorResult;

/// By what somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// With a phone.
    App,
    /// With a permanent doorcode.
    Doorcode,
    /// With a keycard.
    Card,
    /// With a code for a whole day.
    WholeDayCode,
    /// With a code for fifteen minutes.
    FirstUseCode,
    /// At the keypad, with digits that are no code.
    Keypad,
    /// Nobody came: the door tells it of itself.
    Door,
    /// With something that this program does not know yet.
    Other,
}

impl Method {
    const ALL: [Self; 8] = [
        Self::App,
        Self::Doorcode,
        Self::Card,
        Self::WholeDayCode,
        Self::FirstUseCode,
        Self::Keypad,
        Self::Door,
        Self::Other,
    ];

    /// As the store has it.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::App => 0,
            Self::Doorcode => 1,
            Self::Card => 2,
            Self::WholeDayCode => 3,
            Self::FirstUseCode => 4,
            Self::Keypad => 5,
            Self::Door => 6,
            Self::Other => 7,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// As files have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Doorcode => "doorcode",
            Self::Card => "keycard",
            Self::WholeDayCode => "daily code",
            Self::FirstUseCode => "15-minute code",
            Self::Keypad => "keypad",
            Self::Door => "door",
            Self::Other => "other",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Happening {
    /// Somebody was let in. Whether the bolt moved is told beside it.
    Opened,
    /// Somebody with a credential was refused.
    Refused(Refusal),
    /// An entry at the keypad was no code.
    WrongCode,
    /// The keypad takes no entries for a while: too many were wrong.
    LockedOut,
    /// So many requests or readings in an hour proved nobody.
    Failures(u32),
    /// The leaf was opened.
    LeafOpened,
    /// The leaf was closed.
    LeafClosed,
    /// The bolt was driven, and the entry that says for whom is lost.
    BoltDriven,
    /// The device was claimed for the property.
    Claimed,
    /// The device was reset from its secured side.
    Reset,
}

impl Happening {
    const REFUSALS: [Refusal; 9] = [
        Refusal::Denied,
        Refusal::NotYet,
        Refusal::Expired,
        Refusal::LeaseEnded,
        Refusal::OutOfSchedule,
        Refusal::UpdateRequired,
        Refusal::UnknownTime,
        Refusal::Busy,
        Refusal::DoorFault,
    ];

    /// As the store has it: what, and how often.
    pub(crate) const fn code(self) -> (u8, u32) {
        match self {
            Self::Opened => (0, 1),
            Self::Refused(refusal) => (refusal_code(refusal), 1),
            Self::WrongCode => (20, 1),
            Self::LockedOut => (21, 1),
            Self::Failures(times) => (22, times),
            Self::LeafOpened => (23, 1),
            Self::LeafClosed => (24, 1),
            Self::BoltDriven => (25, 1),
            Self::Claimed => (26, 1),
            Self::Reset => (27, 1),
        }
    }

    pub(crate) fn from_code((what, times): (u8, u32)) -> Option<Self> {
        Some(match what {
            0 => Self::Opened,
            20 => Self::WrongCode,
            21 => Self::LockedOut,
            22 => Self::Failures(times),
            23 => Self::LeafOpened,
            24 => Self::LeafClosed,
            25 => Self::BoltDriven,
            26 => Self::Claimed,
            27 => Self::Reset,
            _ => Self::Refused(Self::REFUSALS.into_iter().find(|refusal| refusal_code(*refusal) == what)?),
        })
    }

    /// As files have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Refused(refusal) => refusal_name(refusal),
            Self::WrongCode => "wrong code",
            Self::LockedOut => "keypad locked",
            Self::Failures(_) => "failures",
            Self::LeafOpened => "leaf opened",
            Self::LeafClosed => "leaf closed",
            Self::BoltDriven => "bolt driven",
            Self::Claimed => "claimed",
            Self::Reset => "reset",
        }
    }
}

const fn refusal_code(refusal: Refusal) -> u8 {
    match refusal {
        Refusal::Denied => 1,
        Refusal::NotYet => 2,
        Refusal::Expired => 3,
        Refusal::LeaseEnded => 4,
        Refusal::OutOfSchedule => 5,
        Refusal::UpdateRequired => 6,
        Refusal::UnknownTime => 7,
        Refusal::Busy => 8,
        Refusal::DoorFault => 9,
    }
}

const fn refusal_name(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Denied => "denied",
        Refusal::NotYet => "not yet",
        Refusal::Expired => "expired",
        Refusal::LeaseEnded => "lease ended",
        Refusal::OutOfSchedule => "out of schedule",
        Refusal::UpdateRequired => "update required",
        Refusal::UnknownTime => "unknown time",
        Refusal::Busy => "busy",
        Refusal::DoorFault => "door fault",
    }
}

/// What the bolt did, as the store has it.
pub(crate) const fn bolt_code(bolt: ActuatorResult) -> u8 {
    match bolt {
        ActuatorResult::Moved => 0,
        ActuatorResult::Jammed => 1,
        ActuatorResult::Blocked => 2,
        ActuatorResult::BatteryLow => 3,
    }
}

pub(crate) fn bolt_from_code(code: u8) -> Option<ActuatorResult> {
    const ALL: [ActuatorResult; 4] =
        [ActuatorResult::Moved, ActuatorResult::Jammed, ActuatorResult::Blocked, ActuatorResult::BatteryLow];
    ALL.get(usize::from(code)).copied()
}

/// As files have it.
pub(crate) const fn bolt_name(bolt: ActuatorResult) -> &'static str {
    match bolt {
        ActuatorResult::Moved => "moved",
        ActuatorResult::Jammed => "jammed",
        ActuatorResult::Blocked => "blocked",
        ActuatorResult::BatteryLow => "battery low",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_what_is_read() {
        for method in Method::ALL {
            assert_eq!(Method::from_code(method.code()), Some(method));
        }
        let refused = Happening::REFUSALS.map(Happening::Refused);
        let others = [
            Happening::Opened,
            Happening::WrongCode,
            Happening::LockedOut,
            Happening::Failures(7),
            Happening::LeafOpened,
            Happening::LeafClosed,
            Happening::BoltDriven,
            Happening::Claimed,
            Happening::Reset,
        ];
        for happening in refused.into_iter().chain(others) {
            assert_eq!(Happening::from_code(happening.code()), Some(happening));
        }
        assert_eq!(Happening::from_code((19, 1)), None);
        for bolt in (0..4).filter_map(bolt_from_code) {
            assert_eq!(bolt_from_code(bolt_code(bolt)), Some(bolt));
        }
    }
}
