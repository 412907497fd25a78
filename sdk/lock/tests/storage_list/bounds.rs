//! How many rows fit, and how long calls take at the worst.

use thumbturn_lock::flash::Flash as _;
use thumbturn_lock::storage::layout;
use thumbturn_lock::storage::list::ListStore;

use crate::door::Door;
use crate::list::{Delta, List, edition, key};

/// As many as spec §10.1 allows.
const ROWS: u32 = 20_000;

fn full(version: u32) -> List {
    let mut list = List::new(version, (0..ROWS).map(|number| (number, number + version)));
    list.settings = vec![version as u8; 3_900];
    list
}

/// Microseconds of the longest lookup among some rows that are there and some that are not.
fn longest_lookup(door: &mut Door, list: &List, from: u32) -> u64 {
    let mut longest = 0;
    for number in (from % 97..ROWS + 400).step_by(97) {
        let before = door.flash.usage();
        let found = door.find(number).unwrap();
        longest = longest.max(door.flash.usage().since(&before).micros());
        assert_eq!(found.as_ref(), list.rows.get(&key(number)));
    }
    longest
}

#[test]
fn twenty_thousand_rows_fit_and_every_call_keeps_its_bound() {
    let mut door = Door::new();
    assert!(door.flash.capacity() <= 4 * 1024 * 1024);
    for version in [1, 2] {
        door.take_snapshot(&full(version)).unwrap();
    }
    let mut list = full(2);
    door.assert_holds(&list, (0..ROWS).step_by(111));

    // Right after two snapshots and without a pause: one slice of maintenance for each delta of one row.
    let (mut longest_apply, mut longest_lookup_time) = (0, 0);
    for version in 3..1_203 {
        let number = version * 7_919 % ROWS;
        let delta = Delta::one(number, version);
        let after = list.changed(version, &delta);
        let before = door.flash.usage();
        door.stage_delta(version, &[7; 256]).unwrap();
        door.apply_delta(&delta, &after).unwrap();
        door.maintain().unwrap();
        longest_apply = longest_apply.max(door.flash.usage().since(&before).micros());
        list = after;
        if version.is_multiple_of(40) {
            longest_lookup_time = longest_lookup_time.max(longest_lookup(&mut door, &list, version));
        }
    }
    door.assert_holds(&list, (0..ROWS).step_by(111));
    assert!(longest_apply <= 1_000_000, "a delta of one row takes {longest_apply} µs");
    assert!(longest_lookup_time <= 5_000, "a lookup takes {longest_lookup_time} µs");
    assert!(door.longest_call <= 100_000, "a call takes {} µs", door.longest_call);
    println!("apply {longest_apply} µs, lookup {longest_lookup_time} µs, call {} µs", door.longest_call);

    // The next snapshot of that size replaces it.
    let last = full(5_000);
    door.take_snapshot(&last).unwrap();
    assert!(door.longest_call <= 100_000);
    door.restart().assert_holds(&last, (0..ROWS).step_by(111));
}

#[test]
fn a_full_overlay_costs_a_lookup_little() {
    let mut list = full(1);
    let mut door = Door::with(&list);
    // Without maintenance, as if it never had time.
    let mut version = 1;
    loop {
        version += 1;
        let delta = Delta {
            rows: (0..50).map(|index| ((version * 50 + index) % ROWS, Some(version))).collect(),
            settings: None,
        };
        let after = list.changed(version, &delta);
        let rows = delta.sorted_rows();
        if door.call(|store, flash| store.begin_delta(flash, 50, None)).is_err() {
            break;
        }
        door.call(|store, flash| store.append_delta(flash, &rows)).unwrap();
        let (digest, count) = (after.digest(), after.rows.len() as u32);
        let to = edition(version);
        door.call(|store, flash| store.commit_delta(flash, to, digest, count)).unwrap();
        list = after;
    }
    assert!(version > 70, "the overlay holds thousands of rows: {version}");
    let longest = (0..97).map(|from| longest_lookup(&mut door, &list, from)).max().unwrap();
    assert!(longest <= 5_000, "a lookup takes {longest} µs");
    println!("lookup with a full overlay {longest} µs");
    let before = door.flash.usage();
    let mut door = door.restart();
    println!("opening with a full overlay {} µs", door.flash.usage().since(&before).micros());
    let longest = longest_lookup(&mut door, &list, 0);
    assert!(longest <= 5_000);
    door.settle();
    assert!(door.longest_call <= 100_000, "a call takes {} µs", door.longest_call);
    door.assert_holds(&list, (0..ROWS).step_by(111));
}

#[test]
fn blocks_wear_alike() {
    let mut list = List::new(1, (0..400).map(|number| (number, number)));
    let mut door = Door::with(&list);
    let before = door.flash.wear().to_vec();
    for version in 2..4_000 {
        let delta = Delta::one(version % 400, version);
        list = list.changed(version, &delta);
        door.stage_delta(version, &[7; 256]).unwrap();
        door.apply_delta(&delta, &list).unwrap();
        if version.is_multiple_of(8) {
            door.settle();
        }
    }
    for region in [layout::OVERLAY, layout::STAGING, layout::LIST_STATE] {
        let wear = |wear: &[u32]| wear[region.first_block..][..region.blocks].to_vec();
        let used: Vec<u32> =
            wear(door.flash.wear()).iter().zip(wear(&before)).map(|(now, before)| now - before).collect();
        let (least, most) = (used.iter().min().unwrap(), used.iter().max().unwrap());
        assert!(most - least <= 2 + most / 10, "region {}: {used:?}", region.number);
        assert!(*most < 1_200, "erases of a block for 4,000 deltas of one row");
    }
}

#[test]
fn the_store_takes_little_memory() {
    let size = size_of::<ListStore>();
    println!("{size} bytes beside 4,032 for the overlay's rows");
    assert!(size <= 4_600, "{size}");
}
