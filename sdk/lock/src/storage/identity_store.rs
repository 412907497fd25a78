//! What a claim gave the door: one record, replaced as a whole (spec §9.6).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::flash::Flash;

use super::ring::{Place, Ring, Shape};
use super::{StorageError, layout, record};

/// Longest identity in bytes.
pub const IDENTITY: usize = 1280;

const SLOT: usize = 1360;
const AHEAD: usize = 1;

#[derive(Debug)]
pub(super) struct IdentityStore {
    ring: Ring,
    place: Option<Place>,
}

impl IdentityStore {
    pub(super) fn open<F: Flash>(flash: &mut F) -> Result<Self, StorageError> {
        let ring = Ring::open(flash, Shape { region: layout::IDENTITY, slot: SLOT, ahead: AHEAD })?;
        let mut store = Self { ring, place: None };
        for place in store.ring.newest_first() {
            match store.read(flash, place)? {
                Some(_) if store.place.is_none() => store.place = Some(place),
                // Torn, or replaced when power failed before it was overwritten.
                Some(_) | None => store.wipe(flash, place)?,
            }
        }
        Ok(store)
    }

    pub(super) fn load<F: Flash>(&self, flash: &mut F) -> Result<Option<Zeroizing<Vec<u8>>>, StorageError> {
        let Some(place) = self.place else { return Ok(None) };
        self.read(flash, place)
    }

    pub(super) const fn is_present(&self) -> bool {
        self.place.is_some()
    }

    /// One append, which is the commit, and the end of the identity before it.
    pub(super) fn commit<F: Flash>(&mut self, flash: &mut F, identity: &[u8]) -> Result<(), StorageError> {
        if identity.len() > IDENTITY {
            return Err(StorageError::TooLong);
        }
        let mut slot = Zeroizing::new([0; SLOT]);
        let bytes = record::encode(layout::IDENTITY.number, &identity, slot.as_mut_slice())?;
        let place = self.ring.append(flash, bytes)?;
        match self.place.replace(place) {
            Some(before) => self.overwrite(flash, before),
            None => Ok(()),
        }
    }

    /// Overwrites the identity with zeros.
    pub(super) fn forget<F: Flash>(&mut self, flash: &mut F) -> Result<(), StorageError> {
        match self.place.take() {
            Some(place) => self.overwrite(flash, place),
            None => Ok(()),
        }
    }

    /// Prepares one block if one is due: at most one erase. Tells whether it did.
    pub(super) fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        if !self.ring.is_due() {
            return Ok(false);
        }
        if self.place.is_some_and(|place| Some(place.turn) == self.ring.victim())
            && let Some(identity) = self.load(flash)?
        {
            self.commit(flash, &identity)?;
        }
        self.ring.prepare(flash)?;
        Ok(true)
    }

    pub(super) const fn is_due(&self) -> bool {
        self.ring.is_due()
    }

    fn read<F: Flash>(
        &self,
        flash: &mut F,
        place: Place,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StorageError> {
        let mut slot = Zeroizing::new([0; SLOT]);
        self.ring.read(flash, place, slot.as_mut_slice())?;
        let identity: Option<&[u8]> = record::decode(layout::IDENTITY.number, slot.as_slice());
        Ok(identity.map(|identity| Zeroizing::new(identity.to_vec())))
    }

    /// Overwrites what is not zero yet.
    fn wipe<F: Flash>(&self, flash: &mut F, place: Place) -> Result<(), StorageError> {
        let mut slot = Zeroizing::new([0; SLOT]);
        self.ring.read(flash, place, slot.as_mut_slice())?;
        if slot.iter().any(|byte| *byte != 0) { self.overwrite(flash, place) } else { Ok(()) }
    }

    fn overwrite<F: Flash>(&self, flash: &mut F, place: Place) -> Result<(), StorageError> {
        self.ring.overwrite(flash, place, &[0; SLOT])
    }
}
