//! The one small record that an unlock writes: tickets, their counters, and the vault's epoch.

use serde::{Deserialize, Serialize};
use thumbturn_protocol::ids::{DoorId, DoorKeyId};
use thumbturn_protocol::ticket::Ticket;
use zeroize::Zeroizing;

use crate::vault::sealing::SealError;
use crate::wallet::pass::Fingerprint;

/// Most tickets that a wallet holds. Beyond it the one used longest ago is forgotten, which costs its door one full handshake.
pub(crate) const TICKETS: usize = 64;

/// Longest encoding: the epoch's varint, the count, and 54 bytes for each ticket.
const ENCODED: usize = 10 + 2 + TICKETS * 54;

/// A ticket with the counters that were used under it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TicketEntry {
    pub(crate) door: DoorId,
    /// The door's keys when the ticket was made: of no use to a door that was claimed anew.
    pub(crate) door_key: DoorKeyId,
    /// The credential it was made from: a renewed grant is shown once before the door knows its facts.
    pub(crate) made_from: Fingerprint,
    pub(crate) ticket: Ticket,
    /// The highest press used, 0…255.
    pub(crate) press: u8,
    /// The highest attempt of that press that may have been used, 0…31.
    pub(crate) attempt: u8,
}

/// All tickets of a wallet, the one used longest ago first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TicketTable {
    /// Rises with each write that follows an unlock; the keystore holds the same number (spec §8.3).
    pub(crate) epoch: u64,
    entries: Vec<TicketEntry>,
}

impl TicketTable {
    pub(crate) fn decode(content: &[u8]) -> Result<Self, SealError> {
        let (table, rest): (Self, _) = postcard::take_from_bytes(content).map_err(|_| SealError::Damaged)?;
        if rest.is_empty() && table.entries.len() <= TICKETS { Ok(table) } else { Err(SealError::Damaged) }
    }

    /// Into one buffer of its final size: a vector that grows leaves copies of the tickets behind.
    pub(crate) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut buffer = Zeroizing::new(vec![0; ENCODED]);
        let length = postcard::to_slice(self, &mut buffer).map_err(|_| SealError::Damaged)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }

    pub(crate) fn entry(&self, door: DoorId) -> Option<&TicketEntry> {
        self.entries.iter().find(|entry| entry.door == door)
    }

    /// The entry of a door, moved to the end: it is being used.
    pub(crate) fn touch(&mut self, door: DoorId) -> Option<&mut TicketEntry> {
        let position = self.entries.iter().position(|entry| entry.door == door)?;
        let entry = self.entries.remove(position);
        self.entries.push(entry);
        self.entries.last_mut()
    }

    /// Puts an entry in place of its door's, forgetting the one used longest ago when the table is full.
    pub(crate) fn put(&mut self, entry: TicketEntry) {
        self.remove(entry.door);
        if self.entries.len() >= TICKETS {
            self.entries.remove(0);
        }
        self.entries.push(entry);
    }

    pub(crate) fn remove(&mut self, door: DoorId) {
        self.entries.retain(|entry| entry.door != door);
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}
