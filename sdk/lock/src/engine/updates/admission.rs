//! Which updates a door begins to take (spec §7.3, §10.7 steps 1 to 3).

use alloc::boxed::Box;

use thumbturn_protocol::ids::{Generation, ListVersion, UpdateId};
use thumbturn_protocol::record::{Progress, UpdateRefusal};
use thumbturn_protocol::signed::{Received, Verified};
use thumbturn_protocol::time::{Millis, UnixSeconds};
use thumbturn_protocol::update::edition::Edition;
use thumbturn_protocol::update::header::{
    DoorList, ListOrigin, UpdateHeader, UpdateKind, UpdateSubject, Useless,
};

use super::transfer::Transfer;
use super::{After, Engine, Job, SILENT_MS};
use crate::clock::Reading;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::list::{Admission, ListError};
use crate::work::Work;

const DAY_SECONDS: u64 = 86_400;
const DAY_MS: u64 = 86_400_000;

impl<P: Platform> Engine<P> {
    /// A phone has an update: one signature, then where to begin or why not.
    pub(in crate::engine) fn take_offer(
        &mut self,
        now: Millis,
        id: ConnectionId,
        offered: Received<UpdateHeader>,
    ) {
        let update = offered.id();
        if let Err(refusal) = self.consider_offer(now, id, update, offered) {
            self.tell_progress(id, update, Progress::Refused(refusal));
        }
    }

    fn consider_offer(
        &mut self,
        now: Millis,
        id: ConnectionId,
        update: UpdateId,
        offered: Received<UpdateHeader>,
    ) -> Result<(), UpdateRefusal> {
        let header = self.verified_update(now, &offered)?;
        match &mut self.updates.job {
            Some(Job::Applying(applying)) if applying.update == update => {
                applying.listener = Some(id);
                self.tell_progress(id, update, Progress::Applying);
                return Ok(());
            }
            Some(Job::Applying(_)) => return Err(UpdateRefusal::TransferUnderWay),
            Some(Job::Transfer(transfer)) if transfer.from != id => {
                let (from, to) = (transfer.from, transfer.header.to);
                let is_silent = now.since(transfer.heard) >= SILENT_MS;
                // Nobody who waits before the door waits for a courier, however often that one says something.
                let has_precedence = self.is_waited_for(id, header.to) && !self.is_waited_for(from, to);
                if !is_silent && !has_precedence && self.session(from).is_some() {
                    return Err(UpdateRefusal::TransferUnderWay);
                }
            }
            Some(Job::Transfer(_)) | None => {}
        }
        let admission = self.admission(now, id, &header);
        let transfer = Transfer::new(id, now, offered, header, admission);
        self.updates.job = Some(Job::Transfer(Box::new(transfer)));
        Ok(())
    }

    /// The header, if the property signed it for this door and it is of use.
    pub(super) fn verified_update(
        &mut self,
        now: Millis,
        offered: &Received<UpdateHeader>,
    ) -> Result<Verified<UpdateHeader>, UpdateRefusal> {
        let identity = self.identity.as_ref().ok_or(UpdateRefusal::NotForThisDoor)?;
        self.work.add(Work::VERIFY);
        let header =
            offered.verify(&identity.configuration.signing_key).map_err(|_| UpdateRefusal::NotAuthentic)?;
        let subject = UpdateSubject {
            property: identity.configuration.property,
            generation: identity.configuration.generation,
            door: identity.configuration.door,
            door_key: identity.key_id,
        };
        if header.subject == subject {
            self.trust(now, header.issued);
        }
        let instant = self.clock.read(now).certain();
        header.serves(&subject, &self.door_list(), instant).map_err(refusal)?;
        Ok(header)
    }

    fn door_list(&self) -> DoorList {
        let began = self.storage.list_store().list_key().is_some();
        let origin = if began { ListOrigin::Snapshot } else { ListOrigin::Claim };
        let generation = self.identity.as_ref().map_or(Generation(0), |identity| identity.list_generation);
        DoorList { edition: Edition { generation, version: self.list_version() }, origin }
    }

    /// A delta for which a request of this connection waits always finds room; anybody's parcels share what a day allows.
    fn admission(&mut self, now: Millis, id: ConnectionId, header: &UpdateHeader) -> Admission {
        let is_delta = matches!(header.kind, UpdateKind::Delta { .. });
        if is_delta && self.is_waited_for(id, header.to) {
            return Admission::Needed;
        }
        Admission::Daily(day(self.clock.read(now), now))
    }

    /// Whether a request on this connection was answered *update required*, and a list of this version would do.
    fn is_waited_for(&mut self, id: ConnectionId, to: ListVersion) -> bool {
        let needed = self.connections.get(id).and_then(|connection| connection.needed_version);
        needed.is_some_and(|needed| needed <= to)
    }

    /// Asks the staging area for room, and tells the phone where to begin.
    pub(super) fn admit_transfer(&mut self, now: Millis, transfer: &mut Transfer) -> After {
        let parcel = transfer.parcel();
        let Ok((list, flash)) = self.storage.list() else { return After::Over };
        match list.begin_parcel(flash, parcel, transfer.signed.as_bytes(), transfer.admission) {
            Ok(staged) => {
                transfer.waited = 0;
                transfer.heard = now;
                transfer.begin_at(u16::try_from(staged.chunks).unwrap_or(u16::MAX));
                if transfer.is_complete() {
                    return self.begin_applying(transfer);
                }
                let progress = transfer.progress();
                self.tell_progress(transfer.from, transfer.update, progress);
                After::More
            }
            Err(error @ ListError::Storage(_)) => self.wait_for_room(transfer, error),
            Err(_) => self.refuse_update(transfer.from, transfer.update, UpdateRefusal::NoRoom),
        }
    }
}

/// A number that changes once a day, or twice when the clock was set.
fn day(clock: Reading, now: Millis) -> u32 {
    let days = match clock {
        Reading::Sure(instant) => days_of(instant),
        Reading::Unsure { floor, .. } => days_of(floor).saturating_add(now.0 / DAY_MS),
    };
    u32::try_from(days).unwrap_or(u32::MAX)
}

const fn days_of(instant: UnixSeconds) -> u64 {
    instant.seconds() / DAY_SECONDS
}

const fn refusal(useless: Useless) -> UpdateRefusal {
    match useless {
        Useless::AnotherDoor => UpdateRefusal::NotForThisDoor,
        Useless::NotNewer => UpdateRefusal::NotNewer,
        Useless::DoesNotContinue => UpdateRefusal::DoesNotContinue,
        Useless::TooLate => UpdateRefusal::TooLate,
    }
}
