//! Numbers of events as runs: a door may say of four thousand million events that they are gone, in one batch.

use core::ops::RangeInclusive;
use std::collections::BTreeMap;

/// A set of numbers, by its runs: first and last, apart from each other by one at least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Runs(BTreeMap<u32, u32>);

impl Runs {
    /// Adds all numbers of a run; none when it is empty.
    pub(super) fn insert(&mut self, run: RangeInclusive<u32>) {
        if run.is_empty() {
            return;
        }
        let (mut first, mut last) = run.into_inner();
        // From the back: whatever touches it becomes part of it.
        while let Some((known, end)) = self.touching(first, last) {
            self.0.remove(&known);
            (first, last) = (first.min(known), last.max(end));
        }
        self.0.insert(first, last);
    }

    fn touching(&self, first: u32, last: u32) -> Option<(u32, u32)> {
        let (known, end) = self.0.range(..=last.saturating_add(1)).next_back()?;
        (end.saturating_add(1) >= first).then_some((*known, *end))
    }

    /// The last number of the run that a number is in.
    pub(super) fn end_of(&self, number: u32) -> Option<u32> {
        self.0.range(..=number).next_back().map(|(_, last)| *last).filter(|last| *last >= number)
    }

    /// The first number from `number` on that is in.
    pub(super) fn next_from(&self, number: u32) -> Option<u32> {
        self.end_of(number).map(|_| number).or_else(|| self.0.range(number..).next().map(|(first, _)| *first))
    }

    /// The runs, rising.
    pub(super) fn iter(&self) -> impl Iterator<Item = RangeInclusive<u32>> {
        self.0.iter().map(|(first, last)| *first..=*last)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_are_the_set_that_they_stand_for(inserted in proptest::collection::vec((0_u32..60, 0_u32..8), 0..12)) {
            let (mut runs, mut set) = (Runs::default(), BTreeSet::new());
            for (first, length) in inserted {
                runs.insert(first..=first + length);
                set.extend(first..=first + length);
            }
            for number in 0..80 {
                prop_assert_eq!(runs.end_of(number).is_some(), set.contains(&number));
                prop_assert_eq!(runs.next_from(number), set.range(number..).next().copied());
                if let Some(end) = runs.end_of(number) {
                    prop_assert!((number..=end).all(|within| set.contains(&within)) && !set.contains(&(end + 1)));
                }
            }
            prop_assert_eq!(runs.iter().flatten().collect::<BTreeSet<_>>(), set);
        }
    }

    #[test]
    fn the_ends_of_all_numbers_are_in() {
        let mut runs = Runs::default();
        runs.insert(1..=u32::MAX);
        runs.insert(0..=0);
        #[expect(clippy::reversed_empty_ranges, reason = "an empty run is what is tested")]
        runs.insert(7..=6);
        assert_eq!(runs.iter().collect::<Vec<_>>(), [0..=u32::MAX]);
        assert_eq!(runs.end_of(u32::MAX), Some(u32::MAX));
    }
}
