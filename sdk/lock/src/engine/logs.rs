//! The log on its way home: chain, batches, acknowledgements (spec §12.2–12.4).

use alloc::vec::Vec;

use thumbturn_protocol::ids::EventNumber;
use thumbturn_protocol::log::{Acknowledgement, EventSalts, LogHead};
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time::Millis;

use super::Engine;
use super::receipts::origin;
use crate::platform::Platform;
use crate::storage::{Link, StorageError};
use crate::work::Work;
use thumbturn_protocol::event::{Event, LoggedEvent, Sequence};

mod batches;
mod redundancy;

pub(super) use batches::GivenBatch;

use batches::Making;
use redundancy::Redundancy;

/// The chain's head, who has which events, and the batch that is being made.
pub(super) struct Logs {
    head: Head,
    salts: Option<EventSalts>,
    redundancy: Redundancy,
    making: Option<Making>,
}

/// What is known of the chain's head without reading the log.
enum Head {
    Unknown,
    /// The event that it comes after was written, and is not hashed yet.
    After(Link),
    /// The head after the event with this sequence.
    Known(Sequence, LogHead),
}

impl Logs {
    pub(super) const fn boot(now: Millis) -> Self {
        Self { head: Head::Unknown, salts: None, redundancy: Redundancy::new(now), making: None }
    }

    /// Another life begins, or this one ends.
    pub(super) fn forget(&mut self, now: Millis) {
        *self = Self::boot(now);
    }
}

impl<P: Platform> Engine<P> {
    /// Writes an event behind the head of the chain: one append.
    pub(super) fn append_event(&mut self, now: Millis, event: &Event) -> Result<Sequence, StorageError> {
        let before = self.log_head()?;
        self.storage.set_log_head(before);
        let time = self.event_time(now);
        // Until it is known to be in flash: perhaps it is, and perhaps not.
        self.logs.head = Head::Unknown;
        let sequence = self.storage.append_event(time, event)?;
        self.logs.head =
            Head::After(Link { before, event: LoggedEvent { sequence, time, event: event.clone() } });
        Ok(sequence)
    }

    /// The head after the newest event. Storage of a door without keys has none.
    pub(super) fn log_head(&mut self) -> Result<LogHead, StorageError> {
        let Some(identity) = self.identity.as_ref() else { return Ok(LogHead([0; 32])) };
        let newest = self.storage.newest_event();
        let link = match core::mem::replace(&mut self.logs.head, Head::Unknown) {
            Head::Known(sequence, head) if sequence == newest => {
                self.logs.head = Head::Known(sequence, head);
                return Ok(head);
            }
            Head::After(link) if link.event.sequence == newest => Some(link),
            Head::After(_) | Head::Known(..) | Head::Unknown => self.storage.newest_link()?,
        };
        let door_key = identity.key_id;
        let head = match link {
            Some(link) if self.storage.event_number(link.event.sequence) > EventNumber(0) => {
                self.head_after(&link).unwrap_or(link.before)
            }
            Some(_) | None => LogHead::start(door_key),
        };
        self.logs.head = Head::Known(self.storage.newest_event(), head);
        Ok(head)
    }

    /// Brings the chain up to date while nobody waits, so that whoever unlocks does not. `false`: it is.
    pub(super) fn step_chain(&mut self) -> bool {
        let newest = self.storage.newest_event();
        let is_known = matches!(self.logs.head, Head::Known(sequence, _) if sequence == newest);
        self.is_claimed() && !is_known && self.log_head().is_ok()
    }

    /// An event with its number, as it is chained and sealed. `None`: longer than an event can be, which flash never holds.
    fn salted(&mut self, event: &LoggedEvent) -> Option<(EventNumber, Vec<u8>)> {
        let identity = self.identity.as_ref()?;
        self.work.add(Work::CHAIN);
        let number = self.storage.event_number(event.sequence);
        let salts = self.logs.salts.get_or_insert_with(|| EventSalts::of(&identity.keys.receipt));
        Some((number, salts.salt(number).salted(&event.to_bytes()?)))
    }

    /// The head after an event.
    fn head_after(&mut self, link: &Link) -> Option<LogHead> {
        let (number, event) = self.salted(&link.event)?;
        Some(link.before.after(number, &event))
    }

    /// Frees events up to one whose head is the door's own, if the property signed that it has them.
    pub(super) fn take_acknowledgement(&mut self, now: Millis, word: &Received<Acknowledgement>) {
        let Some(identity) = self.identity.as_ref() else { return };
        let Ok(claimed) = word.peek_unverified() else { return };
        let certain = self.clock.read(now).certain();
        let Some(key) = identity.signing_key(claimed.origin.generation, certain) else { return };
        self.work.add(Work::VERIFY);
        let Ok(word) = word.verify(key) else { return };
        let generation = word.origin.generation;
        let ours = thumbturn_protocol::statement::Origin { generation, ..origin(identity) };
        let sequence = self.storage.numbered_event(word.sequence);
        if word.origin != ours || sequence <= self.storage.acknowledged() {
            return;
        }
        if self.head_at(sequence).is_ok_and(|head| head == Some(word.head)) {
            // What does not get into flash was not acknowledged; another phone brings it.
            let _ = self.storage.acknowledge(sequence);
        }
    }

    /// The head after an event; `None` when neither it nor the one after it is held.
    fn head_at(&mut self, sequence: Sequence) -> Result<Option<LogHead>, StorageError> {
        let newest = self.storage.newest_event();
        if sequence >= newest {
            return if sequence == newest { self.log_head().map(Some) } else { Ok(None) };
        }
        let Some(link) = self.storage.next_link(sequence)? else { return Ok(None) };
        if link.event.sequence == sequence {
            return Ok(self.head_after(&link));
        }
        Ok((link.event.sequence == sequence.next()).then_some(link.before))
    }
}
