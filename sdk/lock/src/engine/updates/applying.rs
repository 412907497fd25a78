//! From a whole parcel to the list, in slices; then one switch (spec §10.7 steps 5 to 7).

use alloc::boxed::Box;
use alloc::vec::Vec;

use thumbturn_protocol::ids::UpdateId;
use thumbturn_protocol::record::{Progress, UpdateRefusal};
use thumbturn_protocol::signed::{Received, Verified};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::edition::Edition;
use thumbturn_protocol::update::header::UpdateHeader;

use super::delta::DeltaWork;
use super::snapshot::SnapshotWork;
use super::transfer::Transfer;
use super::{After, Engine, Job, adopt_list, kind_of};
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::list::{ListError, ParcelKind};
use thumbturn_protocol::event::Event;

/// An update that is being applied.
pub(super) struct Applying {
    /// Who is told how it went.
    pub(super) listener: Option<ConnectionId>,
    pub(super) update: UpdateId,
    pub(super) kind: ParcelKind,
    step: Step,
    waited: u8,
}

/// What is to be done next.
enum Step {
    /// Check what the staging area held since before a power cut.
    Verify(Received<UpdateHeader>),
    Delta(Box<DeltaWork>),
    Snapshot(Box<SnapshotWork>),
}

/// How a slice ended.
pub(super) enum Slice {
    /// There is more to do.
    More,
    /// All is checked: the switch leads to this edition.
    Ready(Edition),
}

/// Why an update is not applied, or not yet.
pub(super) enum Stopped {
    /// It breaks a rule: nothing of it can be used.
    Broken,
    /// The flash has no room, or fails.
    List(ListError),
}

impl From<ListError> for Stopped {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Storage(_) | ListError::NotBegun | ListError::NotStaged => Self::List(error),
            _ => Self::Broken,
        }
    }
}

impl From<thumbturn_protocol::error::Error> for Stopped {
    fn from(_: thumbturn_protocol::error::Error) -> Self {
        Self::Broken
    }
}

impl Step {
    fn of(header: Verified<UpdateHeader>) -> Self {
        match kind_of(&header) {
            ParcelKind::Delta => Self::Delta(Box::new(DeltaWork::new(header))),
            ParcelKind::Snapshot => Self::Snapshot(Box::new(SnapshotWork::new(header))),
        }
    }
}

impl<P: Platform> Engine<P> {
    /// All chunks are there.
    pub(super) fn begin_applying(&mut self, transfer: &Transfer) -> After {
        self.tell_progress(transfer.from, transfer.update, Progress::Applying);
        let applying = Applying {
            listener: Some(transfer.from),
            update: transfer.update,
            kind: transfer.kind(),
            step: Step::of(transfer.header.clone()),
            waited: 0,
        };
        self.updates.job = Some(Job::Applying(Box::new(applying)));
        After::Over
    }

    /// Applies what a power cut interrupted, once after each boot. `false`: there is nothing.
    pub(super) fn resume_update(&mut self) -> bool {
        if !core::mem::take(&mut self.updates.resumes) {
            return false;
        }
        for kind in [ParcelKind::Delta, ParcelKind::Snapshot] {
            if let Some((update, header)) = self.complete_parcel(kind) {
                let step = Step::Verify(header);
                let applying = Applying { listener: None, update, kind, step, waited: 0 };
                self.updates.job = Some(Job::Applying(Box::new(applying)));
                self.updates.resumes = kind == ParcelKind::Delta;
                return true;
            }
        }
        false
    }

    fn complete_parcel(&mut self, kind: ParcelKind) -> Option<(UpdateId, Received<UpdateHeader>)> {
        let (list, flash) = self.storage.list().ok()?;
        list.staged(kind).filter(|staged| staged.is_complete())?;
        let bytes: Vec<u8> = list.staged_header(flash, kind).ok()??;
        let header = Received::<UpdateHeader>::from_bytes(&bytes).ok()?;
        Some((header.id(), header))
    }

    pub(super) fn step_applying(&mut self, now: Millis, applying: &mut Applying) -> After {
        // Who brought it waits for the door, not the door for him.
        if let Some(session) = applying.listener.and_then(|id| self.session(id)) {
            session.heard(now);
        }
        let stopped = match &mut applying.step {
            Step::Verify(header) => match self.verified_update(now, header) {
                Ok(header) => {
                    applying.step = Step::of(header);
                    return After::More;
                }
                Err(refusal) => return self.give_up(applying, refusal),
            },
            Step::Delta(work) => self.step_delta(work),
            Step::Snapshot(work) => self.step_snapshot(work),
        };
        match stopped {
            Ok(Slice::More) => {
                applying.waited = 0;
                After::More
            }
            Ok(Slice::Ready(edition)) => self.switch(now, applying, edition),
            Err(Stopped::Broken) => {
                self.want_snapshot();
                self.give_up(applying, UpdateRefusal::Broken)
            }
            Err(Stopped::List(error)) => self.wait_or_stop(applying, error),
        }
    }

    /// The switch. The door takes over what the new list says in the same call: nothing that comes meanwhile can keep it from that.
    fn switch(&mut self, now: Millis, applying: &mut Applying, edition: Edition) -> After {
        let switched = match &applying.step {
            Step::Delta(work) => self.commit_delta(work),
            Step::Snapshot(work) => self.commit_snapshot(work),
            Step::Verify(_) => Err(ListError::NotBegun),
        };
        match switched {
            Ok(()) => self.adopt_update(now, applying),
            // Flash that failed in the switch may have made it all the same.
            Err(_) if self.storage.list_store().edition() == edition => self.adopt_update(now, applying),
            Err(error) => self.wait_or_stop(applying, error),
        }
    }

    /// Settings and deny rows are in force from here on, in the same call as the event that says so is noted.
    fn adopt_update(&mut self, now: Millis, applying: &Applying) -> After {
        let Some(identity) = self.identity.as_mut() else { return After::Over };
        let tag_key = identity.configuration.tag_key.clone();
        let settings = adopt_list(&mut self.storage, identity);
        let list_version = identity.configuration.list_version;
        if identity.configuration.tag_key != tag_key {
            self.advertising.rename();
        }
        self.code_settings_changed(now, settings);
        self.updates.wants_snapshot &= applying.kind == ParcelKind::Delta;
        self.receipt_is_due();
        self.housekeeping.note(Event::UpdateApplied { version: list_version });
        if let Some(id) = applying.listener {
            self.tell_progress(id, applying.update, Progress::Applied { list_version });
        }
        After::Over
    }

    /// Only what can pass is waited for. The parcel stays: it is applied after the next boot, or when it is offered again.
    fn wait_or_stop(&mut self, applying: &mut Applying, error: ListError) -> After {
        if self.may_wait(&mut applying.waited, error) {
            return After::More;
        }
        if let Some(id) = applying.listener {
            self.refuse_update(id, applying.update, UpdateRefusal::NoRoom);
        }
        After::Over
    }

    fn give_up(&mut self, applying: &Applying, refusal: UpdateRefusal) -> After {
        if let Ok((list, _)) = self.storage.list() {
            list.abandon_delta();
            list.drop_parcel(applying.kind);
        }
        if let Some(id) = applying.listener {
            self.refuse_update(id, applying.update, refusal);
        }
        After::Over
    }
}
