//! Parcels come in chunk by chunk (spec §10.7).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::flash::Flash;
use crate::storage::StorageError;
use crate::storage::layout::LIST_FIRST;

use super::area::Area;
use super::parcel::{Parcel, ParcelKind, Staged};
use super::row::{seal_all, unseal_all};
use super::slot::read_body;
use super::snapshot::Checking;
use super::state::{DayUse, ListState};
use super::{CHUNK, ListError, ListStore, ROW};

/// Blocks that parcels may make dirty on one day: four whole snapshots, or 640 deltas of one row.
///
/// A block that bears 100,000 erases lasts 136 years under as many snapshots every day, 6 under as many deltas.
pub const DAILY_ERASES: u32 = 4 * 320;

const _: () = assert!(LIST_FIRST.blocks == 320, "a snapshot dirties at most this many blocks");

/// Bytes that sealing adds to a chunk.
const TAG: usize = 16;

/// Why a parcel is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// By the rules for anybody's parcels, on this day. Any number that changes once a day.
    Daily(u32),
    /// A request was answered *update required* and this parcel fulfils it: it always finds room.
    Needed,
}

/// Staging.
impl ListStore {
    /// The parcel of a kind that is being staged, or waits to be applied.
    #[must_use]
    pub const fn staged(&self, kind: ParcelKind) -> Option<Staged> {
        self.area(kind).staged()
    }

    /// The header that [`ListStore::begin_parcel`] was given with the staged parcel.
    ///
    /// # Errors
    ///
    /// [`ListError::Storage`] when the flash fails.
    pub fn staged_header<F: Flash>(
        &self,
        flash: &mut F,
        kind: ParcelKind,
    ) -> Result<Option<Vec<u8>>, ListError> {
        self.area(kind).header(flash)
    }

    /// Lets a parcel in, or goes on with it: says which chunk is next. At most two short appends.
    ///
    /// `header` is kept beside it, at most [`HEADER`](super::HEADER) bytes.
    ///
    /// # Errors
    ///
    /// - [`ListError::NotOfUse`]: not above the list's version, or another parcel stays (spec §10.7 step 3)
    /// - [`ListError::DailyErases`]: too many parcels on this day
    /// - [`StorageError::NoRoom`]: again after [`ListStore::maintain`]
    pub fn begin_parcel<F: Flash>(
        &mut self,
        flash: &mut F,
        parcel: Parcel,
        header: &[u8],
        admission: Admission,
    ) -> Result<Staged, ListError> {
        self.writing(flash, |store, flash| store.begin(flash, parcel, header, admission))
    }

    /// Stores the next chunk: of a delta sealed, of a snapshot opened. 13 ms.
    ///
    /// The rows of a snapshot get their checks in `bytes` itself, which saves a copy, and lose them again.
    ///
    /// # Errors
    ///
    /// - [`ListError::NotStaged`], [`ListError::OutOfOrder`]: not the parcel or the chunk that is expected
    /// - [`ListError::Unusable`]: a length or a row is wrong
    /// - [`StorageError::NoRoom`]: again after [`ListStore::maintain`]
    pub fn store_chunk<F: Flash>(
        &mut self,
        flash: &mut F,
        kind: ParcelKind,
        update: [u8; 8],
        index: usize,
        bytes: &mut [u8],
    ) -> Result<(), ListError> {
        self.writing(flash, |store, flash| store.store(flash, kind, update, index, bytes))
    }

    /// Reads a chunk as it was stored. 1 ms.
    ///
    /// # Errors
    ///
    /// [`ListError::Unusable`] when it has rotted.
    pub fn read_chunk<F: Flash>(
        &self,
        flash: &mut F,
        kind: ParcelKind,
        index: usize,
    ) -> Result<Zeroizing<Vec<u8>>, ListError> {
        let area = self.area(kind);
        let mut chunk = area.read(flash, index)?.ok_or(ListError::Unusable)?;
        if kind == ParcelKind::Snapshot {
            let first_row = first_row(flash, area)?;
            for (number, unit) in chunk.as_chunks_mut::<ROW>().0.iter_mut().enumerate() {
                if index * CHUNK / ROW + number >= first_row && !super::row::unseal(unit) {
                    return Err(ListError::Unusable);
                }
            }
        }
        Ok(chunk)
    }

    /// Throws the staged parcel of a kind away. Writes nothing: after a power cut it may be there again.
    pub fn drop_parcel(&mut self, kind: ParcelKind) {
        match kind {
            ParcelKind::Delta => self.deltas.clear(),
            ParcelKind::Snapshot => self.drop_snapshot(),
        }
    }

    pub(super) fn drop_snapshot(&mut self) {
        self.checking = None;
        self.idle.clear();
    }

    const fn area(&self, kind: ParcelKind) -> &Area {
        match kind {
            ParcelKind::Delta => &self.deltas,
            ParcelKind::Snapshot => &self.idle,
        }
    }

    fn begin<F: Flash>(
        &mut self,
        flash: &mut F,
        parcel: Parcel,
        header: &[u8],
        admission: Admission,
    ) -> Result<Staged, ListError> {
        if parcel.to <= self.edition() {
            return Err(ListError::NotOfUse);
        }
        if let Some(staged) = self.staged(parcel.kind) {
            if staged.parcel.update == parcel.update {
                return Ok(staged);
            }
            if admission != Admission::Needed && !staged.makes_way_for(&parcel) {
                return Err(ListError::NotOfUse);
            }
        }
        let state = self.admit(&parcel, admission)?;
        if parcel.kind == ParcelKind::Snapshot && self.merge.is_some() {
            if self.is_merge_urgent() && admission != Admission::Needed {
                return Err(StorageError::NoRoom.into());
            }
            self.merge = None;
        }
        self.drop_parcel(parcel.kind);
        if !self.area(parcel.kind).can_begin() {
            return Err(StorageError::NoRoom.into());
        }
        let sequence = state.parcels;
        self.state.write(flash, state)?;
        let area = match parcel.kind {
            ParcelKind::Delta => &mut self.deltas,
            ParcelKind::Snapshot => &mut self.idle,
        };
        area.begin(flash, sequence, parcel, header)?;
        Ok(Staged { parcel, chunks: 0 })
    }

    /// The state with this parcel counted.
    fn admit(&self, parcel: &Parcel, admission: Admission) -> Result<ListState, ListError> {
        let mut state = self.state.state().clone();
        state.parcels = state.parcels.checked_add(1).ok_or(StorageError::WornOut)?;
        if let Admission::Daily(day) = admission {
            let before = if state.day_use.day == day { state.day_use.erases } else { 0 };
            let own = u32::try_from(parcel.chunks() + 1).unwrap_or(u32::MAX);
            let erases = before.saturating_add(own);
            if erases > DAILY_ERASES {
                return Err(ListError::DailyErases);
            }
            state.day_use = DayUse { day, erases };
        }
        Ok(state)
    }

    fn store<F: Flash>(
        &mut self,
        flash: &mut F,
        kind: ParcelKind,
        update: [u8; 8],
        index: usize,
        bytes: &mut [u8],
    ) -> Result<(), ListError> {
        let staged = self.staged(kind).filter(|staged| staged.parcel.update == update);
        let staged = staged.ok_or(ListError::NotStaged)?;
        if index != staged.chunks || staged.is_complete() {
            return Err(ListError::OutOfOrder);
        }
        let length = staged.parcel.chunk_length(index);
        match kind {
            ParcelKind::Delta if bytes.len() == length + TAG => self.deltas.store(flash, bytes),
            ParcelKind::Snapshot if bytes.len() == length => self.store_rows(flash, index, bytes),
            ParcelKind::Delta | ParcelKind::Snapshot => Err(ListError::Unusable),
        }
    }

    fn store_rows<F: Flash>(
        &mut self,
        flash: &mut F,
        index: usize,
        bytes: &mut [u8],
    ) -> Result<(), ListError> {
        let first_row = match (index, bytes.first_chunk()) {
            (0, Some(first)) => Checking::head_size(*first) / ROW,
            (0, None) => return Err(ListError::Unusable),
            _ => first_row(flash, &self.idle)?,
        };
        // The head lies in the first chunk (spec §10.4).
        let rows_at = (first_row * ROW).saturating_sub(index * CHUNK);
        let Some(rows) = bytes.get_mut(rows_at..).filter(|_| first_row * ROW <= CHUNK) else {
            return Err(ListError::Unusable);
        };
        if !seal_all(rows) {
            return Err(ListError::Unusable);
        }
        let result = self.idle.store(flash, bytes);
        unseal_all(bytes.get_mut(rows_at..).unwrap_or_default());
        result
    }
}

/// The unit of the first row of the staged snapshot, whose first chunk is there.
fn first_row<F: Flash>(flash: &mut F, area: &Area) -> Result<usize, ListError> {
    let mut first = [0; 2];
    read_body(flash, area.region(), 0, &mut first)?;
    Ok(Checking::head_size(first) / ROW)
}
