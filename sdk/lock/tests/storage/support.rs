//! What the storage tests share: chips in known states, and events, phones and tickets made from numbers.

use thumbturn_lock::flash::Flash;
use thumbturn_lock::storage::{Chain, ChainTicket, Maintenance, NewestOperation, Storage};
use thumbturn_protocol::event::{AcceptedOperation, Event, EventTime, LoggedEvent, Refusal, Sequence};
use thumbturn_protocol::ids::{HolderId, OperationId, PhoneId, Serial, TicketId};
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::record::ActuatorResult;
use thumbturn_protocol::ticket::Ticket;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_simulator::nor::{FlashUse, Moment, NorFlash};

pub(crate) const TIME: EventTime = EventTime { at: UnixSeconds::ZERO, unsure: true };

pub(crate) const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Middle, Moment::After];

/// A chip that maintenance has prepared.
pub(crate) fn formatted() -> NorFlash {
    let mut storage = Storage::open(NorFlash::new(1)).unwrap();
    settle(&mut storage);
    storage.into_flash()
}

/// Maintains until nothing is due; returns how many calls that took.
pub(crate) fn settle<F: Flash>(storage: &mut Storage<F>) -> usize {
    let mut calls = 1;
    while storage.maintain().unwrap() == Maintenance::More {
        calls += 1;
        assert!(calls < 100_000, "maintenance must come to an end");
    }
    calls
}

/// What `action` asked of the chip.
pub(crate) fn used<T>(
    storage: &mut Storage<NorFlash>,
    action: impl FnOnce(&mut Storage<NorFlash>) -> T,
) -> (T, FlashUse) {
    let before = storage.flash().usage();
    let result = action(storage);
    let usage = storage.flash().usage().since(&before);
    assert_eq!(usage.conflicts, 0, "nothing is programmed over what is programmed, but zeros");
    (result, usage)
}

pub(crate) fn phone(number: u32) -> PhoneId {
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        // As spread as the hash that a phone id is.
        *byte = number.wrapping_mul(2_654_435_761).rotate_left(8 * (index as u32 % 4) + 3).to_le_bytes()
            [index % 4];
    }
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    PhoneId(bytes)
}

pub(crate) fn operation(number: u32) -> OperationId {
    let mut bytes = [0xa5; 8];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    OperationId(bytes)
}

pub(crate) fn opening(number: u32) -> Event {
    Event::Operation(AcceptedOperation {
        phone: phone(number % 7),
        operation: operation(number),
        holder: HolderId([3; 8]),
        serial: Serial(number),
        share: None,
        kind: OperationKind::Unlock,
    })
}

pub(crate) fn moved(number: u32) -> Event {
    Event::Actuator { operation: operation(number), result: ActuatorResult::Moved }
}

pub(crate) fn refusal(number: u32) -> Event {
    Event::Refused { phone: phone(number), reason: Refusal::Expired }
}

/// All events that can be read from `from` on.
pub(crate) fn events<F: Flash>(storage: &mut Storage<F>, from: Sequence) -> Vec<LoggedEvent> {
    let mut events = Vec::new();
    let mut next = from;
    while let Some(event) = storage.next_event(next).unwrap() {
        assert!(event.sequence >= next);
        next = event.sequence.next();
        events.push(event);
    }
    events
}

/// The secret of the n-th ticket of a phone: every eight bytes of it tell which.
pub(crate) fn secret(phone: u32, ticket: u32) -> [u8; 32] {
    let mut bytes = [0; 32];
    for part in bytes.chunks_exact_mut(8) {
        part[..4].copy_from_slice(&(0x5ec2_0000 + phone).to_be_bytes());
        part[4..].copy_from_slice(&ticket.to_be_bytes());
    }
    bytes
}

pub(crate) fn ticket_id(phone: u32, ticket: u32) -> TicketId {
    Ticket::from_secret(secret(phone, ticket)).id()
}

/// The chain of a phone whose current ticket is its n-th.
pub(crate) fn chain(number: u32, ticket: u32) -> Chain {
    let chain_ticket = |ticket| ChainTicket {
        press: ticket as u8,
        ..ChainTicket::new(Ticket::from_secret(secret(number, ticket)))
    };
    Chain {
        phone: phone(number),
        current: chain_ticket(ticket),
        previous: ticket.checked_sub(1).map(chain_ticket),
        newest: Some(NewestOperation { id: operation(ticket), outcome: [0, 5] }),
        facts: vec![ticket as u8; 90],
    }
}

/// Which ticket of the phone is current, after checking all of the chain.
pub(crate) fn current_ticket<F: Flash>(storage: &mut Storage<F>, number: u32) -> Option<u32> {
    let found = storage.chain_of(phone(number)).unwrap()?;
    let bytes = found.current.ticket.secret();
    let ticket = u32::from_be_bytes(bytes[4..8].try_into().unwrap());
    assert_same(&found, &chain(number, ticket));
    Some(ticket)
}

pub(crate) fn assert_same(left: &Chain, right: &Chain) {
    let parts = |chain: &Chain| {
        let ticket = |ticket: &ChainTicket| (*ticket.ticket.secret(), ticket.press);
        let previous = chain.previous.as_ref().map(ticket);
        (chain.phone, ticket(&chain.current), previous, chain.newest, chain.facts.clone())
    };
    assert_eq!(parts(left), parts(right));
}

/// Whether the chip holds these bytes anywhere.
pub(crate) fn holds(flash: &NorFlash, bytes: &[u8]) -> bool {
    let [first, ..] = bytes else { return true };
    let image = flash.image();
    let mut from = 0;
    while let Some(found) = image[from..].iter().position(|byte| byte == first) {
        from += found;
        if image[from..].starts_with(bytes) {
            return true;
        }
        from += 1;
    }
    false
}
