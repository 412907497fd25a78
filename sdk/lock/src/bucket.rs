//! Token buckets: for full handshakes (spec §4.7; the fast path needs no token) and for deliveries (spec §8.8).

use thumbturn_protocol::time::Millis;

/// Counts something against time: a quiet door saves `CAPACITY` tokens, and one comes back in `REFILL_MS` milliseconds.
#[derive(Debug)]
pub(crate) struct TokenBucket<const CAPACITY: u64, const REFILL_MS: u64> {
    /// Milliseconds' worth of tokens, at most `CAPACITY × REFILL_MS`.
    credit: u64,
    updated: Millis,
}

impl<const CAPACITY: u64, const REFILL_MS: u64> TokenBucket<CAPACITY, REFILL_MS> {
    /// A full bucket.
    pub(crate) const fn new(now: Millis) -> Self {
        Self { credit: CAPACITY * REFILL_MS, updated: now }
    }

    /// Takes one token, if there is one.
    pub(crate) fn take(&mut self, now: Millis) -> bool {
        let credit = self.credit.saturating_add(now.since(self.updated));
        self.credit = credit.min(CAPACITY * REFILL_MS);
        self.updated = now;
        match self.credit.checked_sub(REFILL_MS) {
            Some(left) => {
                self.credit = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_every_two_seconds() {
        let mut bucket = TokenBucket::<20, 2_000>::new(Millis(0));
        assert_eq!((0..100).filter(|_| bucket.take(Millis(0))).count(), 20);
        assert!(!bucket.take(Millis(1_999)));
        assert!(bucket.take(Millis(2_000)));
        assert!(!bucket.take(Millis(2_001)));
    }

    #[test]
    fn three_hundred_first_unlocks_in_a_quarter_of_an_hour_pass() {
        let mut bucket = TokenBucket::<20, 2_000>::new(Millis(0));
        assert!((0..300).all(|number| bucket.take(Millis(number * 3_000))));
    }

    #[test]
    fn a_long_rest_saves_no_more_than_the_capacity() {
        let mut bucket = TokenBucket::<20, 2_000>::new(Millis(0));
        let later = Millis(1_000_000_000);
        assert_eq!((0..100).filter(|_| bucket.take(later)).count(), 20);
    }
}
