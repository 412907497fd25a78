//! The way to a breach, in words.
#![expect(clippy::indexing_slicing, reason = "two shards")]

use crate::action::Action;
use crate::apply::{Step, apply};
use crate::canonical::Packed;
use crate::cleanup::cleanup;
use crate::rules::Rules;
use crate::shard::{Place, Shard};
use crate::state::State;

/// What happened from a start to the state at `last`, and `action` there.
///
/// The states seen carry canonical names, which change from step to step. So the way is walked again with steady names:
/// at each step, the action whose outcome has the canonical spelling that comes next.
pub(crate) fn steps(
    rules: &Rules,
    shards: &[Shard; 2],
    starts: &[State],
    last: Place,
    action: Action,
) -> Vec<String> {
    let way = way_to(shards, last);
    let mut states = way.into_iter();
    let Some(mut state) = states.next().map(|first| start(rules, starts, first)) else { return Vec::new() };
    let mut steps = vec![describe_start(&state)];
    for packed in states {
        let Some((taken, next)) = find(rules, &state, packed) else {
            steps.push("(the way cannot be walked again: a bug of the search)".to_owned());
            return steps;
        };
        steps.push(taken.describe(&state));
        state = next;
    }
    steps.push(violating(rules, &state, action).describe(&state));
    steps
}

fn way_to(shards: &[Shard; 2], last: Place) -> Vec<Packed> {
    let mut way = Vec::new();
    let mut place = last;
    while place != Place::START {
        let shard = &shards[place.shard()];
        let (Some(state), Some(parent)) = (shard.state(place.index()), shard.parent(place.index())) else {
            break;
        };
        way.push(state);
        place = parent;
    }
    way.reverse();
    way
}

fn start(rules: &Rules, starts: &[State], first: Packed) -> State {
    let mut cleaned = starts.iter().map(|start| {
        let mut start = *start;
        cleanup(&mut start, rules);
        start
    });
    cleaned.find(|start| Packed::of(start) == first).unwrap_or_else(|| first.state())
}

fn find(rules: &Rules, state: &State, packed: Packed) -> Option<(Action, State)> {
    Action::ALL.into_iter().find_map(|action| match apply(state, rules, action) {
        Step::To(next) if Packed::of(&next) == packed => Some((action, next)),
        Step::To(_) | Step::Disabled | Step::Breach(_) => None,
    })
}

/// The breaching action under steady names: the one found, unless the connections were swapped on the way.
fn violating(rules: &Rules, state: &State, action: Action) -> Action {
    let breaks = |candidate: &Action| matches!(apply(state, rules, *candidate), Step::Breach(_));
    if breaks(&action) {
        return action;
    }
    Action::ALL.into_iter().find(breaks).unwrap_or(action)
}

fn describe_start(state: &State) -> String {
    let phone =
        state.phone.vault.ticket.map_or_else(|| "no ticket".to_owned(), |ticket| format!("ticket {ticket}"));
    let door = state
        .door
        .chain
        .current
        .map_or_else(|| "no chain".to_owned(), |ticket| format!("current ticket {ticket}"));
    format!("start: the phone holds {phone}, the door {door}")
}
