//! Breadth-first search on two threads.
//!
//! Each thread owns the states whose hash ends on its side. A round has two halves: both threads work out what follows
//! from a piece of their own states, then both take in what belongs to them. Rounds never mix depths, so the first breach
//! found is a shortest one, and the outcome depends on nothing but rules, starts and limit.
#![expect(clippy::indexing_slicing, reason = "two shards, two halves")]

use std::thread;

use crate::action::Action;
use crate::apply::{Step, apply};
use crate::canonical::Packed;
use crate::cleanup::cleanup;
use crate::report::{Found, Summary};
use crate::rules::Rules;
use crate::shard::{Parcel, Place, Shard};
use crate::state::State;
use crate::trace;
use crate::violation::Violation;

/// States that one thread works on in one round.
const PIECE: usize = 1 << 15;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// After the round in which so many states had been seen.
    States(usize),
    /// Never before everything is seen or a breach is found.
    Unlimited,
}

/// Explores what the rules allow from each of `starts` until a breach of I8, the limit, or the end; `keep_going` is asked
/// once a round.
pub fn search(rules: &Rules, starts: &[State], limit: Limit, keep_going: impl Fn() -> bool) -> Summary {
    let mut shards = [Shard::new(0), Shard::new(1)];
    for start in starts {
        let mut start = *start;
        cleanup(&mut start, rules);
        let parcel = Parcel::new(Packed::of(&start), Place::START);
        shards[parcel.shard()].insert(&parcel);
    }
    let mut run =
        Run { rules, shards, levels: Vec::new(), seen_actions: [0; Action::ALL.len()], transitions: 0 };
    run.levels(starts, limit, keep_going)
}

struct Run<'a> {
    rules: &'a Rules,
    shards: [Shard; 2],
    levels: Vec<usize>,
    seen_actions: [u64; Action::ALL.len()],
    transitions: u64,
}

/// What one thread found out in the first half of a round.
struct Harvest {
    boxes: [Vec<Parcel>; 2],
    breach: Option<Breach>,
    seen_actions: [u64; Action::ALL.len()],
    transitions: u64,
}

/// A breach of I8. Of those at the same depth the least counts, whichever thread found it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Breach {
    violation: Violation,
    state: Packed,
    place: Place,
    /// In [`Action::ALL`].
    action: usize,
}

impl Run<'_> {
    fn levels(&mut self, starts: &[State], limit: Limit, keep_going: impl Fn() -> bool) -> Summary {
        let mut begin = [0, 0];
        for depth in 0.. {
            let end = [self.shards[0].len(), self.shards[1].len()];
            if begin == end {
                return self.summary(depth, true, None);
            }
            self.levels.push(end[0] + end[1] - begin[0] - begin[1]);
            let mut breach: Option<Breach> = None;
            while begin != end {
                let stop = [end[0].min(begin[0] + PIECE), end[1].min(begin[1] + PIECE)];
                breach = breach.into_iter().chain(self.round(begin, stop)).min();
                begin = stop;
                if breach.is_some() {
                    continue;
                }
                if !keep_going() || limit.is_reached(self.shards[0].len() + self.shards[1].len()) {
                    // Only whole levels count as searched.
                    return self.summary(if begin == end { depth + 1 } else { depth }, false, None);
                }
            }
            if let Some(Breach { violation, place, action, .. }) = breach {
                let steps = trace::steps(self.rules, &self.shards, starts, place, Action::ALL[action]);
                return self.summary(depth + 1, false, Some(Found { violation, steps }));
            }
        }
        self.summary(u32::MAX, false, None)
    }

    fn round(&mut self, begin: [usize; 2], stop: [usize; 2]) -> Option<Breach> {
        let [first, second] = &self.shards;
        let rules = self.rules;
        let (left, right) = thread::scope(|scope| {
            let other = scope.spawn(|| expand(rules, second, begin[1], stop[1]));
            (expand(rules, first, begin[0], stop[0]), other.join())
        });
        let harvests = [left, right.unwrap_or_else(|panic| std::panic::resume_unwind(panic))];
        let [first, second] = &mut self.shards;
        thread::scope(|scope| {
            scope.spawn(|| take_in(second, &harvests, 1));
            take_in(first, &harvests, 0);
        });
        for harvest in &harvests {
            self.transitions += harvest.transitions;
            for (total, seen) in self.seen_actions.iter_mut().zip(harvest.seen_actions) {
                *total += seen;
            }
        }
        harvests.iter().filter_map(|harvest| harvest.breach).min()
    }

    fn summary(&self, depth: u32, complete: bool, found: Option<Found>) -> Summary {
        Summary {
            depth,
            complete,
            states: self.shards[0].len() + self.shards[1].len(),
            levels: self.levels.clone(),
            transitions: self.transitions,
            actions: Action::ALL.into_iter().zip(self.seen_actions).collect(),
            found,
        }
    }
}

fn expand(rules: &Rules, shard: &Shard, begin: usize, stop: usize) -> Harvest {
    let mut harvest = Harvest {
        boxes: [Vec::new(), Vec::new()],
        breach: None,
        seen_actions: [0; Action::ALL.len()],
        transitions: 0,
    };
    for index in begin..stop {
        let Some(packed) = shard.state(index) else { break };
        let state = packed.state();
        let place = shard.place(index);
        for (number, (action, seen)) in Action::ALL.into_iter().zip(&mut harvest.seen_actions).enumerate() {
            match apply(&state, rules, action) {
                Step::Disabled => continue,
                Step::To(next) => {
                    let next = Packed::of(&next);
                    if next != packed {
                        let parcel = Parcel::new(next, place);
                        harvest.boxes[parcel.shard()].push(parcel);
                    }
                }
                Step::Breach(violation) => {
                    let breach = Breach { violation, state: packed, place, action: number };
                    harvest.breach = Some(harvest.breach.map_or(breach, |least| least.min(breach)));
                }
            }
            *seen += 1;
            harvest.transitions += 1;
        }
    }
    harvest
}

fn take_in(shard: &mut Shard, harvests: &[Harvest; 2], number: usize) {
    for harvest in harvests {
        for parcel in &harvest.boxes[number] {
            shard.insert(parcel);
        }
    }
}

impl Limit {
    const fn is_reached(self, states: usize) -> bool {
        match self {
            Self::States(limit) => states >= limit,
            Self::Unlimited => false,
        }
    }
}
