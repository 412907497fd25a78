//! Random numbers from a seed. **For the emulator only**: it has no source of entropy, so its host gives one. A door has
//! the random number generator of its chip here, and fails when that fails.

use sha2::{Digest as _, Sha256};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};

/// Bytes of a seed.
pub(crate) const SEED: usize = 32;
/// Bytes of a block.
const BLOCK: usize = 32;

/// Hashes of seed and counter: as secret as the seed, and no code that the door has not anyway.
pub(crate) struct Seeded {
    seed: [u8; SEED],
    block: u64,
}

impl Seeded {
    /// From the host's seed.
    pub(crate) const fn new(seed: [u8; SEED]) -> Self {
        Self { seed, block: 0 }
    }
}

impl SecureRandom for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for piece in bytes.chunks_mut(BLOCK) {
            self.block = self.block.checked_add(1).ok_or(RandomFailed)?;
            let block = Sha256::new().chain_update(self.seed).chain_update(self.block.to_be_bytes());
            piece.iter_mut().zip(block.finalize()).for_each(|(byte, random)| *byte = random);
        }
        Ok(())
    }
}
