//! Time and other people.

use crate::apply::Step;
use crate::phone;
use crate::rules::Rules;
use crate::state::{Connection, Entry, HELLO_LIFE, Hello, Phase, Phone, State};

pub(crate) fn others_open(state: &State, rules: &Rules) -> Step {
    if rules.memory_outlasts_operation {
        return Step::Disabled;
    }
    let mut next = *state;
    next.door.log = [Entry::default(); crate::state::ENTRIES];
    Step::To(next)
}

pub(crate) fn tick(state: &State, rules: &Rules) -> Step {
    // The door's work on a request takes at most one tick.
    if state.connections.iter().any(|connection| connection.slow) {
        return Step::Disabled;
    }
    let mut next = *state;
    for connection in &mut next.connections {
        age(connection, rules);
    }
    pass(&mut next.phone);
    Step::To(next)
}

/// Somebody between phone and door connects to the door once more, and lets the phone take that for its one connection.
pub(crate) fn relay(state: &State, rules: &Rules) -> Step {
    let (Phase::Active, Some(side)) = (state.phone.phase, state.phone.attached) else {
        return Step::Disabled;
    };
    let other = 1 - side;
    if state.connection(other).verified.is_some() {
        return Step::Disabled;
    }
    let mut next = *state;
    next.phone.relayed = true;
    phone::push_hello(&mut next, rules, other);
    Step::To(next)
}

fn age(connection: &mut Connection, rules: &Rules) {
    if connection.hello == Hello::Closed || connection.age >= HELLO_LIFE {
        connection.slow = connection.verified.is_some();
        return;
    }
    connection.age += 1;
    connection.slow = connection.verified.is_some();
    if connection.age < HELLO_LIFE || !rules.hello_expires {
        return;
    }
    connection.fast_in_flight = false;
    connection.full_in_flight = false;
    if connection.hello == Hello::Live && connection.verified.is_none() {
        connection.hello = Hello::Closed;
    }
}

fn pass(phone: &mut Phone) {
    phone.wait = phone.wait.saturating_sub(1);
    for held in &mut phone.held {
        held.left = held.left.saturating_sub(1);
        if held.left == 0 {
            // A refusal may arrive after its hello has died.
            held.sent_full = held.is_asked();
            held.sent_fast = false;
        }
    }
}

pub(crate) fn phone_tick(state: &State) -> Step {
    let holds = state.phone.held.iter().any(|held| held.left > 0);
    if state.phone.drifted || (state.phone.wait == 0 && !holds) {
        return Step::Disabled;
    }
    let mut next = *state;
    pass(&mut next.phone);
    next.phone.drifted = true;
    Step::To(next)
}
