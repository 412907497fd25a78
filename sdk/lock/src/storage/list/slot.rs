//! A slot: the opened body of a snapshot, 63 units of 64 bytes in each erase block (spec §10.4).

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::flash::{ERASE_BLOCK, Flash};
use crate::storage::StorageError;
use crate::storage::layout::{LIST_FIRST, LIST_SECOND, Region};

use super::row::{ROW, ROW_KEY, blank, key_of, unseal};
use super::{CHUNK, ListError};

/// Units in a block.
pub(super) const UNITS: usize = CHUNK / ROW;

/// Unreadable rows beside each other that a search passes over.
const ROTTEN: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum SlotName {
    First,
    Second,
}

impl SlotName {
    pub(super) const fn region(self) -> Region {
        match self {
            Self::First => LIST_FIRST,
            Self::Second => LIST_SECOND,
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

pub(super) const fn unit_address(region: Region, unit: usize) -> usize {
    region.address() + unit / UNITS * ERASE_BLOCK + unit % UNITS * ROW
}

/// Fills `bytes` from a byte of the body on. Bytes of rows come with their checks.
pub(super) fn read_body<F: Flash>(
    flash: &mut F,
    region: Region,
    at: usize,
    bytes: &mut [u8],
) -> Result<(), StorageError> {
    let (mut at, mut left) = (at, bytes);
    while !left.is_empty() {
        let (part, rest) = left.split_at_mut(left.len().min(CHUNK - at % CHUNK));
        flash.read(region.address() + at / CHUNK * ERASE_BLOCK + at % CHUNK, part)?;
        at += part.len();
        left = rest;
    }
    Ok(())
}

/// The sorted rows of a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotRows {
    pub(super) region: Region,
    /// The unit of the first row.
    pub(super) first: usize,
    pub(super) rows: usize,
}

/// Where a key is, or would be.
pub(super) struct Sought {
    /// The first row whose key is not below it.
    pub(super) number: usize,
    /// That row, when its key is the one.
    pub(super) row: Option<Zeroizing<[u8; ROW]>>,
}

impl SlotRows {
    /// Finds a key.
    pub(super) fn seek<F: Flash>(&self, flash: &mut F, key: &[u8; ROW_KEY]) -> Result<Sought, ListError> {
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let (number, row) = self.readable(flash, low, high)?;
            match key_of(&row).cmp(key) {
                core::cmp::Ordering::Less => low = number + 1,
                core::cmp::Ordering::Equal => return Ok(Sought { number, row: Some(row) }),
                core::cmp::Ordering::Greater => high = number,
            }
        }
        Ok(Sought { number: low, row: None })
    }

    /// A row by its number. `None` when it has rotted.
    pub(super) fn read<F: Flash>(
        &self,
        flash: &mut F,
        number: usize,
    ) -> Result<Option<Zeroizing<[u8; ROW]>>, StorageError> {
        let mut row = blank();
        flash.read(unit_address(self.region, self.first + number), row.as_mut_slice())?;
        Ok(unseal(&mut row).then_some(row))
    }

    /// A readable row near the middle of `low..high`. When there is none, nobody knows whether the key is there.
    fn readable<F: Flash>(
        &self,
        flash: &mut F,
        low: usize,
        high: usize,
    ) -> Result<(usize, Zeroizing<[u8; ROW]>), ListError> {
        let middle = low.midpoint(high);
        for number in (middle..high).chain((low..middle).rev()).take(ROTTEN) {
            if let Some(row) = self.read(flash, number)? {
                return Ok((number, row));
            }
        }
        Err(ListError::Damaged)
    }
}
