//! From a staged snapshot to the live list: a check of every row in slices, then one switch.

use thumbturn_protocol::update::edition::Edition;

use crate::flash::Flash;

use super::area::Area;
use super::parcel::Staged;
use super::row::{ROW, ROW_KEY, is_removed, key_of};
use super::slot::read_body;
use super::{CHUNK, ListError};

/// What the head of a snapshot's body says (spec §10.4).
#[derive(Clone)]
pub struct SnapshotHead {
    /// The key of this list's digests.
    pub list_key: [u8; 16],
    /// Digest of the list.
    pub digest: [u8; 32],
    /// Rows in the list.
    pub rows: u32,
    /// The byte of the body at which the settings begin.
    pub settings_at: u32,
    /// Bytes of settings.
    pub settings_length: u16,
}

/// What a list must be beside sorted: its rows valid, its digest right.
pub trait RowCheck {
    /// Takes the next row. `false` when it breaks a rule (spec §10.1).
    fn row(&mut self, row: &[u8; ROW]) -> bool;

    /// Tells whether the digest over all rows is the promised one.
    fn is_complete(&mut self) -> bool;
}

/// Whether a check has more to do.
#[derive(Debug)]
pub enum Checked {
    /// Call again.
    More,
    /// Every row is good.
    Good(GoodSnapshot),
}

/// A snapshot that was checked in full, and can become the list.
#[derive(Debug)]
pub struct GoodSnapshot {
    pub(super) update: [u8; 8],
}

/// A check under way.
pub(super) struct Checking {
    pub(super) head: SnapshotHead,
    staged: Staged,
    /// Bytes before the rows.
    head_size: usize,
    next_chunk: usize,
    rows: u32,
    last_key: Option<[u8; ROW_KEY]>,
    done: bool,
}

impl Checking {
    /// Bytes of the body before its rows, as its first two bytes tell.
    pub(super) fn head_size(first: [u8; 2]) -> usize {
        (usize::from(u16::from_be_bytes(first)) + 2).next_multiple_of(ROW)
    }

    pub(super) fn begin<F: Flash>(
        flash: &mut F,
        area: &Area,
        staged: Staged,
        head: SnapshotHead,
    ) -> Result<Self, ListError> {
        let mut first = [0; 2];
        read_body(flash, area.region(), 0, &mut first)?;
        let head_size = Self::head_size(first);
        let settings_at = usize::try_from(head.settings_at).map_err(|_| ListError::Unusable)?;
        if settings_at + usize::from(head.settings_length) > head_size {
            return Err(ListError::Unusable);
        }
        Ok(Self { head, staged, head_size, next_chunk: 0, rows: 0, last_key: None, done: false })
    }

    /// The unit of the first row.
    pub(super) const fn first_row(&self) -> usize {
        self.head_size / ROW
    }

    /// Whether every row was found good.
    pub(super) const fn is_done(&self) -> bool {
        self.done
    }

    pub(super) const fn to(&self) -> Edition {
        self.staged.parcel.to
    }

    pub(super) const fn update(&self) -> [u8; 8] {
        self.staged.parcel.update
    }

    /// Checks one chunk: at most 63 rows. `true` when it was the last.
    pub(super) fn advance<F: Flash>(
        &mut self,
        flash: &mut F,
        area: &Area,
        check: &mut impl RowCheck,
    ) -> Result<bool, ListError> {
        if self.done {
            return Ok(true);
        }
        let mut chunk = area.read(flash, self.next_chunk)?.ok_or(ListError::Unusable)?;
        let before = self.next_chunk * CHUNK;
        for (number, unit) in chunk.as_chunks_mut::<ROW>().0.iter_mut().enumerate() {
            if before + number * ROW >= self.head_size {
                self.check_unit(unit, check)?;
            }
        }
        self.next_chunk += 1;
        if self.next_chunk < self.staged.parcel.chunks() {
            return Ok(false);
        }
        self.done = self.rows == self.head.rows && check.is_complete();
        if self.done { Ok(true) } else { Err(ListError::Unusable) }
    }

    fn check_unit(&mut self, unit: &mut [u8; ROW], check: &mut impl RowCheck) -> Result<(), ListError> {
        if !super::row::unseal(unit) {
            return Err(ListError::Unusable);
        }
        if self.rows == self.head.rows {
            // After the rows come zeros.
            return if unit.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(ListError::Unusable) };
        }
        let key = key_of(unit);
        if self.last_key.replace(key) >= Some(key) || is_removed(unit) || !check.row(unit) {
            return Err(ListError::Unusable);
        }
        self.rows += 1;
        Ok(())
    }
}
