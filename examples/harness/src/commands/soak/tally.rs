//! What was counted in a soak, and whether it fits what the door has written down.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use thumbturn_protocol::event::{Event, LoggedEvent};
use thumbturn_protocol::ids::{OperationId, PhoneId};
use thumbturn_protocol::record::ActuatorResult;

use crate::failure::OUTCOME_UNKNOWN;
use crate::measure::figures::Figures;
use crate::measure::holdings::Holdings;

/// What a radio that loses connections can make of a tap, and other phones at the same door. Everything else is the door's refusal of a
/// grant that is in order.
const OF_THE_RADIO: [&str; 4] = [OUTCOME_UNKNOWN, "not-in-range", "connection-lost", "busy"];

/// Counts of one run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Taps.
    pub(super) requests: u32,
    /// Taps without an outcome in time.
    pub(super) silent: u32,
    /// What went wrong on purpose.
    sabotage: BTreeMap<&'static str, u32>,
    /// What the process held after a tenth of the taps, and after the last.
    pub(super) early: Option<Holdings>,
    pub(super) late: Option<Holdings>,
    outcomes: BTreeMap<&'static str, u32>,
    opened: BTreeMap<&'static str, Figures>,
}

/// The openings in a door's log.
#[derive(Debug, Default)]
pub(super) struct Operations {
    /// Openings, by phone and operation.
    started: Vec<(PhoneId, OperationId)>,
    /// Operations for which the bolt moved.
    moved: Vec<OperationId>,
}

impl Tally {
    /// One more opened door.
    pub(super) fn opened(&mut self, path: &'static str, took: Duration) {
        self.opened.entry(path).or_default().add(took);
    }

    /// One more outcome that is no open door.
    pub(super) fn refused(&mut self, reason: &'static str) {
        *self.outcomes.entry(reason).or_default() += 1;
    }

    /// What one phone's radio did on purpose.
    pub(super) fn sabotaged(&mut self, done: &BTreeMap<&'static str, u32>) {
        done.iter().for_each(|(name, count)| *self.sabotage.entry(name).or_default() += count);
    }

    /// How many doors were opened.
    fn opens(&self) -> usize {
        self.opened.values().map(|figures| figures.0.len()).sum()
    }

    fn unknown(&self) -> usize {
        self.outcomes.get(OUTCOME_UNKNOWN).map_or(0, |count| usize::try_from(*count).unwrap_or(usize::MAX))
    }

    /// How many outcomes there were.
    fn outcomes(&self) -> usize {
        let others: u32 = self.outcomes.values().sum();
        self.opens() + usize::try_from(others).unwrap_or(usize::MAX)
    }

    /// How long the taps took that opened.
    pub(super) fn figures(&self) -> BTreeMap<String, Figures> {
        self.opened.iter().map(|(path, figures)| (format!("open, {path} path"), figures.clone())).collect()
    }

    /// For programs.
    pub(super) fn facts(&self, door: &str, seed: u64, verdict: &Result<(), String>) -> Value {
        json!({
            "command": "soak", "door": door, "seed": seed, "requests": self.requests,
            "opened": self.opens(), "outcomes": self.outcomes, "silent": self.silent, "sabotage": self.sabotage,
            "early": self.early, "late": self.late, "broken": verdict.as_ref().err(),
        })
    }

    /// For people.
    pub(super) fn table(&self, door: &str, seed: u64) -> String {
        let head = format!("{door}: {} taps, seed {seed}; on purpose:", self.requests);
        let sabotage = self.sabotage.iter().map(|(name, count)| format!("{count:>7}  {name}"));
        let between = "what came of them:".to_owned();
        let opened = self.opened.iter().map(|(path, figures)| {
            let (middle, most) = (figures.quantile(50).unwrap_or(0.0), figures.quantile(100).unwrap_or(0.0));
            let count = figures.0.len();
            format!("{count:>7}  open, {path} path (half within {middle:.0} ms, all within {most:.0} ms)")
        });
        let others = self.outcomes.iter().map(|(reason, count)| format!("{count:>7}  {reason}"));
        core::iter::once(head)
            .chain(sabotage)
            .chain([between])
            .chain(opened)
            .chain(others)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// The openings that a log tells of.
pub(super) fn operations(events: &[LoggedEvent]) -> Operations {
    let mut operations = Operations::default();
    for LoggedEvent { event, .. } in events {
        match event {
            Event::Operation(accepted) => operations.started.push((accepted.phone, accepted.operation)),
            Event::Actuator { operation, result: ActuatorResult::Moved } => operations.moved.push(*operation),
            _ => {}
        }
    }
    operations
}

/// Whether counts and log fit: one outcome for each tap, one opening for each open door, none twice.
pub(super) fn check(tally: &Tally, before: &Operations, after: &Operations) -> Result<(), String> {
    let requests = usize::try_from(tally.requests).unwrap_or(usize::MAX);
    if tally.silent > 0 || tally.outcomes() != requests {
        return Err(format!(
            "{requests} taps have {} outcomes, {} have none",
            tally.outcomes(),
            tally.silent
        ));
    }
    if let Some(reason) = tally.outcomes.keys().find(|reason| !OF_THE_RADIO.contains(reason)) {
        return Err(format!("a tap with a grant that is in order ended in {reason}"));
    }
    if tally.opens() + tally.unknown() == 0 {
        return Err("no tap opened the door".to_owned());
    }
    if let (Some(early), Some(late)) = (tally.early, tally.late) {
        early.check_later(late)?;
    }
    let distinct: BTreeSet<_> = after.started.iter().collect();
    if distinct.len() != after.started.len() {
        return Err("the door's log holds one operation twice".to_owned());
    }
    // The bolt's word about the last opening before the run may come within it.
    let new: BTreeSet<_> = after.started.iter().filter(|known| !before.started.contains(known)).collect();
    let ours = |operation: &&OperationId| new.iter().any(|(_, known)| known == *operation);
    let (started, moved) = (new.len(), after.moved.iter().filter(ours).count());
    let distinct: BTreeSet<_> = after.moved.iter().filter(ours).collect();
    if distinct.len() != moved {
        return Err("the bolt moved twice for one operation, says the door's log".to_owned());
    }
    let (opens, unknown) = (tally.opens(), tally.unknown());
    if started < opens || started > opens + unknown {
        return Err(format!(
            "{opens} taps opened, of {unknown} nobody knows, and the door's log tells of {started}"
        ));
    }
    if moved < opens || moved > started {
        return Err(format!("the door's log tells of {started} openings and {moved} movements of the bolt"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations_of(numbers: &[u8]) -> Operations {
        let operations = || numbers.iter().map(|number| OperationId([*number; 8]));
        Operations {
            started: operations().map(|operation| (PhoneId([1; 16]), operation)).collect(),
            moved: operations().collect(),
        }
    }

    fn tally(opened: u32, unknown: u32) -> Tally {
        let mut tally = Tally { requests: opened + unknown, ..Tally::default() };
        (0..opened).for_each(|_| tally.opened("fast", Duration::ZERO));
        (0..unknown).for_each(|_| tally.refused(OUTCOME_UNKNOWN));
        tally
    }

    #[test]
    fn each_way_in_which_a_run_is_broken_is_found() {
        let before = operations_of(&[1]);
        assert_eq!(check(&tally(2, 0), &before, &operations_of(&[1, 2, 3])), Ok(()));
        assert_eq!(check(&tally(1, 1), &before, &operations_of(&[1, 2, 3])), Ok(()));
        assert_eq!(check(&tally(1, 1), &before, &operations_of(&[1, 2])), Ok(()));
        // An open door of which the log knows nothing; an opening that nobody asked for; one that ran twice.
        assert!(check(&tally(2, 0), &before, &operations_of(&[1, 2])).is_err());
        assert!(check(&tally(1, 0), &before, &operations_of(&[1, 2, 3])).is_err());
        assert!(check(&tally(2, 0), &before, &operations_of(&[1, 2, 2])).is_err());
        let unanswered = Tally { requests: 3, ..tally(2, 0) };
        assert!(check(&unanswered, &before, &operations_of(&[1, 2, 3])).is_err());
        let moved =
            |numbers: &[u8]| Operations { moved: operations_of(numbers).moved, ..operations_of(&[1, 2, 3]) };
        assert!(check(&tally(2, 0), &before, &moved(&[1, 2])).is_err());
        assert!(check(&tally(2, 0), &before, &moved(&[1, 2, 3, 3])).is_err());
        // The bolt's word about an earlier opening is none of the run's.
        assert_eq!(check(&tally(2, 0), &before, &moved(&[1, 1, 2, 3])), Ok(()));
    }

    #[test]
    fn a_bolt_that_moved_twice_for_one_operation_is_not_made_up_for_by_one_that_did_not() {
        let (before, after) = (operations_of(&[1]), operations_of(&[1, 2, 3]));
        let moved = [1, 2, 2].map(|number| OperationId([number; 8])).to_vec();
        assert!(check(&tally(2, 0), &before, &Operations { moved, ..after }).is_err());
    }

    #[test]
    fn a_door_that_opens_for_nobody_or_refuses_somebody_is_found() {
        let log = operations_of(&[1]);
        let refused = |reason| {
            let mut tally = tally(0, 0);
            tally.requests = 1;
            tally.refused(reason);
            check(&tally, &log, &log)
        };
        assert!(refused("denied").is_err());
        assert!(refused("not-in-range").is_err());
        assert_eq!(refused(OUTCOME_UNKNOWN), Ok(()));
        let mut some = Tally { requests: 2, ..tally(1, 0) };
        some.refused("connection-lost");
        assert_eq!(check(&some, &log, &operations_of(&[1, 2])), Ok(()));
        let mut one = Tally { requests: 2, ..tally(1, 0) };
        one.refused("no-grant");
        assert!(check(&one, &log, &operations_of(&[1, 2])).is_err());
    }
}
