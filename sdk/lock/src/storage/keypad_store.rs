//! What the keypad must not forget over a power cut: the bucket of wrong codes (spec §14.5), and when codes of 15 minutes were
//! used first (spec §14.3).
//!
//! Each lies in a ring of snapshots of which the newest readable one counts: a change is one append, and a power cut in it
//! leaves what was before.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::daily_codes::FirstUses;
use crate::flash::Flash;
use crate::lockout::LockoutState;

use super::layout::{FIRST_USES, LOCKOUT, Region};
use super::ring::{Place, Ring, Shape};
use super::{Storage, StorageError, record};

/// A bucket: at most 12 bytes.
const LOCKOUT_SLOT: usize = 16;
/// All first uses: at most 487 bytes.
const FIRST_USES_SLOT: usize = 512;
const AHEAD: usize = 1;

pub(super) struct KeypadStore {
    lockout: Snapshots<LockoutState>,
    first_uses: Snapshots<FirstUses>,
}

impl KeypadStore {
    pub(super) fn open<F: Flash>(flash: &mut F) -> Result<Self, StorageError> {
        Ok(Self {
            lockout: Snapshots::open(flash, LOCKOUT, LOCKOUT_SLOT)?,
            first_uses: Snapshots::open(flash, FIRST_USES, FIRST_USES_SLOT)?,
        })
    }

    /// One thing that is due: at most one erase. Tells whether there was something to do.
    pub(super) fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        Ok(self.lockout.maintain(flash)? || self.first_uses.maintain(flash)?)
    }

    pub(super) const fn is_due(&self) -> bool {
        self.lockout.ring.is_due() || self.first_uses.ring.is_due()
    }
}

/// A ring of snapshots of one thing.
struct Snapshots<T> {
    ring: Ring,
    newest: T,
    /// Where `newest` was written; `None`: it never was, or cannot be read.
    place: Option<Place>,
}

impl<T: Serialize + DeserializeOwned + Default> Snapshots<T> {
    fn open<F: Flash>(flash: &mut F, region: Region, slot: usize) -> Result<Self, StorageError> {
        let ring = Ring::open(flash, Shape { region, slot, ahead: AHEAD })?;
        let mut snapshots = Self { ring, newest: T::default(), place: None };
        for place in snapshots.ring.newest_first() {
            let mut buffer = [0; FIRST_USES_SLOT];
            let bytes = buffer.split_at_mut(slot).0;
            snapshots.ring.read(flash, place, bytes)?;
            if let Some(found) = record::decode(region.number, bytes) {
                (snapshots.newest, snapshots.place) = (found, Some(place));
                break;
            }
        }
        Ok(snapshots)
    }

    /// One append. Nothing has changed when it fails.
    fn keep<F: Flash>(&mut self, flash: &mut F, value: T) -> Result<(), StorageError> {
        self.place = Some(append(&mut self.ring, flash, &value)?);
        self.newest = value;
        Ok(())
    }

    fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        if !self.ring.is_due() {
            return Ok(false);
        }
        // After many torn appends the newest snapshot can lie in the block that is to be erased.
        if self.place.is_some_and(|place| Some(place.turn) == self.ring.victim()) {
            self.place = Some(append(&mut self.ring, flash, &self.newest)?);
        }
        self.ring.prepare(flash)?;
        Ok(true)
    }
}

fn append<F: Flash>(ring: &mut Ring, flash: &mut F, value: &impl Serialize) -> Result<Place, StorageError> {
    let mut buffer = [0; FIRST_USES_SLOT];
    ring.append(flash, record::encode(ring.region_number(), value, &mut buffer)?)
}

/// Doorcodes (spec §14).
impl<F: Flash> Storage<F> {
    /// The bucket of wrong codes; an empty one when none can be read.
    pub const fn lockout(&self) -> LockoutState {
        self.keypad.lockout.newest
    }

    /// Keeps a bucket in the place of the one before: one append.
    pub fn keep_lockout(&mut self, state: LockoutState) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        self.keypad.lockout.keep(&mut self.flash, state)
    }

    /// When codes of 15 minutes were used first.
    pub const fn first_uses(&self) -> &FirstUses {
        &self.keypad.first_uses.newest
    }

    /// Keeps first uses in the place of those before: one append.
    pub fn keep_first_uses(&mut self, first_uses: FirstUses) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        self.keypad.first_uses.keep(&mut self.flash, first_uses)
    }

    /// Whether both can be kept once more before the next maintenance.
    pub const fn has_room_for_code(&self) -> bool {
        self.keypad.lockout.ring.room() > 0 && self.keypad.first_uses.ring.room() > 0
    }
}
