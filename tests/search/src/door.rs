//! What the door can do (§6.1, §8.2, §8.5).

use crate::action::{Choice, Path};
use crate::apply::Step;
use crate::operation::{Operation, Ticket};
use crate::rules::Rules;
use crate::state::{Answer, CHAINS, Chain, Connection, Entry, Hello, PLACES, Reported, State};
use crate::violation::Violation;

pub(crate) fn deliver(state: &State, rules: &Rules, side: u8, path: Path) -> Step {
    let connection = state.connection(side);
    let on_its_way = match path {
        Path::Fast => connection.fast_in_flight,
        Path::Full => connection.full_in_flight,
    };
    let live = connection.hello == Hello::Live || (!rules.hello_is_spent && connection.hello == Hello::Spent);
    if !on_its_way || !live || connection.verified.is_some() || !recognised(state, connection, path) {
        return Step::Disabled;
    }
    let mut next = *state;
    let connection = next.connection_mut(side);
    connection.verified = Some(path);
    connection.slow = false;
    Step::To(next)
}

fn recognised(state: &State, connection: &Connection, path: Path) -> bool {
    match path {
        Path::Full => true,
        Path::Fast => connection.operation.ticket().is_some_and(|ticket| holds(&state.door.chain, ticket)),
    }
}

fn holds(chain: &Chain, ticket: Ticket) -> bool {
    chain.current == Some(ticket) || chain.previous == Some(ticket)
}

pub(crate) fn decide(state: &State, rules: &Rules, side: u8, choice: Choice) -> Step {
    let connection = state.connection(side);
    let Some(path) = connection.verified else { return Step::Disabled };
    if state.door.committing.is_some() || !allowed(state, rules, connection, path, choice) {
        return Step::Disabled;
    }
    let operation = connection.operation_of(path);
    let mut next = *state;
    if choice == Choice::NotAccepted {
        next.connection_mut(side).verified = None;
        return Step::To(next);
    }
    spend(next.connection_mut(side), rules);
    raise_press(&mut next, operation, path);
    match choice {
        Choice::Accept => return accept(next, rules, side, operation),
        Choice::Refuse | Choice::OutcomeUnknown => {
            let offered = if path == Path::Full { begin_chain(&mut next, rules) } else { None };
            let answer = if choice == Choice::Refuse { Answer::Refused } else { Answer::OutcomeUnknown };
            send_answer(&mut next, side, answer, offered);
        }
        Choice::Deny => {
            next.door.chain = Chain::default();
            send_answer(&mut next, side, Answer::Denied, None);
        }
        Choice::AlreadyDone => {
            let offered = renew(&mut next, rules, operation, path);
            send_answer(&mut next, side, Answer::AlreadyDone, offered);
        }
        Choice::NotAccepted => return Step::Disabled,
    }
    Step::To(next)
}

/// §8.2 and §8.5: the decisions that the door may take on this request.
fn allowed(state: &State, rules: &Rules, connection: &Connection, path: Path, choice: Choice) -> bool {
    let operation = connection.operation_of(path);
    let not_accepted = choice == Choice::NotAccepted;
    if !recognised(state, connection, path) {
        return not_accepted;
    }
    if let Some(entry) = known(state, rules, operation) {
        let result_known = entry.this_boot || entry.finished || !rules.unfinished_is_unknown;
        return match choice {
            Choice::AlreadyDone => result_known,
            Choice::OutcomeUnknown => true,
            Choice::NotAccepted => path == Path::Fast,
            Choice::Accept | Choice::Refuse | Choice::Deny => false,
        };
    }
    if path == Path::Fast && rules.lower_press_refused && is_lower(state, operation) {
        return not_accepted;
    }
    matches!(choice, Choice::Accept | Choice::Refuse | Choice::Deny)
}

fn known(state: &State, rules: &Rules, operation: Operation) -> Option<Entry> {
    if !rules.known_is_repeated {
        return None;
    }
    if state.door.newest == operation {
        return Some(Entry { operation, finished: false, this_boot: true });
    }
    state.door.log.iter().copied().find(|entry| entry.operation == operation)
}

fn is_lower(state: &State, operation: Operation) -> bool {
    let Operation::Pressed { ticket, press } = operation else { return false };
    let door = &state.door;
    (door.chain.current == Some(ticket) && press < door.current_press)
        || (door.chain.previous == Some(ticket) && press < door.previous_press)
}

fn raise_press(next: &mut State, operation: Operation, path: Path) {
    let Operation::Pressed { ticket, press } = operation else { return };
    if path == Path::Full {
        return;
    }
    let door = &mut next.door;
    if door.chain.current == Some(ticket) {
        door.current_press = door.current_press.max(press);
    } else if door.chain.previous == Some(ticket) {
        door.previous_press = door.previous_press.max(press);
    }
}

fn spend(connection: &mut Connection, rules: &Rules) {
    connection.hello = Hello::Spent;
    if rules.hello_is_spent {
        connection.fast_in_flight = false;
        connection.full_in_flight = false;
    }
}

fn send_answer(next: &mut State, side: u8, answer: Answer, offered: Option<Ticket>) {
    let connection = next.connection_mut(side);
    connection.verified = None;
    connection.answer = answer;
    connection.offered = offered;
}

fn accept(mut next: State, rules: &Rules, side: u8, operation: Operation) -> Step {
    next.door.committing = Some(side);
    if rules.event_before_motor {
        write_event(&mut next, rules, operation);
        return Step::To(next);
    }
    move_bolt(next, side)
}

pub(crate) fn start_motor(state: &State, rules: &Rules) -> Step {
    let Some(side) = state.door.committing else { return Step::Disabled };
    let Some(path) = state.connection(side).verified else { return Step::Disabled };
    let operation = state.connection(side).operation_of(path);
    let mut next = *state;
    if rules.event_before_motor {
        match move_bolt(next, side) {
            Step::To(moved) => next = moved,
            other @ (Step::Disabled | Step::Breach(_)) => return other,
        }
    } else {
        write_event(&mut next, rules, operation);
    }
    next.door.committing = None;
    let offered = renew(&mut next, rules, operation, path);
    send_answer(&mut next, side, Answer::Accepted, offered);
    Step::To(next)
}

fn move_bolt(mut next: State, side: u8) -> Step {
    let name = next.intent_on(side);
    let Some(intent) = next.intents.get_mut(usize::from(name)) else { return Step::Disabled };
    if intent.moved {
        return Step::Breach(Violation::MovedTwice);
    }
    if matches!(intent.reported, Reported::Unknown | Reported::NotOpened) {
        return Step::Breach(Violation::MovedAfterFinalReport);
    }
    intent.moved = true;
    Step::To(next)
}

fn write_event(next: &mut State, rules: &Rules, operation: Operation) {
    let door = &mut next.door;
    if rules.newest_is_known {
        door.newest = operation;
    }
    let entry = Entry { operation, finished: false, this_boot: true };
    if let Some(free) = door.log.iter_mut().find(|entry| entry.operation == Operation::None) {
        *free = entry;
        return;
    }
    // Only broken rules fill the log with operations that can still be asked for; the oldest goes.
    door.log.rotate_left(1);
    if let Some(last) = door.log.last_mut() {
        *last = entry;
    }
}

/// The ticket that an answer gives: the next one after a fast request, the first of a new chain after a handshake.
fn renew(next: &mut State, rules: &Rules, operation: Operation, path: Path) -> Option<Ticket> {
    match (path, operation.ticket()) {
        (Path::Fast, Some(ticket)) => advance(next, rules, ticket),
        (Path::Fast, None) => None,
        (Path::Full, _) => begin_chain(next, rules),
    }
}

fn advance(next: &mut State, rules: &Rules, used: Ticket) -> Option<Ticket> {
    let lowest = next.tickets().iter().flatten().filter(|ticket| ticket.chain == used.chain).map(|ticket| ticket.place).min()?;
    if used.place - lowest + 1 >= PLACES {
        return None;
    }
    let following = Ticket { place: used.place + 1, ..used };
    let door = &mut next.door;
    if door.chain.current != Some(following) {
        if door.chain.current == Some(used) {
            door.previous_press = door.current_press;
        }
        door.chain.previous = rules.previous_ticket_kept.then_some(used);
        door.chain.current = Some(following);
        door.current_press = 0;
    }
    Some(following)
}

fn begin_chain(next: &mut State, rules: &Rules) -> Option<Ticket> {
    let tickets = next.tickets();
    let chain = (0..CHAINS).find(|chain| !tickets.iter().flatten().any(|ticket| ticket.chain == *chain))?;
    let first = Some(Ticket { chain, place: 0 });
    let door = &mut next.door;
    door.chain.previous = if rules.previous_ticket_kept { door.chain.current } else { None };
    door.previous_press = door.current_press;
    door.chain.current = first;
    door.current_press = 0;
    first
}

pub(crate) fn write_result(state: &State) -> Step {
    if state.door.committing.is_some() {
        return Step::Disabled;
    }
    let mut next = *state;
    let mut written = false;
    for entry in &mut next.door.log {
        if entry.this_boot && !entry.finished {
            entry.finished = true;
            written = true;
        }
    }
    if written { Step::To(next) } else { Step::Disabled }
}

pub(crate) fn write_ticket(state: &State) -> Step {
    if state.door.written == state.door.chain {
        return Step::Disabled;
    }
    let mut next = *state;
    next.door.written = next.door.chain;
    Step::To(next)
}

pub(crate) fn power_cut(state: &State, rules: &Rules) -> Step {
    let mut next = *state;
    let door = &mut next.door;
    door.chain = door.written;
    door.current_press = 0;
    door.previous_press = 0;
    door.committing = None;
    door.newest = Operation::None;
    for entry in &mut door.log {
        if rules.reload_at_boot {
            entry.this_boot = false;
        } else {
            *entry = Entry::default();
        }
    }
    for connection in &mut next.connections {
        // An answer that has left the door may still arrive.
        let Connection { answer, offered, intent, operation, .. } = *connection;
        *connection = Connection { answer, offered, intent, operation, ..Connection::default() };
    }
    Step::To(next)
}
