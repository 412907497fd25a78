//! How long a body is, and what that makes of its chunks (spec §10.3, §10.4).

use crate::crypto::TAG;
use crate::error::Error;
use crate::limits::{DELTA_BODY, SNAPSHOT_BODY, UPDATE_CHUNK};

/// A body is padded to a multiple of this many bytes, so that its length tells little.
const STEP: usize = 256;

/// Length of an update's body in bytes, tags not counted: a multiple of 256, at most that of the largest snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodySize(u32);

impl BodySize {
    /// Of the longest delta.
    pub const LONGEST_DELTA: Self = Self(122_880);
    /// Of the longest snapshot.
    pub const LONGEST_SNAPSHOT: Self = Self(1_284_096);

    /// The least size for `length` bytes.
    pub(crate) fn padded(length: usize) -> Result<Self, Error> {
        u32::try_from(length.next_multiple_of(STEP))
            .ok()
            .and_then(Self::new)
            .ok_or(Error::InvalidArgument("a body too long"))
    }

    /// `None` unless `bytes` is a size that a body may have.
    #[must_use]
    pub fn new(bytes: u32) -> Option<Self> {
        let length = usize::try_from(bytes).ok()?;
        (length > 0 && length.is_multiple_of(STEP) && length <= SNAPSHOT_BODY).then_some(Self(bytes))
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        self.0
    }

    /// How many chunks the body is cut into, 1…319.
    #[must_use]
    pub fn chunks(self) -> u16 {
        u16::try_from(self.length().div_ceil(UPDATE_CHUNK)).unwrap_or(u16::MAX)
    }

    /// Length of a plain chunk: 4,032 bytes, less for the last; `None` beyond it.
    #[must_use]
    pub fn plain_chunk(self, chunk: u16) -> Option<usize> {
        let start = usize::from(chunk) * UPDATE_CHUNK;
        let rest = self.length().checked_sub(start)?;
        (rest > 0).then_some(rest.min(UPDATE_CHUNK))
    }

    /// Length of a sealed chunk: that of the plain one and a tag; `None` beyond the last.
    #[must_use]
    pub fn sealed_chunk(self, chunk: u16) -> Option<usize> {
        self.plain_chunk(chunk).map(|length| length + TAG)
    }

    /// Length of all sealed chunks together.
    #[must_use]
    pub fn sealed(self) -> usize {
        self.length() + usize::from(self.chunks()) * TAG
    }

    pub(crate) fn length(self) -> usize {
        // At most `SNAPSHOT_BODY`.
        usize::try_from(self.0).unwrap_or(SNAPSHOT_BODY)
    }
}

const _: () = assert!(DELTA_BODY == 122_880 && SNAPSHOT_BODY == 1_284_096);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{LIST_ROWS, UPDATE_HEAD};
    use crate::update::row::ROW;

    #[test]
    fn a_size_is_a_multiple_of_256_within_bounds() {
        for bytes in [0, 1, 255, 257, 1_284_097, 1_284_352, u32::MAX] {
            assert_eq!(BodySize::new(bytes), None, "{bytes}");
        }
        for bytes in [256, 512, 122_880, 1_284_096] {
            assert_eq!(BodySize::new(bytes).unwrap().bytes(), bytes);
        }
        assert_eq!(BodySize::LONGEST_DELTA.length(), DELTA_BODY);
    }

    #[test]
    fn the_largest_head_and_20000_rows_fit_exactly() {
        let longest = (2 + UPDATE_HEAD).next_multiple_of(ROW) + LIST_ROWS * ROW;
        let size = BodySize::padded(longest).unwrap();
        assert_eq!(size.length(), SNAPSHOT_BODY);
        assert_eq!(size.chunks(), 319);
        assert!(BodySize::padded(longest + ROW + 1).is_err());
    }

    #[test]
    fn chunks_are_of_4032_bytes_and_the_last_is_shorter() {
        for (bytes, chunks, last) in
            [(256, 1, 256), (4_096, 2, 64), (16_128, 4, 4_032), (1_284_096, 319, 1_920)]
        {
            let size = BodySize::new(bytes).unwrap();
            assert_eq!(size.chunks(), chunks);
            assert_eq!(size.plain_chunk(chunks - 1), Some(last));
            assert_eq!(size.sealed_chunk(chunks - 1), Some(last + 16));
            assert_eq!(size.plain_chunk(chunks), None);
            assert_eq!(size.plain_chunk(u16::MAX), None);
            let all: usize = (0..chunks).map(|chunk| size.sealed_chunk(chunk).unwrap()).sum();
            assert_eq!(size.sealed(), all);
            assert!((0..chunks - 1).all(|chunk| size.plain_chunk(chunk) == Some(4_032)));
        }
    }
}
