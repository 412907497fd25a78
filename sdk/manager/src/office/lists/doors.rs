//! What one transaction has learnt of doors, so that it asks once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use thumbturn_protocol::code::Doorcode;
use thumbturn_protocol::ids::DoorId;

use super::codes;
use super::schedules::{self, Numbered};
use crate::office::error::Error;
use crate::office::store;
use crate::office::store::door::Door;
use crate::office::work::Work;

/// The doors that people of a transaction have to do with.
#[derive(Default)]
pub(super) struct Doors {
    asked: BTreeSet<DoorId>,
    found: BTreeMap<DoorId, Door>,
    schedules: BTreeMap<DoorId, Vec<Numbered>>,
    avoided: BTreeMap<DoorId, Vec<Doorcode>>,
}

impl Doors {
    /// Looks those up that were not yet.
    pub(super) async fn find(
        &mut self,
        work: &mut Work<'_>,
        doors: impl Iterator<Item = DoorId>,
    ) -> Result<(), Error> {
        let new: BTreeSet<DoorId> = doors.filter(|door| !self.asked.contains(door)).collect();
        let new: Vec<DoorId> = new.into_iter().collect();
        let property = work.property();
        for door in store::door::among(work.connection(), property, &new).await? {
            self.found.insert(door.id, door);
        }
        self.asked.extend(new);
        Ok(())
    }

    /// A door that was looked up and is there.
    pub(super) fn get(&self, door: DoorId) -> Option<&Door> {
        self.found.get(&door)
    }

    /// The schedules of a door, as they are with what was written since.
    pub(super) async fn schedules(
        &mut self,
        work: &mut Work<'_>,
        door: DoorId,
    ) -> Result<&mut Vec<Numbered>, Error> {
        match self.schedules.entry(door) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => Ok(entry.insert(schedules::at(work, door).await?)),
        }
    }

    /// Looks up, for those of these doors for which that was not done yet, which codes no new doorcode may begin with, nor be the beginning of.
    pub(super) async fn find_avoided(
        &mut self,
        work: &mut Work<'_>,
        doors: impl Iterator<Item = DoorId>,
    ) -> Result<(), Error> {
        let new: BTreeSet<DoorId> = doors.filter(|door| !self.avoided.contains_key(door)).collect();
        let new: Vec<&Door> = new.iter().filter_map(|door| self.found.get(door)).collect();
        let avoided = codes::to_avoid(work, &new).await?;
        self.avoided.extend(avoided);
        Ok(())
    }

    /// Codes that no new doorcode of a door may begin with, nor be the beginning of, as they were looked up.
    pub(super) fn avoided(&self, door: DoorId) -> &[Doorcode] {
        self.avoided.get(&door).map_or(&[], Vec::as_slice)
    }
}
