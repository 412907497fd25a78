//! Where randomness comes from: the operating system.

use thumbturn_protocol::random::{RandomFailed, SecureRandom};

/// The operating system's source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        getrandom::fill(bytes).map_err(|_| RandomFailed)
    }
}
