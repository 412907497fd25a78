//! A record in a slot: checksum, length and a postcard structure.
//!
//! Little endian: checksum u32 over {region number, length, structure}, length u16, structure; then `ff` up to the
//! write granule.

use serde::{Deserialize, Serialize};

use crate::flash::WRITE_GRANULE;

use super::StorageError;
use super::checksum::checksum;

/// Bytes before the structure.
pub(super) const OVERHEAD: usize = 6;

/// Writes `value` into `slot` and returns the bytes to program.
pub(super) fn encode<'a>(
    region: u8,
    value: &impl Serialize,
    slot: &'a mut [u8],
) -> Result<&'a [u8], StorageError> {
    let (head, body) = slot.split_first_chunk_mut::<OVERHEAD>().ok_or(StorageError::TooLong)?;
    let used = postcard::to_slice(value, body).map_err(|_| StorageError::TooLong)?.len();
    let length = u16::try_from(used).map_err(|_| StorageError::TooLong)?.to_le_bytes();
    let (value, rest) = body.split_at(used);
    let [c0, c1, c2, c3] = checksum(&[&[region], &length, value]).to_le_bytes();
    let [l0, l1] = length;
    *head = [c0, c1, c2, c3, l0, l1];
    let padding = (OVERHEAD + used).next_multiple_of(WRITE_GRANULE) - OVERHEAD - used;
    if padding > rest.len() {
        return Err(StorageError::TooLong);
    }
    slot.iter_mut().skip(OVERHEAD + used).take(padding).for_each(|byte| *byte = 0xff);
    Ok(slot.split_at(OVERHEAD + used + padding).0)
}

/// Reads the structure of a slot. `None` when it is blank, torn, overwritten or of another region.
pub(super) fn decode<'a, T: Deserialize<'a>>(region: u8, slot: &'a [u8]) -> Option<T> {
    let ([c0, c1, c2, c3, l0, l1], body) = slot.split_first_chunk::<OVERHEAD>()?;
    let length = [*l0, *l1];
    let value = body.get(..usize::from(u16::from_le_bytes(length)))?;
    if checksum(&[&[region], &length, value]) != u32::from_le_bytes([*c0, *c1, *c2, *c3]) {
        return None;
    }
    postcard::from_bytes(value).ok()
}
