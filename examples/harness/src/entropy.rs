//! Where randomness comes from: the operating system, or a seed that the state folder keeps.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};

/// The operating system's source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        getrandom::fill(bytes).map_err(|_| RandomFailed)
    }
}

/// What a seed gives: the same keys whenever the state folder is read. Streams of one seed are independent.
pub(crate) struct SeededStream(ChaCha20Rng);

impl SeededStream {
    /// One stream of a seed.
    pub(crate) fn new(seed: [u8; 32], stream: u64) -> Self {
        let mut generator = ChaCha20Rng::from_seed(seed);
        generator.set_stream(stream);
        Self(generator)
    }
}

impl SecureRandom for SeededStream {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use thumbturn_protocol::random::random_bytes;

    use super::*;

    #[test]
    fn a_stream_is_the_same_each_time_and_no_other() {
        let draw = |stream| random_bytes::<16>(&mut SeededStream::new([7; 32], stream)).unwrap();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
