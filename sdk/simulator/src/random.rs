//! Seeded randomness: one seed for a world, one independent stream for each purpose.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};

/// What a stream of random numbers is for. Streams are independent, so that adding a phone changes no door's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Loss, noise and delays of the air.
    Radio,
    /// The random source of the n-th door.
    Door(u32),
    /// The random source of the n-th phone.
    Phone(u32),
    /// Keys and ids of the authority.
    Authority,
}

/// A seeded random source. Good statistics, no secrecy whatsoever: whoever knows the seed knows everything.
#[derive(Clone, Debug)]
pub struct SeededRandom {
    generator: ChaCha8Rng,
}

impl SeededRandom {
    /// A source of its own for a test.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { generator: ChaCha8Rng::seed_from_u64(seed) }
    }

    pub(crate) fn stream(seed: u64, purpose: Purpose) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(match purpose {
            Purpose::Radio => 0,
            Purpose::Authority => 1,
            Purpose::Door(index) => (1 << 32) | u64::from(index),
            Purpose::Phone(index) => (2 << 32) | u64::from(index),
        });
        Self { generator }
    }

    /// A number in `0..bound`; 0 when `bound` is 0. The bias is below 2^-32 for the bounds of this crate.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.generator.next_u64().checked_rem(bound).unwrap_or(0)
    }

    /// `true` with a chance of `parts_per_million`.
    pub fn chance(&mut self, parts_per_million: u32) -> bool {
        // No number is drawn for what cannot or must happen, so that switching a fault off changes nothing else.
        match parts_per_million {
            0 => false,
            1_000_000.. => true,
            _ => self.below(1_000_000) < u64::from(parts_per_million),
        }
    }

    /// Fills `bytes`.
    pub fn bytes(&mut self, bytes: &mut [u8]) {
        self.generator.fill_bytes(bytes);
    }
}

impl SecureRandom for SeededRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        self.bytes(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let draw = |seed| {
            let mut random = SeededRandom::new(seed);
            (random.below(1_000_000), random.below(1_000_000))
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn streams_are_independent() {
        let mut door = SeededRandom::stream(1, Purpose::Door(0));
        let mut phone = SeededRandom::stream(1, Purpose::Phone(0));
        assert_ne!(door.below(u64::MAX), phone.below(u64::MAX));
    }

    #[test]
    fn chances_come_out_near_their_rate() {
        let mut random = SeededRandom::new(3);
        let hits = (0..10_000).filter(|_| random.chance(250_000)).count();
        assert!((2_300..2_700).contains(&hits), "{hits} of 10,000 at one in four");
        assert!(!random.chance(0));
        assert!(random.chance(1_000_000));
    }
}
