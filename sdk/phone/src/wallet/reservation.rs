//! Counters ahead of use: an operation is reserved before its hello and settled after its outcome (spec §6.2, §8.3).

use thumbturn_protocol::ids::{DoorId, DoorKeyId, OperationId};
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::ticket::{MAX_ATTEMPT, MAX_PRESS, Ticket};

use crate::wallet::pass::Fingerprint;
use crate::wallet::tickets::TicketEntry;
use crate::wallet::{State, Wallet, WalletError};

/// Tries reserved at once, so that no retry on a connection waits for storage: five hellos, each with a fallback.
pub(crate) const ATTEMPTS_OF_A_CONNECTION: u8 = 10;

/// One intent of a person at one door, with the counters that are persisted for it.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) door: DoorId,
    pub(crate) id: OperationId,
    /// The ticket and press that gave the id; `None` for an operation with a random id.
    pub(crate) ticket: Option<(Ticket, u8)>,
    next_attempt: u8,
    last_reserved: u8,
}

impl Operation {
    /// The next try's number; `None` when the reserved ones are used up.
    pub(crate) fn take_attempt(&mut self) -> Option<u8> {
        if self.next_attempt > self.last_reserved {
            return None;
        }
        let attempt = self.next_attempt;
        self.next_attempt = attempt.checked_add(1)?;
        Some(attempt)
    }

    /// Whether the next try may go the fast path.
    pub(crate) fn ticket_for_next_attempt(&self) -> Option<(&Ticket, u8)> {
        let (ticket, press) = self.ticket.as_ref()?;
        (self.next_attempt <= MAX_ATTEMPT).then_some((ticket, *press))
    }

    const fn remaining(&self) -> u8 {
        self.last_reserved.saturating_sub(self.next_attempt.saturating_sub(1))
    }
}

/// What an unlock did to a door's ticket.
#[derive(Debug)]
pub(crate) enum TicketChange {
    /// Nothing: the door moved no chain, or did not answer.
    Keep,
    /// The door advanced the chain of the operation's ticket.
    Advance,
    /// A full handshake was completed and started a new chain.
    Start {
        /// The first ticket of the chain.
        ticket: Ticket,
        /// The keys of the door that started it.
        door_key: DoorKeyId,
        /// The credential that was shown.
        made_from: Fingerprint,
    },
    /// A full handshake was completed and started none.
    Drop,
}

impl Wallet {
    /// Reserves a new operation with [`ATTEMPTS_OF_A_CONNECTION`] tries: one small write when a ticket is held, none otherwise.
    ///
    /// When the counters cannot be persisted the operation goes without the ticket: a full disk never keeps a resident out.
    ///
    /// # Errors
    ///
    /// [`WalletError::Random`] alone.
    pub(crate) fn begin_operation(
        &self,
        door: DoorId,
        random: &mut dyn SecureRandom,
    ) -> Result<Operation, WalletError> {
        let mut state = self.state();
        if let Some((ticket, press)) = state.reserve_press(door, random) {
            let id = ticket.operation_id(press);
            return Ok(Operation {
                door,
                id,
                ticket: Some((ticket, press)),
                next_attempt: 1,
                last_reserved: ATTEMPTS_OF_A_CONNECTION,
            });
        }
        drop(state);
        // Nothing to persist: a random id is never used again by another intent.
        Ok(Operation {
            door,
            id: OperationId::random(random)?,
            ticket: None,
            next_attempt: 1,
            last_reserved: ATTEMPTS_OF_A_CONNECTION,
        })
    }

    /// Reserves tries for another connection of the same operation, unless enough are left.
    pub(crate) fn reserve_attempts(&self, operation: &mut Operation, random: &mut dyn SecureRandom) {
        if operation.remaining() >= ATTEMPTS_OF_A_CONNECTION {
            return;
        }
        let last_reserved = operation.next_attempt.saturating_sub(1).saturating_add(ATTEMPTS_OF_A_CONNECTION);
        if operation.ticket_for_next_attempt().is_some()
            && !self.state().reserve_attempt(operation.door, last_reserved.min(MAX_ATTEMPT), random)
        {
            // Not persisted: what is left of the tries belongs to the full handshake.
            operation.ticket = None;
        }
        operation.last_reserved = last_reserved;
    }

    /// Records what became of the ticket and raises the epoch, so that any copy of the vault made before is known as one.
    ///
    /// # Errors
    ///
    /// See [`WalletError`]. The present process goes on with the new ticket; a later one finds the old ticket with its
    /// counters, which the door still takes.
    pub(crate) fn settle(
        &self,
        operation: &Operation,
        change: TicketChange,
        random: &mut dyn SecureRandom,
    ) -> Result<(), WalletError> {
        let mut state = self.state();
        if matches!(change, TicketChange::Keep) && operation.ticket.is_none() {
            return Ok(());
        }
        state.change_ticket(operation, change);
        state.raise_epoch(random)
    }
}

impl State {
    /// Takes the next press of the door's ticket, persisted with the first connection's tries.
    fn reserve_press(&mut self, door: DoorId, random: &mut dyn SecureRandom) -> Option<(Ticket, u8)> {
        let usable = self.tickets.entry(door).is_some_and(|entry| self.is_usable(entry));
        if !usable {
            return None;
        }
        let before = self.tickets.clone();
        let entry = self.tickets.touch(door)?;
        entry.press = entry.press.saturating_add(1);
        entry.attempt = ATTEMPTS_OF_A_CONNECTION;
        let taken = (entry.ticket.clone(), entry.press);
        match self.write_tickets(random) {
            Ok(()) => Some(taken),
            Err(_) => {
                // Whether the write reached the medium is not known; the press stays unused, which is always allowed.
                self.tickets = before;
                None
            }
        }
    }

    fn reserve_attempt(&mut self, door: DoorId, attempt: u8, random: &mut dyn SecureRandom) -> bool {
        let Some(entry) = self.tickets.touch(door) else { return false };
        entry.attempt = attempt;
        self.write_tickets(random).is_ok()
    }

    /// A ticket is used only with presses left, for the door's present keys, and while the credential it was made from
    /// is still the one that the wallet would show.
    fn is_usable(&self, entry: &TicketEntry) -> bool {
        entry.press < MAX_PRESS
            && self
                .passes_of(entry.door)
                .iter()
                .any(|pass| pass.door_key() == entry.door_key && pass.fingerprint() == entry.made_from)
    }

    fn change_ticket(&mut self, operation: &Operation, change: TicketChange) {
        let door = operation.door;
        match change {
            TicketChange::Keep => {}
            TicketChange::Advance => self.advance(operation),
            TicketChange::Start { ticket, door_key, made_from } => {
                self.tickets.put(TicketEntry { door, door_key, made_from, ticket, press: 0, attempt: 0 });
            }
            TicketChange::Drop => self.tickets.remove(door),
        }
    }

    fn advance(&mut self, operation: &Operation) {
        let Some((used, _)) = &operation.ticket else { return };
        if let Some(entry) = self.tickets.touch(operation.door)
            && entry.ticket.id() == used.id()
        {
            entry.ticket = used.next();
            entry.press = 0;
            entry.attempt = 0;
        }
    }
}
