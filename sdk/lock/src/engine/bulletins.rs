//! Taking bulletins from phones, giving them to phones, and heeding them (spec §11).

use alloc::vec::Vec;

use thumbturn_protocol::bounded::List;
use thumbturn_protocol::bulletin::{
    BulletinHeader, BulletinReader, BulletinSubject, BulletinVersion, Entry, Lookup,
};
use thumbturn_protocol::ids::{BulletinEpoch, Generation, Serial};
use thumbturn_protocol::record::{DoorObject, Record};
use thumbturn_protocol::signed::{Received, Verified};
use thumbturn_protocol::time::Millis;

use super::Engine;
use super::delivery::Task;
use crate::clock::Reading;
use crate::error::Error;
use crate::facts::Facts;
use crate::flash::Flash;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::{Storage, StorageError};
use crate::work::Work;
use thumbturn_protocol::event::Event;

/// Milliseconds without an entry after which the next phone takes its turn.
const SILENT_MS: u64 = 2_000;

/// The bulletin in force, and the one on its way in.
pub(super) struct Bulletins {
    in_force: BulletinVersion,
    taking: Option<Taking>,
}

/// A bulletin whose entries a phone is handing over.
struct Taking {
    from: ConnectionId,
    version: BulletinVersion,
    /// When entries came last, or the header.
    heard: Millis,
    reader: BulletinReader,
    /// As it was signed, for flash and for other phones.
    header: Vec<u8>,
}

impl Bulletins {
    /// What the flash holds.
    pub(super) fn boot<F: Flash>(storage: &Storage<F>) -> Self {
        let header =
            storage.bulletin_header().and_then(|bytes| Received::<BulletinHeader>::from_bytes(bytes).ok());
        // The door's own flash: the signature was checked before it was written.
        let header = header.and_then(|header| header.peek_unverified().ok());
        let in_force = header.map(|header| header.version()).unwrap_or_default();
        Self { in_force, taking: None }
    }

    /// A reset: nothing is in force.
    pub(super) fn forget(&mut self) {
        *self = Self { in_force: BulletinVersion::default(), taking: None };
    }
}

impl<P: Platform> Engine<P> {
    /// The epoch in force, of the present generation; 0: none.
    pub(super) fn bulletin_epoch(&self) -> BulletinEpoch {
        let generation = self.identity.as_ref().map(|identity| identity.configuration.generation);
        let in_force = self.bulletins.in_force;
        if Some(in_force.generation) == generation { in_force.epoch } else { BulletinEpoch(0) }
    }

    /// Whether the bulletin in force refuses a credential.
    pub(super) fn bulletin_denies(&mut self, clock: Reading, facts: &Facts) -> Result<bool, StorageError> {
        self.bulletin_names(clock, (facts.generation, facts.serial), &facts.subjects())
    }

    /// Whether it names one of these, or everybody, with a serial above this one.
    pub(super) fn bulletin_names(
        &mut self,
        clock: Reading,
        (generation, serial): (Generation, Serial),
        subjects: &[BulletinSubject],
    ) -> Result<bool, StorageError> {
        let in_force = self.bulletins.in_force;
        let Some(identity) = self.identity.as_ref() else { return Ok(true) };
        // Serials compare within a generation; an earlier one lies below all of them, a later one above.
        if in_force == BulletinVersion::default() || generation > in_force.generation {
            return Ok(false);
        }
        let serial = if generation == in_force.generation { serial } else { Serial(0) };
        let property = identity.configuration.property;
        let Ok(lookup) = Lookup::new(property, in_force, serial, subjects) else { return Ok(true) };
        self.work.add(Work::macs(5));
        let mut first = 0;
        loop {
            let entries = self.storage.bulletin_entries(first)?;
            if entries.is_empty() {
                return Ok(false);
            }
            if entries.iter().any(|entry| lookup.is_denied_by_entry(entry, clock.sure())) {
                return Ok(true);
            }
            first = first.saturating_add(u16::try_from(entries.len()).unwrap_or(u16::MAX));
        }
    }

    /// A phone has a bulletin: is it authentic, ours and newer? Then its entries are asked for.
    pub(super) fn take_header(&mut self, now: Millis, id: ConnectionId, header: &Received<BulletinHeader>) {
        self.drop_stalled_bulletin(now);
        if self.makes_room_for_bulletin() {
            return self.put_back(id, Task::Bulletin(header.clone()));
        }
        let Some(verified) = self.verified_header(header) else { return };
        let version = verified.version();
        match &self.bulletins.taking {
            Some(taking) if version <= taking.version => return,
            Some(_) => {
                self.give_up_bulletin();
                return self.put_back(id, Task::Bulletin(header.clone()));
            }
            None => {}
        }
        // The flash fails.
        if self.storage.begin_bulletin().is_err() {
            return;
        }
        self.hear(now, verified.issued);
        let reader = BulletinReader::new(verified);
        let is_whole = reader.is_full();
        self.bulletins.taking =
            Some(Taking { from: id, version, heard: now, reader, header: header.as_bytes().to_vec() });
        if is_whole {
            let _ = self.put_in_force();
        } else {
            self.tell(id, &Record::Fetch(DoorObject::Bulletin));
        }
    }

    /// Entries of the bulletin that was asked for. A mistake in them ends the session, and what came of them is thrown away.
    pub(super) fn take_entries(
        &mut self,
        now: Millis,
        id: ConnectionId,
        epoch: BulletinEpoch,
        first: u16,
        entries: &[Entry],
    ) {
        let taken = match &mut self.bulletins.taking {
            Some(taking) if taking.from == id => {
                taking.heard = now;
                let taken = taking.reader.take(epoch, first, entries).is_ok();
                taken && self.storage.append_bulletin(entries).is_ok()
            }
            _ => false,
        };
        self.work.add(Work::macs(8));
        let is_whole = self.bulletins.taking.as_ref().is_some_and(|taking| taking.reader.is_full());
        if !taken || is_whole && self.put_in_force().is_err() {
            self.give_up_bulletin();
            self.end(id);
        }
    }

    /// A phone asks for the bulletin in force.
    pub(super) fn give_bulletin(&mut self, id: ConnectionId) {
        let header = self.storage.bulletin_header().and_then(|bytes| Received::from_bytes(bytes).ok());
        match header {
            Some(header) => {
                self.tell(id, &Record::BulletinHeader(header));
                if let Some(session) = self.session(id) {
                    session.delivery.giving = Some(0);
                }
            }
            None => self.tell(id, &Record::Nothing(DoorObject::Bulletin)),
        }
    }

    /// Says the next entries to a phone that waits for them and has room. `false`: there is none.
    pub(super) fn give_entries(&mut self) -> bool {
        let waiting = self.connections.iter_mut().find_map(|connection| {
            let has_room = connection.has_room();
            let id = connection.id;
            let giving = &mut connection.session()?.delivery.giving;
            if has_room { giving.take().map(|first| (id, first)) } else { None }
        });
        let Some((id, first)) = waiting else { return false };
        let Ok(entries) = self.storage.bulletin_entries(first) else { return true };
        let next = u16::try_from(entries.len()).ok().and_then(|count| first.checked_add(count));
        let epoch = self.bulletins.in_force.epoch;
        // After the last there are none, which no list of a record can say.
        if let Ok(entries) = List::try_from(entries) {
            self.tell(id, &Record::BulletinEntries { epoch, first, entries });
            if let Some(session) = self.session(id) {
                session.delivery.giving = next;
            }
        }
        true
    }

    fn verified_header(&mut self, header: &Received<BulletinHeader>) -> Option<Verified<BulletinHeader>> {
        let identity = self.identity.as_ref()?;
        self.work.add(Work::VERIFY);
        let verified = header.verify(&identity.configuration.signing_key).ok()?;
        let ours = verified.property == identity.configuration.property
            && verified.generation == identity.configuration.generation;
        (ours && verified.version() > self.bulletins.in_force).then_some(verified)
    }

    /// One append; from here on the set is heeded.
    fn put_in_force(&mut self) -> Result<(), Error> {
        let Some(Taking { reader, header, .. }) = self.bulletins.taking.take() else { return Ok(()) };
        let complete = reader.finish().map_err(|_| Error::Storage(StorageError::NoRoom))?;
        self.storage.commit_bulletin(&header)?;
        let version = complete.header().version();
        self.bulletins.in_force = version;
        let BulletinVersion { generation, epoch } = version;
        self.receipt_is_due();
        self.housekeeping.note(Event::BulletinTaken { generation, epoch });
        Ok(())
    }

    fn give_up_bulletin(&mut self) {
        self.bulletins.taking = None;
        self.storage.give_up_bulletin();
    }

    /// Gives up a bulletin whose session is over, or has sent nothing of it for so long that it ends: the place for the next one is
    /// erased before somebody brings it.
    pub(super) fn drop_stalled_bulletin(&mut self, now: Millis) {
        let Some(Taking { from, heard, .. }) = self.bulletins.taking else { return };
        let is_silent = now.since(heard) >= SILENT_MS;
        if self.session(from).is_none() {
            self.give_up_bulletin();
        } else if is_silent {
            self.give_up_bulletin();
            self.end(from);
        }
    }

    /// Does one piece of maintenance while no bulletin is on its way and none could begin. `false`: that is not needed, or does not
    /// help.
    fn makes_room_for_bulletin(&mut self) -> bool {
        self.bulletins.taking.is_none()
            && !self.storage.has_room_for_bulletin()
            && self.storage.makes_room() == Ok(true)
    }
}
