//! Which slot is live and what it holds: one small record, whose append is the switch from one list to another.

use serde::{Deserialize, Serialize};
use thumbturn_protocol::update::edition::Edition;
use zeroize::{Zeroize, Zeroizing};

use crate::flash::Flash;
use crate::storage::ring::{Place, Ring, Shape};
use crate::storage::{StorageError, layout, record};

use super::slot::SlotName;

const SLOT: usize = 256;
const AHEAD: usize = 2;
const FORMAT: u8 = 1;

/// The list as the live slot has it, before the runs of the overlay.
#[derive(Clone, Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
pub(super) struct SlotList {
    #[zeroize(skip)]
    pub(super) slot: SlotName,
    #[zeroize(skip)]
    pub(super) edition: Edition,
    pub(super) list_key: [u8; 16],
    pub(super) digest: [u8; 32],
    pub(super) rows: u32,
    /// The first unit of the slot that is a row.
    pub(super) first_row: u16,
    pub(super) settings_at: u32,
    pub(super) settings_length: u16,
    /// Checksum of the settings.
    pub(super) settings_check: u32,
}

/// Blocks that parcels made dirty on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DayUse {
    pub(super) day: u32,
    pub(super) erases: u32,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ListState {
    pub(super) format: u8,
    pub(super) list: Option<SlotList>,
    /// Runs of the overlay from this position on are not in the slot.
    pub(super) overlay_from: u64,
    /// Parcels that this door began to stage.
    pub(super) parcels: u32,
    pub(super) day_use: DayUse,
    /// A delta did not fit: only a snapshot helps.
    pub(super) wants_snapshot: bool,
}

pub(super) struct ListStateStore {
    ring: Ring,
    state: ListState,
    place: Option<Place>,
}

impl ListStateStore {
    pub(super) fn open<F: Flash>(flash: &mut F) -> Result<Self, StorageError> {
        let ring = Ring::open(flash, Shape { region: layout::LIST_STATE, slot: SLOT, ahead: AHEAD })?;
        let mut store = Self { ring, state: ListState::new(), place: None };
        for place in store.ring.newest_first() {
            if let Some(state) = store.read(flash, place)? {
                (store.state, store.place) = (state, Some(place));
                break;
            }
        }
        Ok(store)
    }

    pub(super) const fn state(&self) -> &ListState {
        &self.state
    }

    pub(super) const fn list(&self) -> Option<&SlotList> {
        self.state.list.as_ref()
    }

    /// One append, which makes `state` count.
    pub(super) fn write<F: Flash>(&mut self, flash: &mut F, state: ListState) -> Result<(), StorageError> {
        let mut slot = Zeroizing::new([0; SLOT]);
        let bytes = record::encode(layout::LIST_STATE.number, &state, slot.as_mut_slice())?;
        self.place = Some(self.ring.append(flash, bytes)?);
        self.state = state;
        Ok(())
    }

    /// Prepares one block if one is due: at most one erase. Tells whether it did.
    pub(super) fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        if !self.ring.is_due() {
            return Ok(false);
        }
        // After many torn appends the newest record can lie in the block that is to be erased.
        if self.place.is_some_and(|place| Some(place.turn) == self.ring.victim()) {
            self.write(flash, self.state.clone())?;
        }
        self.ring.prepare(flash)?;
        Ok(true)
    }

    pub(super) const fn is_due(&self) -> bool {
        self.ring.is_due()
    }

    fn read<F: Flash>(&self, flash: &mut F, place: Place) -> Result<Option<ListState>, StorageError> {
        let mut slot = Zeroizing::new([0; SLOT]);
        self.ring.read(flash, place, slot.as_mut_slice())?;
        let state: Option<ListState> = record::decode(layout::LIST_STATE.number, slot.as_slice());
        Ok(state.filter(|state| state.format == FORMAT))
    }
}

impl ListState {
    const fn new() -> Self {
        Self {
            format: FORMAT,
            list: None,
            overlay_from: 0,
            parcels: 0,
            day_use: DayUse { day: 0, erases: 0 },
            wants_snapshot: false,
        }
    }
}
