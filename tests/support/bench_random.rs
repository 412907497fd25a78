//! The random source of a door on the bench: sound, stuck, or broken.

use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_simulator::random::SeededRandom;

/// A random source whose health is in the test's hands.
#[derive(Clone, Debug)]
pub enum BenchRandom {
    /// As it should be.
    Seeded(Box<SeededRandom>),
    /// Gives this byte for ever, and calls it random.
    Stuck(u8),
    /// Fails, and says so.
    Broken,
}

impl SecureRandom for BenchRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        match self {
            Self::Seeded(source) => source.fill(bytes),
            Self::Stuck(byte) => {
                bytes.fill(*byte);
                Ok(())
            }
            Self::Broken => Err(RandomFailed),
        }
    }
}
