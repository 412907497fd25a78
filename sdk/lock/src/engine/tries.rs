//! How often a write that waits is tried when the flash fails.

/// A failure that passes, like a dip of the battery, must cost nothing; one that stays must not hold up what waits behind it.
const TRIES: u8 = 3;

/// The failed tries of the write at the head of a queue.
#[derive(Debug, Default)]
pub(super) struct Tries {
    failed: u8,
}

impl Tries {
    /// Takes in how a try went. `true`: the write is over, done or given up; `false`: it is to be tried again.
    pub(super) const fn is_over(&mut self, succeeded: bool) -> bool {
        self.failed = if succeeded { 0 } else { self.failed.saturating_add(1) % TRIES };
        self.failed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_over_when_it_is_done_or_has_failed_three_times() {
        let mut tries = Tries::default();
        let tried =
            [(false, false), (false, false), (false, true), (false, false), (true, true), (false, false)];
        for (number, (succeeded, over)) in tried.into_iter().enumerate() {
            assert_eq!(tries.is_over(succeeded), over, "try {number}");
        }
    }
}
