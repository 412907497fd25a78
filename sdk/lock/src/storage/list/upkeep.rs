//! Work in the background: erased blocks ahead, and the overlay into the slot.

use alloc::boxed::Box;

use crate::flash::Flash;
use crate::storage::Maintenance;

use super::merge::{Merge, Progress};
use super::overlay::{CAPACITY, RESERVE};
use super::state::{ListState, SlotList};
use super::{ListError, ListStore, StorageError, idle_slot, slot_settings};

/// Slots of the overlay from which on it is merged: about 190 deltas of one row. The longest delta still finds room.
const MERGE: usize = 6 * 63;
/// Slots of the overlay from which on a merge takes the place of a staged snapshot.
const URGENT: usize = CAPACITY / 2;

const _: () =
    assert!(URGENT + RESERVE < CAPACITY - 2 * 63, "short deltas find room while the merge is under way");

impl ListStore {
    /// Does one piece of what is due: at most one erase, and 100 ms of modelled flash time.
    ///
    /// # Errors
    ///
    /// [`ListError::Storage`] when the flash fails. [`ListError::Damaged`] once, when a merge found something rotten.
    pub fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<Maintenance, ListError> {
        if self.stale {
            // Which is a slice by itself.
            self.writing(flash, |_, _| Ok(()))?;
            return Ok(Maintenance::More);
        }
        self.writing(flash, Self::work)?;
        Ok(if self.is_due() { Maintenance::More } else { Maintenance::Done })
    }

    /// Whether there is something for [`ListStore::maintain`] to do.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.stale
            || self.state.is_due()
            || self.overlay.is_due()
            || self.is_merge_due()
            || !self.deltas.is_clean()
            || !self.idle.is_clean()
    }

    /// Whether flash has failed: [`ListStore::maintain`] reads everything anew.
    pub(crate) const fn is_stale(&self) -> bool {
        self.stale
    }

    /// What others wait for comes first: also the block of a snapshot's header, so that a merge cannot keep a snapshot out.
    fn work<F: Flash>(&mut self, flash: &mut F) -> Result<(), ListError> {
        let done = self.state.maintain(flash)?
            || self.overlay.is_short() && self.overlay.maintain(flash)?
            || self.deltas.is_waiting() && self.deltas.clean(flash)?
            || self.idle.is_waiting() && self.idle.clean(flash)?;
        if done || self.merge_slice(flash)? {
            return Ok(());
        }
        let _ = self.overlay.maintain(flash)? || self.deltas.clean(flash)? || self.idle.clean(flash)?;
        Ok(())
    }

    /// Whether a merge comes before a staged snapshot.
    pub(super) const fn is_merge_urgent(&self) -> bool {
        self.merge_wanted || self.overlay.used() > URGENT
    }

    fn is_merge_due(&self) -> bool {
        let wanted = self.is_merge_urgent() || (self.overlay.used() > MERGE && self.idle.staged().is_none());
        self.merge.is_some() || (wanted && !self.damaged && !self.overlay.is_writing())
    }

    /// Works on the merge, if one is due. Tells whether it did.
    fn merge_slice<F: Flash>(&mut self, flash: &mut F) -> Result<bool, ListError> {
        if !self.is_merge_due() {
            return Ok(false);
        }
        let mut merge = match self.merge.take() {
            Some(merge) => merge,
            None => match self.begin_merge(flash) {
                Ok(Some(merge)) => merge,
                Ok(None) => return Ok(true),
                Err(error) => return self.noticing_damage(Err(error)),
            },
        };
        match merge.advance(flash, &self.overlay, &mut self.idle) {
            Ok(Progress::More) => self.merge = Some(merge),
            Ok(Progress::Complete) => {
                let wants_snapshot = self.state.state().wants_snapshot;
                self.switch(flash, merge.list().clone(), merge.end(), wants_snapshot)?;
            }
            Err(error) => return self.noticing_damage(Err(error)),
        }
        Ok(true)
    }

    /// Begins to merge all runs there are. `None` when there was none, so that their slots could be freed at once.
    fn begin_merge<F: Flash>(&mut self, flash: &mut F) -> Result<Option<Box<Merge>>, ListError> {
        let (Some(live), Some(head)) = (self.state.list().cloned(), self.head()) else { return Ok(None) };
        if !self.overlay.has_runs() {
            self.free_overlay(flash)?;
            return Ok(None);
        }
        self.drop_snapshot();
        let place = self.overlay.settings();
        let settings = match place {
            Some(place) => self.overlay_settings(flash, place)?,
            None => slot_settings(flash, &live)?,
        };
        let settings_units = settings.len().div_ceil(super::ROW);
        let list = SlotList {
            slot: idle_slot(Some(&live)),
            edition: head.edition,
            list_key: live.list_key,
            digest: head.digest,
            rows: head.rows,
            first_row: u16::try_from(settings_units).map_err(|_| StorageError::TooLong)?,
            settings_at: 0,
            settings_length: u16::try_from(settings.len()).map_err(|_| StorageError::TooLong)?,
            settings_check: place.map_or(live.settings_check, |place| place.check),
        };
        Ok(Some(Box::new(Merge::new(live.rows(), self.overlay.end(), list, settings))))
    }

    /// Frees slots that only deltas have used which were never committed.
    fn free_overlay<F: Flash>(&mut self, flash: &mut F) -> Result<(), ListError> {
        let next = self.overlay.next_position();
        let overlay_from = u64::try_from(next).map_err(|_| StorageError::WornOut)?;
        self.state.write(flash, ListState { overlay_from, ..self.state.state().clone() })?;
        self.overlay.forget_before(next);
        self.merge_wanted = false;
        Ok(())
    }
}
