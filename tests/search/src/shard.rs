//! One thread's half of the states that have been seen, in the order in which they were.
#![expect(
    clippy::indexing_slicing,
    reason = "slots are masked by the table size and name states of the list"
)]

use crate::canonical::Packed;

/// Where a state is: which shard, and which number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(u32);

impl Place {
    /// The parent of a state that the search began with.
    pub(crate) const START: Self = Self(u32::MAX);

    fn new(shard: usize, index: usize) -> Self {
        let packed = index * 2 + shard;
        Self(u32::try_from(packed).unwrap_or(u32::MAX - 1))
    }

    pub(crate) fn shard(self) -> usize {
        usize::from(self.0 % 2 == 1)
    }

    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0 / 2).unwrap_or(usize::MAX)
    }
}

/// A state on its way to the shard that it belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Parcel {
    pub(crate) state: Packed,
    pub(crate) hash: u64,
    pub(crate) parent: Place,
}

impl Parcel {
    pub(crate) fn new(state: Packed, parent: Place) -> Self {
        Self { state, hash: state.hash(), parent }
    }

    /// The shard that this state belongs to.
    pub(crate) fn shard(&self) -> usize {
        usize::from(self.hash >> 63 == 1)
    }
}

/// An open-addressing table over an append-only list of states. A slot holds the upper half of the state's hash and its
/// number plus one, so that a probe rarely touches the list.
pub(crate) struct Shard {
    number: usize,
    states: Vec<Packed>,
    parents: Vec<Place>,
    slots: Vec<u64>,
}

impl Shard {
    pub(crate) fn new(number: usize) -> Self {
        Self { number, states: Vec::new(), parents: Vec::new(), slots: vec![0; 1 << 16] }
    }

    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    pub(crate) fn place(&self, index: usize) -> Place {
        Place::new(self.number, index)
    }

    pub(crate) fn state(&self, index: usize) -> Option<Packed> {
        self.states.get(index).copied()
    }

    pub(crate) fn parent(&self, index: usize) -> Option<Place> {
        self.parents.get(index).copied()
    }

    /// Keeps the state unless it was seen before.
    pub(crate) fn insert(&mut self, parcel: &Parcel) {
        if (self.states.len() + 1) * 3 > self.slots.len() * 2 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let tag = parcel.hash & TAG;
        let mut slot = low(parcel.hash) & mask;
        loop {
            let found = self.slots[slot];
            if found == 0 {
                break;
            }
            if found & TAG == tag && self.states[low(found & !TAG) - 1] == parcel.state {
                return;
            }
            slot = (slot + 1) & mask;
        }
        self.states.push(parcel.state);
        self.parents.push(parcel.parent);
        self.slots[slot] = tag | entry(self.states.len());
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        self.slots = vec![0; size];
        let mask = size - 1;
        for (index, state) in self.states.iter().enumerate() {
            let hash = state.hash();
            let mut slot = low(hash) & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = (hash & TAG) | entry(index + 1);
        }
    }
}

/// The part of a slot that comes from the hash.
const TAG: u64 = 0xffff_ffff_0000_0000;

/// The lower half of a hash.
fn low(hash: u64) -> usize {
    usize::try_from(hash & !TAG).unwrap_or_default()
}

fn entry(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(!TAG) & !TAG
}
