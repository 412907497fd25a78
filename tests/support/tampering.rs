//! Every way to change some bytes a little.

/// `bytes` with one bit flipped; `None` when there are not so many.
#[must_use]
pub fn flip(bytes: &[u8], bit: usize) -> Option<Vec<u8>> {
    let mut copy = bytes.to_vec();
    *copy.get_mut(bit / 8)? ^= 1 << (bit % 8);
    Some(copy)
}

/// A shorter prefix of `bytes`, or a longer copy; `None` when there are not so many.
#[must_use]
pub fn resize(bytes: &[u8], index: usize) -> Option<Vec<u8>> {
    const LONGER: [usize; 9] = [1, 2, 3, 4, 15, 16, 17, 64, 500];
    let mut copy = bytes.to_vec();
    match index.checked_sub(bytes.len()) {
        None => copy.truncate(index),
        Some(index) => {
            let filler = if index.is_multiple_of(2) { 0x00 } else { 0xff };
            copy.resize(bytes.len() + LONGER.get(index / 2)?, filler);
        }
    }
    Some(copy)
}

/// Every copy of `bytes` with one bit flipped.
pub fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..).map_while(|bit| flip(bytes, bit))
}

/// Every shorter prefix of `bytes`, and some longer copies.
pub fn resized(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..).map_while(|index| resize(bytes, index))
}
