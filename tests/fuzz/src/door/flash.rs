//! NOR flash that costs memory only where it was written.

use std::sync::Arc;

use thumbturn_lock::flash::{ERASE_BLOCK, Flash, FlashError};
use thumbturn_lock::storage::layout;

/// NOR flash whose power can be cut inside any write. Blocks that were never written are not there; a copy shares all of them.
#[derive(Clone)]
pub struct SparseFlash {
    blocks: Vec<Option<Arc<[u8; ERASE_BLOCK]>>>,
    /// Writes until the power fails; then nothing works until a reboot.
    pub(super) fuse: Option<u32>,
}

impl Default for SparseFlash {
    fn default() -> Self {
        Self { blocks: vec![None; layout::END / ERASE_BLOCK], fuse: None }
    }
}

impl SparseFlash {
    fn block(&mut self, number: usize) -> &mut [u8; ERASE_BLOCK] {
        Arc::make_mut(self.blocks[number].get_or_insert_with(|| Arc::new([0xff; ERASE_BLOCK])))
    }

    /// Whether the next write happens entirely.
    fn burn(&mut self) -> bool {
        match &mut self.fuse {
            None => true,
            Some(left) => {
                *left -= 1;
                *left > 0
            }
        }
    }

    fn powered(&self) -> Result<(), FlashError> {
        if self.fuse == Some(0) { Err(FlashError::Failed) } else { Ok(()) }
    }
}

impl Flash for SparseFlash {
    fn capacity(&self) -> usize {
        layout::END
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        if address.checked_add(bytes.len()).is_none_or(|end| end > layout::END) {
            return Err(FlashError::OutOfBounds);
        }
        self.powered()?;
        let (mut at, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let inside = at % ERASE_BLOCK;
            let (part, after) = rest.split_at_mut(rest.len().min(ERASE_BLOCK - inside));
            match &self.blocks[at / ERASE_BLOCK] {
                Some(block) => part.copy_from_slice(&block[inside..inside + part.len()]),
                None => part.fill(0xff),
            }
            (at, rest) = (at + part.len(), after);
        }
        Ok(())
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        assert!(
            address.is_multiple_of(4)
                && bytes.len().is_multiple_of(4)
                && address + bytes.len() <= layout::END
        );
        self.powered()?;
        let whole = self.burn();
        // What the power cut leaves behind: a beginning.
        let written = if whole { bytes } else { &bytes[..bytes.len() / 2] };
        for (at, byte) in (address..).zip(written) {
            self.block(at / ERASE_BLOCK)[at % ERASE_BLOCK] &= byte;
        }
        if whole { Ok(()) } else { Err(FlashError::Failed) }
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        assert!(address.is_multiple_of(ERASE_BLOCK) && address < layout::END);
        self.powered()?;
        if self.burn() {
            self.blocks[address / ERASE_BLOCK] = None;
            return Ok(());
        }
        self.block(address / ERASE_BLOCK)[..ERASE_BLOCK / 2].fill(0xff);
        Err(FlashError::Failed)
    }
}
