//! Applying: a checked snapshot by a switch, a delta as a run of the overlay.

use thumbturn_protocol::update::edition::Edition;

use crate::flash::Flash;
use crate::storage::StorageError;
use crate::storage::checksum::checksum;

use super::overlay::Room;
use super::parcel::ParcelKind;
use super::slot::read_body;
use super::snapshot::{Checked, Checking, GoodSnapshot, RowCheck, SnapshotHead};
use super::state::SlotList;
use super::{CHUNK, ListError, ListStore, ROW, idle_slot};

/// Applying a snapshot.
impl ListStore {
    /// Begins to check the staged snapshot, all of which must be there, against what its head says.
    ///
    /// # Errors
    ///
    /// [`ListError::NotStaged`] when chunks are lacking, [`ListError::Unusable`] when the head is impossible.
    pub fn begin_snapshot<F: Flash>(&mut self, flash: &mut F, head: SnapshotHead) -> Result<(), ListError> {
        let staged = self.staged(ParcelKind::Snapshot).filter(super::Staged::is_complete);
        let staged = staged.ok_or(ListError::NotStaged)?;
        self.checking = Some(Checking::begin(flash, &self.idle, staged, head)?);
        Ok(())
    }

    /// Checks at most 63 rows: sorted, good by `check`, as many as the head says, and zeros after them.
    ///
    /// A power cut ends the check: begin again. The parcel stays until it is dropped, also after an error.
    ///
    /// # Errors
    ///
    /// [`ListError::Unusable`] when the snapshot cannot become the list.
    pub fn check_snapshot<F: Flash>(
        &mut self,
        flash: &mut F,
        check: &mut impl RowCheck,
    ) -> Result<Checked, ListError> {
        let checking = self.checking.as_mut().ok_or(ListError::NotBegun)?;
        match checking.advance(flash, &self.idle, check) {
            Ok(false) => Ok(Checked::More),
            Ok(true) => Ok(Checked::Good(GoodSnapshot { update: checking.update() })),
            Err(error) => {
                self.checking = None;
                Err(error)
            }
        }
    }

    /// Makes a checked snapshot the list, in one append. A power cut leaves the list before or the list after.
    ///
    /// # Errors
    ///
    /// [`ListError::NotOfUse`] when the list came to that edition meanwhile, [`ListError::NotBegun`] when the parcel was
    /// dropped or a fault of the flash ended the check, [`StorageError::NoRoom`]: again after [`ListStore::maintain`].
    pub fn commit_snapshot<F: Flash>(&mut self, flash: &mut F, good: &GoodSnapshot) -> Result<(), ListError> {
        self.writing(flash, |store, flash| store.switch_to_snapshot(flash, good))
    }

    fn switch_to_snapshot<F: Flash>(&mut self, flash: &mut F, good: &GoodSnapshot) -> Result<(), ListError> {
        let is_good = |checking: &&Checking| checking.is_done() && checking.update() == good.update;
        let checking = self.checking.as_ref().filter(is_good);
        let checking = checking.ok_or(ListError::NotBegun)?;
        if checking.to() <= self.edition() {
            return Err(ListError::NotOfUse);
        }
        let list = snapshot_list(flash, self, checking)?;
        self.overlay.abandon_run();
        self.switch(flash, list, self.overlay.next_position(), false)?;
        self.damaged = false;
        Ok(())
    }
}

/// Applying a delta.
impl ListStore {
    /// Begins a delta of so many rows, which may bring new settings of at most 4,030 bytes. Any delta begun before is
    /// given up. At most 12 ms.
    ///
    /// # Errors
    ///
    /// - [`ListError::NotBegun`]: the list has not begun with a snapshot
    /// - [`ListError::Unusable`]: settings of no bytes
    /// - [`StorageError::NoRoom`]: again after [`ListStore::maintain`]; a delta of one row finds room at once
    pub fn begin_delta<F: Flash>(
        &mut self,
        flash: &mut F,
        changes: u16,
        settings: Option<&[u8]>,
    ) -> Result<(), ListError> {
        self.writing(flash, |store, flash| {
            if store.state.list().is_none() {
                return Err(ListError::NotBegun);
            }
            if settings.is_some_and(<[u8]>::is_empty) {
                return Err(ListError::Unusable);
            }
            // Also where there is no room for this one: a merge waits for a delta that is being written.
            store.overlay.abandon_run();
            let settings_slots = settings.map_or(0, |settings| settings.len().div_ceil(ROW));
            if settings_slots > CHUNK / ROW {
                return Err(StorageError::TooLong.into());
            }
            match store.overlay.room(settings_slots + usize::from(changes) + 1) {
                Room::Enough => store.overlay.begin_run(flash, changes, settings),
                Room::NotErased => Err(StorageError::NoRoom.into()),
                Room::NotMerged => {
                    store.merge_wanted = true;
                    Err(StorageError::NoRoom.into())
                }
            }
        })
    }

    /// Writes the delta's next rows, sorted by key. 63 rows take 13 ms. Lookups do not see them before the commit.
    ///
    /// # Errors
    ///
    /// [`ListError::Unusable`] when they are not sorted or too many, [`ListError::NotBegun`]; either ends the delta.
    pub fn append_delta<F: Flash>(&mut self, flash: &mut F, rows: &[[u8; ROW]]) -> Result<(), ListError> {
        self.writing(flash, |store, flash| store.overlay.append_rows(flash, rows))
    }

    /// Makes the delta count, in one append: the list is at `to` with all its rows and settings, or as before.
    ///
    /// # Errors
    ///
    /// [`ListError::NotOfUse`] when `to` is not above the list's edition, [`ListError::Unusable`] when rows are lacking,
    /// [`ListError::NotBegun`]; each ends the delta.
    pub fn commit_delta<F: Flash>(
        &mut self,
        flash: &mut F,
        to: Edition,
        digest: [u8; 32],
        rows: u32,
    ) -> Result<(), ListError> {
        self.writing(flash, |store, flash| {
            if to <= store.edition() {
                store.overlay.abandon_run();
                return Err(ListError::NotOfUse);
            }
            store.overlay.commit_run(flash, to, digest, rows)?;
            store.changed();
            Ok(())
        })
    }

    /// Gives up the delta that was begun.
    pub fn abandon_delta(&mut self) {
        self.overlay.abandon_run();
    }
}

/// What the idle slot is, once the check of its rows was passed.
fn snapshot_list<F: Flash>(
    flash: &mut F,
    store: &ListStore,
    checking: &Checking,
) -> Result<SlotList, ListError> {
    let SnapshotHead { list_key, digest, rows, settings_at, settings_length } = checking.head.clone();
    let slot = idle_slot(store.state.list());
    let at = usize::try_from(settings_at).map_err(|_| ListError::Unusable)?;
    let mut settings = zeroize::Zeroizing::new(alloc::vec![0; usize::from(settings_length)]);
    read_body(flash, slot.region(), at, &mut settings)?;
    Ok(SlotList {
        slot,
        edition: checking.to(),
        list_key,
        digest,
        rows,
        first_row: u16::try_from(checking.first_row()).map_err(|_| ListError::Unusable)?,
        settings_at,
        settings_length,
        settings_check: checksum(&[&settings]),
    })
}
