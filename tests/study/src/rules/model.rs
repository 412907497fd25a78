//! The product that this one was modelled on: a lock's list is replaced by the first unlock of the person whose access begins, or
//! by staff.

use rand_chacha::ChaCha8Rng;

use super::{Known, Rule};
use crate::case::{Case, Change};

pub(super) const RULE: Rule = Rule {
    name: "model",
    title: "list by first unlock or staff",
    source: "\"someone unlocks the device with their phone for the first time\"; an update is needed by hand \"whenever you \
             revoke someone's access [or] activate a Keycard\" (support.latch.com 115011777808, 16123811974935; domain.md R-190…R-193)",
    spread,
};

fn spread(case: &Case<'_>, known: &mut Known, _: &mut ChaCha8Rng) {
    // The first unlock updates the whole list, and people are assumed to stand still for it until it is done.
    if case.change == Change::MoveIn {
        for door in &case.doors {
            if let Some(at) = case.first_unlock(*door) {
                known.learns(*door, at);
            }
        }
    }
}
