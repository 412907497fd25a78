//! Ticket chains: keys and facts in flash, an index in RAM.
//!
//! Each use of a chain appends its new record; the one before it is *superseded*, and its secrets are overwritten with
//! zeros, so that a stolen chip tells nothing of sessions past. Only queued records wait for that, and nothing is deleted
//! before the queue is empty: otherwise a power cut could bring a superseded record back to life.

use alloc::vec::Vec;

use heapless::Deque;
use thumbturn_protocol::ids::{PhoneId, TicketId};

use crate::flash::Flash;

use super::ring::{Place, Ring, Shape};
use super::ticket_index::{Key, SLOTS, TicketIndex};
use super::ticket_record::{self, Chain, Names, PREFIX, SECRETS_END, SLOT, SlotBytes};
use super::{StorageError, layout};

/// Chains that a door keeps for sure. Beyond, the least recently used one is forgotten.
pub const CHAINS: usize = 1024;

/// Chains above [`CHAINS`] that may come between two maintenances.
const SPARE_CHAINS: usize = 8;
/// Prepared blocks after the one being filled: with [`RESERVED`], at least 48 uses between two maintenances.
const AHEAD: usize = 6;
/// Slots that uses leave to maintenance: to move the records of a whole block, with some torn on the way.
const RESERVED: usize = 24;
/// Superseded records that may wait for their secrets to be overwritten.
const SUPERSEDED: usize = 16;
/// Records that one maintenance moves out of the oldest block.
const MOVES: usize = 4;
/// Chains that a ticket id is tried with; ids are 24 bits of a hash, so two at once are rare already.
const SAME_ID: usize = 8;

const SHAPE: Shape = Shape { region: layout::TICKETS, slot: SLOT, ahead: AHEAD };

const _: () = assert!(SHAPE.slots() * layout::TICKETS.blocks <= SLOTS, "the index can number all slots");

pub(super) struct TicketStore {
    ring: Ring,
    index: TicketIndex,
    chains: usize,
    /// The stamp of the next use.
    used: u32,
    superseded: Deque<Place, SUPERSEDED>,
}

impl TicketStore {
    /// Builds the index. Reads every record once, and overwrites what a power cut left superseded or torn.
    pub(super) fn open<F: Flash>(flash: &mut F) -> Result<Self, StorageError> {
        let ring = Ring::open(flash, SHAPE)?;
        let mut store =
            Self { ring, index: TicketIndex::new(), chains: 0, used: 0, superseded: Deque::new() };
        for turn in store.ring.turns() {
            for place in store.ring.places(turn) {
                store.load_record(flash, place)?;
            }
        }
        Ok(store)
    }

    /// The chains with this ticket: mostly one or none, and it costs the same whatever the number of chains.
    pub(super) fn with_ticket<F: Flash>(
        &self,
        flash: &mut F,
        id: TicketId,
    ) -> Result<Vec<Chain>, StorageError> {
        let mut chains = Vec::new();
        for slot in self.index.candidates(Key::of_ticket(id.0)) {
            let Some(record) = self.slot(flash, slot)? else { continue };
            let has_ticket = |names: Names| names.current == id || names.previous == Some(id);
            if let Some(chain) = ticket_record::decode_if(&record, has_ticket)
                && chains.len() < SAME_ID
            {
                chains.push(chain);
            }
        }
        Ok(chains)
    }

    /// The chain of a phone.
    pub(super) fn of_phone<F: Flash>(
        &self,
        flash: &mut F,
        phone: PhoneId,
    ) -> Result<Option<Chain>, StorageError> {
        for slot in self.index.candidates(Key::of_phone(phone.0)) {
            let Some(record) = self.slot(flash, slot)? else { continue };
            if let Some(chain) = ticket_record::decode_if(&record, |names| names.phone == phone) {
                return Ok(Some(chain));
            }
        }
        Ok(None)
    }

    /// Puts a chain in the place of the phone's chain before it: one append. Another phone's chain may have to go.
    pub(super) fn keep<F: Flash>(&mut self, flash: &mut F, chain: &Chain) -> Result<(), StorageError> {
        if self.ring.room() <= RESERVED {
            return Err(StorageError::NoRoom);
        }
        self.make_queue_room(flash)?;
        let before = self.find_phone(flash, chain.phone)?;
        if before.is_none() && self.chains >= CHAINS + SPARE_CHAINS {
            self.forget_least_recently_used(flash)?;
        }
        let (slot, length, names) = ticket_record::encode(chain, self.used)?;
        self.used = self.used.checked_add(1).ok_or(StorageError::WornOut)?;
        let bytes = slot.split_at(length).0;
        let place = self.append(flash, bytes)?;
        self.replace(flash, before, (place, names))
    }

    /// Ends the chain of a phone, if it has one, so that no power cut brings it back.
    pub(super) fn forget<F: Flash>(&mut self, flash: &mut F, phone: PhoneId) -> Result<(), StorageError> {
        match self.find_phone(flash, phone)? {
            Some((place, names)) => self.end_chain(flash, place, names),
            None => Ok(()),
        }
    }

    /// One thing that is due: at most one erase. Tells whether there was something to do.
    pub(super) fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        if !self.superseded.is_empty() {
            self.overwrite_superseded(flash)?;
        } else if self.ring.is_due() {
            self.free_block(flash)?;
        } else if self.chains > CHAINS {
            self.forget_least_recently_used(flash)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    pub(super) fn is_due(&self) -> bool {
        !self.superseded.is_empty() || self.ring.is_due() || self.chains > CHAINS
    }

    pub(super) const fn chains(&self) -> usize {
        self.chains
    }

    /// Uses that can be kept before the next maintenance.
    pub(super) const fn room(&self) -> usize {
        self.ring.room().saturating_sub(RESERVED)
    }

    /// Takes a record into the index at boot, in the order of appending: the later one of a phone counts.
    fn load_record<F: Flash>(&mut self, flash: &mut F, place: Place) -> Result<(), StorageError> {
        let record = self.record(flash, place)?;
        let Some(names) = ticket_record::names(&record) else {
            // Torn when it was appended or overwritten: it may hold parts of a secret.
            let dirty = record.iter().take(SECRETS_END).any(|byte| *byte != 0);
            return if dirty { self.overwrite(flash, place) } else { Ok(()) };
        };
        self.used = self.used.max(names.used.saturating_add(1));
        self.make_queue_room(flash)?;
        let before = self.find_phone(flash, names.phone)?;
        self.replace(flash, before, (place, names))
    }

    /// Appends a record. When that fails, what it left is overwritten in time.
    fn append<F: Flash>(&mut self, flash: &mut F, bytes: &[u8]) -> Result<Place, StorageError> {
        let expected = self.ring.next_place();
        let appended = self.ring.append(flash, bytes);
        if matches!(appended, Err(StorageError::Flash(_))) {
            self.supersede(flash, expected)?;
        }
        appended
    }

    fn replace<F: Flash>(
        &mut self,
        flash: &mut F,
        before: Option<(Place, Names)>,
        (place, names): (Place, Names),
    ) -> Result<(), StorageError> {
        if let Some((place, names)) = before {
            self.unlist(place, names)?;
            self.supersede(flash, place)?;
        }
        self.list(flash, place, names)
    }

    fn list<F: Flash>(&mut self, flash: &mut F, place: Place, names: Names) -> Result<(), StorageError> {
        let slot = self.slot_number(place)?;
        self.chains += 1;
        for (listed, key) in keys(names).enumerate() {
            if self.index.insert(key, slot).is_ok() {
                continue;
            }
            // Very rare. A chain in the way is forgotten, which costs its phone a full handshake; it may be this one.
            if let Some(neighbour) = self.index.neighbour(key)
                && neighbour != slot
                && let Some((place, names)) = self.listed(flash, neighbour)?
            {
                self.end_chain(flash, place, names)?;
                if self.index.insert(key, slot).is_ok() {
                    continue;
                }
            }
            keys(names).take(listed).for_each(|key| self.index.remove(key, slot));
            self.chains = self.chains.saturating_sub(1);
            return self.supersede(flash, place);
        }
        Ok(())
    }

    fn unlist(&mut self, place: Place, names: Names) -> Result<(), StorageError> {
        let slot = self.slot_number(place)?;
        keys(names).for_each(|key| self.index.remove(key, slot));
        self.chains = self.chains.saturating_sub(1);
        Ok(())
    }

    /// The listed record of a slot.
    fn listed<F: Flash>(&self, flash: &mut F, slot: u16) -> Result<Option<(Place, Names)>, StorageError> {
        let Some(place) = self.ring.place(usize::from(slot)) else { return Ok(None) };
        let names = ticket_record::names(&self.record(flash, place)?);
        Ok(names.map(|names| (place, names)))
    }

    fn find_phone<F: Flash>(
        &self,
        flash: &mut F,
        phone: PhoneId,
    ) -> Result<Option<(Place, Names)>, StorageError> {
        for slot in self.index.candidates(Key::of_phone(phone.0)) {
            if let Some((place, names)) = self.listed(flash, slot)?
                && names.phone == phone
            {
                return Ok(Some((place, names)));
            }
        }
        Ok(None)
    }

    /// Overwrites the record of a chain after everything that could take its place at boot. The chain is gone at once: when
    /// the flash fails, maintenance overwrites its record later.
    fn end_chain<F: Flash>(&mut self, flash: &mut F, place: Place, names: Names) -> Result<(), StorageError> {
        self.make_queue_room(flash)?;
        self.unlist(place, names)?;
        self.supersede(flash, place)?;
        self.overwrite_superseded(flash)
    }

    /// Leaves two places in the queue, so that the next two records are superseded without touching the flash.
    fn make_queue_room<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        if self.superseded.len() + 2 > SUPERSEDED { self.overwrite_superseded(flash) } else { Ok(()) }
    }

    fn supersede<F: Flash>(&mut self, flash: &mut F, place: Place) -> Result<(), StorageError> {
        if self.superseded.is_full() {
            self.overwrite_superseded(flash)?;
        }
        self.superseded.push_back(place).or_else(|place| self.overwrite(flash, place))
    }

    fn overwrite_superseded<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        while let Some(place) = self.superseded.front().copied() {
            self.overwrite(flash, place)?;
            self.superseded.pop_front();
        }
        Ok(())
    }

    fn overwrite<F: Flash>(&self, flash: &mut F, place: Place) -> Result<(), StorageError> {
        self.ring.overwrite(flash, place, &[0; SECRETS_END])
    }

    /// Moves a few records out of the oldest block, or erases it when none is left.
    fn free_block<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        let Some(victim) = self.ring.victim() else { return self.ring.prepare(flash) };
        let mut moved = 0;
        for place in self.ring.places(victim) {
            let record = self.record(flash, place)?;
            let Some(names) = ticket_record::names(&record) else { continue };
            if moved == MOVES {
                return Ok(());
            }
            match self.append(flash, record.as_slice()) {
                Ok(to) => self.replace(flash, Some((place, names)), (to, names))?,
                // Power was cut in more appends than the reserve allows for. The ring must go on.
                Err(StorageError::NoRoom) => self.end_chain(flash, place, names)?,
                Err(error) => return Err(error),
            }
            moved += 1;
        }
        if moved > 0 { Ok(()) } else { self.ring.prepare(flash) }
    }

    /// Reads the beginnings of all records: some 40 ms of modelled flash time, only ever on a full store.
    fn forget_least_recently_used<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        // From here on every record that is not overwritten is a chain.
        self.overwrite_superseded(flash)?;
        let mut oldest: Option<(u32, Place)> = None;
        for place in self.ring.newest_first() {
            let mut prefix = [0; PREFIX];
            self.ring.read(flash, place, &mut prefix)?;
            if let Some(used) = ticket_record::last_use(&prefix)
                && oldest.is_none_or(|(oldest, _)| used < oldest)
            {
                oldest = Some((used, place));
            }
        }
        let Some((_, place)) = oldest else { return Ok(()) };
        match ticket_record::names(&self.record(flash, place)?) {
            Some(names) => self.end_chain(flash, place, names),
            // Age has flipped a bit of it; whose it was cannot be told.
            None => self.overwrite(flash, place),
        }
    }

    fn slot<F: Flash>(&self, flash: &mut F, slot: u16) -> Result<Option<SlotBytes>, StorageError> {
        self.ring.place(usize::from(slot)).map(|place| self.record(flash, place)).transpose()
    }

    fn record<F: Flash>(&self, flash: &mut F, place: Place) -> Result<SlotBytes, StorageError> {
        let mut slot = SlotBytes::new([0; SLOT]);
        self.ring.read(flash, place, slot.as_mut_slice())?;
        Ok(slot)
    }

    fn slot_number(&self, place: Place) -> Result<u16, StorageError> {
        u16::try_from(self.ring.slot_number(place)).map_err(|_| StorageError::NoRoom)
    }
}

fn keys(names: Names) -> impl Iterator<Item = Key> {
    let tickets = [Some(names.current), names.previous].into_iter().flatten();
    core::iter::once(Key::of_phone(names.phone.0)).chain(tickets.map(|id| Key::of_ticket(id.0)))
}
