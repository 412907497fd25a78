//! What the authority has of a door's log: a chain of events, its gaps, and the word that frees them at the door (spec §12.2–§12.4).

mod runs;
#[cfg(feature = "office")]
mod stored;
#[cfg(test)]
mod tests;

use core::ops::RangeInclusive;
use std::collections::BTreeMap;

use thumbturn_protocol::ids::{DoorId, EventNumber};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::log::{Acknowledgement, EventSalt, LogBatch, LogHead, SealedBatch};
use thumbturn_protocol::signed::Signed;

use self::runs::Runs;
#[cfg(feature = "office")]
pub(crate) use self::stored::{StoredHead, StoredLog};
use super::error::AuthorityError;
use super::generation_keys::GenerationKeys;
use super::receipt_book::NewReceipt;

/// Events, heads and gaps of one life of a door, from batches in any order. What an event says is for others to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorLog {
    door: DoorId,
    keys: DoorPublicKeys,
    /// Salted, by number.
    events: BTreeMap<u32, Vec<u8>>,
    /// Events that are kept elsewhere.
    kept: Runs,
    /// The head after each number of which one is known.
    heads: BTreeMap<u32, LogHead>,
    /// What the door said it holds no more.
    gone: Runs,
    /// Up to here every event is there or gone.
    whole: u32,
}

impl DoorLog {
    /// The log of a door whose keys the authority certified, before anything came.
    #[must_use]
    pub fn new(door: DoorId, keys: DoorPublicKeys) -> Self {
        let heads = BTreeMap::from([(0, LogHead::start(keys.id()))]);
        let (kept, gone) = (Runs::default(), Runs::default());
        Self { door, keys, events: BTreeMap::new(), kept, heads, gone, whole: 0 }
    }

    /// Opens a batch that some courier brought, in any order and as often as it comes.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] when the door did not sign it for this property and generation; [`AuthorityError::Forked`] when it
    /// contradicts a head that is known. The log stays as it is then.
    pub fn take(&mut self, sealed: &SealedBatch, keys: &GenerationKeys) -> Result<(), AuthorityError> {
        let batch = sealed.open(&keys.origin(self.door, &self.keys), &self.keys, &keys.sealing)?;
        let heads = heads_of(&batch);
        if heads.iter().any(|(number, head)| self.heads.get(number).is_some_and(|known| known != head)) {
            return Err(AuthorityError::Forked);
        }
        let first = batch.header().first.0;
        self.heads.extend(heads);
        let new = batch.events().filter(|(number, _)| self.kept.end_of(number.0).is_none());
        self.events.extend(new.map(|(number, event)| (number.0, event.to_vec())));
        // Events are numbered from 1.
        self.gone.insert(first.saturating_sub(batch.header().gone).max(1)..=first.saturating_sub(1));
        while let Some(end) = self.whole.checked_add(1).and_then(|next| self.end_of(next)) {
            self.whole = end;
        }
        Ok(())
    }

    /// Learns from a receipt how far the log goes, and what its head is there. A courier that drops batches cannot hide that.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Forked`] when the head is not the one that is known. The log stays as it is then.
    pub fn learn(&mut self, receipt: &NewReceipt) -> Result<(), AuthorityError> {
        let Some(last) = receipt.body.log_next.0.checked_sub(1) else { return Ok(()) };
        let head = receipt.body.log_head;
        if self.heads.get(&last).is_some_and(|known| *known != head) {
            return Err(AuthorityError::Forked);
        }
        self.heads.insert(last, head);
        Ok(())
    }

    /// Signs for the door what it may free: the last event up to which every one is there or gone, and whose head the door itself has
    /// signed. `None`: nothing yet.
    ///
    /// # Errors
    ///
    /// None that a caller can cause.
    pub fn acknowledge(
        &self,
        keys: &GenerationKeys,
    ) -> Result<Option<Signed<Acknowledgement>>, AuthorityError> {
        let (number, head) = self.complete();
        if number == EventNumber(0) {
            return Ok(None);
        }
        let origin = keys.origin(self.door, &self.keys);
        keys.sign(&Acknowledgement::new(origin, number, head)).map(Some)
    }

    /// The last event with a known head up to which every one is there or gone, and that head.
    #[must_use]
    pub fn complete(&self) -> (EventNumber, LogHead) {
        let known = self.heads.range(..=self.whole).next_back();
        known.map_or_else(
            || (EventNumber(0), LogHead::start(self.keys.id())),
            |(number, head)| (EventNumber(*number), *head),
        )
    }

    /// Runs of events that exist and are neither here nor gone: batches with them are on their way, or were dropped.
    pub fn missing(&self) -> impl Iterator<Item = RangeInclusive<EventNumber>> {
        let mut at = self.whole;
        let last = self.heads.keys().next_back().copied().unwrap_or(0);
        core::iter::from_fn(move || {
            let mut first = at.checked_add(1)?;
            while let Some(end) = self.end_of(first) {
                first = end.checked_add(1)?;
            }
            if first > last {
                return None;
            }
            let end = self.next_from(first).map_or(last, |next| next.saturating_sub(1).min(last));
            at = end;
            Some(EventNumber(first)..=EventNumber(end))
        })
    }

    /// The head after an event, if it is known.
    #[must_use]
    pub fn head(&self, number: EventNumber) -> Option<LogHead> {
        self.heads.get(&number.0).copied()
    }

    /// The events that are here, by their numbers, without their salts: `LoggedEvent::from_bytes` of the door engine's crate
    /// (`thumbturn_protocol::event`) reads them.
    pub fn events(&self) -> impl Iterator<Item = (EventNumber, &[u8])> {
        self.events
            .iter()
            .map(|(number, event)| (EventNumber(*number), event.get(EventSalt::LENGTH..).unwrap_or_default()))
    }

    /// Whether the door overwrote an event before any batch with it came here.
    #[must_use]
    pub fn is_lost(&self, number: EventNumber) -> bool {
        self.gone.end_of(number.0).is_some() && !self.is_here(number.0)
    }

    /// Events that the door overwrote before any batch with them came here.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let lost = self.gone.iter().map(|run| {
            let here = self.events.range(run.clone()).count();
            // A run of at most 2^32 numbers has no more events than that.
            (u64::from(*run.end()) + 1 - u64::from(*run.start()))
                .saturating_sub(u64::try_from(here).unwrap_or(0))
        });
        lost.sum()
    }

    fn is_here(&self, number: u32) -> bool {
        self.events.contains_key(&number) || self.kept.end_of(number).is_some()
    }

    /// The last of the numbers from this one on that are all accounted for, as far as one step sees; `None`: it is not itself.
    fn end_of(&self, number: u32) -> Option<u32> {
        let runs = self.gone.end_of(number).max(self.kept.end_of(number));
        runs.or_else(|| self.events.contains_key(&number).then_some(number))
    }

    /// The first number from this one on that is accounted for.
    fn next_from(&self, number: u32) -> Option<u32> {
        let event = self.events.range(number..).next().map(|(number, _)| *number);
        [event, self.kept.next_from(number), self.gone.next_from(number)].into_iter().flatten().min()
    }
}

/// The head before the first event of a batch, and after each.
fn heads_of(batch: &LogBatch) -> Vec<(u32, LogHead)> {
    let mut head = batch.header().before;
    let mut heads = vec![(batch.header().first.0.saturating_sub(1), head)];
    for (number, event) in batch.events() {
        head = head.after(number, event);
        heads.push((number.0, head));
    }
    heads
}
