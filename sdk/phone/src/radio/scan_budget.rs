//! How often a scan may start: Android ignores an app that starts more than five in thirty seconds, without telling it.

use std::collections::VecDeque;

use thumbturn_protocol::time::Millis;

/// Most scan starts within [`WINDOW_MS`]: one below what Android tolerates.
pub(crate) const STARTS: usize = 4;
/// The window in milliseconds.
pub(crate) const WINDOW_MS: u64 = 30_000;

/// Counts scan starts of one phone.
#[derive(Debug, Default)]
pub(crate) struct ScanBudget {
    starts: VecDeque<Millis>,
}

impl ScanBudget {
    /// When the next scan may start: now, or later.
    pub(crate) fn next_start(&self, now: Millis) -> Millis {
        match self.starts.front() {
            Some(oldest) if self.starts.len() >= STARTS => now.max(oldest.plus(WINDOW_MS)),
            _ => now,
        }
    }

    /// Records a start.
    pub(crate) fn started(&mut self, now: Millis) {
        if self.starts.len() >= STARTS {
            self.starts.pop_front();
        }
        self.starts.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifth_start_waits_until_the_first_is_thirty_seconds_old() {
        let mut budget = ScanBudget::default();
        for start in [1_000, 2_000, 3_000, 9_000] {
            let now = Millis(start);
            assert_eq!(budget.next_start(now), now);
            budget.started(now);
        }
        assert_eq!(budget.next_start(Millis(9_500)), Millis(31_000));
        budget.started(Millis(31_000));
        assert_eq!(budget.next_start(Millis(31_001)), Millis(32_000));
    }

    #[test]
    fn no_thirty_seconds_ever_hold_five_starts() {
        let mut budget = ScanBudget::default();
        let mut starts = Vec::new();
        let mut now = Millis(0);
        for step in 0..200_u64 {
            now = budget.next_start(now.plus(step * 37 % 4_001));
            budget.started(now);
            starts.push(now);
        }
        for window in starts.windows(STARTS + 1) {
            assert!(window[STARTS].since(window[0]) >= WINDOW_MS);
        }
    }
}
