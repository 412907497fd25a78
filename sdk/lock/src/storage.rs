//! Everything a door remembers, on NOR flash.
//!
//! [`Storage`] composes identity, event log, ticket chains, the list, counters and what the keypad must not forget. All but
//! the list lie in rings of erase blocks to which records are appended, each with a checksum, so that power cut in any
//! operation leaves the state before it or after it. Nothing erases but [`Storage::maintain`], which keeps erased blocks ahead
//! and does one small piece of work for each call; the engine calls it when it has nothing better to do.
//!
//! # Example
//!
//! ```no_run
//! use thumbturn_protocol::event::{Event, EventTime};
//! use thumbturn_lock::flash::Flash;
//! use thumbturn_lock::storage::{Maintenance, Storage, StorageError};
//!
//! fn boot<F: Flash>(flash: F, time: EventTime) -> Result<Storage<F>, StorageError> {
//!     let mut storage = Storage::open(flash)?;
//!     while storage.maintain()? == Maintenance::More {}
//!     storage.append_event(time, &Event::Booted)?;
//!     Ok(storage)
//! }
//! ```

use alloc::vec::Vec;
use core::fmt;

use thumbturn_protocol::ids::{EventNumber, PhoneId, TicketId};
use thumbturn_protocol::log::LogHead;
use thumbturn_protocol::time::UnixSeconds;
use zeroize::Zeroizing;

use crate::flash::{Flash, FlashError};
use thumbturn_protocol::event::{Event, EventClass, EventTime, LoggedEvent, Sequence};

mod bulletin_store;
mod checksum;
mod event_log;
mod identity_store;
mod keypad_store;
pub mod layout;
pub mod list;
mod receipt_store;
mod record;
mod reset;
mod ring;
mod state_store;
mod ticket_index;
mod ticket_record;
mod ticket_store;
mod track;

pub use event_log::{Link, LostEvents, RECENT_OPERATIONS, RecentOperation};
pub use identity_store::IDENTITY;
pub use ticket_record::{Chain, ChainTicket, FACTS, NewestOperation};
pub use ticket_store::CHAINS;

use bulletin_store::BulletinStore;
use event_log::EventLog;
use identity_store::IdentityStore;
use keypad_store::KeypadStore;
use list::{ListError, ListStore};
use receipt_store::ReceiptStore;
use reset::Reset;
use state_store::StateStore;
use ticket_store::TicketStore;

/// Changes of the counters that a boot makes before there is time for maintenance.
const STATE_ROOM: usize = 8;

/// Whether [`Storage::maintain`] has more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    /// Call again when there is time.
    More,
    /// Nothing is due.
    Done,
}

/// Why something was not stored or not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The flash failed. What was being written may be there after a restart, or not, but nothing in between.
    #[error("flash: {0}")]
    Flash(#[from] FlashError),
    /// No erased block is ready: maintenance lags behind. Nothing was written.
    #[error("no erased block is ready")]
    NoRoom,
    /// Longer than its bound. A fault of the caller; nothing was written.
    #[error("longer than its bound")]
    TooLong,
    /// The door is being reset: nothing is stored or read before that is finished.
    #[error("the door is being reset")]
    Resetting,
    /// A counter has come to its end, which takes longer than flash lives.
    #[error("a counter is exhausted")]
    WornOut,
}

/// All that a door remembers.
///
/// Takes about 17 KiB of RAM, of which 8 bytes for each of [`CHAINS`] chains are the index of tickets, and 6 KiB the list's.
pub struct Storage<F> {
    flash: F,
    state: StateStore,
    identity: IdentityStore,
    events: EventLog,
    tickets: TicketStore,
    bulletins: BulletinStore,
    receipts: ReceiptStore,
    keypad: KeypadStore,
    list: ListStore,
    reset: Option<Reset>,
}

impl<F: Flash> Storage<F> {
    /// Reads what the flash holds; of a new chip, nothing. Takes about 0.25 s of modelled flash time with all tickets in use.
    ///
    /// A new chip has no erased block ready before [`Storage::maintain`] was called, but for the counters.
    pub fn open(mut flash: F) -> Result<Self, StorageError> {
        if flash.capacity() < layout::END {
            return Err(StorageError::Flash(FlashError::OutOfBounds));
        }
        let mut state = StateStore::open(&mut flash)?;
        while state.room() < STATE_ROOM && state.maintain(&mut flash)? {}
        let identity = IdentityStore::open(&mut flash)?;
        let events = EventLog::open(&mut flash, state.state().acknowledged)?;
        let tickets = TicketStore::open(&mut flash)?;
        let bulletins = BulletinStore::open(&mut flash)?;
        let receipts = ReceiptStore::open(&mut flash)?;
        let keypad = KeypadStore::open(&mut flash)?;
        let list = ListStore::open(&mut flash).map_err(StorageError::of_list)?;
        let reset = state.state().resetting.then(Reset::begin);
        Ok(Self { flash, state, identity, events, tickets, bulletins, receipts, keypad, list, reset })
    }

    /// Does one piece of what is due: at most one erase and 100 ms of modelled flash time. Events come first.
    pub fn maintain(&mut self) -> Result<Maintenance, StorageError> {
        if self.reset.is_some() {
            self.continue_reset()?;
            return Ok(Maintenance::More);
        }
        if self.prepare()? == Maintenance::Done {
            maintain_list(&mut self.list, &mut self.flash)?;
        }
        Ok(if self.is_due() { Maintenance::More } else { Maintenance::Done })
    }

    /// Does one piece of what is due for something that found no room. `false`: nothing is left to do for that.
    pub(crate) fn makes_room(&mut self) -> Result<bool, StorageError> {
        Ok(self.maintain()? == Maintenance::More)
    }

    /// Does one piece of what is due for everything but the list, whose blocks a new chip prepares for half a minute.
    pub(crate) fn prepare(&mut self) -> Result<Maintenance, StorageError> {
        let Self { flash, state, identity, events, tickets, bulletins, receipts, keypad, .. } = self;
        let acknowledged = state.state().acknowledged;
        let worked = events.maintain(flash, acknowledged)?
            || state.maintain(flash)?
            || keypad.maintain(flash)?
            || identity.maintain(flash)?
            || tickets.maintain(flash)?
            || bulletins.maintain(flash)?
            || receipts.maintain(flash)?;
        Ok(if worked { Maintenance::More } else { Maintenance::Done })
    }

    /// The flash, as for reading its counters.
    pub const fn flash(&self) -> &F {
        &self.flash
    }

    /// The flash, for a simulator that makes things happen to it. Writing to it breaks what is stored.
    pub const fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.flash
    }

    fn is_due(&self) -> bool {
        self.events.is_due()
            || self.state.is_due()
            || self.identity.is_due()
            || self.tickets.is_due()
            || self.bulletins.is_due()
            || self.receipts.is_due()
            || self.keypad.is_due()
            || self.list.is_due()
    }

    const fn check_not_resetting(&self) -> Result<(), StorageError> {
        if self.reset.is_some() { Err(StorageError::Resetting) } else { Ok(()) }
    }
}

/// Identity and reset (spec §9.6, §9.7).
impl<F: Flash> Storage<F> {
    /// Whether the door has an identity. Never while it is being reset.
    pub const fn is_claimed(&self) -> bool {
        self.identity.is_present() && self.reset.is_none()
    }

    /// The identity, as the engine encoded it. `None` also while the door is being reset.
    pub fn identity(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, StorageError> {
        if self.is_resetting() { Ok(None) } else { self.identity.load(&mut self.flash) }
    }

    /// Stores an identity of at most [`IDENTITY`] bytes in the place of any before it, in one transaction.
    pub fn commit_identity(&mut self, identity: &[u8]) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        self.identity.commit(&mut self.flash, identity)
    }

    /// Begins a reset: when this returns, the identity is gone for good. [`Storage::maintain`] erases the rest, also after
    /// a power cut.
    pub fn begin_reset(&mut self) -> Result<(), StorageError> {
        if self.reset.is_none() {
            self.state.begin_reset(&mut self.flash)?;
            self.reset = Some(Reset::begin());
        }
        self.identity.forget(&mut self.flash)
    }

    /// Whether a reset has begun and is not finished.
    pub const fn is_resetting(&self) -> bool {
        self.reset.is_some()
    }

    fn continue_reset(&mut self) -> Result<(), StorageError> {
        let Self { flash, state, identity, events, tickets, bulletins, receipts, keypad, list, reset } = self;
        let Some(progress) = reset else { return Ok(()) };
        if state.maintain(flash)? || progress.erase_next(flash)? {
            return Ok(());
        }
        state.update(flash, |state| state.resetting = false)?;
        *identity = IdentityStore::open(flash)?;
        *events = EventLog::open(flash, state.state().acknowledged)?;
        *tickets = TicketStore::open(flash)?;
        *bulletins = BulletinStore::open(flash)?;
        *receipts = ReceiptStore::open(flash)?;
        *keypad = KeypadStore::open(flash)?;
        *list = ListStore::open(flash).map_err(StorageError::of_list)?;
        *reset = None;
        Ok(())
    }
}

/// Counters and the time floor (spec §4.5, §8.6). They work during a reset, too.
impl<F: Flash> Storage<F> {
    /// A number that no hello of this door ever had, over all power cuts and resets. One append when maintenance has not
    /// reserved numbers ahead, else none.
    pub fn next_hello(&mut self) -> Result<u64, StorageError> {
        self.state.next_hello(&mut self.flash)
    }

    /// The key of hello nonces, if one was kept.
    pub const fn nonce_key(&self) -> Option<&[u8; 32]> {
        self.state.state().nonce_key.as_ref()
    }

    /// Keeps the key of hello nonces, for all the door's lives.
    pub fn keep_nonce_key(&mut self, key: [u8; 32]) -> Result<(), StorageError> {
        let key = Zeroizing::new(key);
        self.state.update(&mut self.flash, |state| state.nonce_key = Some(*key))
    }

    /// The largest instant that the door has reason to trust. After a power cut up to an hour behind what it was.
    pub const fn floor(&self) -> UnixSeconds {
        self.state.floor()
    }

    /// The floor as it will be found after a power cut.
    pub const fn kept_floor(&self) -> UnixSeconds {
        self.state.kept_floor()
    }

    /// Raises the floor, never lowers it. Maintenance persists it for each hour that it has risen.
    pub fn raise_floor(&mut self, floor: UnixSeconds) {
        self.state.raise_floor(floor);
    }

    /// Sets the floor, also to an earlier instant: one append.
    pub fn set_floor(&mut self, floor: UnixSeconds) -> Result<(), StorageError> {
        self.state.set_floor(&mut self.flash, floor)
    }

    /// Persists the floor now: one append, or none when it has not risen.
    pub fn persist_floor(&mut self) -> Result<(), StorageError> {
        self.state.persist_floor(&mut self.flash)
    }
}

/// The event log.
impl<F: Flash> Storage<F> {
    /// Writes an event that follows the head of [`Storage::set_log_head`]: exactly one append and no erase.
    pub fn append_event(&mut self, time: EventTime, event: &Event) -> Result<Sequence, StorageError> {
        self.check_not_resetting()?;
        self.events.append(&mut self.flash, self.state.state().acknowledged, time, event)
    }

    /// The head of the chain (spec §12.2) after the newest event, kept in flash with the next one. Storage has no keys, so the
    /// engine computes it.
    pub const fn set_log_head(&mut self, head: LogHead) {
        self.events.set_head(head);
    }

    /// The first event with `from` or a later sequence, with the head before it.
    pub fn next_link(&mut self, from: Sequence) -> Result<Option<Link>, StorageError> {
        self.check_not_resetting()?;
        self.events.next_link(&mut self.flash, from)
    }

    /// The newest event with the head before it. Bounded reads; certain also after an append that failed.
    pub fn newest_link(&mut self) -> Result<Option<Link>, StorageError> {
        self.check_not_resetting()?;
        self.events.newest_link(&mut self.flash, self.state.state().acknowledged)
    }

    /// A property takes the door: what was logged before is not its business, and its log begins with the next event. One
    /// append.
    pub fn begin_log(&mut self) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        let begun = self.events.begin(&mut self.flash, self.state.state().acknowledged)?;
        self.state.update(&mut self.flash, |state| state.acknowledged = begun)
    }

    /// The number of an event in the property's log, from 1 (spec §12.2); 0: it came before.
    pub const fn event_number(&self, sequence: Sequence) -> EventNumber {
        EventNumber(sequence.0.saturating_sub(self.state.state().acknowledged.begun_after.0))
    }

    /// The event with a number of the property's log.
    pub const fn numbered_event(&self, number: EventNumber) -> Sequence {
        Sequence(number.0.saturating_add(self.state.state().acknowledged.begun_after.0))
    }

    /// The first event with `from` or a later sequence. A step of more than one in the sequence is a loss.
    pub fn next_event(&mut self, from: Sequence) -> Result<Option<LoggedEvent>, StorageError> {
        self.check_not_resetting()?;
        self.events.next_event(&mut self.flash, from)
    }

    /// The sequence of the newest event; 0 before the first.
    pub const fn newest_event(&self) -> Sequence {
        self.events.newest()
    }

    /// The sequence up to which the authority has confirmed events.
    pub const fn acknowledged(&self) -> Sequence {
        self.state.state().acknowledged.up_to
    }

    /// The authority has all events up to `up_to`: they may be overwritten without being counted as lost. One append.
    pub fn acknowledge(&mut self, up_to: Sequence) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        let before = self.state.state().acknowledged;
        let after = self.events.acknowledge(&mut self.flash, up_to, before)?;
        if after == before {
            return Ok(());
        }
        self.state.update(&mut self.flash, |state| state.acknowledged = after)
    }

    /// Whether events wait for the authority.
    pub const fn logs_waiting(&self) -> bool {
        self.events.newest().0 > self.acknowledged().0
    }

    /// Events overwritten before they were acknowledged, since the door was claimed.
    pub const fn lost_events(&self) -> LostEvents {
        self.events.lost(self.state.state().acknowledged)
    }

    /// Events of a class that can be appended before the next maintenance.
    pub const fn event_room(&self, class: EventClass) -> usize {
        self.events.room(class)
    }

    /// The newest operations with what the bolt did, newest first (spec §8.2). Bounded reads; none during a reset.
    pub fn recent_operations(
        &mut self,
    ) -> Result<heapless::Vec<RecentOperation, RECENT_OPERATIONS>, StorageError> {
        if self.is_resetting() {
            return Ok(heapless::Vec::new());
        }
        self.events.recent_operations(&mut self.flash)
    }
}

/// Ticket chains (spec §6.1).
impl<F: Flash> Storage<F> {
    /// The chains whose current or previous ticket has this id: none or one, seldom more. The cost does not depend on the
    /// number of chains.
    pub fn chains_with_ticket(&mut self, id: TicketId) -> Result<Vec<Chain>, StorageError> {
        self.check_not_resetting()?;
        self.tickets.with_ticket(&mut self.flash, id)
    }

    /// The chain of a phone.
    pub fn chain_of(&mut self, phone: PhoneId) -> Result<Option<Chain>, StorageError> {
        self.check_not_resetting()?;
        self.tickets.of_phone(&mut self.flash, phone)
    }

    /// Stores a chain in the place of any before it of the same phone: one append. On a full door the least recently
    /// used chain is forgotten in its favour. After the bolt only.
    pub fn keep_chain(&mut self, chain: &Chain) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        self.tickets.keep(&mut self.flash, chain)
    }

    /// Ends the chain of a phone, as after a denial. No power cut brings it back once this returns without an error; after
    /// one, maintenance goes on with it.
    pub fn forget_chain(&mut self, phone: PhoneId) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        self.tickets.forget(&mut self.flash, phone)
    }

    /// How many chains there are.
    pub const fn chains(&self) -> usize {
        self.tickets.chains()
    }

    /// Chains that can be kept before the next maintenance.
    pub const fn chain_room(&self) -> usize {
        self.tickets.room()
    }
}

/// The list (spec §10).
impl<F: Flash> Storage<F> {
    /// The list, and the flash that it lies in.
    pub(crate) fn list(&mut self) -> Result<(&mut ListStore, &mut F), StorageError> {
        self.check_not_resetting()?;
        Ok((&mut self.list, &mut self.flash))
    }

    /// The list as it was when something last changed it.
    pub const fn list_store(&self) -> &ListStore {
        &self.list
    }
}

impl StorageError {
    /// What opening a list can fail of: flash.
    const fn of_list(error: ListError) -> Self {
        match error {
            ListError::Storage(error) => error,
            _ => Self::NoRoom,
        }
    }
}

/// One piece of the list's upkeep. What has rotted is told by the list itself.
fn maintain_list<F: Flash>(list: &mut ListStore, flash: &mut F) -> Result<bool, StorageError> {
    if !list.is_due() {
        return Ok(false);
    }
    match list.maintain(flash) {
        Ok(_) | Err(ListError::Damaged) => Ok(true),
        Err(error) => Err(StorageError::of_list(error)),
    }
}

impl<F> fmt::Debug for Storage<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Storage")
    }
}
