//! Tickets: lost answers, stale presses, fallbacks, races, thieves and denials (spec §6, §8.2).

mod chains;
mod races;
mod repeats;
mod thieves;

use thumbturn_lock::input::ConnectionId;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::frame::{AttMtu, MessageType};
use thumbturn_protocol::ids::OperationId;
use thumbturn_tests::bench_door::{BenchDoor, frames};
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::Property;

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const NOT_RECOGNISED: Reply = Reply::NotAccepted(1);

/// A claimed door, and a resident's phone with a ticket, long after its first unlock.
fn stage(seed: u64) -> (Property, ManualPhone) {
    let mut property = Property::new(seed);
    let phone = property.ticket_holder();
    (property, phone)
}

/// A fast request whose answer the phone never sees. The outcome it would have read.
fn lose_fast_answer(phone: &mut ManualPhone, door: &mut BenchDoor, press: u8, attempt: u8) -> Outcome {
    let ticket = phone.ticket.clone();
    let outcome = phone.try_fast(door, press, attempt).outcome();
    phone.ticket = ticket;
    outcome
}

fn lose_full_answer(phone: &mut ManualPhone, door: &mut BenchDoor, operation: OperationId) -> Outcome {
    let ticket = phone.ticket.clone();
    let outcome = phone.try_full(door, operation, 1).outcome();
    phone.ticket = ticket;
    outcome
}

fn operation(phone: &ManualPhone, press: u8) -> OperationId {
    phone.ticket.as_ref().expect("a ticket").operation_id(press)
}

const fn is_already_done(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::AlreadyDone { .. })
}

fn write_unpolled(door: &mut BenchDoor, id: ConnectionId, message_type: MessageType, payload: &[u8]) {
    for frame in frames(message_type, payload, AttMtu::MAXIMUM) {
        door.write_unpolled(id, &frame);
    }
}
