//! Reading the list row by row, as for computing its digest anew.

use zeroize::Zeroizing;

use crate::flash::Flash;

use super::merged::{MergedRows, Step};
use super::row::key_of;
use super::{ListError, ListStore, ROW, ROW_KEY};

/// A place in the list. It survives changes of the list: rows are then those of the newer version.
pub struct Scan {
    /// Rows before this key were passed.
    from: [u8; ROW_KEY],
    /// The count of changes that the cursor was made at.
    changes: u64,
    cursor: Option<MergedRows>,
    ended: bool,
}

/// What a step of a scan found.
#[derive(Debug)]
pub enum Scanned {
    /// The next row.
    Row(Zeroizing<[u8; ROW]>),
    /// Nothing in this step.
    More,
    /// No further row.
    End,
}

impl Scan {
    /// Begins at the first row whose key is not below `from`.
    #[must_use]
    pub const fn new(from: [u8; ROW_KEY]) -> Self {
        Self { from, changes: 0, cursor: None, ended: false }
    }
}

impl ListStore {
    /// One step of a scan: at most 50 ms, mostly less than 0.1.
    ///
    /// # Errors
    ///
    /// [`ListError::Damaged`] when the next row cannot be told.
    pub fn scan<F: Flash>(&mut self, flash: &mut F, scan: &mut Scan) -> Result<Scanned, ListError> {
        let Some(rows) = self.slot_rows().filter(|_| !scan.ended) else { return Ok(Scanned::End) };
        let mut cursor = match scan.cursor.take().filter(|_| scan.changes == self.changes) {
            Some(cursor) => cursor,
            None => {
                let sought = rows.seek(flash, &scan.from);
                let number = self.noticing_damage(sought)?.number;
                MergedRows::new(rows, number, scan.from, self.overlay.end())
            }
        };
        scan.changes = self.changes;
        let step = cursor.step(flash, &self.overlay);
        let scanned = match self.noticing_damage(step)? {
            Step::Row(row) => {
                match successor(key_of(&row)) {
                    Some(from) => scan.from = from,
                    None => scan.ended = true,
                }
                Scanned::Row(row)
            }
            Step::Removed => Scanned::More,
            Step::Pass => {
                let passed = cursor.pass(flash, &self.overlay);
                self.noticing_damage(passed)?;
                Scanned::More
            }
            Step::End => {
                scan.ended = true;
                Scanned::End
            }
        };
        scan.cursor = Some(cursor);
        Ok(scanned)
    }
}

/// The key after a key.
fn successor(key: [u8; ROW_KEY]) -> Option<[u8; ROW_KEY]> {
    let mut next = key;
    for byte in next.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return Some(next);
        }
    }
    None
}
