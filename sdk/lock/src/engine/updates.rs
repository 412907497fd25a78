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
mod transferring;

use alloc::boxed::Box;

use thumbturn_protocol::ids::UpdateId;
use thumbturn_protocol::record::{Progress, Record, Staged, UpdateRefusal};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::header::{UpdateHeader, UpdateKind};
use thumbturn_protocol::update::settings::Settings;

use super::Engine;
use crate::error::Error;
use crate::flash::Flash;
use crate::identity::Identity;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::list::{ListError, ParcelKind};
use crate::storage::{Storage, StorageError};
use thumbturn_protocol::event::EventClass;

use applying::Applying;
use transfer::Transfer;

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
