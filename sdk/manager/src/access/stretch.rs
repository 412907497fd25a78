//! What somebody's spells at a door come to at a time: the one term with one set of hours that a row of a list, or a grant, can say.

use std::collections::BTreeSet;

use thumbturn_protocol::time::UnixSeconds;

use super::{Spell, Term, WeeklyHours};

/// The stretch of time at or after `now` in which the hours stay the same, or the first to come: at its every moment, the hours of all
/// spells that are live then. `None`: there is none, now or later.
///
/// A row has one term and one schedule, and several Keys may add up to more than that, at different times. So a list has what holds now,
/// and gets what comes after at its time. Never more than the rule says: what is not within the row is not open.
#[must_use]
pub fn stretch(spells: &[Spell], now: UnixSeconds) -> Option<Spell> {
    let mut bounds: BTreeSet<UnixSeconds> = spells.iter().map(|spell| spell.term.start()).collect();
    bounds.extend(spells.iter().filter_map(|spell| spell.term.end()));
    let mut found: Option<Spell> = None;
    for (start, end) in pairs(&bounds) {
        let hours = together(spells, start);
        let (Ok(term), false) = (Term::new(start, end), hours.are_none()) else {
            if found.as_ref().is_some_and(|stretch| !stretch.term.is_over(now)) {
                return found;
            }
            found = None;
            continue;
        };
        found = match found {
            Some(before) if before.hours == hours => {
                Term::new(before.term.start(), end).ok().map(|term| Spell { term, hours })
            }
            Some(before) if !before.term.is_over(now) => return Some(before),
            _ => Some(Spell { term, hours }),
        };
    }
    found.filter(|stretch| !stretch.term.is_over(now))
}

/// From each bound to the next, and from the last on.
fn pairs(bounds: &BTreeSet<UnixSeconds>) -> impl Iterator<Item = (UnixSeconds, Option<UnixSeconds>)> {
    let ends = bounds.iter().copied().skip(1).map(Some).chain([None]);
    bounds.iter().copied().zip(ends)
}

/// The hours of all spells that are live at `instant`; between two bounds they stay the same.
fn together(spells: &[Spell], instant: UnixSeconds) -> WeeklyHours {
    let none = WeeklyHours::Within(BTreeSet::new());
    let live = spells.iter().filter(|spell| spell.term.contains(instant));
    live.fold(none, |hours, spell| hours.or(&spell.hours))
}
