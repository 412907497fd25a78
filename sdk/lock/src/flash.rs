//! The flash that a lock maker gives to the door engine: NOR, erased in blocks, programmed in pages.

/// Bytes that one erase sets to `ff`. Addresses of erases are multiples of it.
pub const ERASE_BLOCK: usize = 4096;
/// Bytes that the chip programs in one operation. A longer [`Flash::program`] takes one operation for each page it touches.
pub const PROGRAM_PAGE: usize = 256;
/// Addresses and lengths of programs are multiples of it.
pub const WRITE_GRANULE: usize = 4;

/// Blocking NOR flash of [`ERASE_BLOCK`], [`PROGRAM_PAGE`] and [`WRITE_GRANULE`].
///
/// Programming only clears bits: a byte that was programmed may be programmed again, and then holds the AND of both. The
/// door relies on that to overwrite secrets with zeros. An implementation on a chip with error-correcting words, where a
/// word can be programmed once only, does not fit.
///
/// A call is finished when it returns. When power fails during `program`, any part of the bytes may be there; during
/// `erase`, the block may hold anything. Nothing else may change.
pub trait Flash {
    /// Bytes, a multiple of [`ERASE_BLOCK`]. At least [`layout::END`](crate::storage::layout::END).
    fn capacity(&self) -> usize;

    /// Fills `bytes` from `address` on. Any alignment.
    ///
    /// # Errors
    ///
    /// [`FlashError::OutOfBounds`] beyond the capacity, [`FlashError::Failed`] when the chip does not answer.
    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError>;

    /// Clears the bits at `address…` that are zero in `bytes`. May span pages.
    ///
    /// # Errors
    ///
    /// [`FlashError::Misaligned`] unless address and length are multiples of [`WRITE_GRANULE`]; else as [`Flash::read`].
    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError>;

    /// Sets the [`ERASE_BLOCK`] bytes at `address` to `ff`.
    ///
    /// # Errors
    ///
    /// [`FlashError::Misaligned`] unless `address` is a multiple of [`ERASE_BLOCK`]; else as [`Flash::read`].
    fn erase(&mut self, address: usize) -> Result<(), FlashError>;
}

impl<F: Flash + ?Sized> Flash for &mut F {
    fn capacity(&self) -> usize {
        (**self).capacity()
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        (**self).read(address, bytes)
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        (**self).program(address, bytes)
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        (**self).erase(address)
    }
}

/// Why a flash operation did not happen, or not entirely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlashError {
    /// The chip failed, or its power did. What a `program` or `erase` left behind is unknown.
    #[error("the flash chip failed")]
    Failed,
    /// The range lies outside the chip. A fault of the caller.
    #[error("outside the flash chip")]
    OutOfBounds,
    /// An address or length is not a multiple of what it must be. A fault of the caller.
    #[error("address or length out of alignment")]
    Misaligned,
}

/// Whether an erase block holds nothing. Reads all of it.
pub(crate) fn is_blank<F: Flash>(flash: &mut F, address: usize) -> Result<bool, FlashError> {
    let mut page = [0; PROGRAM_PAGE];
    for offset in (0..ERASE_BLOCK).step_by(PROGRAM_PAGE) {
        flash.read(address + offset, &mut page)?;
        if page.iter().any(|byte| *byte != 0xff) {
            return Ok(false);
        }
    }
    Ok(true)
}
