//! The rows of many runs in the order of their keys, without memory for all of them.
//!
//! Each pass over the overlay keeps the smallest keys after the last one; newer rows replace older ones of their key.

use zeroize::Zeroizing;

use crate::flash::{Flash, PROGRAM_PAGE};
use crate::storage::list::ListError;
use crate::storage::list::row::{ROW, ROW_KEY, key_of, unseal};

use super::{Overlay, SLOTS, place};

/// Rows that one pass yields.
pub(in crate::storage::list) const BATCH: usize = 64;

/// A place in the order, and the next rows after it.
pub(in crate::storage::list) struct SortedRows {
    /// Runs from here on are not looked at.
    end: usize,
    /// Keys and positions, smallest first; those before `next` were taken.
    batch: heapless::Vec<([u8; ROW_KEY], usize), BATCH>,
    next: usize,
    /// Rows with smaller keys than this were passed.
    from: [u8; ROW_KEY],
    /// No row lies after the batch.
    last: bool,
}

/// What comes next.
pub(in crate::storage::list) enum NextRow {
    /// A key, and where its newest row lies.
    Row([u8; ROW_KEY], usize),
    /// A pass over the overlay is needed first.
    Pass,
    /// Nothing.
    End,
}

impl SortedRows {
    /// Before the first row whose key is not below `from`, in runs before the position `end`.
    pub(in crate::storage::list) const fn new(from: [u8; ROW_KEY], end: usize) -> Self {
        Self { end, batch: heapless::Vec::new(), next: 0, from, last: false }
    }

    pub(in crate::storage::list) fn peek(&self) -> NextRow {
        match self.batch.get(self.next) {
            Some((key, position)) => NextRow::Row(*key, *position),
            None if self.last => NextRow::End,
            None => NextRow::Pass,
        }
    }

    pub(in crate::storage::list) const fn skip(&mut self) {
        self.next += 1;
    }

    /// Reads the overlay once: at most 50 ms of modelled flash time.
    pub(in crate::storage::list) fn pass<F: Flash>(
        &mut self,
        flash: &mut F,
        overlay: &Overlay,
    ) -> Result<(), ListError> {
        let passed = self.batch.last().map(|(key, _)| *key);
        self.from = passed.unwrap_or(self.from);
        self.batch.clear();
        (self.next, self.last) = (0, true);
        let mut page = Zeroizing::new([0; PROGRAM_PAGE]);
        let mut position = overlay.from;
        while position < self.end {
            let count = (PROGRAM_PAGE / ROW).min(SLOTS - position % SLOTS).min(self.end - position);
            let Some(slots) = page.get_mut(..count * ROW) else { break };
            if (position..position + count).any(|position| overlay.fingerprints.is_row(position)) {
                overlay.ring.read(flash, place(position), slots)?;
            }
            for (offset, slot) in slots.as_chunks_mut::<ROW>().0.iter_mut().enumerate() {
                if !overlay.fingerprints.is_row(position + offset) {
                    continue;
                }
                if !unseal(slot) {
                    return Err(ListError::Damaged);
                }
                let key = key_of(slot);
                if passed.is_none_or(|passed| passed < key) && key >= self.from {
                    self.insert(key, position + offset);
                }
            }
            position += count;
        }
        Ok(())
    }

    fn insert(&mut self, key: [u8; ROW_KEY], position: usize) {
        let index = self.batch.partition_point(|(other, _)| *other < key);
        if let Some((other, place)) = self.batch.get_mut(index)
            && *other == key
        {
            *place = position;
            return;
        }
        if self.batch.is_full() {
            self.last = false;
            if index == BATCH {
                return;
            }
            self.batch.pop();
        }
        // Never full: one was taken out.
        let _ = self.batch.insert(index, (key, position));
    }
}
