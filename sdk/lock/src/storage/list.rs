//! The list of cards, doorcodes and denied people: 20,000 rows that are replaced as a whole, or changed by deltas.
//!
//! Two **slots** hold sorted rows as they lie in a snapshot's body (spec §10.4); one of them is live. Deltas are appended
//! to an **overlay**, where each counts from its commit record on. In the background slot and overlay are merged into the
//! other slot, and one record switches. A snapshot is staged straight into the slot that is not live, chunk by chunk; a
//! delta has a staging area of its own. Both survive power cuts.
//!
//! Every row carries a check, so a lookup that reads single rows does not believe one that has rotted. Nothing here knows a
//! key: digests, and what makes a row valid, are the caller's.
//!
//! [`ListStore`] takes 7.5 KiB of RAM, of which 4 KiB find rows in the overlay; while a snapshot is checked or settings are
//! read, up to 4 KiB more. No call takes longer than 100 ms of modelled flash time.
//!
//! # Example
//!
//! ```no_run
//! use thumbturn_lock::flash::Flash;
//! use thumbturn_lock::storage::list::{ListError, ListStore};
//!
//! fn holder_of<F: Flash>(list: &mut ListStore, flash: &mut F, key: &[u8; 17]) -> Result<Option<u8>, ListError> {
//!     let row = list.find(flash, key)?;
//!     Ok(row.map(|row| row[18]))
//! }
//! ```

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::update::edition::Edition;
use zeroize::Zeroizing;

use crate::flash::{Flash, FlashError};

use super::StorageError;
use super::checksum::checksum;
use super::layout::STAGING;

mod apply;
mod area;
mod block;
mod merge;
mod merged;
mod overlay;
mod parcel;
mod row;
mod scan;
mod slot;
mod snapshot;
mod staging;
mod state;
mod upkeep;

pub use area::HEADER;
pub use parcel::{Parcel, ParcelKind, Staged};
pub use row::{ROW, ROW_KEY};
pub use scan::{Scan, Scanned};
pub use snapshot::{Checked, GoodSnapshot, RowCheck, SnapshotHead};
pub use staging::{Admission, DAILY_ERASES};

use area::Area;
use merge::Merge;
use overlay::{Commit, Overlay, RunSettings};
use slot::{SlotName, SlotRows};
use snapshot::Checking;
use state::{ListState, ListStateStore, SlotList};

/// Bytes of an opened chunk (spec §10.4).
const CHUNK: usize = 4032;

/// Why the list was not read or not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// Flash or room. With [`StorageError::NoRoom`] it works after some calls of [`ListStore::maintain`].
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A row or the settings have rotted: whether the key is in the list is not known. Only a snapshot helps.
    #[error("a part of the list is not readable")]
    Damaged,
    /// The parcel is of no use: not above the list's version, or what is staged does not make way for it.
    #[error("the parcel is of no use")]
    NotOfUse,
    /// The parcels of this day have used up the erases of a day.
    #[error("the erases of this day are used up")]
    DailyErases,
    /// No such parcel is staged, or not so much of it.
    #[error("not staged")]
    NotStaged,
    /// Not the next chunk.
    #[error("not the next chunk")]
    OutOfOrder,
    /// No delta or check was begun, or a fault of the flash ended it.
    #[error("not begun")]
    NotBegun,
    /// The parcel breaks a rule of spec §10, or has rotted. Nothing has changed; the parcel is to be dropped.
    #[error("the parcel cannot be used")]
    Unusable,
}

impl From<FlashError> for ListError {
    fn from(error: FlashError) -> Self {
        Self::Storage(StorageError::Flash(error))
    }
}

/// The list of a door in flash.
pub struct ListStore {
    state: ListStateStore,
    overlay: Overlay,
    /// The slot that is not live.
    idle: Area,
    deltas: Area,
    checking: Option<Checking>,
    /// Two kibibytes, only while it lasts: a snapshot on its way has no merge beside it.
    merge: Option<Box<Merge>>,
    /// A delta waits for the overlay to be merged.
    merge_wanted: bool,
    /// Something that counts was found rotten.
    damaged: bool,
    /// A write failed: the flash knows better than this.
    stale: bool,
    /// Counts changes of the list and of where it lies.
    changes: u64,
}

/// The newest version of the list.
#[derive(Clone, Copy)]
struct ListHead {
    edition: Edition,
    digest: [u8; 32],
    rows: u32,
}

impl ListStore {
    /// Reads what the flash holds; of a new chip, nothing. About 60 ms of modelled flash time.
    ///
    /// # Errors
    ///
    /// [`ListError::Storage`] when the flash fails.
    pub fn open<F: Flash>(flash: &mut F) -> Result<Self, ListError> {
        let state = ListStateStore::open(flash)?;
        let from = usize::try_from(state.state().overlay_from).map_err(|_| StorageError::WornOut)?;
        let overlay = Overlay::open(flash, from)?;
        let edition = head_of(&state, &overlay).map_or(Edition::NONE, |head| head.edition);
        let idle = Area::open(flash, idle_slot(state.list()).region(), ParcelKind::Snapshot, edition)?;
        let deltas = Area::open(flash, STAGING, ParcelKind::Delta, edition)?;
        Ok(Self {
            damaged: overlay.is_damaged(),
            state,
            overlay,
            idle,
            deltas,
            checking: None,
            merge: None,
            merge_wanted: false,
            stale: false,
            changes: 0,
        })
    }

    /// The version of the list; 0 before the first snapshot.
    #[must_use]
    pub fn version(&self) -> ListVersion {
        self.edition().version
    }

    /// The version of the list with the generation of the keys that signed it.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.head().map_or(Edition::NONE, |head| head.edition)
    }

    /// The digest that came with the newest version.
    #[must_use]
    pub fn digest(&self) -> Option<[u8; 32]> {
        self.head().map(|head| head.digest)
    }

    /// The key of the list's digests; `None` before the first snapshot.
    #[must_use]
    pub fn list_key(&self) -> Option<&[u8; 16]> {
        self.state.list().map(|list| &list.list_key)
    }

    /// Rows in the list.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.head().map_or(0, |head| head.rows)
    }

    /// Whether only a snapshot helps: a part of the list was found rotten, or [`ListStore::want_snapshot`] was said since the last
    /// one. The receipt tells.
    #[must_use]
    pub const fn wants_snapshot(&self) -> bool {
        self.damaged || self.state.state().wants_snapshot
    }

    /// Notes that a delta does not fit this list, until the next snapshot. One append, at most.
    ///
    /// # Errors
    ///
    /// [`StorageError::NoRoom`]: again after [`ListStore::maintain`].
    pub fn want_snapshot<F: Flash>(&mut self, flash: &mut F) -> Result<(), ListError> {
        if self.state.state().wants_snapshot {
            return Ok(());
        }
        self.writing(flash, |store, flash| {
            let state = ListState { wants_snapshot: true, ..store.state.state().clone() };
            Ok(store.state.write(flash, state)?)
        })
    }

    /// The newest settings; `None` before the first snapshot. At most 1 ms.
    ///
    /// # Errors
    ///
    /// [`ListError::Damaged`] when they have rotted.
    pub fn settings<F: Flash>(&mut self, flash: &mut F) -> Result<Option<Zeroizing<Vec<u8>>>, ListError> {
        let Some(list) = self.state.list() else { return Ok(None) };
        let result = match self.overlay.settings() {
            Some(place) => self.overlay_settings(flash, place),
            None => slot_settings(flash, list),
        };
        self.noticing_damage(result).map(Some)
    }

    /// The row of a key. At most 5 ms, mostly less than 1.
    ///
    /// # Errors
    ///
    /// [`ListError::Damaged`] when a row has rotted that can be the one of this key: it may be in the list or not.
    pub fn find<F: Flash>(
        &mut self,
        flash: &mut F,
        key: &[u8; ROW_KEY],
    ) -> Result<Option<Zeroizing<[u8; ROW]>>, ListError> {
        let Some(rows) = self.slot_rows() else { return Ok(None) };
        let result = match self.overlay.find(flash, key) {
            Ok(None) => rows.seek(flash, key).map(|sought| sought.row),
            found => found.map(|row| row.filter(|row| !row::is_removed(row))),
        };
        self.noticing_damage(result)
    }

    fn head(&self) -> Option<ListHead> {
        head_of(&self.state, &self.overlay)
    }

    fn slot_rows(&self) -> Option<SlotRows> {
        self.state.list().map(SlotList::rows)
    }

    fn overlay_settings<F: Flash>(
        &self,
        flash: &mut F,
        place: RunSettings,
    ) -> Result<Zeroizing<Vec<u8>>, ListError> {
        let mut bytes = Zeroizing::new(vec![0; usize::from(place.length)]);
        self.overlay.read_settings(flash, place, &mut bytes)?;
        if checksum(&[&bytes]) == place.check { Ok(bytes) } else { Err(ListError::Damaged) }
    }

    fn noticing_damage<T>(&mut self, result: Result<T, ListError>) -> Result<T, ListError> {
        self.damaged |= matches!(result, Err(ListError::Damaged));
        result
    }

    /// Does something that writes. When the flash fails in it, nobody knows what was written: the next one begins with
    /// reading everything anew.
    fn writing<F: Flash, T>(
        &mut self,
        flash: &mut F,
        action: impl FnOnce(&mut Self, &mut F) -> Result<T, ListError>,
    ) -> Result<T, ListError> {
        if self.stale {
            *self = Self { changes: self.changes + 1, damaged: self.damaged, ..Self::open(flash)? };
        }
        let result = action(self, flash);
        self.stale = matches!(result, Err(ListError::Storage(StorageError::Flash(_))));
        result
    }

    /// The one record that makes a slot live, with the runs of the overlay from a position on.
    fn switch<F: Flash>(
        &mut self,
        flash: &mut F,
        list: SlotList,
        overlay_from: usize,
        wants_snapshot: bool,
    ) -> Result<(), ListError> {
        let idle = list.slot.other();
        let position = u64::try_from(overlay_from).map_err(|_| StorageError::WornOut)?;
        let before = self.state.state().clone();
        let state = ListState { list: Some(list), overlay_from: position, wants_snapshot, ..before };
        self.state.write(flash, state)?;
        self.overlay.forget_before(overlay_from);
        self.idle = Area::unknown(idle.region(), ParcelKind::Snapshot);
        (self.merge, self.checking) = (None, None);
        self.merge_wanted = false;
        self.changed();
        Ok(())
    }

    /// The list changed: what is staged and leads no further is of no use any more.
    fn changed(&mut self) {
        self.changes += 1;
        let edition = self.edition();
        for area in [&mut self.idle, &mut self.deltas] {
            if area.staged().is_some_and(|staged| staged.parcel.to <= edition) {
                area.clear();
            }
        }
    }
}

impl SlotList {
    fn rows(&self) -> SlotRows {
        SlotRows {
            region: self.slot.region(),
            first: usize::from(self.first_row),
            rows: usize::try_from(self.rows).unwrap_or(usize::MAX),
        }
    }
}

fn head_of(state: &ListStateStore, overlay: &Overlay) -> Option<ListHead> {
    let list = state.list()?;
    let SlotList { edition, digest, rows, .. } = *list;
    let of_run =
        |commit: &Commit| ListHead { edition: commit.edition, digest: commit.digest, rows: commit.rows };
    Some(overlay.newest().map_or(ListHead { edition, digest, rows }, of_run))
}

fn idle_slot(live: Option<&SlotList>) -> SlotName {
    live.map_or(SlotName::First, |list| list.slot.other())
}

fn slot_settings<F: Flash>(flash: &mut F, list: &SlotList) -> Result<Zeroizing<Vec<u8>>, ListError> {
    let at = usize::try_from(list.settings_at).map_err(|_| ListError::Damaged)?;
    let mut bytes = Zeroizing::new(vec![0; usize::from(list.settings_length)]);
    slot::read_body(flash, list.slot.region(), at, &mut bytes)?;
    if checksum(&[&bytes]) == list.settings_check { Ok(bytes) } else { Err(ListError::Damaged) }
}

impl fmt::Debug for ListStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ListStore")
    }
}
