//! A door's log as the manager core has it, read with the door engine's own words (spec §12.5).

use core::ops::Deref;

use thumbturn_manager::authority::door_log::DoorLog as LogBook;
use thumbturn_protocol::event::{LoggedEvent, Sequence};
use thumbturn_protocol::ids::{DoorId, EventNumber};
use thumbturn_protocol::keys::DoorPublicKeys;

/// Events, heads and gaps of one life of a door, from batches in any order.
#[derive(Clone, Debug)]
pub struct DoorLog {
    pub(super) book: LogBook,
}

impl DoorLog {
    pub(super) fn new(door: DoorId, keys: DoorPublicKeys) -> Self {
        Self { book: LogBook::new(door, keys) }
    }

    /// The events that are here, by their numbers; `None`: not one that this version knows.
    pub fn events(&self) -> impl Iterator<Item = (EventNumber, Option<LoggedEvent>)> {
        let events = self.book.events();
        events.map(|(number, event)| (number, LoggedEvent::from_bytes(Sequence(number.0), event)))
    }
}

/// Heads, gaps and losses.
impl Deref for DoorLog {
    type Target = LogBook;

    fn deref(&self) -> &LogBook {
        &self.book
    }
}
