//! Breadth-first search of a small model, with exact comparison of states.

use core::fmt;
use core::hash::Hash;
use core::mem::{Discriminant, discriminant};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// What may happen, and what must not.
pub trait Model: Sized {
    /// Everything that a later event can look at.
    type State: Clone + Eq + Hash;
    /// An event.
    type Action: Copy + fmt::Debug;
    /// A way of going wrong.
    type Breach: Copy + fmt::Debug;

    /// Where every run begins.
    fn start(&self) -> Self::State;

    /// Every event that may happen now and the state after it, or the breach that it is.
    fn next(&self, state: &Self::State) -> Outcomes<Self>;

    /// What is wrong with a state as it is, and which honest end it cannot reach any more.
    fn judge(&self, state: &Self::State) -> Result<(), Self::Breach>;
}

/// Events, and what each leads to.
pub type Outcomes<M> = Vec<(<M as Model>::Action, Result<<M as Model>::State, <M as Model>::Breach>)>;

/// The outcome of a search.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explored<A, B> {
    /// Different states seen.
    pub states: usize,
    /// How many kinds of events happened.
    pub kinds: usize,
    /// There is no state beyond them.
    pub complete: bool,
    /// The first breach and a shortest run to it.
    pub found: Option<(B, Vec<A>)>,
}

/// Explores until a breach, the end, or `limit` states.
pub fn explore<M: Model>(model: &M, limit: usize) -> Explored<M::Action, M::Breach> {
    let mut seen = Seen { order: Vec::new(), places: HashMap::new(), kinds: HashSet::new() };
    seen.add(model.start(), None);
    let mut at = 0;
    while let Some((state, _)) = seen.order.get(at).cloned() {
        if let Err(breach) = model.judge(&state) {
            return seen.explored(false, Some((breach, seen.way_to(at))));
        }
        for (action, outcome) in model.next(&state) {
            seen.kinds.insert(discriminant(&action));
            match outcome {
                Ok(next) => seen.add(next, Some((at, action))),
                Err(breach) => {
                    let mut way = seen.way_to(at);
                    way.push(action);
                    return seen.explored(false, Some((breach, way)));
                }
            }
        }
        at += 1;
        if seen.order.len() >= limit {
            return seen.explored(false, None);
        }
    }
    seen.explored(true, None)
}

/// Where a state was first reached from, and by what.
type Origin<A> = Option<(usize, A)>;

struct Seen<S, A> {
    order: Vec<(S, Origin<A>)>,
    places: HashMap<S, usize>,
    kinds: HashSet<Discriminant<A>>,
}

impl<S: Clone + Eq + Hash, A: Copy> Seen<S, A> {
    fn add(&mut self, state: S, origin: Origin<A>) {
        if let Entry::Vacant(vacant) = self.places.entry(state) {
            self.order.push((vacant.key().clone(), origin));
            vacant.insert(self.order.len() - 1);
        }
    }

    fn way_to(&self, place: usize) -> Vec<A> {
        let mut way = Vec::new();
        let mut at = place;
        while let Some((_, Some((before, action)))) = self.order.get(at) {
            way.push(*action);
            at = *before;
        }
        way.reverse();
        way
    }

    fn explored<B>(&self, complete: bool, found: Option<(B, Vec<A>)>) -> Explored<A, B> {
        Explored { states: self.order.len(), kinds: self.kinds.len(), complete, found }
    }
}
