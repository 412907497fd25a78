//! Finds ticket records by three bytes, in 8 bytes of RAM for each chain and in time that does not depend on their number.
//!
//! 256 buckets of 16 entries. A key has two buckets and goes into the emptier one, which at three keys for each of 1,024
//! chains (75 % full) leaves the chance of two full buckets below one in 10^5. An entry holds the record's slot number and
//! five bits of the key, so that of the two dozen entries looked at one in 32 is read from flash for nothing.

use alloc::boxed::Box;
use alloc::vec;

use heapless::Vec;

const BUCKETS: usize = 256;
const BUCKET: usize = 16;
/// Entries that a key can have.
const CANDIDATES: usize = 2 * BUCKET;

const SLOT_BITS: u32 = 11;
/// Slot numbers that an entry can hold. The last is not used: with all key bits set it is [`EMPTY`].
pub(super) const SLOTS: usize = (1 << SLOT_BITS) - 1;
const EMPTY: u16 = u16::MAX;

/// Three bytes that spread evenly: of a ticket id or a phone id, both of which are outputs of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key([u8; 3]);

impl Key {
    pub(super) const fn of_ticket(id: [u8; 3]) -> Self {
        Self(id)
    }

    pub(super) const fn of_phone(id: [u8; 16]) -> Self {
        let [a, b, c, ..] = id;
        Self([a, b, c])
    }

    fn buckets(self) -> [usize; 2] {
        let Self([first, second, _]) = self;
        [usize::from(first), usize::from(second)]
    }

    fn entry(self, slot: u16) -> u16 {
        let Self([.., third]) = self;
        (u16::from(third & 31) << SLOT_BITS) | slot
    }
}

/// Both buckets of the key are full.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BucketsFull;

pub(super) struct TicketIndex {
    entries: Box<[u16]>,
}

impl TicketIndex {
    pub(super) fn new() -> Self {
        Self { entries: vec![EMPTY; BUCKETS * BUCKET].into_boxed_slice() }
    }

    /// Slots that may hold a record with this key. Some do not; the record tells.
    pub(super) fn candidates(&self, key: Key) -> Vec<u16, CANDIDATES> {
        let mut found = Vec::new();
        for bucket in distinct(key.buckets()) {
            for entry in self.bucket(bucket) {
                let slot = entry & ((1 << SLOT_BITS) - 1);
                if *entry != EMPTY && *entry == key.entry(slot) && !found.contains(&slot) {
                    // Never full: it has as many places as two buckets.
                    let _ = found.push(slot);
                }
            }
        }
        found
    }

    /// Any slot out of the key's first bucket, for making room.
    pub(super) fn neighbour(&self, key: Key) -> Option<u16> {
        let [first, _] = key.buckets();
        let entry = self.bucket(first).iter().find(|entry| **entry != EMPTY)?;
        Some(entry & ((1 << SLOT_BITS) - 1))
    }

    pub(super) fn insert(&mut self, key: Key, slot: u16) -> Result<(), BucketsFull> {
        let [first, second] = key.buckets();
        let emptier = if self.used(second) < self.used(first) { second } else { first };
        let free = self.bucket_mut(emptier).iter_mut().find(|entry| **entry == EMPTY).ok_or(BucketsFull)?;
        *free = key.entry(slot);
        Ok(())
    }

    /// Takes one entry of the key for this slot out, if there is one.
    pub(super) fn remove(&mut self, key: Key, slot: u16) {
        let wanted = key.entry(slot);
        for bucket in key.buckets() {
            if let Some(entry) = self.bucket_mut(bucket).iter_mut().find(|entry| **entry == wanted) {
                *entry = EMPTY;
                return;
            }
        }
    }

    fn used(&self, bucket: usize) -> usize {
        self.bucket(bucket).iter().filter(|entry| **entry != EMPTY).count()
    }

    fn bucket(&self, bucket: usize) -> &[u16] {
        self.entries.chunks_exact(BUCKET).nth(bucket).unwrap_or_default()
    }

    fn bucket_mut(&mut self, bucket: usize) -> &mut [u16] {
        self.entries.chunks_exact_mut(BUCKET).nth(bucket).unwrap_or_default()
    }
}

fn distinct([first, second]: [usize; 2]) -> impl Iterator<Item = usize> {
    [first].into_iter().chain((second != first).then_some(second))
}

#[cfg(test)]
mod tests;
