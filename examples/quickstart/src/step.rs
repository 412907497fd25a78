//! One step of the story, with what can be counted from it.

use core::time::Duration;

use serde::Serialize;
use thumbturn_simulator::building::Visit;
use thumbturn_simulator::trace::Trace;

/// A step of the story.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    /// What it shows.
    pub(crate) title: &'static str,
    /// What the clocks of the building show.
    pub(crate) time: String,
    /// Who does what.
    pub(crate) action: String,
    /// What came of it.
    pub(crate) outcome: String,
    /// Counted in the air.
    pub(crate) counts: Counts,
    /// What the phone brought and took along behind the opening.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) behind: Option<Behind>,
}

/// What followed an opening, while nobody waited for it.
#[derive(Debug, Serialize)]
pub(crate) struct Behind {
    /// What came of it, one fact each.
    pub(crate) facts: Vec<String>,
    /// Application bytes, both ways.
    pub(crate) bytes: usize,
    /// Simulated milliseconds.
    pub(crate) milliseconds: u64,
}

/// What was sent, and how long it took.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Counts {
    /// Round trips up to the answer.
    pub(crate) round_trips: usize,
    /// Application bytes up to the answer, both ways, the pushed hello included.
    pub(crate) bytes: usize,
    /// ATT packets that carried them.
    pub(crate) packets: usize,
    /// Simulated milliseconds from the tap until the motor ran, or until the outcome when it did not.
    pub(crate) milliseconds: u64,
    /// How often the bolt moved.
    pub(crate) bolt_moves: usize,
}

impl Counts {
    /// Of a tap.
    pub(crate) fn of_visit(visit: &Visit, bolt_moves: usize) -> Self {
        let exchange = visit.exchange();
        let until = visit.milestones().motor.unwrap_or_else(|| visit.duration());
        Self {
            round_trips: exchange.round_trips(),
            bytes: exchange.application_bytes(),
            packets: exchange.frames().count(),
            milliseconds: milliseconds(until),
            bolt_moves,
        }
    }

    /// Of anything else that happened in the air.
    pub(crate) fn of_trace(trace: &Trace, duration: Duration, bolt_moves: usize) -> Self {
        Self {
            round_trips: trace.round_trips(),
            bytes: trace.application_bytes(),
            packets: trace.frames().count(),
            milliseconds: milliseconds(duration),
            bolt_moves,
        }
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
