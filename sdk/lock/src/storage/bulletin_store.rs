//! The bulletin in force, and the one on its way in (spec §11.2).
//!
//! Two areas. Entries are appended to the idle one; the record before them, written last, switches. It counts the bulletins ever
//! kept, so that the later of two counts, and holds a checksum of the entries, so that a bulletin that age has damaged is
//! none, and the next phone brings it again.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use thumbturn_protocol::bulletin::{ENTRY, Entry};
use thumbturn_protocol::limits;

use crate::flash::{ERASE_BLOCK, Flash, PROGRAM_PAGE, is_blank};

use super::checksum::Checksum;
use super::layout::{BULLETINS, Region};
use super::{Storage, StorageError, record};

/// Bytes before the entries: the record that switches.
const SWITCH: usize = 256;
/// Entries that are read from flash at once.
const ENTRIES_AT_ONCE: usize = 32;

const _: () = assert!(
    SWITCH + limits::BULLETIN_ENTRIES * ENTRY <= BULLETINS[0].blocks * ERASE_BLOCK,
    "the longest bulletin fits an area"
);

#[derive(Serialize, Deserialize)]
struct SwitchRecord<'a> {
    /// Rises with each bulletin.
    turn: u32,
    count: u16,
    /// Of the entries.
    checksum: u32,
    /// The header as it was signed.
    header: &'a [u8],
}

/// The bulletin in force.
struct InForce {
    area: usize,
    turn: u32,
    count: u16,
    header: Vec<u8>,
}

/// A bulletin on its way into the idle area.
struct Incoming {
    count: u16,
    checksum: Checksum,
}

pub(super) struct BulletinStore {
    in_force: Option<InForce>,
    incoming: Option<Incoming>,
    /// Blocks of the idle area that may hold something.
    dirty: usize,
}

impl BulletinStore {
    pub(super) fn open<F: Flash>(flash: &mut F) -> Result<Self, StorageError> {
        let mut in_force: Option<InForce> = None;
        for area in 0..BULLETINS.len() {
            if let Some(found) = read_area(flash, area)?
                && in_force.as_ref().is_none_or(|best| best.turn < found.turn)
            {
                in_force = Some(found);
            }
        }
        Ok(Self { in_force, incoming: None, dirty: BULLETINS[0].blocks })
    }

    /// Begins a bulletin in the idle area; one that had begun is given up.
    fn begin(&mut self) -> Result<(), StorageError> {
        self.give_up();
        if self.dirty > 0 {
            return Err(StorageError::NoRoom);
        }
        self.incoming = Some(Incoming { count: 0, checksum: Checksum::new() });
        Ok(())
    }

    fn append<F: Flash>(&mut self, flash: &mut F, entries: &[Entry]) -> Result<(), StorageError> {
        let region = self.idle();
        // Given up before the fallible step.
        let mut incoming = self.incoming.take().ok_or(StorageError::NoRoom)?;
        self.dirty = region.blocks;
        let bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.to_bytes()).collect();
        let offset = SWITCH + usize::from(incoming.count) * ENTRY;
        if offset + bytes.len() > region.blocks * ERASE_BLOCK {
            return Err(StorageError::TooLong);
        }
        flash.program(region.address() + offset, &bytes)?;
        incoming.checksum.update(&bytes);
        let added = u16::try_from(entries.len()).map_err(|_| StorageError::TooLong)?;
        incoming.count = incoming.count.saturating_add(added);
        self.incoming = Some(incoming);
        Ok(())
    }

    /// Puts the incoming bulletin in force: one append, which is the switch.
    fn commit<F: Flash>(&mut self, flash: &mut F, header: &[u8]) -> Result<(), StorageError> {
        let incoming = self.incoming.take().ok_or(StorageError::NoRoom)?;
        let area = self.idle_area();
        let region = self.idle();
        self.dirty = region.blocks;
        let turn = self.in_force.as_ref().map_or(1, |before| before.turn.saturating_add(1));
        let count = incoming.count;
        let switch = SwitchRecord { turn, count, checksum: incoming.checksum.finish(), header };
        let mut slot = [0; SWITCH];
        let bytes = record::encode(region.number, &switch, &mut slot)?;
        flash.program(region.address(), bytes)?;
        self.in_force = Some(InForce { area, turn, count, header: header.to_vec() });
        Ok(())
    }

    fn give_up(&mut self) {
        self.incoming = None;
    }

    /// Erases one block of the idle area. Tells whether there was one to erase.
    pub(super) fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        if !self.is_due() {
            return Ok(false);
        }
        let address = self.idle().address() + (self.dirty - 1) * ERASE_BLOCK;
        if !is_blank(flash, address)? {
            flash.erase(address)?;
        }
        self.dirty -= 1;
        Ok(true)
    }

    pub(super) const fn is_due(&self) -> bool {
        self.dirty > 0 && self.incoming.is_none()
    }

    fn read_entries<F: Flash>(&self, flash: &mut F, first: u16) -> Result<Vec<Entry>, StorageError> {
        let Some(in_force) = &self.in_force else { return Ok(Vec::new()) };
        let left = usize::from(in_force.count.saturating_sub(first)).min(ENTRIES_AT_ONCE);
        let mut bytes = [0; ENTRIES_AT_ONCE * ENTRY];
        let bytes = bytes.split_at_mut(left * ENTRY).0;
        let region = area_region(in_force.area);
        flash.read(region.address() + SWITCH + usize::from(first) * ENTRY, bytes)?;
        let (entries, _) = bytes.as_chunks::<ENTRY>();
        Ok(entries.iter().filter_map(|entry| Entry::from_bytes(*entry).ok()).collect())
    }

    fn idle_area(&self) -> usize {
        self.in_force.as_ref().map_or(0, |in_force| 1 - in_force.area)
    }

    fn idle(&self) -> Region {
        area_region(self.idle_area())
    }
}

const fn area_region(area: usize) -> Region {
    if area == 0 { BULLETINS[0] } else { BULLETINS[1] }
}

/// The bulletin of an area, if it holds a whole one.
fn read_area<F: Flash>(flash: &mut F, area: usize) -> Result<Option<InForce>, StorageError> {
    let region = area_region(area);
    let mut slot = [0; SWITCH];
    flash.read(region.address(), &mut slot)?;
    let Some(switch) = record::decode::<SwitchRecord<'_>>(region.number, &slot) else { return Ok(None) };
    let SwitchRecord { turn, count, checksum, header } = switch;
    if usize::from(count) > limits::BULLETIN_ENTRIES {
        return Ok(None);
    }
    let in_force = InForce { area, turn, count, header: header.to_vec() };
    let mut found = Checksum::new();
    let mut at = region.address() + SWITCH;
    let mut left = usize::from(count) * ENTRY;
    let mut page = [0; PROGRAM_PAGE];
    while left > 0 {
        let bytes = page.split_at_mut(left.min(PROGRAM_PAGE)).0;
        flash.read(at, bytes)?;
        found.update(bytes);
        at += bytes.len();
        left -= bytes.len();
    }
    Ok((found.finish() == checksum).then_some(in_force))
}

/// The bulletin (spec §11).
impl<F: Flash> Storage<F> {
    /// The signed header of the bulletin in force; `None` before the first.
    pub fn bulletin_header(&self) -> Option<&[u8]> {
        self.bulletins.in_force.as_ref().map(|in_force| in_force.header.as_slice())
    }

    /// At most 32 entries of the bulletin in force, from the one numbered `first` on; none after the last.
    pub fn bulletin_entries(&mut self, first: u16) -> Result<Vec<Entry>, StorageError> {
        self.check_not_resetting()?;
        self.bulletins.read_entries(&mut self.flash, first)
    }

    /// Whether maintenance has erased the place for the next bulletin.
    pub const fn has_room_for_bulletin(&self) -> bool {
        self.bulletins.dirty == 0
    }

    /// Begins to take a bulletin. [`StorageError::NoRoom`]: maintenance has not erased the place for it yet.
    pub fn begin_bulletin(&mut self) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        self.bulletins.begin()
    }

    /// Takes its next entries: one append. After an error it has to begin anew.
    pub fn append_bulletin(&mut self, entries: &[Entry]) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        self.bulletins.append(&mut self.flash, entries)
    }

    /// Puts it in force: one append. Power cut leaves the one before it in force, or this one.
    pub fn commit_bulletin(&mut self, header: &[u8]) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        self.bulletins.commit(&mut self.flash, header)
    }

    /// Gives up the one that is being taken.
    pub fn give_up_bulletin(&mut self) {
        self.bulletins.give_up();
    }
}
