//! One part of the event log: a ring of event records, counted by ordinals of its own.
//!
//! The two parts share one sequence, so a gap in the sequence of one part says nothing. Ordinals have no gaps within a
//! part: the oldest ordinal that can still be read tells how many records were overwritten, with nothing else written.

use serde::{Deserialize, Serialize};
use thumbturn_protocol::log::LogHead;

use crate::flash::Flash;
use thumbturn_protocol::event::{Event, EventTime, LoggedEvent, Sequence};

use super::StorageError;
use super::event_log::Link;
use super::layout::Region;
use super::record;
use super::ring::{Place, Ring, Shape};

/// Half a program page: a record never straddles two.
const SLOT: usize = 128;
/// Prepared blocks after the one being filled: at least 62 events between two maintenances.
const AHEAD: usize = 2;

#[derive(Serialize, Deserialize)]
struct EventRecord {
    sequence: Sequence,
    ordinal: u32,
    /// Head of the chain before the event, so that the chain outlives what is overwritten.
    before: LogHead,
    time: EventTime,
    event: Event,
}

/// How far a part was acknowledged, and what it had lost by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The first ordinal that is not acknowledged.
    next: u32,
    /// Records overwritten before they were acknowledged, up to that point.
    lost: u32,
}

impl Mark {
    pub(super) const NONE: Self = Self { next: 0, lost: 0 };
}

#[derive(Debug)]
pub(super) struct Track {
    region: Region,
    ring: Ring,
    /// The sequence of the newest record.
    newest: Option<Sequence>,
    next_ordinal: u32,
    /// From here on all ordinals can be read.
    oldest_ordinal: u32,
}

impl Track {
    pub(super) fn open<F: Flash>(flash: &mut F, region: Region) -> Result<Self, StorageError> {
        let ring = Ring::open(flash, Shape { region, slot: SLOT, ahead: AHEAD })?;
        let mut track = Self { region, ring, newest: None, next_ordinal: 0, oldest_ordinal: 0 };
        for place in track.ring.newest_first() {
            if let Some(record) = track.record(flash, place)? {
                track.newest = Some(record.sequence);
                track.next_ordinal = record.ordinal.saturating_add(1);
                break;
            }
        }
        track.oldest_ordinal = track.find_oldest(flash)?;
        Ok(track)
    }

    /// Writes one record: one append.
    pub(super) fn append<F: Flash>(
        &mut self,
        flash: &mut F,
        sequence: Sequence,
        before: LogHead,
        time: EventTime,
        event: &Event,
    ) -> Result<(), StorageError> {
        let ordinal = self.next_ordinal;
        let record = EventRecord { sequence, ordinal, before, time, event: event.clone() };
        let mut slot = [0; SLOT];
        self.ring.append(flash, record::encode(self.region.number, &record, &mut slot)?)?;
        self.newest = Some(sequence);
        self.next_ordinal = self.next_ordinal.saturating_add(1);
        Ok(())
    }

    /// Prepares one block if one is due: at most one erase. Tells whether it did.
    pub(super) fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        if !self.ring.is_due() {
            return Ok(false);
        }
        self.ring.prepare(flash)?;
        self.oldest_ordinal = match self.first_from(flash, self.ring.turns().start)? {
            Some(record) => self.oldest_ordinal.max(record.ordinal),
            None => self.next_ordinal,
        };
        Ok(true)
    }

    pub(super) const fn is_due(&self) -> bool {
        self.ring.is_due()
    }

    pub(super) const fn room(&self) -> usize {
        self.ring.room()
    }

    pub(super) const fn newest(&self) -> Option<Sequence> {
        self.newest
    }

    /// The first event with `from` or a later sequence. A bounded number of reads, whatever the ring holds.
    pub(super) fn find<F: Flash>(&self, flash: &mut F, from: Sequence) -> Result<Option<Link>, StorageError> {
        Ok(self.find_record(flash, from)?.map(EventRecord::into_link))
    }

    /// Events, newest first; those that cannot be read are left out.
    pub(super) fn newest_first<F: Flash>(
        &self,
        flash: &mut F,
    ) -> impl Iterator<Item = Result<LoggedEvent, StorageError>> {
        self.ring
            .newest_first()
            .filter_map(move |place| self.record(flash, place).transpose())
            .map(|record| record.map(|record| record.into_link().event))
    }

    /// The mark after all events up to `up_to` were acknowledged; never before `mark`.
    pub(super) fn acknowledge<F: Flash>(
        &self,
        flash: &mut F,
        up_to: Sequence,
        mark: Mark,
    ) -> Result<Mark, StorageError> {
        let first_waiting = match self.find_record(flash, up_to.next())? {
            Some(record) => record.ordinal,
            None => self.next_ordinal,
        };
        Ok(Mark { next: mark.next.max(first_waiting), lost: self.lost(mark) })
    }

    /// The mark of a log that begins with the next record.
    pub(super) const fn begin(&self) -> Mark {
        Mark { next: self.next_ordinal, lost: 0 }
    }

    /// Records overwritten before they were acknowledged, in all the life of the door.
    pub(super) const fn lost(&self, mark: Mark) -> u32 {
        mark.lost.saturating_add(self.oldest_ordinal.saturating_sub(mark.next))
    }

    fn find_record<F: Flash>(
        &self,
        flash: &mut F,
        from: Sequence,
    ) -> Result<Option<EventRecord>, StorageError> {
        let turns = self.ring.turns();
        // Invariant: nothing before `low` is wanted. A block without a readable record moves `high`, which only costs reads.
        let (mut low, mut high) = (turns.start, turns.end);
        while high.saturating_sub(low) > 1 {
            let middle = low + (high - low) / 2;
            match self.first_in(flash, middle)? {
                Some(record) if record.sequence <= from => low = middle,
                Some(_) | None => high = middle,
            }
        }
        for place in (low..turns.end).flat_map(|turn| self.ring.places(turn)) {
            if let Some(record) = self.record(flash, place)?
                && record.sequence >= from
                && record.ordinal >= self.oldest_ordinal
            {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The smallest ordinal from which on there is no gap at the old end. An interrupted erase leaves gaps there.
    fn find_oldest<F: Flash>(&self, flash: &mut F) -> Result<u32, StorageError> {
        let start = self.ring.turns().start;
        let mut oldest = match self.first_from(flash, start + 1)? {
            Some(record) => record.ordinal,
            None => self.next_ordinal,
        };
        for place in self.ring.places(start).rev() {
            match self.record(flash, place)? {
                Some(record) if record.ordinal.saturating_add(1) == oldest => oldest = record.ordinal,
                Some(_) => break,
                None => {}
            }
        }
        Ok(oldest)
    }

    fn first_from<F: Flash>(&self, flash: &mut F, turn: usize) -> Result<Option<EventRecord>, StorageError> {
        for turn in turn..self.ring.turns().end {
            if let Some(record) = self.first_in(flash, turn)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    fn first_in<F: Flash>(&self, flash: &mut F, turn: usize) -> Result<Option<EventRecord>, StorageError> {
        for place in self.ring.places(turn) {
            if let Some(record) = self.record(flash, place)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    fn record<F: Flash>(&self, flash: &mut F, place: Place) -> Result<Option<EventRecord>, StorageError> {
        let mut slot = [0; SLOT];
        self.ring.read(flash, place, &mut slot)?;
        Ok(record::decode(self.region.number, &slot))
    }
}

impl EventRecord {
    fn into_link(self) -> Link {
        let Self { sequence, before, time, event, .. } = self;
        Link { before, event: LoggedEvent { sequence, time, event } }
    }
}
