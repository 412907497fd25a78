//! Ticket chains between an answer and the flash (spec §6.1): what was answered holds at once, and is written when there is time.

use alloc::vec::Vec;

use heapless::Deque;
use thumbturn_protocol::ids::{PhoneId, TicketId};

use super::Engine;
use super::tries::Tries;
use crate::error::Error;
use crate::flash::Flash;
use crate::platform::Platform;
use crate::storage::{Chain, Storage, StorageError};

/// Changes that wait to be written: one for each session that a door can have.
const WAITING: usize = 4;

/// A change to the chain of one phone.
pub(super) enum TicketChange {
    /// This is its chain now.
    Keep(Chain),
    /// It was denied, and has none.
    Forget(PhoneId),
}

impl TicketChange {
    const fn phone(&self) -> PhoneId {
        match self {
            Self::Keep(chain) => chain.phone,
            Self::Forget(phone) => *phone,
        }
    }
}

/// The changes that are not in flash yet, at most one for each phone.
#[derive(Default)]
pub(super) struct TicketChanges {
    waiting: Deque<TicketChange, WAITING>,
    tries: Tries,
}

impl TicketChanges {
    /// Puts a change in the place of one before it of the same phone; `false`: there is no room.
    pub(super) fn put(&mut self, change: TicketChange) -> bool {
        match self.waiting.iter_mut().find(|waiting| waiting.phone() == change.phone()) {
            Some(waiting) => {
                *waiting = change;
                true
            }
            None => self.waiting.push_back(change).is_ok(),
        }
    }

    pub(super) fn has_room_for(&self, phone: PhoneId) -> bool {
        !self.waiting.is_full() || self.of(phone).is_some()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    fn of(&self, phone: PhoneId) -> Option<&TicketChange> {
        self.waiting.iter().find(|waiting| waiting.phone() == phone)
    }

    fn chains(&self) -> impl Iterator<Item = &Chain> {
        self.waiting.iter().filter_map(|waiting| match waiting {
            TicketChange::Keep(chain) => Some(chain),
            TicketChange::Forget(_) => None,
        })
    }

    fn write_first<F: Flash>(&self, storage: &mut Storage<F>) -> Option<Result<(), StorageError>> {
        Some(match self.waiting.front()? {
            TicketChange::Keep(chain) => storage.keep_chain(chain),
            TicketChange::Forget(phone) => storage.forget_chain(*phone),
        })
    }
}

impl<P: Platform> Engine<P> {
    /// The chains of which this is a ticket.
    pub(super) fn chains_with_ticket(&mut self, id: TicketId) -> Result<Vec<Chain>, Error> {
        let mut chains = self.storage.chains_with_ticket(id)?;
        chains.retain(|chain| self.tickets.of(chain.phone).is_none());
        chains.extend(self.tickets.chains().filter(|chain| chain.ticket_of(id).is_some()).cloned());
        Ok(chains)
    }

    /// The chain of a phone.
    pub(super) fn chain_of(&mut self, phone: PhoneId) -> Result<Option<Chain>, Error> {
        match self.tickets.of(phone) {
            Some(TicketChange::Keep(chain)) => Ok(Some(chain.clone())),
            Some(TicketChange::Forget(_)) => Ok(None),
            None => Ok(self.storage.chain_of(phone)?),
        }
    }

    /// Keeps a chain; `false`: it could not, and the phone must not count on it.
    pub(super) fn keep_chain(&mut self, chain: Chain) -> bool {
        self.tickets.put(TicketChange::Keep(chain))
    }

    /// Ends the chain of a phone.
    pub(super) fn forget_chain(&mut self, phone: PhoneId) {
        if !self.tickets.put(TicketChange::Forget(phone)) {
            // When the flash fails, the storage tries again; at the worst a chain is left whose every request is denied, and
            // forgotten, again.
            let _ = self.storage.forget_chain(phone);
        }
    }

    /// Writes one change. `false`: none waits.
    pub(super) fn write_ticket(&mut self) -> Result<bool, Error> {
        let Some(written) = self.tickets.write_first(&mut self.storage) else { return Ok(false) };
        if written == Err(StorageError::NoRoom) {
            return Ok(self.storage.makes_room()?);
        }
        // Given up, the phone comes back with a full handshake, or is denied again.
        if self.tickets.tries.is_over(written.is_ok()) {
            self.tickets.waiting.pop_front();
        }
        written?;
        Ok(true)
    }
}
