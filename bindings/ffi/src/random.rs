//! The operating system's random source.

use thumbturn_protocol::random::{RandomFailed, SecureRandom};

/// Draws from the operating system.
pub(crate) struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        getrandom::fill(bytes).map_err(|_| RandomFailed)
    }
}
