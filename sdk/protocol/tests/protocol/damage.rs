//! Everything that one fault on the way can make of a byte string.

/// Each single flipped bit, with its number.
pub(crate) fn flips(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..8 * bytes.len()).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        (bit, flipped)
    })
}

/// Each proper beginning, the empty one included.
pub(crate) fn truncations(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..bytes.len()).map(|length| &bytes[..length])
}

/// The bytes with one more at the end, for each value of it.
pub(crate) fn extensions(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..=255).map(move |byte| [bytes, &[byte]].concat())
}

/// Each removal, doubling or swap with its neighbour of one byte that changes anything.
pub(crate) fn shifts(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let removed = |at: usize| [&bytes[..at], &bytes[at + 1..]].concat();
    let doubled = |at: usize| [&bytes[..=at], &bytes[at..]].concat();
    let swapped = |at: usize| {
        let mut swapped = bytes.to_vec();
        swapped.swap(at, at.saturating_sub(1));
        swapped
    };
    (0..bytes.len())
        .flat_map(move |at| [removed(at), doubled(at), swapped(at)])
        .filter(move |damaged| damaged != bytes)
}

/// All of it: flips, truncations, extensions and shifts.
pub(crate) fn all(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    flips(bytes)
        .map(|(_, flipped)| flipped)
        .chain(truncations(bytes).map(<[u8]>::to_vec))
        .chain(extensions(bytes))
        .chain(shifts(bytes))
}

#[test]
fn damage_is_complete_and_always_differs() {
    let bytes = [1, 2, 3];
    assert_eq!(flips(&bytes).count(), 24);
    assert_eq!(truncations(&bytes).count(), 3);
    assert_eq!(all(&bytes).count(), 24 + 3 + 256 + 3 + 3 + 2);
    assert!(all(&bytes).all(|damaged| damaged != bytes));
}
