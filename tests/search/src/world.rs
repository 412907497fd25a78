//! Time, radio and other people.

use crate::apply::Step;
use crate::rules::Rules;
use crate::state::{Connection, Entry, HELLO_LIFE, Hello, Phone, State};

pub(crate) fn drop_connection(state: &State, side: u8) -> Step {
    let in_use = state.phone.attached == Some(side) || state.door.committing == Some(side);
    if in_use || *state.connection(side) == Connection::default() {
        return Step::Disabled;
    }
    let mut next = *state;
    *next.connection_mut(side) = Connection::default();
    Step::To(next)
}

pub(crate) fn others_open(state: &State, rules: &Rules) -> Step {
    if rules.memory_outlasts_operation || state.door.committing.is_some() {
        return Step::Disabled;
    }
    let mut next = *state;
    next.door.log = [Entry::default(); crate::state::ENTRIES];
    Step::To(next)
}

pub(crate) fn tick(state: &State, rules: &Rules) -> Step {
    // The door's work between event and motor takes no time worth counting, its work on a request at most one tick.
    let working = state.door.committing.is_some() || state.connections.iter().any(|connection| connection.slow);
    if working {
        return Step::Disabled;
    }
    let mut next = *state;
    for connection in &mut next.connections {
        age(connection, rules);
    }
    pass(&mut next.phone);
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
    connection.hello_in_flight = false;
    if rules.hello_checked_at_decision {
        connection.verified = None;
        connection.slow = false;
    }
    if connection.hello == Hello::Live && connection.verified.is_none() {
        connection.hello = Hello::Closed;
    }
}

fn pass(phone: &mut Phone) {
    phone.wait = phone.wait.saturating_sub(1);
    phone.hello_left = phone.hello_left.saturating_sub(1);
    if phone.hello_left == 0 {
        // `overlap` stays: a refusal may arrive after its hello has died.
        phone.sent_fast = false;
        phone.sent_full = false;
    }
}

pub(crate) fn phone_tick(state: &State) -> Step {
    if state.phone.drifted || (state.phone.wait == 0 && state.phone.hello_left == 0) {
        return Step::Disabled;
    }
    let mut next = *state;
    pass(&mut next.phone);
    next.phone.drifted = true;
    Step::To(next)
}
