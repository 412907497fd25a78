//! Forgets what can no longer matter, so that states that behave alike are alike.
//!
//! Each line is an argument, written beside it, that no later event looks at what it erases.

use crate::operation::Operation;
use crate::rules::Rules;
use crate::state::{Answer, Connection, Entry, Hello, Intent, Phase, State};

pub(crate) fn cleanup(state: &mut State, rules: &Rules) {
    for side in [0, 1] {
        clean_connection(state, rules, side);
    }
    clean_attachment(state);
    clean_phone(state);
    clean_door(state, rules);
    clean_intents(state);
}

fn clean_phone(state: &mut State) {
    let phone = &mut state.phone;
    if phone.vault.ticket.is_none() {
        phone.vault.press = 0;
    }
    if phone.wait == 0 && phone.held.iter().all(|held| held.left == 0) {
        // Drift is counted while a hello lives.
        phone.drifted = false;
    }
}

fn clean_connection(state: &mut State, rules: &Rules, side: u8) {
    let attached = state.phone.attached == Some(side);
    let heard = state.phone.hears(side);
    // Elsewhere nothing is sent any more.
    let asked_for = attached && state.phone.phase == Phase::Active;
    let connection = state.connection_mut(side);
    if !heard {
        // Nobody listens.
        if rules.answer_bound_to_request {
            connection.answer = Answer::None;
        }
    }
    if connection.answer == Answer::None {
        connection.offered = None;
    }
    let busy = connection.has_request() || connection.answer != Answer::None;
    if !busy {
        connection.intent = 0;
        connection.operation = Operation::None;
        connection.draw = 0;
        connection.slow = false;
        if !asked_for {
            *connection = Connection::default();
        }
    }
    if connection.hello == Hello::Spent && connection.verified.is_none() && rules.hello_is_spent {
        // A spent hello is never looked at again; only the connection matters.
        connection.age = 0;
    }
}

/// What the phone's connection brings, and what was sent on it.
fn clean_attachment(state: &mut State) {
    let Some(side) = state.phone.attached else { return };
    let other = 1 - side;
    if *state.connection(other) == Connection::default() {
        // A relay can come back at any time: that it is there counts only while it holds something.
        state.phone.relayed = false;
    }
    if !state.phone.relayed {
        // No answer to what left under that hello can come any more, only its end is waited for.
        state.phone.leave(other);
        if is_useless(state, side) {
            state.phone.detach();
            *state.connection_mut(side) = Connection::default();
            return;
        }
    }
    // Nothing more is sent under the older hello; after a full request, nothing more under the newest.
    for (held, newest) in [(other, false), (side, true)] {
        let held = state.phone.held_mut(held);
        held.sent_full |= held.sent_fast && !newest;
        held.sent_fast &= !held.sent_full;
    }
}

/// No answer comes on the phone's connection `side`, and nothing can be sent on it: any other would do as well.
fn is_useless(state: &State, side: u8) -> bool {
    let connection = state.connection(side);
    let may_send = state.phone.phase == Phase::Active && state.phone.held(side).left > 0;
    !may_send && !connection.has_request() && connection.answer == Answer::None
}

fn clean_door(state: &mut State, rules: &Rules) {
    let door = &state.door;
    let in_log = door.log.iter().any(|entry| entry.operation == door.newest);
    if (in_log && rules.memory_outlasts_operation) || !can_be_asked(state, rules, state.door.newest) {
        // The log says the same, and what it says outlasts the operation.
        state.door.newest = Operation::None;
    }
    let mut kept = [Entry::default(); crate::state::ENTRIES];
    let living = state.door.log.iter().filter(|entry| can_be_asked(state, rules, entry.operation));
    for (slot, entry) in kept.iter_mut().zip(living) {
        *slot = *entry;
    }
    state.door.log = kept;
    let door = &mut state.door;
    if door.chain.current.is_none() {
        door.current_press = 0;
    }
    if door.chain.previous.is_none() {
        door.previous_press = 0;
    }
}

/// Whether a request for `operation` is on its way or can still be made.
fn can_be_asked(state: &State, rules: &Rules, operation: Operation) -> bool {
    if operation == Operation::None {
        return false;
    }
    if rules.press_may_recur() && operation.ticket().is_some() {
        return true;
    }
    let by_phone = state.phone.phase != Phase::Idle && state.phone.operation == operation;
    by_phone
        || state.connections.iter().any(|connection| {
            let fast = connection.operation == operation;
            let full = connection.operation_of(crate::action::Path::Full) == operation;
            connection.has_request() && (fast || full)
        })
}

fn clean_intents(state: &mut State) {
    let mut used = [false; crate::state::INTENTS];
    let by_phone = (state.phone.phase != Phase::Idle).then_some(state.phone.intent);
    let by_radio = state
        .connections
        .iter()
        .filter(|connection| connection.has_request() || connection.answer != Answer::None)
        .map(|connection| connection.intent);
    for name in by_radio.chain(by_phone) {
        if let Some(slot) = used.get_mut(usize::from(name)) {
            *slot = true;
        }
    }
    for (intent, used) in state.intents.iter_mut().zip(used) {
        if !used {
            // Nothing moves the bolt for it or reports it any more.
            *intent = Intent::default();
        }
    }
}
