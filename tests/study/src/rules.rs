//! The rules of four products, each as its vendor states it. Every one also has the staff's round, so that what differs is
//! only who else carries.

mod iloq;
mod model;
mod salto;
mod thumbturn;

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;

use crate::building::DoorNumber;
use crate::case::Case;
use crate::life::HORIZON;

/// A product.
pub(crate) struct Rule {
    /// Its name in figures.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What its vendor says, in short, and where.
    pub(crate) source: &'static str,
    spread: fn(&Case<'_>, &mut Known, &mut ChaCha8Rng),
}

/// All products, in the order of the table.
pub(crate) const RULES: [&Rule; 5] =
    [&model::RULE, &iloq::RULE, &salto::RULE, &thumbturn::WITHOUT_COURIERS, &thumbturn::WITH_COURIERS];

impl Rule {
    /// Hours until each door of the case knows; [`HORIZON`] for those that do not learn it in time.
    pub(crate) fn spread(&self, case: &Case<'_>, random: &mut ChaCha8Rng) -> Vec<f64> {
        let mut known = Known::new(case);
        (self.spread)(case, &mut known, random);
        known.hours()
    }
}

/// When each door of a case learns of the change.
pub(crate) struct Known(BTreeMap<DoorNumber, f64>);

impl Known {
    /// No later than by the staff's round.
    fn new(case: &Case<'_>) -> Self {
        let mut known = Self(case.doors.iter().map(|door| (*door, HORIZON)).collect());
        for (door, at) in &case.round {
            known.learns(*door, *at);
        }
        known
    }

    /// A door that must know learns it, unless it knew before.
    fn learns(&mut self, door: DoorNumber, at: f64) {
        self.0.entry(door).and_modify(|known| *known = known.min(at));
    }

    /// Everywhere at once.
    fn all_learn(&mut self, at: f64) {
        self.0.values_mut().for_each(|known| *known = known.min(at));
    }

    /// Whether a door knows at this hour; doors that need not know never do.
    fn knows(&self, door: DoorNumber, at: f64) -> bool {
        self.0.get(&door).is_some_and(|known| *known <= at)
    }

    fn hours(self) -> Vec<f64> {
        self.0.into_values().collect()
    }
}
