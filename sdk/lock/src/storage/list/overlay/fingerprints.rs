//! One byte of RAM for each slot of the overlay: which of them can hold the row of a key.

use alloc::boxed::Box;
use alloc::vec;
use core::ops::Range;

use crate::storage::checksum::checksum;
use crate::storage::list::row::ROW_KEY;

use super::CAPACITY;

/// No row that counts.
const NONE: u8 = 0;
/// Neither a row nor a commit; only while the overlay is being loaded.
const UNREADABLE: u8 = u8::MAX;
const LAST: u32 = 254;

/// A lookup reads one row in vain for about 250 rows of the overlay.
pub(super) struct Fingerprints(Box<[u8]>);

impl Fingerprints {
    pub(super) fn new() -> Self {
        Self(vec![NONE; CAPACITY].into_boxed_slice())
    }

    pub(super) fn set(&mut self, position: usize, key: &[u8; ROW_KEY]) {
        self.put(position, fingerprint(key));
    }

    pub(super) fn set_unreadable(&mut self, position: usize) {
        self.put(position, UNREADABLE);
    }

    pub(super) fn is_unreadable(&self, position: usize) -> bool {
        self.get(position) == UNREADABLE
    }

    pub(super) fn is_row(&self, position: usize) -> bool {
        self.get(position) != NONE
    }

    pub(super) fn clear(&mut self, positions: Range<usize>) {
        for position in positions {
            self.put(position, NONE);
        }
    }

    /// The last of the positions that can hold the key's row.
    pub(super) fn newest(&self, positions: Range<usize>, key: &[u8; ROW_KEY]) -> Option<usize> {
        let wanted = fingerprint(key);
        positions.rev().find(|position| self.get(*position) == wanted)
    }

    fn get(&self, position: usize) -> u8 {
        self.0.get(position % CAPACITY).copied().unwrap_or(NONE)
    }

    fn put(&mut self, position: usize, value: u8) {
        if let Some(place) = self.0.get_mut(position % CAPACITY) {
            *place = value;
        }
    }
}

/// 1 to 254.
fn fingerprint(key: &[u8; ROW_KEY]) -> u8 {
    u8::try_from(checksum(&[key]) % LAST + 1).unwrap_or(1)
}
