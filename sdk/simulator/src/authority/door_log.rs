//! What the authority has of a door's log (spec §12.4).

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_lock::event::{LoggedEvent, Sequence};
use thumbturn_protocol::ids::{DoorKeyId, EventNumber};
use thumbturn_protocol::log::{EventSalt, LogBatch, LogHead};

use super::AuthorityError;

/// Events, heads and gaps of one life of a door, from batches in any order.
#[derive(Clone, Debug)]
pub struct DoorLog {
    /// Salted, by number.
    events: BTreeMap<u32, Vec<u8>>,
    /// The head after each number of which one is known.
    heads: BTreeMap<u32, LogHead>,
    /// What the door said it holds no more.
    gone: BTreeSet<u32>,
}

impl DoorLog {
    pub(super) fn new(door_key: DoorKeyId) -> Self {
        let heads = BTreeMap::from([(0, LogHead::start(door_key))]);
        Self { events: BTreeMap::new(), heads, gone: BTreeSet::new() }
    }

    /// Takes a batch that agrees with all heads that are known.
    pub(super) fn take(&mut self, batch: &LogBatch) -> Result<(), AuthorityError> {
        let (first, last) = (batch.header().first.0, batch.last().0);
        let numbers = || first.saturating_sub(1)..=last;
        let agrees = |number| match (self.heads.get(&number), batch.head_at(EventNumber(number))) {
            (Some(known), Some(head)) => *known == head,
            _ => true,
        };
        if !numbers().all(agrees) {
            return Err(AuthorityError::Forked);
        }
        for number in numbers() {
            self.heads.extend(batch.head_at(EventNumber(number)).map(|head| (number, head)));
        }
        self.events.extend(batch.events().map(|(number, event)| (number.0, event.to_vec())));
        self.gone.extend(first.saturating_sub(batch.header().gone)..first);
        Ok(())
    }

    /// The highest number up to which every event is here or gone, and the head after it.
    pub(super) fn complete(&self) -> (EventNumber, LogHead) {
        let is_there = |number: &u32| self.events.contains_key(number) || self.gone.contains(number);
        let last = (1..).take_while(is_there).last().unwrap_or(0);
        let known = self.heads.range(..=last).next_back();
        known.map_or((EventNumber(0), LogHead([0; 32])), |(number, head)| (EventNumber(*number), *head))
    }

    /// The head after an event, if it is known.
    #[must_use]
    pub fn head(&self, number: EventNumber) -> Option<LogHead> {
        self.heads.get(&number.0).copied()
    }

    /// The events that are here, by their numbers; `None`: not one that this version knows.
    pub fn events(&self) -> impl Iterator<Item = (EventNumber, Option<LoggedEvent>)> {
        self.events.iter().map(|(number, event)| {
            let event = event.split_at_checked(EventSalt::LENGTH);
            let logged = event.and_then(|(_, event)| LoggedEvent::from_bytes(Sequence(*number), event));
            (EventNumber(*number), logged)
        })
    }

    /// Whether the door overwrote an event before any batch with it came here.
    #[must_use]
    pub fn is_lost(&self, number: EventNumber) -> bool {
        self.gone.contains(&number.0) && !self.events.contains_key(&number.0)
    }

    /// Events that the door overwrote before any batch with them came here.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.gone.iter().filter(|number| !self.events.contains_key(number)).count()
    }
}
