//! What an event of a door's log tells, and by which mark it tells of whom. Most of what a door says of itself is not activity: its clock, its
//! list, its bulletins. Nor is that somebody passed by to deliver, and opened nothing.

use thumbturn_protocol::code::{DailyCode, DailyKind};
use thumbturn_protocol::event::{AcceptedOperation, Event, UsedKey};
use thumbturn_protocol::ids::{HolderId, PhoneId};
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::update::row::CredentialNumber;

use crate::office::model::{Happening, Method};

/// An event as activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) method: Method,
    pub(super) happening: Happening,
    pub(super) mark: Mark,
}

/// By what an event tells who it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It was nobody whom the property has given anything.
    Nobody,
    /// Somebody came or went, and nothing says who.
    Somebody,
    /// The holder of a grant.
    Holder(HolderId),
    /// The holder of a phone.
    Phone(PhoneId),
    /// A guest's phone, under the grant of a holder.
    Shared(PhoneId, HolderId),
    /// A doorcode or a card, by number.
    Credential(CredentialNumber),
    /// A daily code.
    Daily(DailyCode),
}

impl Told {
    const fn new(method: Method, happening: Happening, mark: Mark) -> Self {
        Self { method, happening, mark }
    }

    pub(super) const fn credential(&self) -> Option<CredentialNumber> {
        if let Mark::Credential(number) = self.mark { Some(number) } else { None }
    }

    pub(super) const fn daily(&self) -> Option<DailyCode> {
        if let Mark::Daily(code) = self.mark { Some(code) } else { None }
    }
}

/// What an event tells; `None`: nothing of what happened at the door.
pub(super) fn told(event: &Event) -> Option<Told> {
    let (method, happening, mark) = match event {
        Event::Operation(accepted) => return operation(accepted),
        Event::Keyed { key, .. } => return Some(keyed(*key)),
        Event::Actuator { .. } => (Method::Door, Happening::BoltDriven, Mark::Somebody),
        Event::Refused { phone, reason } => (Method::App, Happening::Refused(*reason), Mark::Phone(*phone)),
        Event::CardRefused { credential, reason } => {
            (Method::Card, Happening::Refused(*reason), Mark::Credential(*credential))
        }
        Event::Failures { count } => (Method::App, Happening::Failures(*count), Mark::Nobody),
        Event::CardFailures { count } => (Method::Card, Happening::Failures(*count), Mark::Nobody),
        Event::WrongCode { .. } => (Method::Keypad, Happening::WrongCode, Mark::Nobody),
        Event::LockedOut => (Method::Keypad, Happening::LockedOut, Mark::Nobody),
        Event::DoorSensor { open: true } => (Method::Door, Happening::LeafOpened, Mark::Somebody),
        Event::DoorSensor { open: false } => (Method::Door, Happening::LeafClosed, Mark::Somebody),
        Event::Claimed => (Method::Door, Happening::Claimed, Mark::Nobody),
        Event::Reset => (Method::Door, Happening::Reset, Mark::Nobody),
        _ => return None,
    };
    Some(Told::new(method, happening, mark))
}

fn operation(accepted: &AcceptedOperation) -> Option<Told> {
    if accepted.kind == OperationKind::Deliver {
        return None;
    }
    let mark = match accepted.share {
        Some(_) => Mark::Shared(accepted.phone, accepted.holder),
        None => Mark::Holder(accepted.holder),
    };
    Some(Told::new(Method::App, Happening::Opened, mark))
}

fn keyed(key: UsedKey) -> Told {
    let (method, mark) = match key {
        UsedKey::Doorcode(number) => (Method::Doorcode, Mark::Credential(number)),
        UsedKey::Card(number) => (Method::Card, Mark::Credential(number)),
        UsedKey::Daily(code) => match code.kind {
            DailyKind::WholeDay => (Method::WholeDayCode, Mark::Daily(code)),
            DailyKind::FirstUse => (Method::FirstUseCode, Mark::Daily(code)),
        },
        _ => (Method::Other, Mark::Somebody),
    };
    Told::new(method, Happening::Opened, mark)
}
