//! A ticket chain, and its record in flash.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use thumbturn_protocol::ids::{OperationId, PhoneId, TicketId};
use thumbturn_protocol::ticket::Ticket;
use zeroize::Zeroizing;

use super::layout::TICKETS;
use super::{StorageError, record};

/// Longest credential facts in bytes.
pub const FACTS: usize = 200;

/// Bytes of a record's slot: twelve to a block.
pub(super) const SLOT: usize = 340;
/// The first bytes of a record, which tell when its chain was used last.
pub(super) const PREFIX: usize = 32;
/// The first bytes of a record, which hold its checksum, the ids and all secrets.
pub(super) const SECRETS_END: usize = 108;

/// The newest ticket of a phone, the one before it, and what the door must know to honour them (spec §6.1).
#[derive(Clone)]
pub struct Chain {
    /// The phone; at most one chain for each.
    pub phone: PhoneId,
    /// The ticket that the phone uses next, if it has seen the answer to its last request.
    pub current: ChainTicket,
    /// The ticket that it uses if it has not.
    pub previous: Option<ChainTicket>,
    /// The newest operation of the phone.
    pub newest: Option<NewestOperation>,
    /// The facts of the credential, as the engine encodes them; at most [`FACTS`] bytes.
    pub facts: Vec<u8>,
}

/// A ticket and the presses seen under it.
#[derive(Clone)]
pub struct ChainTicket {
    /// The secret.
    pub ticket: Ticket,
    /// The hint by which it is found; derived once, and stored.
    pub id: TicketId,
    /// The highest press seen; 0 before the first (spec §6.2).
    pub press: u8,
}

/// An operation and what the door answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestOperation {
    /// The operation.
    pub id: OperationId,
    /// The answer, as the engine encodes it.
    pub outcome: [u8; 2],
}

impl ChainTicket {
    /// A ticket that no press was seen under.
    #[must_use]
    pub fn new(ticket: Ticket) -> Self {
        Self { id: ticket.id(), ticket, press: 0 }
    }
}

impl Chain {
    /// The ticket with this id: the current one or the previous one.
    #[must_use]
    pub fn ticket_of(&self, id: TicketId) -> Option<ChainTicket> {
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find(|candidate| candidate.id == id)
            .cloned()
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Chain").field("phone", &self.phone).finish_non_exhaustive()
    }
}

impl fmt::Debug for ChainTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ChainTicket").field("press", &self.press).finish_non_exhaustive()
    }
}

/// The form in flash. What is of fixed size comes first, so that all secrets end before [`SECRETS_END`].
#[derive(Serialize, Deserialize)]
struct ChainRecord<'a> {
    /// Rises with each use of any chain; tells the least recently used one.
    used: u32,
    phone: PhoneId,
    current_id: TicketId,
    current_press: u8,
    current: Ticket,
    previous: Option<PreviousRecord>,
    newest: Option<NewestOperation>,
    facts: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct PreviousRecord {
    id: TicketId,
    press: u8,
    ticket: Ticket,
}

/// What the index needs of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) used: u32,
    pub(super) phone: PhoneId,
    pub(super) current: TicketId,
    pub(super) previous: Option<TicketId>,
}

/// The bytes of a slot, wiped when dropped.
pub(super) type SlotBytes = Zeroizing<[u8; SLOT]>;

pub(super) fn encode(chain: &Chain, used: u32) -> Result<(SlotBytes, usize, Names), StorageError> {
    if chain.facts.len() > FACTS {
        return Err(StorageError::TooLong);
    }
    let previous = chain.previous.as_ref().map(|previous| PreviousRecord {
        id: previous.id,
        press: previous.press,
        ticket: previous.ticket.clone(),
    });
    let stored = ChainRecord {
        used,
        phone: chain.phone,
        current_id: chain.current.id,
        current_press: chain.current.press,
        current: chain.current.ticket.clone(),
        previous,
        newest: chain.newest,
        facts: &chain.facts,
    };
    let mut slot = SlotBytes::new([0; SLOT]);
    let length = record::encode(TICKETS.number, &stored, slot.as_mut_slice())?.len();
    Ok((slot, length, stored.names()))
}

/// The names in a slot; `None` when it holds no valid record.
pub(super) fn names(slot: &SlotBytes) -> Option<Names> {
    read(slot).map(|stored| stored.names())
}

/// The stamp of the last use, out of the first bytes of a record that is known to be valid. `None`: blank or overwritten.
pub(super) fn last_use(prefix: &[u8; PREFIX]) -> Option<u32> {
    let (overhead, body) = prefix.split_first_chunk::<{ record::OVERHEAD }>()?;
    if *overhead == [0; record::OVERHEAD] || *overhead == [0xff; record::OVERHEAD] {
        return None;
    }
    postcard::take_from_bytes(body).ok().map(|(used, _)| used)
}

/// The chain in a slot, if it is a wanted one.
pub(super) fn decode_if(slot: &SlotBytes, is_wanted: impl FnOnce(Names) -> bool) -> Option<Chain> {
    let stored = read(slot).filter(|stored| is_wanted(stored.names()))?;
    Some(Chain {
        phone: stored.phone,
        current: ChainTicket { ticket: stored.current, id: stored.current_id, press: stored.current_press },
        previous: stored.previous.map(|PreviousRecord { id, press, ticket }| ChainTicket {
            ticket,
            id,
            press,
        }),
        newest: stored.newest,
        facts: stored.facts.to_vec(),
    })
}

fn read(slot: &SlotBytes) -> Option<ChainRecord<'_>> {
    record::decode(TICKETS.number, slot.as_slice())
}

impl ChainRecord<'_> {
    fn names(&self) -> Names {
        Names {
            used: self.used,
            phone: self.phone,
            current: self.current_id,
            previous: self.previous.as_ref().map(|previous| previous.id),
        }
    }
}
