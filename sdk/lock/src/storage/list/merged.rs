//! The list in the order of its keys: rows of the slot and of the overlay's runs, of which the newest counts.

use zeroize::Zeroizing;

use crate::flash::Flash;

use super::ListError;
use super::overlay::{NextRow, Overlay, SortedRows};
use super::row::{ROW, ROW_KEY, is_removed, key_of};
use super::slot::SlotRows;

/// A place in the list.
pub(super) struct MergedRows {
    slot: SlotRows,
    /// The next row of the slot, by its number and, once it was read, itself.
    number: usize,
    row: Option<Zeroizing<[u8; ROW]>>,
    overlay: SortedRows,
}

/// What one step found.
pub(super) enum Step {
    /// The next row of the list.
    Row(Zeroizing<[u8; ROW]>),
    /// A key that has no row any more.
    Removed,
    /// Nothing yet: the overlay has to be passed over.
    Pass,
    /// Nothing more.
    End,
}

impl MergedRows {
    /// Before row `number` of the slot and before the overlay's rows from key `from` on; runs from `end` on do not count.
    pub(super) const fn new(slot: SlotRows, number: usize, from: [u8; ROW_KEY], end: usize) -> Self {
        Self { slot, number, row: None, overlay: SortedRows::new(from, end) }
    }

    /// At most two rows read.
    pub(super) fn step<F: Flash>(&mut self, flash: &mut F, overlay: &Overlay) -> Result<Step, ListError> {
        let (key, position) = match self.overlay.peek() {
            NextRow::Pass => return Ok(Step::Pass),
            NextRow::End => return Ok(self.take_slot_row(flash)?.map_or(Step::End, Step::Row)),
            NextRow::Row(key, position) => (key, position),
        };
        let slot_key = self.slot_key(flash)?;
        if slot_key.is_some_and(|slot_key| slot_key < key) {
            return Ok(self.take_slot_row(flash)?.map_or(Step::End, Step::Row));
        }
        if slot_key == Some(key) {
            self.take_slot_row(flash)?;
        }
        self.overlay.skip();
        let row = overlay.read(flash, position)?.ok_or(ListError::Damaged)?;
        Ok(if is_removed(&row) { Step::Removed } else { Step::Row(row) })
    }

    /// What [`Step::Pass`] asks for: at most 50 ms of modelled flash time.
    pub(super) fn pass<F: Flash>(&mut self, flash: &mut F, overlay: &Overlay) -> Result<(), ListError> {
        self.overlay.pass(flash, overlay)
    }

    fn slot_key<F: Flash>(&mut self, flash: &mut F) -> Result<Option<[u8; ROW_KEY]>, ListError> {
        if self.row.is_none() && self.number < self.slot.rows {
            self.row = Some(self.slot.read(flash, self.number)?.ok_or(ListError::Damaged)?);
        }
        Ok(self.row.as_deref().map(key_of))
    }

    fn take_slot_row<F: Flash>(&mut self, flash: &mut F) -> Result<Option<Zeroizing<[u8; ROW]>>, ListError> {
        self.slot_key(flash)?;
        let row = self.row.take();
        self.number += usize::from(row.is_some());
        Ok(row)
    }
}
