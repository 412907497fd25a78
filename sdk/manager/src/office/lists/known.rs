//! What the store has for a group of people, read at once.

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;

use crate::access::Access;
use crate::office::error::Error;
use crate::office::store;
use crate::office::store::card::CardRecord;
use crate::office::store::code::CodeRecord;
use crate::office::store::list::RowRecord;
use crate::office::store::phone::PassRecord;
use crate::office::work::Work;

/// By person and door.
type ByPlace<T> = BTreeMap<HolderId, BTreeMap<DoorId, T>>;

/// What people may open, and what there is for that already.
pub(super) struct Known {
    /// What decides what they may open.
    pub(super) access: Access,
    cards: BTreeMap<HolderId, CardRecord>,
    codes: ByPlace<CodeRecord>,
    rows: ByPlace<Vec<RowRecord>>,
    passes: ByPlace<Vec<PassRecord>>,
    next_changes: BTreeMap<HolderId, UnixSeconds>,
}

impl Known {
    /// Reads it.
    pub(super) async fn of(work: &mut Work<'_>, holders: &[HolderId]) -> Result<Self, Error> {
        let (property, now) = (work.property(), work.now);
        let connection = work.connection();
        let access = store::access::of(connection, property, &holders.iter().copied().collect(), now).await?;
        let cards = store::card::live_among(connection, property, holders).await?;
        let mut codes: ByPlace<CodeRecord> = BTreeMap::new();
        for (door, code) in store::code::of_holders(connection, property, holders).await? {
            codes.entry(code.holder).or_default().insert(door, code);
        }
        let rows = by_place(store::list::rows_of(connection, property, holders).await?);
        let passes = by_place(store::phone::passes_of(connection, property, holders, now).await?);
        let next_changes = store::person::next_changes(connection, property, holders).await?;
        let cards = cards.into_iter().map(|card| (card.holder, card)).collect();
        Ok(Self { access, cards, codes, rows, passes, next_changes })
    }

    /// Every door that somebody may open, that has rows for the person, or that may be shown a grant.
    pub(super) fn doors(&self, holder: HolderId) -> BTreeSet<DoorId> {
        let mut doors = self.access.doors(holder);
        doors.extend(self.rows.get(&holder).into_iter().flat_map(BTreeMap::keys));
        doors.extend(self.passes.get(&holder).into_iter().flat_map(BTreeMap::keys));
        doors
    }

    /// The live card of a person.
    pub(super) fn card(&self, holder: HolderId) -> Option<&CardRecord> {
        self.cards.get(&holder)
    }

    /// The doorcode of a person at a door.
    pub(super) fn code(&self, holder: HolderId, door: DoorId) -> Option<&CodeRecord> {
        self.codes.get(&holder).and_then(|codes| codes.get(&door))
    }

    /// The rows that a door is to have for a person.
    pub(super) fn rows(&self, holder: HolderId, door: DoorId) -> &[RowRecord] {
        self.rows.get(&holder).and_then(|rows| rows.get(&door)).map_or(&[], Vec::as_slice)
    }

    /// The grants of a person's phones for a door whose leases have not ended.
    pub(super) fn passes(&self, holder: HolderId, door: DoorId) -> &[PassRecord] {
        self.passes.get(&holder).and_then(|passes| passes.get(&door)).map_or(&[], Vec::as_slice)
    }

    /// When the lists were to be looked at again for a person.
    pub(super) fn next_change(&self, holder: HolderId) -> Option<UnixSeconds> {
        self.next_changes.get(&holder).copied()
    }
}

fn by_place<T>(all: Vec<(HolderId, DoorId, T)>) -> ByPlace<Vec<T>> {
    let mut places: ByPlace<Vec<T>> = BTreeMap::new();
    for (holder, door, one) in all {
        places.entry(holder).or_default().entry(door).or_default().push(one);
    }
    places
}
