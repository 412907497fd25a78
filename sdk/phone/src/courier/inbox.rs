//! The inbox: what this phone carries down to doors and up to their authority (spec §7.2, §10–§13), sealed at rest.
//!
//! All methods are synchronous; none of them waits for a network. Everything that is taken in is verified first, whoever brings
//! it; everything has a bound, so that no door and no authority fills a phone.

mod collecting;
mod cursors;
pub(crate) mod document;
pub(crate) mod parcels;
mod syncing;
mod taking;
pub(crate) mod upload;

#[cfg(test)]
mod tests;

use core::fmt;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_protocol::ids::{DoorId, DoorKeyId, ListVersion, PropertyId};
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::time::Millis;

use self::cursors::Cursors;
use self::document::{Contents, DoorShelf, PropertyShelf};
pub use self::parcels::DEFAULT_PARCEL_BUDGET;
use self::parcels::{HeldParcel, Likelihood, Need};
pub use self::syncing::Synced;
pub use self::taking::Carried;
pub use self::upload::{Upload, UploadId, UploadObject};
use crate::courier::cargo::{Cargo, Room};
use crate::vault::storage::VaultRecord;
use crate::wallet::pass::Pass;
use crate::wallet::{Wallet, WalletError};

/// Most lives of doors that are remembered. Beyond it the one met longest ago that waits for nothing is forgotten.
const DOORS: usize = 1_024;
/// Most receipts that wait to be handed in, one for each life of a door.
const RECEIPTS: usize = 256;
/// Most log batches that wait to be handed in.
const BATCHES: usize = 64;
/// Most of them from one life of a door.
const BATCHES_OF_A_DOOR: usize = 4;
/// Most doors whose visits are counted. Beyond it the one visited least is forgotten.
const VISITED_DOORS: usize = 256;

/// What one phone carries. Shared by reference; every change is durable before it is visible.
///
/// One for each wallet: [`crate::vault::Vault::inbox`] sees to that.
pub struct Inbox {
    wallet: Arc<Wallet>,
    state: Mutex<State>,
}

struct State {
    contents: Contents,
    parcels: Vec<Arc<HeldParcel>>,
    cursors: Cursors,
    /// When the newest token of a property was received; unknown after a restart, as the clock began anew.
    time_received: BTreeMap<PropertyId, Millis>,
    likely: BTreeMap<DoorId, u32>,
    budget: usize,
}

/// A change on its way to the vault.
struct Draft {
    contents: Contents,
    parcels: Vec<Arc<HeldParcel>>,
}

/// An update that a phone carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CarriedParcel {
    /// For which door.
    pub door: DoorId,
    /// To which list version.
    pub to: ListVersion,
    /// How long it is in bytes.
    pub length: usize,
}

impl Inbox {
    /// The inbox of a wallet. A damaged one is an empty one: what it carried down comes again, and doors keep what they
    /// gave until it was acknowledged.
    ///
    /// # Errors
    ///
    /// [`WalletError::TooNew`], and those of the storage.
    pub(crate) fn open(wallet: Arc<Wallet>) -> Result<Self, WalletError> {
        let contents = undamaged(read(&wallet, VaultRecord::Inbox, Contents::decode))?;
        let parcels = undamaged(read(&wallet, VaultRecord::Parcels, document::decode_parcels))?;
        let cursors = undamaged(read(&wallet, VaultRecord::Cursors, Cursors::decode))?;
        let mut draft = Draft { contents, parcels };
        // The power may have gone between the two records.
        draft.drop_useless_parcels();
        let Draft { contents, parcels } = draft;
        let (time_received, likely) = (BTreeMap::new(), BTreeMap::new());
        let budget = DEFAULT_PARCEL_BUDGET;
        let state = State { contents, parcels, cursors, time_received, likely, budget };
        Ok(Self { wallet, state: Mutex::new(state) })
    }

    /// Whether it lies in the vault of this wallet.
    pub(crate) fn is_of(&self, wallet: &Arc<Wallet>) -> bool {
        Arc::ptr_eq(&self.wallet, wallet)
    }

    /// How many bytes of updates to carry, counted when the next update is taken; [`DEFAULT_PARCEL_BUDGET`] until then. What credentials
    /// of this phone wait for is carried in any case, and never more than 1,900,000 bytes in all. The list of a large door is longer than
    /// the default (up to 1.3 MB): the phones of staff, who are to bring it, need a larger budget.
    ///
    /// Not kept at rest: say it again after each start of the app.
    pub fn limit_parcels(&self, budget: usize) {
        self.state().budget = budget;
    }

    /// Which doors this phone is likely to meet, with weights; takes the place of what was said before. Doors that are not named
    /// count with the visits that were seen. Not kept at rest: say it again after each start of the app.
    pub fn expect_doors(&self, doors: impl IntoIterator<Item = (DoorId, u32)>) {
        self.state().likely = doors.into_iter().take(DOORS).collect();
    }

    /// The updates that are carried.
    #[must_use]
    pub fn parcels(&self) -> Vec<CarriedParcel> {
        let carried = |held: &Arc<HeldParcel>| CarriedParcel {
            door: held.header.subject.door,
            to: held.header.to,
            length: held.length(),
        };
        self.state().parcels.iter().map(carried).collect()
    }

    /// What there is for a door, and what is known of it; `None` when the wallet holds nothing to begin a session with.
    #[must_use]
    pub fn cargo(&self, door: DoorId) -> Option<Cargo> {
        let pass = self.wallet.passes(door).into_iter().next()?;
        self.cargo_behind(&pass)
    }

    /// What there is for the door of a credential, and what that credential waits for.
    pub(crate) fn cargo_behind(&self, pass: &Pass) -> Option<Cargo> {
        let door = pass.door();
        let anchor = self.wallet.anchor(pass.grant.property)?;
        let state = self.state();
        let origin = Origin {
            property: pass.grant.property,
            generation: anchor.generation,
            door,
            door_key: pass.door_key(),
        };
        let shelf = state.contents.property(origin.property);
        let parcels = state.parcels.iter().filter(|held| {
            let subject = &held.header.subject;
            (subject.property, subject.door, subject.door_key) == (origin.property, door, origin.door_key)
        });
        let memory = state.contents.door(&origin).cloned();
        Some(Cargo {
            origin,
            keys: pass.certificate.keys,
            anchor,
            roles: pass.grant.roles,
            least_list: pass.least_list(),
            rotation: shelf.and_then(|shelf| shelf.rotation.clone()),
            bulletin: shelf.and_then(|shelf| shelf.bulletin.clone()),
            time: shelf.and_then(|shelf| shelf.time.clone()),
            time_received: state.time_received.get(&origin.property).copied(),
            parcels: parcels.cloned().collect(),
            room: state.room(memory.as_ref()),
            memory: memory.unwrap_or_else(|| DoorShelf::new(origin.property, door, origin.door_key)),
        })
    }

    /// Writes what `change` does to a copy, which then takes the place of the present contents.
    fn change<T, E: From<WalletError>>(
        &self,
        state: &mut State,
        random: &mut dyn SecureRandom,
        change: impl FnOnce(&mut Draft) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut draft = Draft { contents: state.contents.clone(), parcels: state.parcels.clone() };
        let result = change(&mut draft)?;
        draft.drop_useless_parcels();
        if draft.contents != state.contents {
            let content = draft.contents.encode().map_err(WalletError::from)?;
            self.wallet.write_sealed(VaultRecord::Inbox, &content, random)?;
            state.contents = draft.contents;
        }
        // After the other: what a receipt made useless is found again from the receipt.
        if draft.parcels != state.parcels {
            let content = document::encode_parcels(&draft.parcels).map_err(WalletError::from)?;
            self.wallet.write_sealed(VaultRecord::Parcels, &content, random)?;
            state.parcels = draft.parcels;
        }
        Ok(result)
    }

    /// What this phone's own credentials wait for.
    fn needs(&self) -> Vec<Need> {
        let passes = self.wallet.all_passes();
        let needs = passes.iter().filter(|pass| pass.grant.min_list_version > ListVersion(0));
        needs
            .map(|pass| Need { door: pass.door(), door_key: pass.door_key(), least_list: pass.least_list() })
            .collect()
    }

    /// A panicked caller cannot leave the state half changed (it is changed after the write), so a poisoned lock is taken over.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn likelihood(&self) -> Likelihood {
        Likelihood::new(&self.likely, &self.contents.visits)
    }

    /// What may still be collected of a door.
    fn room(&self, memory: Option<&DoorShelf>) -> Room {
        let contents = &self.contents;
        let known = memory.is_some() || contents.has_room_for_a_door();
        let replaces = memory.is_some_and(|shelf| shelf.held_receipt.is_some());
        let of_door = memory.map_or(0, |shelf| shelf.batches.len());
        Room {
            receipt: known && (replaces || contents.held_receipts() < RECEIPTS),
            batch: known && of_door < BATCHES_OF_A_DOOR && contents.held_batches() < BATCHES,
        }
    }
}

impl Draft {
    /// Drops what a door has said that it does not need any more (spec §12.1).
    fn drop_useless_parcels(&mut self) {
        let doors = &self.contents.doors;
        self.parcels.retain(|held| {
            let subject = &held.header.subject;
            let of_life = |shelf: &&DoorShelf| {
                (shelf.property, shelf.door, shelf.door_key)
                    == (subject.property, subject.door, subject.door_key)
            };
            !doors.iter().find(of_life).is_some_and(|shelf| shelf.list.covers(held.header.edition()))
        });
    }
}

impl Contents {
    fn property(&self, property: PropertyId) -> Option<&PropertyShelf> {
        self.properties.iter().find(|shelf| shelf.property == property)
    }

    /// The shelf of a property; bounded by the properties that the wallet trusts.
    fn property_mut(&mut self, property: PropertyId) -> Option<&mut PropertyShelf> {
        if self.property(property).is_none() {
            self.properties.push(PropertyShelf { property, rotation: None, bulletin: None, time: None });
        }
        self.properties.iter_mut().find(|shelf| shelf.property == property)
    }

    fn door(&self, origin: &Origin) -> Option<&DoorShelf> {
        self.doors.iter().find(|shelf| shelf.is_of(origin.property, origin.door, origin.door_key))
    }

    /// The shelf of a life of a door, for which another one is forgotten if need be; `None` when all are in use.
    fn door_mut(&mut self, origin: &Origin) -> Option<&mut DoorShelf> {
        if self.door(origin).is_none() {
            if self.doors.len() >= DOORS {
                let idle = self.doors.iter().enumerate().filter(|(_, shelf)| !shelf.holds_something());
                let (oldest, _) = idle.min_by_key(|(_, shelf)| shelf.met)?;
                self.doors.remove(oldest);
            }
            self.doors.push(DoorShelf::new(origin.property, origin.door, origin.door_key));
        }
        self.meetings = self.meetings.saturating_add(1);
        let met = self.meetings;
        let shelf =
            self.doors.iter_mut().find(|shelf| shelf.is_of(origin.property, origin.door, origin.door_key))?;
        shelf.met = met;
        Some(shelf)
    }

    fn has_room_for_a_door(&self) -> bool {
        self.doors.len() < DOORS || self.doors.iter().any(|shelf| !shelf.holds_something())
    }

    fn held_receipts(&self) -> usize {
        self.doors.iter().filter(|shelf| shelf.held_receipt.is_some()).count()
    }

    fn held_batches(&self) -> usize {
        self.doors.iter().map(|shelf| shelf.batches.len()).sum()
    }

    fn number_upload(&mut self) -> UploadId {
        let id = UploadId(self.next_upload);
        self.next_upload = self.next_upload.saturating_add(1);
        id
    }
}

impl DoorShelf {
    fn is_of(&self, property: PropertyId, door: DoorId, door_key: DoorKeyId) -> bool {
        (self.property, self.door, self.door_key) == (property, door, door_key)
    }
}

fn read<T: Default>(
    wallet: &Wallet,
    record: VaultRecord,
    decode: impl FnOnce(&[u8]) -> Result<T, crate::vault::sealing::SealError>,
) -> Result<T, WalletError> {
    match wallet.read_sealed(record)? {
        Some(content) => Ok(decode(&content)?),
        None => Ok(T::default()),
    }
}

fn undamaged<T: Default>(read: Result<T, WalletError>) -> Result<T, WalletError> {
    match read {
        Err(WalletError::Lost) => Ok(T::default()),
        other => other,
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Inbox")
    }
}
