//! Power cut before, in the middle of and after every single program and erase (invariants I2 and I3).

use thumbturn_lock::flash::{Flash, FlashError};
use thumbturn_lock::storage::list::{ListError, ListStore, ParcelKind};
use thumbturn_simulator::nor::{Moment, NorFlash};

use crate::door::Door;
use crate::list::{Delta, List};

pub(crate) const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Middle, Moment::After];

/// Runs `action` on copies of the door, with the power cut at each of its operations in each way, and gives each
/// restarted door to `check`: as it starts, when maintenance is done, and after one more restart.
fn at_every_cut(
    start: &Door,
    action: impl Fn(&mut Door) -> Result<(), ListError>,
    check: impl Fn(&mut Door),
) {
    let copy = || Door::open(start.flash.clone()).unwrap();
    let operations = {
        let mut door = copy();
        action(&mut door).unwrap();
        door.flash.usage().since(&start.flash.usage()).mutations()
    };
    assert!(operations > 0, "there is something to cut");
    for operation in 0..operations {
        for moment in MOMENTS {
            for seed in 0..if moment == Moment::Middle { 3 } else { 1 } {
                let mut door = copy();
                door.flash.reseed(seed + operation * 7);
                door.flash.cut_power(operation, moment);
                assert!(action(&mut door).is_err(), "power failed in operation {operation} of {operations}");
                let mut door = door.restart();
                check(&mut door);
                door.settle();
                check(&mut door);
                check(&mut door.restart());
            }
        }
    }
}

/// The same with a chip that fails once and works on: no restart.
fn at_every_failure(
    start: &Door,
    action: impl Fn(&mut Door) -> Result<(), ListError>,
    check: impl Fn(&mut Door),
) {
    let mut whole = Door::open(start.flash.clone()).unwrap();
    action(&mut whole).unwrap();
    let operations = whole.flash.usage().since(&start.flash.usage()).mutations();
    for operation in 0..operations {
        for moment in MOMENTS {
            let mut door = Door::open(start.flash.clone()).unwrap();
            door.flash.reseed(operation);
            door.flash.fail_operation(operation, moment);
            assert!(action(&mut door).is_err());
            // The store reads everything anew in the call after the failure.
            door.maintain().unwrap();
            check(&mut door);
            door.settle();
            check(&mut door);
            check(&mut door.restart());
        }
    }
}

fn is_one_of(lists: [&List; 2], door: &mut Door) {
    let [before, after] = lists;
    assert!(door.holds(before) || door.holds(after), "neither version {}", door.store.version().0);
}

fn start() -> List {
    List::new(10, (0..130).map(|number| (number, number)))
}

#[test]
fn a_delta_is_there_or_not() {
    let before = start();
    let mut door = Door::with(&before);
    let settled = Delta::one(3, 1);
    let before = before.changed(11, &settled);
    door.apply_delta(&settled, &before).unwrap();
    let delta = Delta {
        rows: (0..9).map(|index| (index * 17, (index != 4).then_some(500 + index))).collect(),
        settings: Some(333),
    };
    let after = before.changed(12, &delta);
    let apply = |door: &mut Door| door.apply_delta(&delta, &after);
    at_every_cut(&door, apply, |door| is_one_of([&before, &after], door));
    at_every_failure(&door, apply, |door| is_one_of([&before, &after], door));
}

#[test]
fn a_delta_after_a_failed_one_counts() {
    let before = start();
    let door = Door::with(&before);
    let failed =
        Delta { rows: (0..9).map(|index| (index * 17, Some(500 + index))).collect(), settings: None };
    let after = before.changed(12, &failed);
    let next = Delta::one(40, 77);
    for operation in 0..6 {
        for moment in MOMENTS {
            let mut door = Door::open(door.flash.clone()).unwrap();
            door.flash.fail_operation(operation, moment);
            if door.apply_delta(&failed, &after).is_ok() {
                continue;
            }
            // At once, without maintenance: to the door the version is the one before, or the one after.
            let _ = door.call(|store, flash| store.begin_delta(flash, 0, None));
            let base = if door.holds(&before) { &before } else { &after };
            let list = base.changed(13, &next);
            door.apply_delta(&next, &list).unwrap();
            door.assert_holds(&list, 0..130);
            door.restart().assert_holds(&list, 0..130);
        }
    }
}

#[test]
fn a_delta_after_a_torn_one_counts() {
    let before = start();
    let door = Door::with(&before);
    let torn =
        Delta { rows: (0..9).map(|index| (index * 17, Some(500 + index))).collect(), settings: Some(70) };
    let after = before.changed(12, &torn);
    let next = Delta { rows: (5..20).map(|index| (index, None)).collect(), settings: None };
    at_every_cut(
        &door,
        |door| door.apply_delta(&torn, &after),
        |door| {
            let mut door = Door::open(door.flash.clone()).unwrap();
            let base = if door.holds(&before) { &before } else { &after };
            let list = base.changed(13, &next);
            door.apply_delta(&next, &list).unwrap();
            door.assert_holds(&list, 0..130);
            door.restart().assert_holds(&list, 0..130);
        },
    );
}

#[test]
fn a_snapshot_is_the_list_or_is_not() {
    let before = start();
    let mut door = Door::with(&before);
    let after = List::new(20, (50..250).map(|number| (number, number + 1)));
    // What lies in the overlay must not shine through the new list.
    let delta = Delta::one(3, 1);
    let before = before.changed(11, &delta);
    door.apply_delta(&delta, &before).unwrap();
    let take = |door: &mut Door| door.take_snapshot(&after);
    at_every_cut(&door, take, |door| is_one_of([&before, &after], door));
    at_every_failure(&door, take, |door| is_one_of([&before, &after], door));
    // The engine throws the parcel away after the failure: nothing of a list that counts may go with it.
    let take_or_drop =
        |door: &mut Door| take(door).inspect_err(|_| door.store.drop_parcel(ParcelKind::Snapshot));
    at_every_failure(&door, take_or_drop, |door| is_one_of([&before, &after], door));
}

#[test]
fn staging_loses_at_most_the_chunk_being_written() {
    let before = start();
    let door = Door::with(&before);
    let after = List::new(20, (50..400).map(|number| (number, number + 1)));
    let chunks = after.snapshot().chunks();
    let body = after.body();
    let stage = |door: &mut Door| {
        door.begin(after.snapshot())?;
        for (index, chunk) in body.chunks(4032).enumerate() {
            let update = after.snapshot().update;
            door.call(|store, flash| {
                store.store_chunk(flash, ParcelKind::Snapshot, update, index, &mut chunk.to_vec())
            })
            .inspect_err(|_| {
                let mut door = Door::open({
                    let mut flash = door.flash.clone();
                    flash.power_on();
                    flash
                })
                .unwrap();
                let held = door.store.staged(ParcelKind::Snapshot).unwrap().chunks;
                assert!(held == index || held == index + 1, "{held} chunks after {index}");
                // Another phone goes on.
                door.take_snapshot(&after).unwrap();
                door.assert_holds(&after, 0..400);
            })?;
        }
        Ok(())
    };
    assert_eq!(chunks, 6);
    // A parcel that comes instead finds nothing of the torn one.
    let instead = List::new(21, (0..300).map(|number| (number, number + 2)));
    at_every_cut(&door, stage, |door| {
        assert!(door.holds(&before));
        let mut door = Door::open(door.flash.clone()).unwrap();
        door.take_snapshot(&instead).unwrap();
        assert!(door.holds(&instead));
    });
}

#[test]
fn a_merge_changes_nothing_whenever_it_is_cut() {
    let mut list = start();
    let mut door = Door::with(&list);
    for version in 11..15 {
        let rows =
            (0..100).map(|index| (version * 3 + index * 2, (index % 7 != 0).then_some(version + index)));
        let delta = Delta { rows: rows.collect(), settings: Some(100) };
        list = list.changed(version, &delta);
        door.apply_delta(&delta, &list).unwrap();
    }
    let merge = |door: &mut Door| {
        for _ in 0..24 {
            door.call(ListStore::maintain)?;
        }
        Ok(())
    };
    let mut merged = Door::open(door.flash.clone()).unwrap();
    merge(&mut merged).unwrap();
    assert!(
        merged.flash.usage().erases > door.flash.usage().erases,
        "merged: the overlay's blocks are erased"
    );
    at_every_cut(&door, merge, |door| assert!(door.holds(&list)));
    at_every_failure(&door, merge, |door| assert!(door.holds(&list)));
}

#[test]
fn erased_blocks_are_blank_whenever_an_erase_is_cut() {
    let before = start();
    let mut door = Door::with(&before);
    // The slot that is not live is full of what another snapshot left.
    let other = List::new(30, (0..200).map(|number| (number, number)));
    door.stage_snapshot(&other, usize::MAX).unwrap();
    door.store.drop_parcel(ParcelKind::Snapshot);
    let after = List::new(31, (0..150).map(|number| (number, number + 5)));
    let clean = |door: &mut Door| {
        door.store.drop_parcel(ParcelKind::Snapshot);
        for _ in 0..5 {
            door.maintain()?;
        }
        Ok(())
    };
    at_every_cut(&door, clean, |door| {
        let mut door = Door::open(door.flash.clone()).unwrap();
        door.take_snapshot(&after).unwrap();
        door.assert_holds(&after, 0..200);
    });
}

/// A chip whose power fails in an erase that has set the end of the block only.
struct LateErase(NorFlash);

/// Bytes that such an erase leaves as they are: all but the mark.
const LEFT: usize = 4_064;

impl Flash for LateErase {
    fn capacity(&self) -> usize {
        self.0.capacity()
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.0.read(address, bytes)
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        self.0.program(address, bytes)
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        let mut left = [0; LEFT];
        self.0.read(address, &mut left)?;
        self.0.erase(address)?;
        self.0.program(address, &left)?;
        Err(FlashError::Failed)
    }
}

#[test]
fn a_block_whose_erase_stopped_short_is_not_taken_for_blank() {
    let mut door = Door::with(&start());
    let dropped = List::new(30, (0..200).map(|number| (number, number)));
    door.stage_snapshot(&dropped, usize::MAX).unwrap();
    // Each block that the parcel used, one power cut for each.
    for _ in 0..=dropped.snapshot().chunks() {
        door.store.drop_parcel(ParcelKind::Snapshot);
        let mut chip = LateErase(door.flash.clone());
        let _ = door.store.maintain(&mut chip);
        let mut cut = Door::open(chip.0).unwrap();
        let after = List::new(31, (0..150).map(|number| (number, number + 5)));
        cut.take_snapshot(&after).unwrap();
        cut.assert_holds(&after, 0..200);
        // On with the next block, after a complete erase of this one.
        door = door.restart();
        door.store.drop_parcel(ParcelKind::Snapshot);
        door.maintain().unwrap();
    }
}
