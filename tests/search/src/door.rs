//! What the door can do (§6.1, §8.2, §8.5).

use crate::action::{Choice, Path};
use crate::apply::Step;
use crate::operation::{Operation, Ticket};
use crate::rules::Rules;
use crate::state::{Answer, CHAINS, Chain, Connection, Door, ENTRIES, Entry, Hello, PLACES, Reported, State};
use crate::violation::Violation;

/// The broken order of §8.5: the hello's age is looked at before the work of verifying, and not again.
pub(crate) fn verify(state: &State, rules: &Rules, side: u8, path: Path) -> Step {
    let connection = state.connection(side);
    if rules.hello_checked_at_decision || connection.verified.is_some() || !arrives(connection, rules, path) {
        return Step::Disabled;
    }
    let mut next = *state;
    next.connection_mut(side).verified = Some(path);
    Step::To(next)
}

/// A request on `path` can reach the door under a live hello. How long it was on its way and how long the door worked on
/// it makes no difference: the hello's age is looked at when the door decides.
fn arrives(connection: &Connection, rules: &Rules, path: Path) -> bool {
    let on_its_way = match path {
        Path::Fast => connection.fast_in_flight,
        Path::Full => connection.full_in_flight,
    };
    on_its_way
        && (connection.hello == Hello::Live || (!rules.hello_is_spent && connection.hello == Hello::Spent))
}

fn recognised(state: &State, connection: &Connection, path: Path) -> bool {
    let chain = &state.door.chain;
    match path {
        Path::Full => true,
        Path::Fast => connection
            .operation
            .ticket()
            .is_some_and(|ticket| chain.current == Some(ticket) || chain.previous == Some(ticket)),
    }
}

pub(crate) fn decide(state: &State, rules: &Rules, side: u8, path: Path, choice: Choice) -> Step {
    let connection = state.connection(side);
    let ready = match connection.verified {
        Some(verified) => verified == path,
        None => arrives(connection, rules, path),
    };
    if !ready || !allowed(state, rules, connection, path, choice) {
        return Step::Disabled;
    }
    let operation = connection.operation_of(path);
    let mut next = *state;
    spend(next.connection_mut(side), rules);
    raise_press(&mut next, operation, path);
    match choice {
        Choice::Accept => return accept(next, rules, side, path),
        Choice::AcceptAndCut => return accept_and_cut(next, rules, side, operation),
        Choice::Refuse | Choice::OutcomeUnknown => {
            let offered = if path == Path::Full { begin_chain(&mut next, rules) } else { None };
            let answer = if choice == Choice::Refuse { Answer::Refused } else { Answer::OutcomeUnknown };
            send_answer(&mut next, side, answer, offered);
        }
        Choice::Deny => {
            change_chain(&mut next.door, Chain::default());
            send_answer(&mut next, side, Answer::Denied, None);
        }
        Choice::AlreadyDone => {
            let offered = renew(&mut next, rules, operation, path);
            send_answer(&mut next, side, Answer::AlreadyDone, offered);
        }
    }
    Step::To(next)
}

/// §8.2 and §8.5: the decisions that the door may take on this request. A request that it does not recognise and a stale
/// press are *not accepted*, which proves nothing to the phone: as if the request had not arrived.
fn allowed(state: &State, rules: &Rules, connection: &Connection, path: Path, choice: Choice) -> bool {
    let operation = connection.operation_of(path);
    if !recognised(state, connection, path) {
        return false;
    }
    if let Some(entry) = known(state, rules, operation) {
        return match choice {
            Choice::AlreadyDone => entry.this_boot || !rules.reloaded_is_unknown,
            Choice::OutcomeUnknown => true,
            Choice::Accept | Choice::AcceptAndCut | Choice::Refuse | Choice::Deny => false,
        };
    }
    if path == Path::Fast && rules.lower_press_refused && is_lower(state, operation) {
        return false;
    }
    matches!(choice, Choice::Accept | Choice::AcceptAndCut | Choice::Refuse | Choice::Deny)
}

fn known(state: &State, rules: &Rules, operation: Operation) -> Option<Entry> {
    if !rules.known_is_repeated {
        return None;
    }
    if state.door.newest == operation {
        return Some(Entry { operation, this_boot: true });
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

fn accept(next: State, rules: &Rules, side: u8, path: Path) -> Step {
    let operation = next.connection(side).operation_of(path);
    let mut next = match move_bolt(next, side) {
        Step::To(moved) => moved,
        other @ (Step::Disabled | Step::Breach(_)) => return other,
    };
    write_event(&mut next, rules, Entry { operation, this_boot: true });
    let offered = renew(&mut next, rules, operation, path);
    send_answer(&mut next, side, Answer::Accepted, offered);
    Step::To(next)
}

/// The power fails between event and motor (under a broken rule: between motor and event).
fn accept_and_cut(mut next: State, rules: &Rules, side: u8, operation: Operation) -> Step {
    if rules.event_before_motor {
        write_event(&mut next, rules, Entry { operation, this_boot: false });
    } else {
        match move_bolt(next, side) {
            Step::To(moved) => next = moved,
            other @ (Step::Disabled | Step::Breach(_)) => return other,
        }
    }
    next.connection_mut(side).verified = None;
    power_cut(&next, rules, true)
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

fn write_event(next: &mut State, rules: &Rules, entry: Entry) {
    let door = &mut next.door;
    if rules.newest_is_known {
        door.newest = entry.operation;
    }
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
    let lowest = next
        .tickets()
        .iter()
        .flatten()
        .filter(|ticket| ticket.chain == used.chain)
        .map(|ticket| ticket.place)
        .min()?;
    if used.place - lowest + 1 >= PLACES {
        return None;
    }
    let following = Ticket { place: used.place + 1, ..used };
    let door = &mut next.door;
    if door.chain.current != Some(following) {
        if door.chain.current == Some(used) {
            door.previous_press = door.current_press;
        }
        let previous = rules.previous_ticket_kept.then_some(used);
        change_chain(door, Chain { current: Some(following), previous });
        door.current_press = 0;
    }
    Some(following)
}

fn begin_chain(next: &mut State, rules: &Rules) -> Option<Ticket> {
    let tickets = next.tickets();
    let chain = (0..CHAINS).find(|chain| !tickets.iter().flatten().any(|ticket| ticket.chain == *chain))?;
    let first = Some(Ticket { chain, place: 0 });
    let door = &mut next.door;
    let previous = if rules.previous_ticket_kept { door.chain.current } else { None };
    change_chain(door, Chain { current: first, previous });
    door.previous_press = door.current_press;
    door.current_press = 0;
    first
}

/// The chain in use changes; its last change is in flash by now, this one may not be.
fn change_chain(door: &mut Door, chain: Chain) {
    if door.chain != chain {
        door.before = door.chain;
        door.chain = chain;
    }
}

pub(crate) fn power_cut(state: &State, rules: &Rules, ticket_written: bool) -> Step {
    if !ticket_written && state.door.before == state.door.chain {
        return Step::Disabled;
    }
    let mut next = *state;
    let door = &mut next.door;
    if !ticket_written {
        door.chain = door.before;
    }
    door.before = door.chain;
    door.current_press = 0;
    door.previous_press = 0;
    door.newest = Operation::None;
    for entry in &mut door.log {
        entry.this_boot = false;
    }
    if !rules.reload_at_boot {
        door.log = [Entry::default(); ENTRIES];
    }
    for connection in &mut next.connections {
        // An answer that has left the door may still arrive.
        let Connection { answer, offered, intent, operation, .. } = *connection;
        *connection = Connection { answer, offered, intent, operation, ..Connection::default() };
    }
    Step::To(next)
}
