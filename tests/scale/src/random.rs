//! Numbers that are the same in every run. Not random, and nobody minds: nothing here is secret.

use thumbturn_protocol::random::{RandomFailed, SecureRandom};

/// SplitMix64.
pub(crate) struct Counting(u64);

impl Counting {
    /// Numbers of one's own.
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed << 40)
    }
}

impl SecureRandom for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for bytes in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(1);
            for (byte, drawn) in bytes.iter_mut().zip(mixed(self.0)) {
                *byte = drawn;
            }
        }
        Ok(())
    }
}

/// The eight bytes that a number comes to.
pub(crate) fn mixed(number: u64) -> [u8; 8] {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)).to_be_bytes()
}
