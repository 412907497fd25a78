//! Small state: counters persisted in leaps, the time floor, acknowledgements, a reset under way.
//!
//! Each change appends a snapshot of everything; the newest readable one counts. So a change is one append, and power cut
//! in the middle of it leaves the state before.

use serde::{Deserialize, Serialize};
use thumbturn_protocol::time::UnixSeconds;
use zeroize::{Zeroize, Zeroizing};

use crate::flash::Flash;

use super::event_log::Acknowledged;
use super::ring::{Place, Ring, Shape};
use super::{StorageError, layout, record};

const SLOT: usize = 128;
const AHEAD: usize = 2;
const VERSION: u8 = 1;

/// Hellos that one append reserves. A boot skips what is left of them.
const HELLO_LEAP: u64 = 1024;
/// The floor is persisted when it has risen by an hour.
const FLOOR_STEP_SECONDS: u64 = 3600;

/// What a door remembers beside identity, tickets and events.
#[derive(Clone, Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
pub(super) struct State {
    version: u8,
    /// Everything is being erased; until then, nothing that is stored counts.
    pub(super) resetting: bool,
    pub(super) nonce_key: Option<[u8; 32]>,
    /// The first hello that is not reserved.
    hello_reserved: u64,
    #[zeroize(skip)]
    floor: UnixSeconds,
    #[zeroize(skip)]
    pub(super) acknowledged: Acknowledged,
}

impl State {
    const fn new() -> Self {
        Self {
            version: VERSION,
            resetting: false,
            nonce_key: None,
            hello_reserved: 0,
            floor: UnixSeconds::ZERO,
            acknowledged: Acknowledged::NONE,
        }
    }

    /// The state of a door that is being reset. Hellos go on: a random source that fails must not make two alike.
    fn begin_reset(&mut self) {
        self.resetting = true;
        self.floor = UnixSeconds::ZERO;
        self.acknowledged = Acknowledged::NONE;
    }
}

pub(super) struct StateStore {
    ring: Ring,
    state: State,
    /// Where `state` was written.
    place: Option<Place>,
    next_hello: u64,
    /// At or above the persisted floor.
    floor: UnixSeconds,
}

impl StateStore {
    pub(super) fn open<F: Flash>(flash: &mut F) -> Result<Self, StorageError> {
        let ring = Ring::open(flash, Shape { region: layout::COUNTERS, slot: SLOT, ahead: AHEAD })?;
        let mut newest = None;
        for place in ring.newest_first() {
            if let Some(state) = read(&ring, flash, place)? {
                newest = Some((state, place));
                break;
            }
        }
        let (state, place) =
            newest.map_or_else(|| (State::new(), None), |(state, place)| (state, Some(place)));
        let (next_hello, floor) = (state.hello_reserved, state.floor);
        Ok(Self { ring, state, place, next_hello, floor })
    }

    pub(super) const fn state(&self) -> &State {
        &self.state
    }

    /// Persists a change: one append. Nothing has changed when it fails.
    pub(super) fn update<F: Flash>(
        &mut self,
        flash: &mut F,
        change: impl FnOnce(&mut State),
    ) -> Result<(), StorageError> {
        let mut state = self.state.clone();
        change(&mut state);
        self.write(flash, state)
    }

    /// A number that no hello of this door ever had. Appends only when maintenance has not reserved in time.
    pub(super) fn next_hello<F: Flash>(&mut self, flash: &mut F) -> Result<u64, StorageError> {
        if self.next_hello >= self.state.hello_reserved {
            self.reserve_hellos(flash)?;
        }
        let hello = self.next_hello;
        self.next_hello = hello.saturating_add(1);
        Ok(hello)
    }

    pub(super) const fn floor(&self) -> UnixSeconds {
        self.floor
    }

    pub(super) const fn kept_floor(&self) -> UnixSeconds {
        self.state.floor
    }

    pub(super) fn raise_floor(&mut self, floor: UnixSeconds) {
        self.floor = self.floor.max(floor);
    }

    pub(super) fn set_floor<F: Flash>(
        &mut self,
        flash: &mut F,
        floor: UnixSeconds,
    ) -> Result<(), StorageError> {
        self.update(flash, |state| state.floor = floor)?;
        self.floor = floor;
        Ok(())
    }

    pub(super) fn persist_floor<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        let floor = self.floor;
        if floor == self.state.floor {
            return Ok(());
        }
        self.update(flash, |state| state.floor = floor)
    }

    pub(super) fn begin_reset<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        self.update(flash, State::begin_reset)?;
        self.floor = UnixSeconds::ZERO;
        Ok(())
    }

    /// One thing that is due: at most one erase. Tells whether there was something to do.
    pub(super) fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        if self.ring.is_due() {
            self.prepare(flash)?;
        } else if self.hellos_are_short() {
            self.reserve_hellos(flash)?;
        } else if self.floor_is_due() {
            self.persist_floor(flash)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    pub(super) const fn is_due(&self) -> bool {
        self.ring.is_due() || self.hellos_are_short() || self.floor_is_due()
    }

    pub(super) const fn room(&self) -> usize {
        self.ring.room()
    }

    const fn hellos_are_short(&self) -> bool {
        self.state.hello_reserved.saturating_sub(self.next_hello) < HELLO_LEAP / 2
    }

    const fn floor_is_due(&self) -> bool {
        self.floor.seconds().saturating_sub(self.state.floor.seconds()) >= FLOOR_STEP_SECONDS
    }

    fn reserve_hellos<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        let reserved = self.next_hello.checked_add(HELLO_LEAP).ok_or(StorageError::WornOut)?;
        self.update(flash, |state| state.hello_reserved = reserved)
    }

    fn prepare<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        // After many torn appends the newest snapshot can lie in the block that is to be erased.
        if self.place.is_some_and(|place| Some(place.turn) == self.ring.victim()) {
            self.write(flash, self.state.clone())?;
        }
        self.ring.prepare(flash)
    }

    fn write<F: Flash>(&mut self, flash: &mut F, state: State) -> Result<(), StorageError> {
        let mut slot = Zeroizing::new([0; SLOT]);
        let bytes = record::encode(layout::COUNTERS.number, &state, slot.as_mut_slice())?;
        self.place = Some(self.ring.append(flash, bytes)?);
        self.state = state;
        Ok(())
    }
}

fn read<F: Flash>(ring: &Ring, flash: &mut F, place: Place) -> Result<Option<State>, StorageError> {
    let mut slot = Zeroizing::new([0; SLOT]);
    ring.read(flash, place, slot.as_mut_slice())?;
    let state: Option<State> = record::decode(layout::COUNTERS.number, slot.as_slice());
    Ok(state.filter(|state| state.version == VERSION))
}
