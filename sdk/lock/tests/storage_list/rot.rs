//! Flipped bits are noticed, not believed.

use thumbturn_lock::storage::layout;
use thumbturn_lock::storage::list::ListError;

use crate::door::Door;
use crate::list::{Delta, List, edition, key, row};

fn start() -> List {
    List::new(10, (0..200).map(|number| (number, number)))
}

/// The address of a row's bytes in a region.
fn address(door: &Door, region: layout::Region, number: u32) -> Option<usize> {
    let image = &door.flash.image()[region.address()..][..region.blocks * 4096];
    let key = key(number);
    image.chunks(64).position(|unit| unit.starts_with(&key)).map(|unit| region.address() + unit * 64)
}

#[test]
fn a_rotten_row_of_the_slot_is_not_believed_and_hides_no_other_row() {
    let list = start();
    let fresh = Door::with(&list);
    for victim in [0, 3, 77, 199] {
        let at = address(&fresh, layout::LIST_FIRST, victim).unwrap();
        for bit in (0..512).step_by(5) {
            let mut flash = fresh.flash.clone();
            flash.corrupt(at + bit / 8, 1, 1 << (bit % 8));
            let mut door = Door::open(flash).unwrap();
            for number in 0..220 {
                let found = door.find(number);
                if number == victim {
                    assert_eq!(found, Err(ListError::Damaged), "row {number}");
                } else if number < 200 {
                    assert_eq!(found.unwrap().as_ref(), list.rows.get(&key(number)), "row {number}");
                } else {
                    assert!(matches!(found, Ok(None) | Err(ListError::Damaged)));
                }
            }
            assert!(door.store.wants_snapshot());
        }
    }
}

#[test]
fn a_rotten_block_hides_only_what_was_in_it() {
    let list = start();
    let fresh = Door::with(&list);
    let mut flash = fresh.flash.clone();
    flash.corrupt(layout::LIST_FIRST.address() + 4096, 4032, 0x10);
    let mut door = Door::open(flash).unwrap();
    let lost = (0..200).filter(|number| door.find(*number) == Err(ListError::Damaged)).count();
    assert_eq!(lost, 63);
    let found = (0..200).filter(|number| matches!(door.find(*number), Ok(Some(_)))).count();
    assert_eq!(found, 137);
}

#[test]
fn a_rotten_row_of_the_overlay_does_not_bring_back_the_row_before_it() {
    let before = start();
    let mut door = Door::with(&before);
    let delta = Delta { rows: (40..60).map(|number| (number, None)).collect(), settings: None };
    let list = before.changed(11, &delta);
    door.apply_delta(&delta, &list).unwrap();
    for victim in 40..60 {
        let at = address(&door, layout::OVERLAY, victim).unwrap();
        for bit in (0..512).step_by(31) {
            for restart in [false, true] {
                let mut copy = Door::open(door.flash.clone()).unwrap();
                copy.flash.corrupt(at + bit / 8, 1, 1 << (bit % 8));
                let mut copy = if restart { copy.restart() } else { copy };
                assert_eq!(copy.find(victim), Err(ListError::Damaged), "row {victim}");
                assert!(copy.store.wants_snapshot());
                let right = (0..200).filter(|number| {
                    copy.find(*number).is_ok_and(|row| row.as_ref() == list.rows.get(&key(*number)))
                });
                assert!(right.count() >= 150, "most rows are told");
            }
        }
    }
}

#[test]
fn a_merge_does_not_spread_rot() {
    let mut list = start();
    let mut door = Door::with(&list);
    for version in 11..15 {
        let rows = (0..100).map(|index| (version * 3 + index, Some(version + index)));
        let delta = Delta { rows: rows.collect(), settings: None };
        list = list.changed(version, &delta);
        door.apply_delta(&delta, &list).unwrap();
    }
    for region in [layout::LIST_FIRST, layout::OVERLAY] {
        let victim = if region == layout::OVERLAY { 80 } else { 199 };
        let mut copy = Door::open(door.flash.clone()).unwrap();
        let at = address(&copy, region, victim).unwrap();
        copy.flash.corrupt(at + 30, 1, 0x40);
        let mut damaged = 0;
        for _ in 0..2_000 {
            match copy.maintain() {
                Ok(thumbturn_lock::storage::Maintenance::Done) => break,
                Ok(thumbturn_lock::storage::Maintenance::More) => {}
                Err(error) => {
                    assert_eq!(error, ListError::Damaged);
                    damaged += 1;
                }
            }
        }
        assert_eq!(damaged, 1, "told once");
        assert!(!copy.store.is_due());
        // The list still is what it was, but for one row; a snapshot heals it.
        let wrong = (0..300).filter(|number| {
            copy.find(*number).is_ok_and(|row| row.as_ref() != list.rows.get(&key(*number)))
        });
        // The newest state of the overlay's victim lies in a later run.
        assert_eq!(wrong.count(), 0);
        let healed = List::new(30, (0..100).map(|number| (number, number)));
        copy.take_snapshot(&healed).unwrap();
        assert!(!copy.store.wants_snapshot());
        copy.assert_holds(&healed, 0..200);
        copy.settle();
    }
}

#[test]
fn rotten_settings_are_not_believed() {
    let mut list = start();
    let mut door = Door::with(&list);
    let mut copy = Door::open(door.flash.clone()).unwrap();
    copy.flash.corrupt(layout::LIST_FIRST.address() + 2 + 57 + 100, 1, 1);
    assert_eq!(copy.store.settings(&mut copy.flash), Err(ListError::Damaged));
    let delta = Delta { settings: Some(900), ..Delta::default() };
    list = list.changed(11, &delta);
    door.apply_delta(&delta, &list).unwrap();
    let image = door.flash.image();
    let at = layout::OVERLAY.address();
    let found = image[at..].windows(64).position(|window| *window == list.settings[64..128]).unwrap();
    door.flash.corrupt(at + found, 1, 1);
    assert_eq!(door.store.settings(&mut door.flash), Err(ListError::Damaged));
}

#[test]
fn a_rotten_chunk_of_a_staged_snapshot_does_not_become_the_list() {
    let before = start();
    let mut door = Door::with(&before);
    let after = List::new(20, (0..300).map(|number| (number, number + 3)));
    door.stage_snapshot(&after, usize::MAX).unwrap();
    let at = address(&door, layout::LIST_SECOND, 250).unwrap();
    door.flash.corrupt(at + 50, 1, 2);
    let mut door = door.restart();
    assert_eq!(door.apply_snapshot(&after), Err(ListError::Unusable));
    door.assert_holds(&before, 0..200);
}

#[test]
fn a_merge_that_would_have_other_rows_than_promised_does_not_switch() {
    let mut list = start();
    let mut door = Door::with(&list);
    for version in 11..16 {
        let rows = (0..100).map(|index| (version * 3 + index, Some(version + index)));
        let delta = Delta { rows: rows.collect(), settings: None };
        list = list.changed(version, &delta);
        if version < 15 {
            door.apply_delta(&delta, &list).unwrap();
        }
    }
    // The authority counted one row more than there is.
    let rows = list.rows.len() as u32 + 1;
    let (to, digest) = (edition(15), list.digest());
    door.call(|store, flash| store.begin_delta(flash, 0, None)).unwrap();
    door.call(|store, flash| store.commit_delta(flash, to, digest, rows)).unwrap();
    let merged = (0..500).try_for_each(|_| door.maintain().map(drop));
    assert_eq!(merged, Err(ListError::Damaged));
    assert!(door.store.wants_snapshot());
    assert_eq!(door.find(3), Ok(Some(row(3, 3))));
}
