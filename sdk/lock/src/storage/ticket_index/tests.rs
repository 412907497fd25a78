use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::*;

/// A small generator, so that the spread of keys does not depend on a crate.
fn keys(seed: u64) -> impl Iterator<Item = Key> {
    let mut state = seed;
    core::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let [.., a, b, c] = state.to_le_bytes();
        Key([a, b, c])
    })
}

#[test]
fn the_index_takes_eight_bytes_for_each_chain() {
    assert_eq!(size_of_val(&*TicketIndex::new().entries), 8 * crate::storage::CHAINS);
}

#[test]
fn every_key_of_1024_chains_is_found_with_few_false_candidates() {
    for seed in 0..50 {
        let mut index = TicketIndex::new();
        let mut listed: BTreeMap<u16, Vec<Key>> = BTreeMap::new();
        for (number, key) in keys(seed).take(3 * 1032).enumerate() {
            let slot = u16::try_from(number / 3).unwrap();
            index.insert(key, slot).unwrap();
            listed.entry(slot).or_default().push(key);
        }
        let mut candidates = 0;
        for (slot, keys) in &listed {
            for key in keys {
                let found = index.candidates(*key);
                assert!(found.contains(slot));
                candidates += found.len();
            }
        }
        assert!(candidates < 2 * 3 * 1032, "fewer than one false candidate for each lookup: {candidates}");
    }
}

#[test]
fn what_is_removed_is_not_found_and_leaves_room() {
    let mut index = TicketIndex::new();
    let chains: Vec<Key> = keys(7).take(3000).collect();
    // Far more insertions than places: nothing that was removed may stay behind.
    for round in 0..10 {
        for (slot, key) in chains.iter().enumerate() {
            index.insert(*key, u16::try_from((slot + round) % SLOTS).unwrap()).unwrap();
        }
        for (slot, key) in chains.iter().enumerate() {
            index.remove(*key, u16::try_from((slot + round) % SLOTS).unwrap());
        }
    }
    assert!(index.entries.iter().all(|entry| *entry == EMPTY));
}

#[test]
fn full_buckets_are_told_and_offer_a_neighbour() {
    let mut index = TicketIndex::new();
    let key = Key([3, 3, 31]);
    for slot in 0..u16::try_from(BUCKET).unwrap() {
        index.insert(key, slot).unwrap();
    }
    assert_eq!(index.insert(key, 99), Err(BucketsFull));
    assert_eq!(index.candidates(key).len(), BUCKET);
    let neighbour = index.neighbour(key).unwrap();
    index.remove(key, neighbour);
    index.insert(key, 99).unwrap();
}
