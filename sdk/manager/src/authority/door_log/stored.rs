//! A log as a store keeps it: events one by one, so that a batch writes what it brings, and is read no further than it reaches.

use core::ops::RangeInclusive;

use thumbturn_protocol::ids::{DoorId, EventNumber};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::log::LogHead;

use super::DoorLog;

/// What a store has of a log: all from the last complete event on, and around a batch that came.
pub(crate) struct StoredLog {
    /// Up to here every event is there or gone.
    pub(crate) whole: u32,
    /// Events and heads, by number.
    pub(crate) known: Vec<StoredHead>,
    /// What is gone after `whole`.
    pub(crate) gone: Vec<RangeInclusive<u32>>,
}

/// What a store has of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredHead {
    pub(crate) number: EventNumber,
    /// Whether the event is there, or was until retention ended.
    pub(crate) is_here: bool,
    /// The head after it, where it is known.
    pub(crate) head: Option<LogHead>,
}

impl DoorLog {
    /// The log that was stored, without the events themselves.
    pub(crate) fn restored(door: DoorId, keys: DoorPublicKeys, stored: StoredLog) -> Self {
        let mut log = Self::new(door, keys);
        log.whole = stored.whole;
        for known in stored.known {
            let number = known.number.0;
            if known.is_here {
                log.kept.insert(number..=number);
            }
            log.heads.extend(known.head.map(|head| (number, head)));
        }
        stored.gone.into_iter().for_each(|run| log.gone.insert(run));
        log
    }

    /// Up to where every event is there or gone.
    pub(crate) const fn whole(&self) -> u32 {
        self.whole
    }

    /// The events that came since the log was restored, salted.
    pub(crate) fn new_events(&self) -> impl Iterator<Item = (EventNumber, &[u8])> {
        self.events.iter().map(|(number, event)| (EventNumber(*number), event.as_slice()))
    }
}
