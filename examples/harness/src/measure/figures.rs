//! Durations in a row: their quantiles, and a histogram.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// Columns of the widest bar of a histogram.
const WIDTH: usize = 40;
/// Bars of a histogram.
const BARS: usize = 12;
/// The thinnest bar, in milliseconds.
const THINNEST: f64 = 0.001;

/// Durations in milliseconds, in the order in which they were measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Figures(pub(crate) Vec<f64>);

/// Where a bar of a histogram begins and ends, in milliseconds, and how many fell into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bar {
    /// From here on.
    pub(crate) from: f64,
    /// Up to here; the last bar includes it.
    pub(crate) to: f64,
    /// How many.
    pub(crate) count: u32,
}

impl Figures {
    /// One more.
    pub(crate) fn add(&mut self, duration: Duration) {
        self.0.push(duration.as_secs_f64() * 1_000.0);
    }

    /// The smallest one that at least so many percent do not exceed; `None` without figures.
    pub(crate) fn quantile(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
        sorted.get(rank).copied()
    }

    /// Equal bars from the smallest to the largest figure.
    pub(crate) fn histogram(&self) -> Vec<Bar> {
        let (Some(least), Some(most)) = (self.quantile(0), self.quantile(100)) else { return Vec::new() };
        let count = f64::from(u32::try_from(BARS).unwrap_or(1));
        let width = ((most - least) / count).max(THINNEST);
        let bars = (0_u32..).take(BARS).map(|bar| {
            // One formula for the end of a bar and the beginning of the next: nothing falls between them.
            let edge = |number: u32| least + width * f64::from(number);
            let (from, to) = (edge(bar), edge(bar + 1));
            let last = usize::try_from(bar).is_ok_and(|bar| bar + 1 == BARS);
            let within = |figure: &&f64| **figure >= from && (**figure < to || last);
            Bar { from, to, count: u32::try_from(self.0.iter().filter(within).count()).unwrap_or(u32::MAX) }
        });
        bars.collect()
    }

    /// The histogram in letters.
    pub(crate) fn drawn(&self) -> String {
        let bars = self.histogram();
        let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
        let lines = bars.iter().map(|bar| {
            let share = usize::try_from(bar.count).unwrap_or(0) * WIDTH / usize::try_from(most).unwrap_or(1);
            format!("{:>9.1} … {:>9.1} ms {:>5} {}", bar.from, bar.to, bar.count, "█".repeat(share))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_figures_that_were_measured() {
        let figures = Figures((1..=100_u32).rev().map(f64::from).collect());
        assert_eq!(figures.quantile(50), Some(50.0));
        assert_eq!(figures.quantile(95), Some(95.0));
        assert_eq!(figures.quantile(100), Some(100.0));
        assert_eq!(Figures::default().quantile(50), None);
    }

    #[test]
    fn every_figure_falls_into_one_bar() {
        for figures in [vec![1.0], vec![3.0, 3.0, 3.0], (0..57_u32).map(|n| f64::from(n * n)).collect()] {
            let bars = Figures(figures.clone()).histogram();
            let counted: u32 = bars.iter().map(|bar| bar.count).sum();
            assert_eq!(usize::try_from(counted).unwrap(), figures.len(), "{bars:?}");
        }
    }
}
