//! Erases what a reset erases, one block at a time (spec §9.7).

use crate::flash::{ERASE_BLOCK, Flash, is_blank};

use super::StorageError;
use super::layout::{ERASED_BY_RESET, Region};

/// Blank blocks that one step passes over: a few milliseconds of modelled flash time.
const BLANK_BLOCKS: usize = 16;

/// How far a reset has come. Begins anew after a power cut, which costs reading blank blocks again.
#[derive(Debug)]
pub(super) struct Reset {
    /// Blocks done, counted over all regions.
    done: usize,
}

impl Reset {
    pub(super) const fn begin() -> Self {
        Self { done: 0 }
    }

    /// Erases at most one block. `false` when there is none left.
    pub(super) fn erase_next<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        for _ in 0..BLANK_BLOCKS {
            let Some(address) = block(self.done) else { return Ok(false) };
            let blank = is_blank(flash, address)?;
            if !blank {
                flash.erase(address)?;
            }
            self.done += 1;
            if !blank {
                return Ok(true);
            }
        }
        Ok(true)
    }
}

/// The address of the n-th block of all regions in their order.
fn block(index: usize) -> Option<usize> {
    let mut left = index;
    for region in ERASED_BY_RESET {
        let Region { blocks, .. } = region;
        if left < blocks {
            return Some(region.address() + left * ERASE_BLOCK);
        }
        left -= blocks;
    }
    None
}
