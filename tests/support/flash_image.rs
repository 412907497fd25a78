//! What a door has in its flash, for reading it as the door will after the next power cut.

use thumbturn_lock::flash::{ERASE_BLOCK, Flash, FlashError};

/// A copy of a chip's bytes. Changes stay in the copy.
#[derive(Clone, Debug)]
pub struct FlashImage(pub Vec<u8>);

impl Flash for FlashImage {
    fn capacity(&self) -> usize {
        self.0.len()
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        let source = self.0.get(address..address + bytes.len()).ok_or(FlashError::OutOfBounds)?;
        bytes.copy_from_slice(source);
        Ok(())
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        let target = self.0.get_mut(address..address + bytes.len()).ok_or(FlashError::OutOfBounds)?;
        target.iter_mut().zip(bytes).for_each(|(held, new)| *held &= new);
        Ok(())
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        self.0.get_mut(address..address + ERASE_BLOCK).ok_or(FlashError::OutOfBounds)?.fill(0xff);
        Ok(())
    }
}
