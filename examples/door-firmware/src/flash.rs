//! The door's flash chip: 4 MiB of NOR, emulated in the board's PSRAM.
//!
//! Cells are kept inverted, so that memory full of zeros, which is what the emulator starts with, is an erased chip. The
//! memory outlives a reset of the processor, as a flash chip does. It is not counted as RAM: a real door has a chip there.
#![expect(unsafe_code, reason = "the chip is memory at a fixed address")]

use core::slice;

use thumbturn_lock::flash::{ERASE_BLOCK, Flash, FlashError, WRITE_GRANULE};

use crate::meter;

/// Where the board's PSRAM begins.
const PSRAM: *mut u8 = core::ptr::without_provenance_mut(0x2100_0000);
/// Bytes of the chip; the PSRAM has 16 MiB.
const CAPACITY: usize = 4 * 1_024 * 1_024;

/// The chip. What its emulation costs is kept apart from what the engine costs.
pub(crate) struct Chip {
    cells: &'static mut [u8],
}

impl Chip {
    /// The chip of the board.
    ///
    /// # Safety
    ///
    /// Called once in the life of the program: the chip has one owner.
    pub(crate) unsafe fn of_the_board() -> Self {
        // SAFETY: the board has 16 MiB of memory there, which nothing else in the program uses; any bytes are valid.
        Self { cells: unsafe { slice::from_raw_parts_mut(PSRAM, CAPACITY) } }
    }

    fn cells(&mut self, address: usize, length: usize) -> Result<&mut [u8], FlashError> {
        let end = address.checked_add(length).ok_or(FlashError::OutOfBounds)?;
        self.cells.get_mut(address..end).ok_or(FlashError::OutOfBounds)
    }
}

impl Flash for Chip {
    fn capacity(&self) -> usize {
        CAPACITY
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        meter::flash(|| {
            let cells = self.cells(address, bytes.len())?;
            bytes.iter_mut().zip(cells).for_each(|(byte, cell)| *byte = !*cell);
            Ok(())
        })
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        meter::flash(|| {
            if !address.is_multiple_of(WRITE_GRANULE) || !bytes.len().is_multiple_of(WRITE_GRANULE) {
                return Err(FlashError::Misaligned);
            }
            let cells = self.cells(address, bytes.len())?;
            cells.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell |= !byte);
            Ok(())
        })
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        meter::flash(|| {
            if !address.is_multiple_of(ERASE_BLOCK) {
                return Err(FlashError::Misaligned);
            }
            self.cells(address, ERASE_BLOCK)?.fill(0);
            Ok(())
        })
    }
}
