//! What a search found.

use core::fmt;

use crate::action::Action;
use crate::violation::Violation;

/// The outcome of a search.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Every run of so many events was explored (with a breach: its length).
    pub depth: u32,
    /// There is no state beyond those seen.
    pub complete: bool,
    /// Different states seen.
    pub states: usize,
    /// How many of them each depth added, from depth 0.
    pub levels: Vec<usize>,
    /// Events tried that could happen.
    pub transitions: u64,
    /// How often each event happened.
    pub actions: Vec<(Action, u64)>,
    /// The first breach of I8, by a shortest run.
    pub found: Option<Found>,
}

/// A breach and a shortest way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// Which.
    pub violation: Violation,
    /// One line for the start and one for each event.
    pub steps: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { depth, states, complete, .. } = self;
        if let Some(found) = &self.found {
            return write!(formatter, "{found}\n({states} states seen)");
        }
        let extent = if *complete { "all there are" } else { "stopped at the limit" };
        write!(formatter, "no breach of I8 in any run of {depth} events; {states} states, {extent}")
    }
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "I8 is broken: {}", self.violation)?;
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(formatter, "{number:>4}  {step}")?;
        }
        Ok(())
    }
}
