//! Updates: which one is offered, and what the door says of it (spec §7.3, §10.7).

use std::sync::Arc;

use thumbturn_protocol::ids::{ListVersion, UpdateId};
use thumbturn_protocol::record::{Progress, UpdateRefusal};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::edition::Edition;
use thumbturn_protocol::update::header::UpdateKind;

use super::errands::Pace;
use super::transfer::{Transfer, Verdict, Violation};
use super::{CourierSession, Occasion, Stage};
use crate::courier::collected::CollectedObject;
use crate::courier::event::CourierEvent;
use crate::courier::inbox::parcels::HeldParcel;
use crate::courier::list_floor::ListFloor;

/// Updates offered in one session; a door that refuses more has a reason that the next phone may find out.
const OFFERS: usize = 4;

impl CourierSession {
    pub(super) fn offer_update(&mut self) -> Pace {
        let hand_over = self.occasion == Occasion::UpdateRequired && self.satisfies_requirement();
        if self.occasion == Occasion::Denied || hand_over || self.offered.len() >= OFFERS {
            return Pace::GoOn;
        }
        let Some(held) = self.best_update() else { return Pace::GoOn };
        self.offered.push(held.id);
        self.percent = None;
        self.stage = Stage::Updating(Box::new(Transfer::new(held)));
        Pace::Wait
    }

    /// The update that leads furthest, and of those the one with the fewest bytes left.
    fn best_update(&self) -> Option<Arc<HeldParcel>> {
        let (door, floor) = (self.door.as_ref()?, self.list_floor());
        let serves = |held: &&Arc<HeldParcel>| {
            let continues = match held.header.kind {
                UpdateKind::Delta { from } => from <= door.list_version,
                UpdateKind::Snapshot => true,
            };
            let of_generation = held.header.subject.generation == door.generation;
            let is_new = !floor.covers(held.header.edition());
            of_generation && continues && is_new && !self.offered.contains(&held.id)
        };
        let left = |held: &HeldParcel| {
            let staged = door.staged.iter().find(|staged| staged.update == held.id);
            let chunk = held.parcel.size().sealed_chunk(0).unwrap_or_default();
            let there = staged.map_or(0, |staged| usize::from(staged.chunk) * chunk);
            held.parcel.size().sealed().saturating_sub(there)
        };
        let best = self.cargo.parcels.iter().filter(serves);
        best.max_by_key(|held| (held.header.to, core::cmp::Reverse(left(held)), held.id)).cloned()
    }

    /// The door has shown that its list is as new as what this update leads to.
    fn learn_edition(&mut self, edition: Edition) {
        self.cargo.memory.list = self.cargo.memory.list.raised_to(edition);
        self.collect(CollectedObject::ListAtLeast(edition));
    }

    pub(super) fn on_progress(&mut self, update: UpdateId, progress: Progress) -> Result<(), Violation> {
        let now = self.active;
        let Stage::Updating(transfer) = &mut self.stage else { return self.on_late_progress(update) };
        if transfer.update() != update {
            return self.on_late_progress(update);
        }
        let edition = transfer.edition();
        match transfer.on_progress(progress)? {
            Verdict::Going => {
                let percent = transfer.percent();
                if self.percent.replace(percent) != Some(percent) {
                    self.report(CourierEvent::Updating { percent });
                }
            }
            Verdict::Applied(list_version) => {
                self.learn_edition(edition);
                self.on_applied(list_version, now);
            }
            Verdict::Refused(reason) => {
                if reason == UpdateRefusal::NotNewer {
                    self.learn_edition(edition);
                }
                self.on_refused(update, reason, now);
            }
        }
        Ok(())
    }

    fn on_late_progress(&mut self, update: UpdateId) -> Result<(), Violation> {
        if self.offered.contains(&update) { self.stray() } else { Err(Violation) }
    }

    fn on_applied(&mut self, list_version: ListVersion, now: Millis) {
        if let Some(door) = &mut self.door {
            door.list_version = list_version;
        }
        self.changed_door = true;
        self.report(CourierEvent::Updated { list_version });
        self.proceed(now);
    }

    fn on_refused(&mut self, update: UpdateId, reason: UpdateRefusal, now: Millis) {
        // While the person waits for this update it is worth waiting for the other phone, too.
        if reason == UpdateRefusal::TransferUnderWay && self.occasion == Occasion::UpdateRequired {
            return;
        }
        self.report(CourierEvent::UpdateRefused { reason });
        match reason {
            UpdateRefusal::NotAuthentic
            | UpdateRefusal::NotForThisDoor
            | UpdateRefusal::TooLate
            | UpdateRefusal::Broken => self.collect(CollectedObject::Unwanted(update)),
            UpdateRefusal::NotNewer
            | UpdateRefusal::DoesNotContinue
            | UpdateRefusal::NoRoom
            | UpdateRefusal::TransferUnderWay => {}
        }
        self.proceed(now);
    }

    /// Up to where updates are of no use to this door.
    pub(super) fn list_floor(&self) -> ListFloor {
        let floor = self.cargo.memory.list;
        self.door.as_ref().map_or(floor, |door| floor.heard(door.generation, door.list_version))
    }
}
