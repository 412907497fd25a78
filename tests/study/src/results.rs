//! What all runs gave together.

use crate::case::Change;
use crate::life::HORIZON;
use crate::rules::{RULES, Rule};

/// Hours until doors knew, sorted, of one change under one rule.
pub(crate) struct Hours(Vec<f64>);

impl Hours {
    pub(crate) fn new(mut hours: Vec<f64>) -> Self {
        hours.sort_by(f64::total_cmp);
        Self(hours)
    }

    /// The hour by which so many of a hundred doors knew.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let place = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(place).copied().unwrap_or(HORIZON)
    }

    /// The part of all doors that knew at this hour.
    pub(crate) fn part_at(&self, hour: f64) -> f64 {
        let knew = self.0.partition_point(|known| *known <= hour);
        knew as f64 / self.0.len().max(1) as f64
    }
}

/// One change, under each rule in the order of [`RULES`].
pub(crate) struct Outcome {
    pub(crate) change: Change,
    pub(crate) hours: Vec<Hours>,
}

impl Outcome {
    pub(crate) fn by_rule(&self) -> impl Iterator<Item = (&'static Rule, &Hours)> {
        RULES.into_iter().zip(&self.hours)
    }
}
