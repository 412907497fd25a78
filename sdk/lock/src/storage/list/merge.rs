//! Brings slot and overlay together in the idle slot, a few pages in each slice.
//!
//! Rows are copied one by one, each with its check. The live slot and the overlay stay as they are until the switch; runs
//! that are committed meanwhile stay in the overlay.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::flash::{Flash, PROGRAM_PAGE};
use crate::storage::StorageError;

use super::ListError;
use super::area::Area;
use super::merged::{MergedRows, Step};
use super::overlay::Overlay;
use super::row::{ROW, ROW_KEY, blank, seal};
use super::slot::{SlotRows, UNITS, unit_address};
use super::state::SlotList;

/// Units that one slice looks at: at most 36 programs and 7 ms of reads.
const STEPS: usize = 128;
/// Units in a program page.
const PAGE_UNITS: usize = PROGRAM_PAGE / ROW;

pub(super) struct Merge {
    rows: MergedRows,
    /// What the idle slot will hold.
    list: SlotList,
    settings: Zeroizing<Vec<u8>>,
    /// The position in the overlay up to which runs are merged.
    end: usize,
    /// Units that are in flash or in `page`.
    units: usize,
    /// Whether the block of the next unit was marked.
    marked: bool,
    /// Units that wait for their program page to be full.
    page: Zeroizing<[u8; PROGRAM_PAGE]>,
    waiting: usize,
    written: u32,
}

/// How far a merge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    /// Everything is in the idle slot.
    Complete,
}

impl Merge {
    /// Begins to merge `rows` with the runs before `end`, which makes `list`. Writes nothing yet.
    pub(super) fn new(rows: SlotRows, end: usize, list: SlotList, settings: Zeroizing<Vec<u8>>) -> Self {
        Self {
            rows: MergedRows::new(rows, 0, [0; ROW_KEY], end),
            list,
            settings,
            end,
            units: 0,
            marked: false,
            page: Zeroizing::new([0; PROGRAM_PAGE]),
            waiting: 0,
            written: 0,
        }
    }

    /// What the idle slot holds once the merge is complete.
    pub(super) const fn list(&self) -> &SlotList {
        &self.list
    }

    /// The position up to which the overlay is merged.
    pub(super) const fn end(&self) -> usize {
        self.end
    }

    /// One slice: one erase, or one pass over the overlay, or some programs.
    pub(super) fn advance<F: Flash>(
        &mut self,
        flash: &mut F,
        overlay: &Overlay,
        area: &mut Area,
    ) -> Result<Progress, ListError> {
        for step in 0..STEPS {
            let is_first = step == 0;
            if self.units.is_multiple_of(UNITS) && !self.marked {
                let block = self.units / UNITS;
                if block + 1 >= area.region().blocks {
                    return Err(ListError::Damaged);
                }
                if !area.is_erased(block) {
                    if is_first {
                        area.erase(flash, block)?;
                    }
                    return Ok(Progress::More);
                }
                area.take_for_merge(flash, block)?;
                self.marked = true;
            }
            if let Some(unit) = self.settings_unit() {
                self.put(flash, area, &unit)?;
                continue;
            }
            match self.rows.step(flash, overlay)? {
                Step::Row(mut row) => {
                    if !seal(&mut row) {
                        return Err(ListError::Damaged);
                    }
                    self.put(flash, area, &row)?;
                    self.written = self.written.saturating_add(1);
                }
                Step::Removed => {}
                Step::Pass => {
                    if is_first {
                        self.rows.pass(flash, overlay)?;
                    }
                    return Ok(Progress::More);
                }
                Step::End => return self.finish(flash, area),
            }
        }
        Ok(Progress::More)
    }

    /// The settings' part of the next unit, while there is one.
    fn settings_unit(&self) -> Option<Zeroizing<[u8; ROW]>> {
        let part = self.settings.chunks(ROW).nth(self.units)?;
        let mut unit = blank();
        unit.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
        Some(unit)
    }

    fn put<F: Flash>(&mut self, flash: &mut F, area: &Area, unit: &[u8; ROW]) -> Result<(), ListError> {
        if let Some(place) = self.page.as_chunks_mut::<ROW>().0.get_mut(self.waiting) {
            *place = *unit;
        }
        self.waiting += 1;
        self.units += 1;
        let in_block = self.units % UNITS;
        if in_block == 0 {
            self.marked = false;
        }
        if in_block.is_multiple_of(PAGE_UNITS) { self.flush(flash, area) } else { Ok(()) }
    }

    /// Programs what waits: one page operation.
    fn flush<F: Flash>(&mut self, flash: &mut F, area: &Area) -> Result<(), ListError> {
        let address = unit_address(area.region(), self.units - self.waiting);
        let bytes = self.page.get(..self.waiting * ROW).unwrap_or_default();
        self.waiting = 0;
        Ok(flash.program(address, bytes).map_err(StorageError::Flash)?)
    }

    fn finish<F: Flash>(&mut self, flash: &mut F, area: &Area) -> Result<Progress, ListError> {
        if self.waiting > 0 {
            self.flush(flash, area)?;
        }
        // The authority said how many rows the list has: nothing was lost on the way.
        if self.written == self.list.rows { Ok(Progress::Complete) } else { Err(ListError::Damaged) }
    }
}
