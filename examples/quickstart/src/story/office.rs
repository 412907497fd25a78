//! The property's office: what doors are to know, parcels that wait for phones, and what phones hand in.
//!
//! It is the part of a manager that the story needs. Whoever is online meets it; doors never do.

use std::collections::BTreeMap;

use thumbturn_manager::authority::task::Task;
use thumbturn_phone::courier::{Inbox, Upload, UploadObject};
use thumbturn_phone::wallet::ImportError;
use thumbturn_protocol::bulletin::Denial;
use thumbturn_protocol::ids::{DoorId, ListVersion};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_simulator::authority::{Authority, AuthorityError, DoorList};
use thumbturn_simulator::building::{BuildingError, Resident};

/// The office's books, beside the authority's own.
#[derive(Debug, Default)]
pub(super) struct Office {
    lists: BTreeMap<DoorId, DoorList>,
    /// What waits for each door. Made once and handed to everybody, so that one phone can go on where another one left.
    parcels: BTreeMap<DoorId, Vec<u8>>,
    bulletin: Option<Vec<u8>>,
}

impl Office {
    /// Wants a door to know something else, and makes the parcel for it: its version, and how many bytes it has.
    pub(super) fn change(
        &mut self,
        authority: &mut Authority,
        door: DoorId,
        now: UnixSeconds,
        change: impl FnOnce(&mut DoorList),
    ) -> Result<(ListVersion, usize), AuthorityError> {
        let list = match self.lists.entry(door) {
            std::collections::btree_map::Entry::Occupied(list) => list.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => place.insert(authority.list(door)?),
        };
        change(list);
        let parcel = authority.update(list, now)?.map(|parcel| parcel.to_bytes()).unwrap_or_default();
        let (version, size) = (list.version(), parcel.len());
        self.parcels.insert(door, parcel);
        Ok((version, size))
    }

    /// Signs what every door must refuse from now on.
    pub(super) fn deny(
        &mut self,
        authority: &mut Authority,
        denials: Vec<Denial>,
        now: UnixSeconds,
    ) -> Result<(), AuthorityError> {
        self.bulletin = Some(authority.bulletin(denials, now)?.to_bytes());
        Ok(())
    }

    /// A phone is online for a moment: hands in what it took along, and fetches what waits.
    pub(super) fn meet(
        &mut self,
        authority: &mut Authority,
        person: &Resident,
        now: UnixSeconds,
    ) -> Result<(), BuildingError> {
        let inbox = person.inbox()?;
        let uploads = inbox.to_upload();
        for Upload { object, .. } in &uploads {
            self.take(authority, object, now)?;
        }
        let ids: Vec<_> = uploads.iter().map(|upload| upload.id).collect();
        inbox.uploaded(&ids, &mut person.random())?;
        self.hand_out(authority, &inbox, person)
    }

    /// Whether the door itself has said that it has the newest list.
    pub(super) fn is_settled(&self, door: DoorId) -> bool {
        !self.parcels.contains_key(&door)
    }

    fn take(
        &mut self,
        authority: &mut Authority,
        object: &UploadObject,
        now: UnixSeconds,
    ) -> Result<(), BuildingError> {
        match object {
            UploadObject::Receipt(receipt) => {
                let door = receipt.peek_unverified()?.origin.door;
                let list = match self.lists.entry(door) {
                    std::collections::btree_map::Entry::Occupied(list) => list.into_mut(),
                    std::collections::btree_map::Entry::Vacant(place) => place.insert(authority.list(door)?),
                };
                match authority.confirm(list, receipt, now) {
                    // The tasks of this door are done when its list is the newest that left.
                    Ok((_, confirmation)) => {
                        if confirmation.closes(&Task::List(list.version())) {
                            self.parcels.remove(&door);
                        }
                    }
                    // Somebody else was faster.
                    Err(AuthorityError::NotNewer) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            UploadObject::LogBatch(batch) => {
                authority.take_batch(batch.peek_unverified()?.origin.door, batch)?;
            }
            // Its own words: it knows them.
            _ => {}
        }
        Ok(())
    }

    fn hand_out(&self, authority: &Authority, inbox: &Inbox, person: &Resident) -> Result<(), BuildingError> {
        let random = &mut person.random();
        if let Some(bulletin) = &self.bulletin {
            unless_older(inbox.take_bulletin(bulletin, random))?;
        }
        for parcel in self.parcels.values() {
            unless_older(inbox.take_parcel(parcel, random).map(|_| ()))?;
        }
        for door in self.lists.keys() {
            if let Some(word) = authority.acknowledge(*door)? {
                unless_older(inbox.take_acknowledgement(word.as_bytes(), random))?;
            }
        }
        Ok(())
    }
}

fn unless_older(taken: Result<(), ImportError>) -> Result<(), ImportError> {
    match taken {
        Err(ImportError::Older) => Ok(()),
        other => other,
    }
}
