//! Snapshots, deltas and merges, without faults.

use std::collections::BTreeMap;

use thumbturn_lock::storage::list::{ListError, ParcelKind, Scan, Scanned};
use thumbturn_protocol::ids::ListVersion;

use crate::door::Door;
use crate::list::{Delta, List, edition, row};

fn numbers(range: core::ops::Range<u32>) -> impl Iterator<Item = (u32, u32)> {
    range.map(|number| (number, number))
}

#[test]
fn a_new_door_has_no_list() {
    let mut door = Door::new();
    assert_eq!(door.store.version(), ListVersion(0));
    assert_eq!(door.find(1), Ok(None));
    assert_eq!(door.store.settings(&mut door.flash).unwrap(), None);
    assert!(door.scan().is_empty());
    let list = List::new(1, []);
    assert_eq!(door.apply_delta(&Delta::one(1, 1), &list), Err(ListError::NotBegun));
}

#[test]
fn a_snapshot_replaces_the_list_as_a_whole() {
    let mut door = Door::new();
    for (version, rows) in [(3, 0..500), (5, 200..210), (9, 0..0), (10, 100..1_000)] {
        let list = List::new(version, numbers(rows));
        door.take_snapshot(&list).unwrap();
        door.assert_holds(&list, 0..1_001);
        assert_eq!(door.store.list_key(), Some(&list.list_key()));
        assert_eq!(door.store.staged(ParcelKind::Snapshot), None);
        door = door.restart();
        door.assert_holds(&list, 0..1_001);
        door.settle();
        door.assert_holds(&list, 0..1_001);
    }
}

#[test]
fn the_newest_delta_wins_and_a_removed_row_is_gone() {
    let mut list = List::new(1, numbers(0..100));
    let mut door = Door::with(&list);
    let deltas = [
        Delta { rows: BTreeMap::from([(5, Some(70)), (6, None), (200, Some(1))]), settings: None },
        Delta { rows: BTreeMap::from([(5, None), (6, Some(8))]), settings: Some(300) },
        Delta { rows: BTreeMap::from([(300, None), (5, Some(9)), (200, None)]), settings: None },
        Delta { rows: BTreeMap::new(), settings: Some(4_030) },
        Delta::default(),
    ];
    for (version, delta) in (2..).zip(deltas) {
        list = list.changed(version, &delta);
        door.apply_delta(&delta, &list).unwrap();
        door.assert_holds(&list, 0..310);
        door = door.restart();
        door.assert_holds(&list, 0..310);
    }
}

#[test]
fn lookups_are_right_in_every_slice_of_a_merge_and_deltas_go_on() {
    let mut list = List::new(1, numbers(0..700));
    let mut door = Door::with(&list);
    let mut version = 1;
    let mut merges = 0;
    let mut before = door.flash.wear().iter().sum::<u32>();
    for round in 0..12_u32 {
        let rows = (0..70).map(|index| {
            let number = (round * 97 + index * 13) % 900;
            (number, (!index.is_multiple_of(3)).then_some(round * 1_000 + index))
        });
        let delta = Delta { rows: rows.collect(), settings: round.is_multiple_of(4).then_some(500) };
        version += 1;
        list = list.changed(version, &delta);
        door.apply_delta(&delta, &list).unwrap();
        // Seven slices, then a further delta in the middle of whatever is under way.
        for slice in 0..40_u32 {
            door.maintain().unwrap();
            for number in (slice % 5..900).step_by(41) {
                assert_eq!(door.find(number).unwrap().as_ref(), list.rows.get(&crate::list::key(number)));
            }
            if slice == 7 {
                let delta = Delta::one(round * 31 % 900, 99_000 + round);
                version += 1;
                list = list.changed(version, &delta);
                door.apply_delta(&delta, &list).unwrap();
            }
        }
        let wear = door.flash.wear().iter().sum::<u32>();
        merges += u32::from(wear > before);
        before = wear;
        door.assert_holds(&list, 0..900);
    }
    assert!(merges > 3, "the test is about merges");
    door.settle();
    door.assert_holds(&list, 0..900);
    let mut door = door.restart();
    door.assert_holds(&list, 0..900);
}

#[test]
fn a_delta_that_is_not_committed_leaves_nothing() {
    let list = List::new(4, numbers(0..50));
    let mut door = Door::with(&list);
    door.call(|store, flash| store.begin_delta(flash, 2, Some(b"new settings"))).unwrap();
    door.call(|store, flash| store.append_delta(flash, &[row(7, 1)])).unwrap();
    door.assert_holds(&list, 0..60);
    let commit =
        |door: &mut Door, to| door.call(|store, flash| store.commit_delta(flash, edition(to), [0; 32], 50));
    assert_eq!(commit(&mut door, 5), Err(ListError::Unusable), "a row is lacking");
    door.assert_holds(&list, 0..60);
    assert_eq!(commit(&mut door, 5), Err(ListError::NotBegun));
    door.call(|store, flash| store.begin_delta(flash, 0, None)).unwrap();
    assert_eq!(commit(&mut door, 4), Err(ListError::NotOfUse), "the version does not rise");
    let mut door = door.restart();
    door.assert_holds(&list, 0..60);
}

#[test]
fn a_long_delta_that_was_left_keeps_no_other_out() {
    let mut list = List::new(1, numbers(0..100));
    let mut door = Door::with(&list);
    let delta = Delta { rows: (0..1_900).map(|number| (number, Some(7))).collect(), settings: None };
    let rows = delta.sorted_rows();
    door.call_when_there_is_room(|store, flash| store.begin_delta(flash, 1_900, None)).unwrap();
    for portion in rows.chunks(63) {
        door.call(|store, flash| store.append_delta(flash, portion)).unwrap();
    }
    // Whoever wrote it is gone. There is room for another one only after a merge.
    list = list.changed(2, &delta);
    door.apply_delta(&delta, &list).unwrap();
    door.assert_holds(&list, 0..2_000);
}

#[test]
fn rows_of_a_delta_are_sorted_and_as_many_as_announced() {
    let list = List::new(4, numbers(0..50));
    let mut door = Door::with(&list);
    let mut rows = [row(1, 1), row(2, 1), row(3, 1)];
    rows.sort_unstable();
    let [first, second, third] = rows;
    let mut unsealed = second;
    unsealed[63] = 1;
    let cases = [[first, third, second], [first, second, second], [first, unsealed, third]];
    for rows in cases {
        door.call(|store, flash| store.begin_delta(flash, 3, None)).unwrap();
        assert_eq!(door.call(|store, flash| store.append_delta(flash, &rows)), Err(ListError::Unusable));
        assert_eq!(door.call(|store, flash| store.append_delta(flash, &[])), Err(ListError::NotBegun));
    }
    door.call(|store, flash| store.begin_delta(flash, 2, None)).unwrap();
    assert_eq!(door.call(|store, flash| store.append_delta(flash, &rows)), Err(ListError::Unusable));
    door.assert_holds(&list, 0..60);
}

#[test]
fn a_scan_begins_at_a_key_and_survives_changes_of_the_list() {
    let mut list = List::new(1, numbers(0..300));
    let mut door = Door::with(&list);
    let from = *list.rows.keys().nth(100).unwrap();
    let mut scan = Scan::new(from);
    let mut seen = Vec::new();
    while seen.len() < 50 {
        if let Scanned::Row(row) = door.call(|store, flash| store.scan(flash, &mut scan)).unwrap() {
            seen.push(*row);
        }
    }
    let delta = Delta { rows: (0..300).step_by(2).map(|number| (number, Some(7))).collect(), settings: None };
    let before = list.clone();
    list = list.changed(2, &delta);
    door.apply_delta(&delta, &list).unwrap();
    loop {
        match door.call(|store, flash| store.scan(flash, &mut scan)).unwrap() {
            Scanned::Row(row) => seen.push(*row),
            Scanned::More => {}
            Scanned::End => break,
        }
    }
    let expected = before.rows.values().skip(100).take(50).chain(list.rows.values().skip(150));
    assert!(seen.iter().eq(expected));
}

#[test]
fn the_longest_delta_waits_for_a_merge_and_short_ones_do_not() {
    let mut list = List::new(1, numbers(0..3_000));
    let mut door = Door::with(&list);
    let long = |round: u32| Delta {
        rows: (0..1_900).map(|index| (index, Some(round * 10_000 + index))).collect(),
        settings: Some(4_000),
    };
    for version in 2..6 {
        list = list.changed(version, &long(version));
        door.apply_delta(&long(version), &list).unwrap();
    }
    for version in 6..700 {
        let delta = Delta::one(version % 100, version);
        list = list.changed(version, &delta);
        let rows = delta.sorted_rows();
        door.call(|store, flash| store.begin_delta(flash, 1, None)).unwrap();
        door.call(|store, flash| store.append_delta(flash, &rows)).unwrap();
        let (digest, count) = (list.digest(), list.rows.len() as u32);
        door.call(|store, flash| store.commit_delta(flash, edition(version), digest, count)).unwrap();
    }
    door.assert_holds(&list, 0..3_000);
}
