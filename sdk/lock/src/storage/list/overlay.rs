//! Deltas that are not in a slot yet: runs of rows in a ring, each made to count by the commit record behind it.
//!
//! A run is the new settings, if the delta has some, its rows in their order, and the commit. Newer runs win over older
//! ones and over the slot. Positions count the slots of the ring ever filled.

mod commit;
mod fingerprints;
mod run;
mod sorted;

use zeroize::Zeroizing;

use crate::flash::{Flash, PROGRAM_PAGE};
use crate::storage::ring::{Place, Ring, Shape};
use crate::storage::{StorageError, layout};

use super::ListError;
use super::row::{ROW, ROW_KEY, blank, key_of, unseal};

pub(super) use commit::{Commit, RunSettings};
use fingerprints::Fingerprints;
use run::Run;
pub(super) use sorted::{NextRow, SortedRows};

/// Slots of a block of the ring.
const SLOTS: usize = SHAPE.slots();
/// Slots of the ring.
pub(super) const CAPACITY: usize = SLOTS * layout::OVERLAY.blocks;
/// Slots that a long delta leaves free: a one-row delta in each slice of a merge, and half as much again.
pub(super) const RESERVE: usize = 24 * SLOTS;
/// Slots of the longest delta that may use the reserve.
const SHORT: usize = 66;

const SHAPE: Shape = Shape { region: layout::OVERLAY, slot: ROW, ahead: layout::OVERLAY.blocks - 2 };

/// Rows between which one rotted, in a run that counts.
#[derive(Clone, Copy, Debug)]
struct Gap {
    after: Option<[u8; ROW_KEY]>,
    before: Option<[u8; ROW_KEY]>,
}

/// Gaps that are told apart. With more, no key is known to be absent.
const GAPS: usize = 4;

pub(super) struct Overlay {
    ring: Ring,
    fingerprints: Fingerprints,
    /// Runs before this position are in the slot.
    from: usize,
    /// After the newest commit.
    end: usize,
    newest: Option<Commit>,
    settings: Option<RunSettings>,
    gaps: heapless::Vec<Gap, GAPS>,
    run: Option<Run>,
}

/// Whether a delta finds room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Enough,
    /// As soon as blocks are erased.
    NotErased,
    /// After a merge.
    NotMerged,
}

impl Overlay {
    /// Reads all runs from the position on.
    pub(super) fn open<F: Flash>(flash: &mut F, from: usize) -> Result<Self, StorageError> {
        let ring = Ring::open(flash, SHAPE)?;
        let mut overlay = Self {
            ring,
            fingerprints: Fingerprints::new(),
            from,
            end: from,
            newest: None,
            settings: None,
            gaps: heapless::Vec::new(),
            run: None,
        };
        overlay.load(flash)?;
        Ok(overlay)
    }

    /// What the newest run says of a key: its row, which may be a removed one.
    pub(super) fn find<F: Flash>(
        &self,
        flash: &mut F,
        key: &[u8; ROW_KEY],
    ) -> Result<Option<Zeroizing<[u8; ROW]>>, ListError> {
        if self.gaps.iter().any(|gap| gap.covers(key)) {
            return Err(ListError::Damaged);
        }
        let mut end = self.end;
        while let Some(position) = self.fingerprints.newest(self.from..end, key) {
            let row = self.read(flash, position)?.ok_or(ListError::Damaged)?;
            if key_of(&row) == *key {
                return Ok(Some(row));
            }
            end = position;
        }
        Ok(None)
    }

    pub(super) const fn newest(&self) -> Option<&Commit> {
        self.newest.as_ref()
    }

    /// Where the newest settings lie, if a run has some.
    pub(super) const fn settings(&self) -> Option<RunSettings> {
        self.settings
    }

    pub(super) fn read_settings<F: Flash>(
        &self,
        flash: &mut F,
        settings: RunSettings,
        bytes: &mut [u8],
    ) -> Result<(), StorageError> {
        for (unit, part) in bytes.chunks_mut(ROW).enumerate() {
            self.ring.read(flash, place(settings.position + unit), part)?;
        }
        Ok(())
    }

    pub(super) const fn end(&self) -> usize {
        self.end
    }

    /// Slots between the oldest run that is not in the slot and the next one to fill.
    pub(super) const fn used(&self) -> usize {
        position(self.ring.next_place()).saturating_sub(self.from)
    }

    /// Whether a run is not in the slot yet.
    pub(super) const fn has_runs(&self) -> bool {
        self.end > self.from
    }

    pub(super) fn is_damaged(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// Whether a run of so many slots finds room.
    pub(super) const fn room(&self, slots: usize) -> Room {
        let reserve = if slots <= SHORT { 0 } else { RESERVE };
        let wanted = slots + reserve;
        // The block before the first run that counts is kept while the one after the last is being prepared.
        let merged = (layout::OVERLAY.blocks - 1) * SLOTS;
        if self.ring.room() >= wanted {
            Room::Enough
        } else if self.from % SLOTS + self.used() + wanted <= merged {
            Room::NotErased
        } else {
            Room::NotMerged
        }
    }

    /// Runs before `position` are in a slot: their blocks are free.
    pub(super) fn forget_before(&mut self, position: usize) {
        self.fingerprints.clear(self.from..position);
        self.from = position;
        self.settings = self.settings.filter(|settings| settings.position >= position);
        if self.end <= position {
            self.end = position;
            self.newest = None;
            self.gaps.clear();
        }
    }

    /// Where the next run begins.
    pub(super) const fn next_position(&self) -> usize {
        position(self.ring.next_place())
    }

    /// Prepares a block when one is free: at most one erase. Tells whether it did.
    pub(super) fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        if !self.is_due() {
            return Ok(false);
        }
        self.ring.prepare(flash)?;
        Ok(true)
    }

    pub(super) fn is_due(&self) -> bool {
        self.ring.is_due() && self.ring.victim().is_none_or(|turn| turn < place(self.from).turn)
    }

    /// Whether so few slots are erased that this comes before all else.
    pub(super) fn is_short(&self) -> bool {
        self.ring.room() < 2 * SLOTS && self.is_due()
    }

    /// Reads the row at a position. `None` when it has rotted.
    pub(super) fn read<F: Flash>(
        &self,
        flash: &mut F,
        position: usize,
    ) -> Result<Option<Zeroizing<[u8; ROW]>>, StorageError> {
        let mut row = blank();
        self.ring.read(flash, place(position), row.as_mut_slice())?;
        Ok(unseal(&mut row).then_some(row))
    }

    fn load<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        let next = self.next_position();
        let mut position = self.from;
        let mut page = Zeroizing::new([0; PROGRAM_PAGE]);
        while position < next {
            let count = (PROGRAM_PAGE / ROW).min(SLOTS - position % SLOTS).min(next - position);
            let Some(slots) = page.get_mut(..count * ROW) else { break };
            self.ring.read(flash, place(position), slots)?;
            for slot in slots.as_chunks_mut::<ROW>().0 {
                self.load_slot(flash, position, slot)?;
                position += 1;
            }
        }
        self.fingerprints.clear(self.end..next);
        Ok(())
    }

    fn load_slot<F: Flash>(
        &mut self,
        flash: &mut F,
        position: usize,
        slot: &mut [u8; ROW],
    ) -> Result<(), StorageError> {
        let newer =
            |commit: &Commit| self.newest.as_ref().is_none_or(|newest| commit.edition > newest.edition);
        if let Some(commit) = Commit::decode(slot).filter(newer) {
            return self.load_run(flash, position, commit);
        }
        if unseal(slot) {
            self.fingerprints.set(position, &key_of(slot));
        } else {
            self.fingerprints.set_unreadable(position);
        }
        Ok(())
    }

    /// Makes the run before the commit at `position` count.
    fn load_run<F: Flash>(
        &mut self,
        flash: &mut F,
        position: usize,
        commit: Commit,
    ) -> Result<(), StorageError> {
        let rows = position.saturating_sub(usize::from(commit.changes)).max(self.end);
        // What lies before the rows: settings, and runs that were begun and never committed.
        self.fingerprints.clear(self.end..rows);
        for number in rows..position {
            if self.fingerprints.is_unreadable(number) {
                let after = if number > rows { self.read(flash, number - 1)? } else { None };
                let before = if number + 1 < position { self.read(flash, number + 1)? } else { None };
                self.add_gap(Gap {
                    after: after.map(|row| key_of(&row)),
                    before: before.map(|row| key_of(&row)),
                });
                self.fingerprints.clear(number..number + 1);
            }
        }
        self.count(position, commit);
        Ok(())
    }

    /// The commit at `position` was written or read.
    fn count(&mut self, position: usize, commit: Commit) {
        self.fingerprints.clear(position..position + 1);
        self.settings = commit.settings(position).or(self.settings);
        self.newest = Some(commit);
        self.end = position + 1;
    }

    fn add_gap(&mut self, gap: Gap) {
        if self.gaps.push(gap).is_err() {
            self.gaps.clear();
            // Never full: it was just cleared.
            let _ = self.gaps.push(Gap { after: None, before: None });
        }
    }
}

impl Gap {
    /// Whether the rotten row can be the one of this key.
    fn covers(&self, key: &[u8; ROW_KEY]) -> bool {
        self.after.is_none_or(|after| after < *key) && self.before.is_none_or(|before| *key < before)
    }
}

const fn place(position: usize) -> Place {
    Place { turn: position / SLOTS, slot: position % SLOTS }
}

const fn position(place: Place) -> usize {
    place.turn * SLOTS + place.slot
}
