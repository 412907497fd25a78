//! A ring of erase blocks that records are appended to: the one mechanism under everything that a door stores.
//!
//! Each block begins with a stamp {region, turn}, written after its erase was complete, followed by slots of equal size.
//! *Turn* counts the blocks ever prepared; a turn lies in block `turn % blocks`, so blocks wear alike and the order of
//! records is the order of places. Maintenance keeps blocks prepared ahead, so that appending never erases.

use crate::flash::{ERASE_BLOCK, Flash, PROGRAM_PAGE};

use super::StorageError;
use super::checksum::checksum;
use super::layout::Region;

const STAMP: usize = 16;
const STAMP_MAGIC: [u8; 3] = [b'T', b'T', 1];

/// What a ring is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) region: Region,
    /// Bytes of a slot, a multiple of the write granule.
    pub(super) slot: usize,
    /// Prepared blocks that maintenance keeps after the head. At most the region's blocks less two.
    pub(super) ahead: usize,
}

impl Shape {
    pub(super) const fn slots(&self) -> usize {
        (ERASE_BLOCK - STAMP) / self.slot
    }

    const fn block_address(&self, turn: usize) -> usize {
        self.region.address() + turn % self.region.blocks * ERASE_BLOCK
    }

    /// Slots end with the block, so that slots of a power of two never straddle a program page.
    const fn slots_offset(&self) -> usize {
        ERASE_BLOCK - self.slots() * self.slot
    }

    const fn address(&self, place: Place) -> usize {
        self.block_address(place.turn) + self.slots_offset() + place.slot * self.slot
    }
}

/// A slot of a ring. Places order as their records were appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) turn: usize,
    pub(super) slot: usize,
}

/// A ring, and where its ends are. Takes a few words of RAM, whatever its size in flash.
#[derive(Debug)]
pub(super) struct Ring {
    shape: Shape,
    /// The oldest turn that may hold records.
    start: usize,
    /// The turn that is being filled.
    head: usize,
    /// The next slot of `head` to fill; may be one past the last.
    next_slot: usize,
    /// The turn after the last prepared one.
    end: usize,
}

impl Ring {
    /// Finds the ends of the ring. Reads each block's stamp and the blocks that were ahead.
    ///
    /// The oldest block may hold anything: power may have failed while it was erased for the next turn.
    pub(super) fn open<F: Flash>(flash: &mut F, shape: Shape) -> Result<Self, StorageError> {
        let mut ring = Self { shape, start: 0, head: 0, next_slot: 0, end: 0 };
        let Some(newest) = ring.newest_turn(flash)? else { return Ok(ring) };
        ring.end = newest + 1;
        ring.start = ring.end.saturating_sub(shape.region.blocks);
        ring.head = ring.start;
        for turn in (ring.start..ring.end).rev() {
            let used = ring.used_slots(flash, turn)?;
            if used > 0 {
                (ring.head, ring.next_slot) = (turn, used);
                break;
            }
        }
        Ok(ring)
    }

    /// Programs `bytes` into the next slot: one append, never an erase. [`StorageError::NoRoom`] when maintenance lags.
    pub(super) fn append<F: Flash>(&mut self, flash: &mut F, bytes: &[u8]) -> Result<Place, StorageError> {
        if bytes.len() > self.shape.slot {
            return Err(StorageError::TooLong);
        }
        let place = self.next_place();
        if place.turn >= self.end {
            return Err(StorageError::NoRoom);
        }
        // Spent before it is written: a slot in which a program failed is never programmed again.
        (self.head, self.next_slot) = (place.turn, place.slot + 1);
        flash.program(self.shape.address(place), bytes)?;
        Ok(place)
    }

    /// Programs several slots that follow each other: one append. `bytes` fills at most [`Ring::slots_in_page`] slots.
    pub(super) fn append_slots<F: Flash>(
        &mut self,
        flash: &mut F,
        bytes: &[u8],
    ) -> Result<Place, StorageError> {
        let slots = bytes.len().div_ceil(self.shape.slot);
        let place = self.next_place();
        if slots > self.slots_in_page() {
            return Err(StorageError::TooLong);
        }
        if place.turn >= self.end {
            return Err(StorageError::NoRoom);
        }
        (self.head, self.next_slot) = (place.turn, place.slot + slots);
        flash.program(self.shape.address(place), bytes)?;
        Ok(place)
    }

    /// Whole slots from the next place to the end of its program page: as many as one page operation fills.
    pub(super) const fn slots_in_page(&self) -> usize {
        (PROGRAM_PAGE - self.shape.address(self.next_place()) % PROGRAM_PAGE) / self.shape.slot
    }

    /// The number of the region that it lies in.
    pub(super) const fn region_number(&self) -> u8 {
        self.shape.region.number
    }

    /// Where the next append goes, if there is room.
    pub(super) const fn next_place(&self) -> Place {
        if self.next_slot < self.shape.slots() {
            Place { turn: self.head, slot: self.next_slot }
        } else {
            Place { turn: self.head + 1, slot: 0 }
        }
    }

    /// Fills `bytes` from the start of the slot at `place`.
    pub(super) fn read<F: Flash>(
        &self,
        flash: &mut F,
        place: Place,
        bytes: &mut [u8],
    ) -> Result<(), StorageError> {
        Ok(flash.read(self.shape.address(place), bytes)?)
    }

    /// Overwrites the first bytes of the slot at `place`, which may only clear bits.
    pub(super) fn overwrite<F: Flash>(
        &self,
        flash: &mut F,
        place: Place,
        bytes: &[u8],
    ) -> Result<(), StorageError> {
        Ok(flash.program(self.shape.address(place), bytes)?)
    }

    /// Whether fewer blocks are prepared than there should be.
    pub(super) const fn is_due(&self) -> bool {
        self.end <= self.head + self.shape.ahead
    }

    /// The turn that the next [`Ring::prepare`] erases, if one does.
    pub(super) const fn victim(&self) -> Option<usize> {
        match self.end.checked_sub(self.shape.region.blocks) {
            Some(turn) if turn >= self.start => Some(turn),
            Some(_) | None => None,
        }
    }

    /// Erases the oldest block and stamps it for the next turn: one erase.
    pub(super) fn prepare<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        if let Some(victim) = self.victim() {
            self.start = victim + 1;
        }
        let address = self.shape.block_address(self.end);
        flash.erase(address)?;
        flash.program(address, &self.stamp(self.end)?)?;
        self.end += 1;
        Ok(())
    }

    /// Slots that can be filled before the next [`Ring::prepare`].
    pub(super) const fn room(&self) -> usize {
        ((self.end - self.head) * self.shape.slots()).saturating_sub(self.next_slot)
    }

    /// Turns that may hold records, oldest first. Empty before the first append.
    pub(super) const fn turns(&self) -> core::ops::Range<usize> {
        let end = if self.next_slot == 0 { self.head } else { self.head + 1 };
        self.start..end
    }

    /// The used slots of `turn`, oldest first.
    pub(super) fn places(&self, turn: usize) -> impl DoubleEndedIterator<Item = Place> + use<> {
        let used = match turn.cmp(&self.head) {
            core::cmp::Ordering::Less => self.shape.slots(),
            core::cmp::Ordering::Equal => self.next_slot,
            core::cmp::Ordering::Greater => 0,
        };
        (0..used).map(move |slot| Place { turn, slot })
    }

    /// All used slots, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = Place> {
        self.turns().rev().flat_map(|turn| self.places(turn).rev())
    }

    /// The number of a slot in the region, which outlives the turn: block × slots + slot.
    pub(super) const fn slot_number(&self, place: Place) -> usize {
        place.turn % self.shape.region.blocks * self.shape.slots() + place.slot
    }

    /// The place that a slot number stands for now, if it may hold a record.
    pub(super) fn place(&self, slot_number: usize) -> Option<Place> {
        let (block, slot) = (slot_number / self.shape.slots(), slot_number % self.shape.slots());
        let blocks = self.shape.region.blocks;
        // The turn of that block within the last lap before `end`.
        let lap_start = self.end.saturating_sub(blocks);
        let turn = lap_start + (block + blocks - lap_start % blocks) % blocks;
        let place = Place { turn, slot };
        (self.turns().contains(&turn) && self.places(turn).any(|used| used == place)).then_some(place)
    }

    fn newest_turn<F: Flash>(&self, flash: &mut F) -> Result<Option<usize>, StorageError> {
        let mut newest = None;
        for block in 0..self.shape.region.blocks {
            newest = newest.max(self.stamped_turn(flash, block)?);
        }
        Ok(newest)
    }

    /// The turn that `block` is stamped for, if it is stamped at all and for a turn that belongs there.
    fn stamped_turn<F: Flash>(&self, flash: &mut F, block: usize) -> Result<Option<usize>, StorageError> {
        let mut stamp = [0; STAMP];
        flash.read(self.shape.block_address(block), &mut stamp)?;
        let [_, _, _, _, a, b, c, d, ..] = stamp;
        let Ok(turn) = usize::try_from(u32::from_le_bytes([a, b, c, d])) else { return Ok(None) };
        let belongs = turn % self.shape.region.blocks == block && stamp == self.stamp(turn)?;
        Ok(belongs.then_some(turn))
    }

    fn stamp(&self, turn: usize) -> Result<[u8; STAMP], StorageError> {
        let turn = u32::try_from(turn).map_err(|_| StorageError::WornOut)?;
        let slot = u32::try_from(self.shape.slot).map_err(|_| StorageError::TooLong)?;
        let [t0, t1, t2, t3] = turn.to_le_bytes();
        let [s0, s1, s2, s3] = slot.to_le_bytes();
        let [m0, m1, m2] = STAMP_MAGIC;
        let head = [m0, m1, m2, self.shape.region.number, t0, t1, t2, t3, s0, s1, s2, s3];
        let [c0, c1, c2, c3] = checksum(&[&head]).to_le_bytes();
        Ok([m0, m1, m2, self.shape.region.number, t0, t1, t2, t3, s0, s1, s2, s3, c0, c1, c2, c3])
    }

    /// One past the last slot of `turn` that is not blank. A torn record counts: its slot cannot be used again.
    fn used_slots<F: Flash>(&self, flash: &mut F, turn: usize) -> Result<usize, StorageError> {
        let first = self.shape.slots_offset();
        let mut chunk = [0; PROGRAM_PAGE];
        for offset in (0..ERASE_BLOCK).step_by(PROGRAM_PAGE).rev() {
            flash.read(self.shape.block_address(turn) + offset, &mut chunk)?;
            let Some(last) = chunk.iter().rposition(|byte| *byte != 0xff) else { continue };
            // Bytes before the first slot are the stamp.
            return Ok((offset + last + 1).saturating_sub(first).div_ceil(self.shape.slot));
        }
        Ok(0)
    }
}
