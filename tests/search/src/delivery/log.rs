//! A door's log on its way home (§12.2 to §12.4), and invariant I7: every event reaches the authority at least once, in a
//! verifiable order; loss is detected and counted.
//!
//! An event is named by when it happened; a chain of events stands for its head, since a head is a hash of all of it.

use std::collections::BTreeSet;

use super::breadth_first::{Model, Outcomes};
use super::log_rules::LogRules;

/// A door's log, its couriers and the authority.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LogModel {
    /// What holds.
    pub rules: LogRules,
    /// How many events happen in a run.
    pub events: u8,
    /// How many events the door's ring holds.
    pub ring: usize,
    /// How many events fit a batch.
    pub batch: usize,
    /// Whether a rescue is tried in every state; else only what goes wrong at once is found.
    pub rescue: bool,
}

/// A breach of I7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests match every way of breaking I7")]
pub enum LogBreach {
    /// The door frees an event that the authority has never had.
    FreedUnseen,
    /// The authority believes that a number is another event than the door wrote under it.
    WrongEvent,
    /// The authority lacks an event, and neither the door's count nor the authority's restored backup accounts for it.
    LossNotCounted,
    /// However honest the couriers are from now on, events wait forever.
    Stuck,
}

/// An event, by when it happened, from 1.
type Event = u8;

/// What the parties and the air hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LogState {
    happened: Event,
    door: Door,
    /// Whatever was ever given may arrive at any time.
    batches: BTreeSet<Batch>,
    /// The chain up to the number that an acknowledgement names.
    acknowledgements: BTreeSet<Vec<Event>>,
    authority: Authority,
    restored: bool,
    /// What the authority had at any time.
    ever_had: BTreeSet<Event>,
}

/// The door. Event number n is at `chain[n - 1]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Door {
    chain: Vec<Event>,
    /// Events in flash.
    written: usize,
    /// Events before those that it holds.
    gone: usize,
    /// Of those, how many from the beginning were acknowledged.
    freed: usize,
    /// How many were overwritten before they were acknowledged.
    lost: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Batch {
    /// Events before the first: their head stands in the open part.
    before: Vec<Event>,
    /// Which of them the door does not hold any more, as far as the batch says it: from, to.
    gone: (usize, usize),
    events: Vec<Event>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Authority {
    /// The chain whose head it knows. It has not seen all of its events.
    chain: Vec<Event>,
    has: BTreeSet<Event>,
    /// Which events the door does not hold any more.
    gone: BTreeSet<usize>,
}

/// An event of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogAction {
    /// Something happens at the door.
    Happen,
    /// What happened is written (where the rule is taken away that it is written at once).
    Write,
    /// The door loses power.
    PowerCut,
    /// The authority gets a batch; which one, of those on their way.
    Take(usize),
    /// The door gets an acknowledgement; which one.
    Acknowledge(usize),
    /// A courier says that it has a batch (where its word counts).
    BelieveCourier(usize),
    /// The authority comes back from a backup in which there was no log yet.
    Restore,
}

impl Model for LogModel {
    type State = LogState;
    type Action = LogAction;
    type Breach = LogBreach;

    fn start(&self) -> LogState {
        LogState::default()
    }

    fn next(&self, state: &LogState) -> Outcomes<Self> {
        let mut outcomes = Vec::new();
        if state.happened < self.events {
            outcomes.push((LogAction::Happen, Ok(self.happen(state))));
        }
        if state.door.written < state.door.chain.len() {
            outcomes.push((LogAction::Write, Ok(self.write(state))));
            outcomes.push((LogAction::PowerCut, Ok(power_cut(state))));
        }
        for (which, batch) in state.batches.iter().enumerate() {
            outcomes.push((LogAction::Take(which), Ok(self.take(state, batch))));
            if !self.rules.freed_by_acknowledgement {
                let chain = [&*batch.before, &*batch.events].concat();
                outcomes.push((LogAction::BelieveCourier(which), self.free(state, &chain)));
            }
        }
        for (which, chain) in state.acknowledgements.iter().enumerate() {
            outcomes.push((LogAction::Acknowledge(which), self.free(state, chain)));
        }
        if !state.restored {
            outcomes.push((LogAction::Restore, Ok(restore(state))));
        }
        outcomes
    }

    fn judge(&self, state: &LogState) -> Result<(), LogBreach> {
        if !self.rescue {
            return Ok(());
        }
        let end = self.rescued(state)?;
        let Door { chain, lost, .. } = &end.door;
        let mut lacking = 0;
        for (index, event) in chain.iter().enumerate() {
            let believed = end.authority.chain.get(index).filter(|event| end.authority.has.contains(event));
            if believed.is_some_and(|believed| believed != event) {
                return Err(LogBreach::WrongEvent);
            }
            if !end.ever_had.contains(event) {
                lacking += 1;
            }
        }
        if lacking > *lost { Err(LogBreach::LossNotCounted) } else { Ok(()) }
    }
}

impl LogModel {
    /// A model with these rules, so many events in a run, in the ring, and in a batch.
    pub const fn new(rules: LogRules, events: u8, ring: usize, batch: usize) -> Self {
        Self { rules, events, ring, batch, rescue: true }
    }

    fn happen(&self, state: &LogState) -> LogState {
        let mut next = state.clone();
        next.happened += 1;
        next.door.chain.push(next.happened);
        if self.rules.written_before_told {
            return self.write(&next);
        }
        self.give(&mut next);
        next
    }

    /// Writes all that is not written yet. The ring overwrites its oldest events.
    fn write(&self, state: &LogState) -> LogState {
        let mut next = state.clone();
        let door = &mut next.door;
        door.written = door.chain.len();
        let over = (door.written - door.gone).saturating_sub(self.ring);
        door.gone += over;
        door.lost += over;
        self.give(&mut next);
        next
    }

    /// The door gives every batch that it could give. Couriers need not deliver them, so more is never less hostile.
    fn give(&self, state: &mut LogState) {
        let Door { chain, gone, freed, .. } = &state.door;
        for first in *gone..chain.len() {
            for count in 1..=self.batch.min(chain.len() - first) {
                let (Some(before), Some(events)) = (chain.get(..first), chain.get(first..first + count))
                else {
                    continue;
                };
                let from = if self.rules.acknowledged_is_said { 0 } else { *freed };
                let gone = (from, if self.rules.overwritten_is_said { *gone } else { *freed });
                state.batches.insert(Batch { before: before.to_vec(), gone, events: events.to_vec() });
            }
        }
    }

    fn take(&self, state: &LogState, batch: &Batch) -> LogState {
        let mut next = state.clone();
        let chain = [&*batch.before, &*batch.events].concat();
        let known = &next.authority.chain;
        let fits = known.iter().zip(&chain).all(|(mine, theirs)| mine == theirs);
        if self.rules.chain_compared && !fits {
            return next;
        }
        if !fits || known.len() < chain.len() {
            next.authority.chain = chain;
        }
        next.authority.has.extend(&batch.events);
        next.authority.gone.extend(batch.gone.0..batch.gone.1);
        next.ever_had.extend(&batch.events);
        self.acknowledge(&mut next);
        next
    }

    /// The authority signs for as much as it may.
    fn acknowledge(&self, state: &mut LogState) {
        let Authority { chain, has, gone } = &state.authority;
        let is_covered = |(index, event): (usize, &Event)| gone.contains(&index) || has.contains(event);
        let covered = if self.rules.acknowledged_without_gap {
            chain.iter().enumerate().take_while(|each| is_covered(*each)).count()
        } else {
            chain.len()
        };
        let sequence = chain.get(..covered).unwrap_or_default();
        if !sequence.is_empty() {
            state.acknowledgements.insert(sequence.to_vec());
        }
    }

    fn free(&self, state: &LogState, chain: &[Event]) -> Result<LogState, LogBreach> {
        let mut next = state.clone();
        let door = &mut next.door;
        let own = door.chain.get(..chain.len());
        let fits = if self.rules.acknowledgement_names_head { own == Some(chain) } else { own.is_some() };
        // What is not written yet has no place to be freed.
        if !fits || chain.len() > door.written || chain.len() <= door.gone {
            return Ok(next);
        }
        let freed = door.chain.get(door.gone..chain.len()).unwrap_or_default();
        if freed.iter().any(|event| !state.ever_had.contains(event)) {
            return Err(LogBreach::FreedUnseen);
        }
        door.gone = chain.len();
        door.freed = chain.len();
        self.give(&mut next);
        Ok(next)
    }

    /// Where an honest courier leads: it brings the door's batches home, oldest first, and the acknowledgements back.
    fn rescued(&self, state: &LogState) -> Result<LogState, LogBreach> {
        let mut now = self.write(state);
        while now.door.gone < now.door.chain.len() {
            let Door { chain, gone, .. } = &now.door;
            let oldest = now.batches.iter().filter(|batch| {
                batch.before.len() == *gone && chain.starts_with(&[&*batch.before, &*batch.events].concat())
            });
            // Of equal ones the latest made: it says most about what is gone.
            let oldest = oldest.max_by_key(|batch| (batch.gone, batch.events.len())).cloned();
            let taken = self.take(&now, &oldest.ok_or(LogBreach::Stuck)?);
            let chains = taken.acknowledgements.iter();
            let best =
                chains.filter(|chain| taken.door.chain.starts_with(chain)).max_by_key(|chain| chain.len());
            let next = self.free(&taken, &best.cloned().unwrap_or_default())?;
            if next.door.gone == now.door.gone {
                return Err(LogBreach::Stuck);
            }
            now = next;
        }
        Ok(now)
    }
}

/// What is not in flash is gone, and its number is used again.
fn power_cut(state: &LogState) -> LogState {
    let mut next = state.clone();
    next.door.chain.truncate(next.door.written);
    next
}

fn restore(state: &LogState) -> LogState {
    LogState { authority: Authority::default(), restored: true, ..state.clone() }
}
