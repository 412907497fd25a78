//! A row as it lies in flash: its last two bytes, which the protocol keeps zero, hold a check of the others.
//!
//! So a lookup that reads one row of a block notices when the row has rotted.

use crc::{CRC_16_IBM_3740, Crc};
use zeroize::Zeroizing;

/// Bytes of a row (spec §10.1).
pub const ROW: usize = 64;
/// Bytes at the start of a row that it is found by and sorted by (spec §10.1).
pub const ROW_KEY: usize = 17;

const CHECK_AT: usize = 62;
const FLAGS_AT: usize = 17;
const REMOVED: u8 = 1;

/// Detects every change of up to three bits in a row, and all but one in 65,536 of others.
static CHECK: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);

pub(super) fn key_of(row: &[u8; ROW]) -> [u8; ROW_KEY] {
    row.first_chunk().copied().unwrap_or_default()
}

/// Whether the row says that its key has none.
pub(super) fn is_removed(row: &[u8; ROW]) -> bool {
    row.get(FLAGS_AT).is_some_and(|flags| flags & REMOVED != 0)
}

/// Puts the check into a row. `false` when its place is not zero.
pub(super) fn seal(row: &mut [u8; ROW]) -> bool {
    let Some((content, place)) = row.split_last_chunk_mut::<{ ROW - CHECK_AT }>() else { return false };
    if *place != [0, 0] {
        return false;
    }
    *place = CHECK.checksum(content).to_be_bytes();
    true
}

/// Takes the check out of a row that was read. `false` when the row has rotted.
pub(super) fn unseal(row: &mut [u8; ROW]) -> bool {
    let Some((content, place)) = row.split_last_chunk_mut::<{ ROW - CHECK_AT }>() else { return false };
    if *place != CHECK.checksum(content).to_be_bytes() {
        return false;
    }
    *place = [0, 0];
    true
}

/// Puts the checks into rows that lie behind each other. `false` when the place of one is not zero, or a row is cut off.
pub(super) fn seal_all(rows: &mut [u8]) -> bool {
    let (rows, rest) = rows.as_chunks_mut();
    rest.is_empty() && rows.iter_mut().all(seal)
}

/// Takes the checks out again, right or wrong.
pub(super) fn unseal_all(rows: &mut [u8]) {
    for row in rows.as_chunks_mut::<ROW>().0 {
        unseal(row);
    }
}

pub(super) fn blank() -> Zeroizing<[u8; ROW]> {
    Zeroizing::new([0; ROW])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> [u8; ROW] {
        let mut row = core::array::from_fn(|index| u8::try_from(index).unwrap());
        row[CHECK_AT..].fill(0);
        assert!(seal(&mut row));
        row
    }

    #[test]
    fn a_sealed_row_comes_back() {
        let mut row = sealed();
        assert!(unseal(&mut row));
        assert_eq!(row[..3], [0, 1, 2]);
        assert_eq!(row[CHECK_AT..], [0, 0]);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        for bit in 0..ROW * 8 {
            let mut row = sealed();
            row[bit / 8] ^= 1 << (bit % 8);
            assert!(!unseal(&mut row), "bit {bit}");
        }
    }

    #[test]
    fn erased_and_overwritten_flash_is_no_row() {
        assert!(!unseal(&mut [0xff; ROW]));
        assert!(!unseal(&mut [0; ROW]));
    }

    #[test]
    fn a_row_whose_last_bytes_are_used_is_refused() {
        assert!(!seal(&mut [1; ROW]));
    }
}
