//! Parcels on their way in, and which one makes way for which (spec §10.7).

use thumbturn_protocol::update::edition::Edition;

use super::CHUNK;

/// Which of the two staging areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParcelKind {
    /// Changes: sealed chunks of at most 4,048 bytes.
    Delta,
    /// A whole list: opened chunks of at most 4,032 bytes, straight into the slot that is not live.
    Snapshot,
}

/// What staging has to know of an update's header (spec §10.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Delta or snapshot.
    pub kind: ParcelKind,
    /// The update id: a hash of the header.
    pub update: [u8; 8],
    /// The edition that it leads to.
    pub to: Edition,
    /// Bytes of the body, tags not counted.
    pub size: u32,
}

impl Parcel {
    /// How many chunks it has.
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.size().div_ceil(CHUNK)
    }

    /// Bytes of the n-th opened chunk; 0 past the last.
    #[must_use]
    pub fn chunk_length(&self, index: usize) -> usize {
        self.size().saturating_sub(index.saturating_mul(CHUNK)).min(CHUNK)
    }

    fn size(&self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }
}

/// A parcel in its staging area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Which.
    pub parcel: Parcel,
    /// Its first so many chunks are there: also the number of the next one to store.
    pub chunks: usize,
}

impl Staged {
    /// Whether no chunk is lacking.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.chunks >= self.parcel.chunks()
    }

    /// Bytes of the body that are still to come.
    #[must_use]
    pub fn bytes_left(&self) -> usize {
        self.parcel.size().saturating_sub(self.chunks.saturating_mul(CHUNK))
    }

    /// Whether `other`, of which nothing is here yet, takes the place of this parcel (spec §10.7 step 3).
    #[must_use]
    pub fn makes_way_for(&self, other: &Parcel) -> bool {
        if other.update == self.parcel.update {
            return false;
        }
        other.to > self.parcel.to || (other.to == self.parcel.to && other.size() < self.bytes_left())
    }
}

#[cfg(test)]
mod tests {
    use thumbturn_protocol::ids::{Generation, ListVersion};

    use super::*;

    const fn parcel(update: u8, to: u32, size: u32) -> Parcel {
        of_generation(1, update, to, size)
    }

    const fn of_generation(generation: u32, update: u8, to: u32, size: u32) -> Parcel {
        let to = Edition { generation: Generation(generation), version: ListVersion(to) };
        Parcel { kind: ParcelKind::Snapshot, update: [update; 8], to, size }
    }

    #[test]
    fn a_parcel_makes_way_for_a_later_version_or_for_fewer_bytes_left() {
        let staged = Staged { parcel: parcel(1, 10, 20 * 4032), chunks: 15 };
        let cases = [
            (parcel(2, 11, 99 * 4032), true),
            (parcel(2, 9, 256), false),
            (parcel(2, 10, 4 * 4032), true),
            (parcel(2, 10, 5 * 4032), false),
            (parcel(2, 10, 6 * 4032), false),
            (parcel(1, 10, 20 * 4032), false),
            (of_generation(2, 2, 1, 99 * 4032), true),
        ];
        for (other, expected) in cases {
            assert_eq!(staged.makes_way_for(&other), expected, "{other:?}");
        }
    }

    #[test]
    fn the_last_chunk_is_shorter() {
        let parcel = parcel(1, 1, 4032 * 2 + 256);
        assert_eq!(parcel.chunks(), 3);
        assert_eq!([0, 1, 2, 3].map(|index| parcel.chunk_length(index)), [4032, 4032, 256, 0]);
    }
}
