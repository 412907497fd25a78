//! Updates of the list: taken from phones, applied in slices, switched at once (spec §7.3, §10.7).
//!
//! One job at a time: a transfer, then the application of what came. Both go on only while no handshake waits; events and
//! tickets are written first. A transfer has no memory of its own while a handshake is worked on: a chip has room for one of the two.

mod admission;
mod applying;
mod delta;
mod digest;
mod snapshot;
mod transfer;

use alloc::boxed::Box;

use thumbturn_protocol::ids::UpdateId;
use thumbturn_protocol::record::{Progress, Record, Staged, UpdateRefusal};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::header::{UpdateHeader, UpdateKind};
use thumbturn_protocol::update::seal::BodyKey;
use thumbturn_protocol::update::settings::Settings;

use super::Engine;
use crate::error::Error;
use crate::event::EventClass;
use crate::flash::Flash;
use crate::identity::Identity;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::list::{ListError, ParcelKind};
use crate::storage::{Storage, StorageError};
use crate::work::Work;

use applying::Applying;
use transfer::{Gathered, Stage, Transfer};

/// Tries at something for which there is no room, when nothing is left to be done for room.
const TRIES: u8 = 3;
/// Events that can be written at any moment while an update takes the door's time.
const EVENT_ROOM: usize = 4;
/// Milliseconds of silence after which another phone may take its turn.
const SILENT_MS: u64 = 2_000;

/// The update on its way into the list.
pub(super) struct Updates {
    job: Option<Job>,
    /// Whether a staged parcel may wait to be applied, as after a power cut.
    resumes: bool,
    wants_snapshot: bool,
}

/// What a door does with an update. One at a time.
enum Job {
    Transfer(Box<Transfer>),
    Applying(Box<Applying>),
}

/// What a step did with its job.
enum After {
    /// There is more to do at once.
    More,
    /// A phone has to send something first.
    Waits,
    /// It is over, or has become another job.
    Over,
}

impl Updates {
    /// After power-on: the flash may hold what came before.
    pub(super) const fn boot() -> Self {
        Self { job: None, resumes: true, wants_snapshot: false }
    }

    /// A handshake begins. Whoever makes one handshake after the other slows a transfer down, by a chunk each: no more of them
    /// are worked on than the bucket has room for.
    pub(super) fn give_way(&mut self) {
        if let Some(Job::Transfer(transfer)) = &mut self.job {
            transfer.give_way();
        }
    }

    /// A reset.
    pub(super) fn forget(&mut self) {
        *self = Self { resumes: false, ..Self::boot() };
    }
}

impl<P: Platform> Engine<P> {
    /// Whether a parcel could not be used, or the list has rotted: only a snapshot helps.
    #[must_use]
    pub const fn wants_snapshot(&self) -> bool {
        self.updates.wants_snapshot || self.storage.list_store().wants_snapshot()
    }

    /// Takes the proof of a chunk.
    pub(super) fn take_proof(&mut self, now: Millis, id: ConnectionId, chunk: u16, nodes: &[[u8; 32]]) {
        self.store_full_chunk(now, id);
        if let Some(transfer) = self.transfer_from(now, id) {
            transfer.take_proof(chunk, nodes);
        }
    }

    /// Takes a piece of a chunk: copies it, unless a whole chunk has to make room first.
    pub(super) fn take_piece(
        &mut self,
        now: Millis,
        id: ConnectionId,
        chunk: u16,
        offset: u16,
        bytes: &[u8],
    ) {
        self.store_full_chunk(now, id);
        let Some(transfer) = self.transfer_from(now, id) else { return };
        match transfer.take_piece(chunk, offset, bytes) {
            Gathered::Silent => {}
            Gathered::Gap => {
                let (update, gap) = (transfer.update, transfer.gap());
                self.tell_progress(id, update, gap);
            }
            Gathered::Wrong => {
                self.updates.job = None;
                self.end(id);
            }
        }
    }

    /// One slice of what an update costs. `false`: there is nothing to do.
    pub(super) fn step_update(&mut self, now: Millis) -> Result<bool, Error> {
        if self.identity.is_none() {
            return Ok(false);
        }
        if self.updates.job.is_none() {
            return Ok(self.resume_update());
        }
        if self.list_is_read_anew()? {
            return Ok(true);
        }
        // An unlock that comes meanwhile must find room for its event.
        if self.storage.event_room(EventClass::Evidence) < EVENT_ROOM && self.storage.makes_room()? {
            return Ok(true);
        }
        let Some(job) = self.updates.job.take() else { return Ok(false) };
        match job {
            Job::Transfer(mut transfer) => match self.step_transfer(now, &mut transfer) {
                After::Over => Ok(true),
                after => {
                    self.updates.job = Some(Job::Transfer(transfer));
                    Ok(matches!(after, After::More))
                }
            },
            Job::Applying(mut applying) => match self.step_applying(now, &mut applying) {
                After::Over => Ok(true),
                after => {
                    self.updates.job = Some(Job::Applying(applying));
                    Ok(matches!(after, After::More))
                }
            },
        }
    }

    /// After flash that failed, the list is read anew before anything else is done with it: a slice by itself. `false`: it need not
    /// be, or the flash still fails.
    fn list_is_read_anew(&mut self) -> Result<bool, Error> {
        let (list, flash) = self.storage.list()?;
        Ok(list.is_stale() && list.maintain(flash).is_ok())
    }

    /// The updates of which the door holds a part.
    pub(super) fn staged_updates(&self) -> impl Iterator<Item = Staged> {
        let list = self.storage.list_store();
        let staged =
            [ParcelKind::Delta, ParcelKind::Snapshot].into_iter().filter_map(|kind| list.staged(kind));
        staged.filter_map(|staged| {
            let chunk = u16::try_from(staged.chunks).ok()?;
            Some(Staged { update: UpdateId(staged.parcel.update), chunk })
        })
    }

    /// A rotation: what the key before has signed is of no use any more (spec §11.4).
    pub(super) fn drop_updates(&mut self) {
        self.updates.job = None;
        if let Ok((list, _)) = self.storage.list() {
            list.abandon_delta();
            list.drop_parcel(ParcelKind::Delta);
            list.drop_parcel(ParcelKind::Snapshot);
        }
    }

    fn step_transfer(&mut self, now: Millis, transfer: &mut Transfer) -> After {
        match transfer.stage {
            Stage::Admit => self.admit_transfer(now, transfer),
            Stage::Gather if transfer.needs_key() => self.recover_key(transfer),
            Stage::Gather => {
                if self.session(transfer.from).is_some() {
                    After::Waits
                } else {
                    After::Over
                }
            }
            Stage::GiveWay => {
                let gap = transfer.resume();
                self.tell_progress(transfer.from, transfer.update, gap);
                After::More
            }
            Stage::Verify => self.verify_chunk(transfer),
            Stage::Open => self.open_chunk(transfer),
            Stage::Store => self.store_chunk(transfer),
        }
    }

    fn recover_key(&mut self, transfer: &mut Transfer) -> After {
        let Some(identity) = self.identity.as_ref() else { return After::Over };
        self.work.add(Work::RECOVER_KEY);
        match BodyKey::recover(&transfer.header, &identity.keys.sealing) {
            Ok(key) => {
                transfer.key = Some(key);
                After::More
            }
            Err(_) => self.break_transfer(transfer),
        }
    }

    fn verify_chunk(&mut self, transfer: &mut Transfer) -> After {
        self.work.add(Work::hashed_bytes(transfer.buffer.len()));
        if transfer.verify().is_ok() {
            return After::More;
        }
        if transfer.is_hostile() {
            self.end(transfer.from);
            return After::Over;
        }
        let progress = transfer.progress();
        self.tell_progress(transfer.from, transfer.update, progress);
        After::More
    }

    fn open_chunk(&mut self, transfer: &mut Transfer) -> After {
        if transfer.needs_key() {
            return self.recover_key(transfer);
        }
        if let Some(key) = &transfer.key {
            self.work.add(Work::sealed_bytes(transfer.buffer.len()));
            if key.open(transfer.chunk, &mut transfer.buffer).is_err() {
                return self.break_transfer(transfer);
            }
        }
        transfer.stage = Stage::Store;
        After::More
    }

    fn store_chunk(&mut self, transfer: &mut Transfer) -> After {
        let Ok((list, flash)) = self.storage.list() else { return After::Over };
        let index = usize::from(transfer.chunk);
        let (kind, update) = (transfer.kind(), transfer.update.0);
        match list.store_chunk(flash, kind, update, index, &mut transfer.buffer) {
            Ok(()) => {}
            Err(ListError::Unusable) => return self.break_transfer(transfer),
            Err(error) => return self.wait_for_room(transfer, error),
        }
        transfer.stored();
        if transfer.is_complete() {
            return self.begin_applying(transfer);
        }
        let progress = transfer.progress();
        self.tell_progress(transfer.from, transfer.update, progress);
        After::More
    }

    /// A chunk that is whole makes room for what comes: in one call, because the phone may send the next at once.
    fn store_full_chunk(&mut self, now: Millis, id: ConnectionId) {
        let is_full = |transfer: &mut Transfer| {
            let full = transfer.is_full() && !(transfer.stage != Stage::Store && transfer.needs_key());
            if transfer.is_full() && !full {
                transfer.miss();
            }
            full
        };
        while self.transfer_from(now, id).is_some_and(is_full) {
            let Some(Job::Transfer(mut transfer)) = self.updates.job.take() else { return };
            let before = transfer.stage;
            let after = self.step_transfer(now, &mut transfer);
            let is_stuck = transfer.stage == before;
            if matches!(after, After::Over) {
                return;
            }
            self.updates.job = Some(Job::Transfer(transfer));
            if is_stuck {
                return;
            }
        }
    }

    /// The transfer of a session, which has just sent something.
    fn transfer_from(&mut self, now: Millis, id: ConnectionId) -> Option<&mut Transfer> {
        match &mut self.updates.job {
            Some(Job::Transfer(transfer)) if transfer.from == id => {
                transfer.heard = now;
                Some(transfer)
            }
            _ => None,
        }
    }

    /// The content is not what the header promises: the parcel goes, and the door asks for a snapshot.
    fn break_transfer(&mut self, transfer: &Transfer) -> After {
        self.drop_broken(transfer.kind());
        self.refuse_update(transfer.from, transfer.update, UpdateRefusal::Broken)
    }

    fn drop_broken(&mut self, kind: ParcelKind) {
        self.want_snapshot();
        if let Ok((list, _)) = self.storage.list() {
            list.drop_parcel(kind);
        }
    }

    /// The receipt asks for a snapshot, also after a power cut. Where there is no room to note that, a delta will find it out again.
    fn want_snapshot(&mut self) {
        self.updates.wants_snapshot = true;
        if let Ok((list, flash)) = self.storage.list() {
            let _ = list.want_snapshot(flash);
        }
        self.receipt_is_due();
    }

    /// There is no room, or the flash fails: maintenance makes room, and whatever lasts ends the transfer.
    fn wait_for_room(&mut self, transfer: &mut Transfer, error: ListError) -> After {
        if self.may_wait(&mut transfer.waited, error) {
            return After::More;
        }
        self.refuse_update(transfer.from, transfer.update, UpdateRefusal::NoRoom)
    }

    /// Does one piece of maintenance for something that found no room; `false`: that does not help.
    fn may_wait(&mut self, waited: &mut u8, error: ListError) -> bool {
        let is_short = error == ListError::Storage(StorageError::NoRoom);
        if is_short && self.storage.makes_room() == Ok(true) {
            return true;
        }
        *waited = waited.saturating_add(1);
        *waited < TRIES && matches!(error, ListError::Storage(_))
    }

    fn refuse_update(&mut self, id: ConnectionId, update: UpdateId, refusal: UpdateRefusal) -> After {
        self.tell_progress(id, update, Progress::Refused(refusal));
        After::Over
    }

    fn tell_progress(&mut self, id: ConnectionId, update: UpdateId, progress: Progress) {
        self.tell(id, &Record::Progress { update, progress });
    }
}

/// The identity with what the list in flash says; gives the list's settings. A door whose settings cannot be read keeps those
/// of its claim.
pub(super) fn adopt_list<F: Flash>(storage: &mut Storage<F>, identity: &mut Identity) -> Option<Settings> {
    let (list, flash) = storage.list().ok()?;
    list.list_key()?;
    let settings = list.settings(flash).ok().flatten();
    let settings = settings.and_then(|bytes| Settings::from_bytes(&bytes).ok());
    identity.adopt(list.edition(), settings.as_ref());
    settings
}

fn kind_of(header: &UpdateHeader) -> ParcelKind {
    match header.kind {
        UpdateKind::Delta { .. } => ParcelKind::Delta,
        UpdateKind::Snapshot => ParcelKind::Snapshot,
    }
}
