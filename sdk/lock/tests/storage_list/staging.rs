//! Which parcels are let in, and what is kept of them.

use thumbturn_lock::storage::StorageError;
use thumbturn_lock::storage::list::{Admission, DAILY_ERASES, ListError, Parcel, ParcelKind};
use thumbturn_protocol::ids::Generation;
use thumbturn_protocol::update::edition::Edition;

use crate::door::{Door, TODAY};
use crate::list::{Delta, List, edition, update_id};

fn start() -> List {
    List::new(10, (0..500).map(|number| (number, number)))
}

#[test]
fn another_phone_goes_on_at_every_chunk() {
    let before = start();
    let mut door = Door::with(&before);
    let after = List::new(20, (100..900).map(|number| (number, number + 3)));
    let parcel = after.snapshot();
    for chunks in 0..=parcel.chunks() {
        door.stage_snapshot(&after, chunks).unwrap();
        door = door.restart();
        let staged = door.store.staged(ParcelKind::Snapshot).unwrap();
        assert_eq!((staged.parcel, staged.chunks), (parcel, chunks));
        let header = door.store.staged_header(&mut door.flash, ParcelKind::Snapshot).unwrap();
        assert_eq!(header.as_deref(), Some(b"the header".as_slice()));
        door.assert_holds(&before, 0..500);
    }
    door.apply_snapshot(&after).unwrap();
    door.assert_holds(&after, 0..900);
}

#[test]
fn chunks_come_back_as_they_were_stored() {
    let list = start();
    let mut door = Door::with(&list);
    let bytes: Vec<u8> = (0..30 * 4032_u32 + 256).map(|index| (index / 251) as u8).collect();
    let after = List::new(20, (100..900).map(|number| (number, number + 3)));
    door.stage_delta(15, &bytes).unwrap();
    door.stage_snapshot(&after, usize::MAX).unwrap();
    let mut door = door.restart();
    assert!(door.store.staged(ParcelKind::Delta).unwrap().is_complete());
    for (index, chunk) in bytes.chunks(4032).enumerate() {
        let stored = door.store.read_chunk(&mut door.flash, ParcelKind::Delta, index).unwrap();
        assert_eq!(*stored, [chunk, &[0xee; 16]].concat());
    }
    for (index, chunk) in after.body().chunks(4032).enumerate() {
        let stored = door.store.read_chunk(&mut door.flash, ParcelKind::Snapshot, index).unwrap();
        assert_eq!(*stored, chunk);
    }
}

#[test]
fn only_the_next_chunk_of_the_right_parcel_and_length_is_stored() {
    let mut door = Door::with(&start());
    let after = List::new(20, (100..900).map(|number| (number, number + 3)));
    door.stage_snapshot(&after, 2).unwrap();
    let update = after.snapshot().update;
    let body = after.body();
    let chunk = |index: usize| body.chunks(4032).nth(index).unwrap().to_vec();
    let mut broken = chunk(2);
    broken[63] = 1;
    let cases = [
        (ParcelKind::Snapshot, update, 1, chunk(1), ListError::OutOfOrder),
        (ParcelKind::Snapshot, update, 3, chunk(3), ListError::OutOfOrder),
        (ParcelKind::Snapshot, [0; 8], 2, chunk(2), ListError::NotStaged),
        (ParcelKind::Delta, update, 2, chunk(2), ListError::NotStaged),
        (ParcelKind::Snapshot, update, 2, chunk(2)[..4000].to_vec(), ListError::Unusable),
        (ParcelKind::Snapshot, update, 2, broken, ListError::Unusable),
    ];
    for (kind, update, index, bytes, error) in cases {
        let mut given = bytes.clone();
        let result = door.call(|store, flash| store.store_chunk(flash, kind, update, index, &mut given));
        assert_eq!(result, Err(error));
    }
    door.take_snapshot(&after).unwrap();
    door.assert_holds(&after, 0..900);
}

/// Where the rows of a body begin whose settings have 200 bytes.
const ROWS_AT: usize = (2_usize + 57 + 200).next_multiple_of(64);

#[test]
fn a_snapshot_that_breaks_a_rule_does_not_become_the_list() {
    let before = start();
    let good = List::new(20, (0..200).map(|number| (number, number + 3)));
    let changes: [fn(&mut Vec<u8>); 7] = [
        |_| {},
        // Two rows in each other's place.
        |body| {
            let (left, right) = body.split_at_mut(ROWS_AT + 64 * 70);
            left[ROWS_AT..ROWS_AT + 64].swap_with_slice(&mut right[..64]);
        },
        // One row twice.
        |body| body.copy_within(ROWS_AT..ROWS_AT + 64, ROWS_AT + 64),
        // A kind that does not exist.
        |body| body[ROWS_AT] = 0,
        // Another row than the digest is of.
        |body| body[ROWS_AT + 64 * 150 + 40] ^= 1,
        // A removed row.
        |body| body[ROWS_AT + 64 * 90 + 17] |= 1,
        // Something after the last row.
        |body| {
            let at = body.len() - 60;
            body[at] = 1;
        },
    ];
    let cases = changes.map(|change| {
        let mut body = good.body();
        change(&mut body);
        body
    });
    let unchanged = good.body();
    for body in cases {
        let mut door = Door::with(&before);
        door.begin(good.snapshot()).unwrap();
        for (index, chunk) in body.chunks(4032).enumerate() {
            let update = good.snapshot().update;
            door.call(|store, flash| {
                store.store_chunk(flash, ParcelKind::Snapshot, update, index, &mut chunk.to_vec())
            })
            .unwrap();
        }
        let result = door.apply_snapshot(&good);
        if body == unchanged {
            assert_eq!(result, Ok(()));
        } else {
            assert_eq!(result, Err(ListError::Unusable));
            door.assert_holds(&before, 0..500);
            assert!(door.store.staged(ParcelKind::Snapshot).is_some(), "the engine drops it");
        }
    }
}

#[test]
fn a_snapshot_is_applied_only_when_it_is_there_and_was_checked_in_full() {
    let mut door = Door::with(&start());
    let after = List::new(20, (0..200).map(|number| (number, number + 3)));
    door.stage_snapshot(&after, 3).unwrap();
    assert_eq!(door.apply_snapshot(&after), Err(ListError::NotStaged));
    door.stage_snapshot(&after, usize::MAX).unwrap();
    let mut wrong = after.head();
    wrong.rows -= 1;
    door.call(|store, flash| store.begin_snapshot(flash, wrong)).unwrap();
    let mut check = after.check();
    let result = loop {
        match door.call(|store, flash| store.check_snapshot(flash, &mut check)) {
            Ok(thumbturn_lock::storage::list::Checked::More) => {}
            other => break other.map(drop),
        }
    };
    assert_eq!(result, Err(ListError::Unusable), "one row more than the head says");
    door.apply_snapshot(&after).unwrap();
}

#[test]
fn a_good_check_of_one_head_does_not_pass_another() {
    let mut door = Door::with(&start());
    let after = List::new(20, (0..200).map(|number| (number, number + 3)));
    door.stage_snapshot(&after, usize::MAX).unwrap();
    door.call(|store, flash| store.begin_snapshot(flash, after.head())).unwrap();
    let mut check = after.check();
    let good = loop {
        if let thumbturn_lock::storage::list::Checked::Good(good) =
            door.call(|store, flash| store.check_snapshot(flash, &mut check)).unwrap()
        {
            break good;
        }
    };
    let mut other = after.head();
    other.digest = [9; 32];
    door.call(|store, flash| store.begin_snapshot(flash, other)).unwrap();
    assert_eq!(door.call(|store, flash| store.commit_snapshot(flash, &good)), Err(ListError::NotBegun));
}

const fn parcel(kind: ParcelKind, number: u8, to: u32, size: u32) -> Parcel {
    Parcel { kind, update: [number; 8], to: edition(to), size }
}

#[test]
fn a_parcel_makes_way_by_the_rules_and_always_for_one_that_is_needed() {
    for kind in [ParcelKind::Delta, ParcelKind::Snapshot] {
        let mut door = Door::with(&start());
        let begin = |door: &mut Door, parcel, admission| {
            let result = door
                .call_when_there_is_room(|store, flash| store.begin_parcel(flash, parcel, b"", admission));
            door.settle();
            result.map(|staged| staged.chunks)
        };
        assert_eq!(begin(&mut door, parcel(kind, 1, 10, 256), TODAY), Err(ListError::NotOfUse));
        assert_eq!(begin(&mut door, parcel(kind, 1, 20, 8192), TODAY), Ok(0));
        assert_eq!(begin(&mut door, parcel(kind, 2, 19, 256), TODAY), Err(ListError::NotOfUse));
        assert_eq!(begin(&mut door, parcel(kind, 2, 20, 8448), TODAY), Err(ListError::NotOfUse));
        assert_eq!(begin(&mut door, parcel(kind, 2, 20, 4096), TODAY), Ok(0));
        assert_eq!(begin(&mut door, parcel(kind, 3, 21, 9_984), TODAY), Ok(0));
        assert_eq!(begin(&mut door, parcel(kind, 4, 15, 256), TODAY), Err(ListError::NotOfUse));
        assert_eq!(begin(&mut door, parcel(kind, 4, 15, 256), Admission::Needed), Ok(0));
        let door = door.restart();
        assert_eq!(door.store.staged(kind).unwrap().parcel, parcel(kind, 4, 15, 256));
    }
}

#[test]
fn of_two_parcels_that_a_power_cut_left_the_one_begun_last_counts() {
    let mut door = Door::with(&start());
    let before = parcel(ParcelKind::Delta, 1, 20, 8192);
    let needed = parcel(ParcelKind::Delta, 2, 15, 256);
    for (parcel, admission) in [(before, TODAY), (needed, Admission::Needed)] {
        door.call(|store, flash| store.begin_parcel(flash, parcel, b"", admission)).unwrap();
    }
    // Nothing of the first was erased yet.
    let door = door.restart();
    assert_eq!(door.store.staged(ParcelKind::Delta).unwrap().parcel, needed);
}

#[test]
fn parcels_use_up_the_erases_of_a_day_and_a_needed_one_does_not() {
    let mut door = Door::with(&start());
    // A snapshot of 319 chunks, each time with a higher version: 320 blocks.
    let mut begin = |number: u8, admission| {
        let parcel = parcel(ParcelKind::Snapshot, number, 20 + u32::from(number), 1_284_096);
        let result =
            door.call_when_there_is_room(|store, flash| store.begin_parcel(flash, parcel, b"", admission));
        let mut flash = door.flash.clone();
        flash.power_on();
        door = Door::open(flash).unwrap();
        result.map(drop)
    };
    assert_eq!(DAILY_ERASES, 1_280);
    // The list that the door has came on another day.
    for number in 1..5 {
        assert_eq!(begin(number, TODAY), Ok(()));
    }
    assert_eq!(begin(5, TODAY), Err(ListError::DailyErases));
    assert_eq!(begin(6, Admission::Needed), Ok(()));
    assert_eq!(begin(7, Admission::Daily(8)), Ok(()));
}

#[test]
fn a_delta_that_overtakes_a_staged_parcel_makes_it_useless() {
    let mut list = start();
    let mut door = Door::with(&list);
    door.stage_delta(12, &[1; 256]).unwrap();
    door.stage_snapshot(&List::new(13, [(1, 1)]), usize::MAX).unwrap();
    let delta = Delta::one(1, 1);
    list = list.changed(12, &delta);
    door.apply_delta(&delta, &list).unwrap();
    assert_eq!(door.store.staged(ParcelKind::Delta), None);
    assert!(door.store.staged(ParcelKind::Snapshot).is_some());
    list = list.changed(13, &delta);
    door.apply_delta(&delta, &list).unwrap();
    assert_eq!(door.store.staged(ParcelKind::Snapshot), None);
    let mut door = door.restart();
    assert_eq!(door.store.staged(ParcelKind::Delta), None);
    assert_eq!(door.store.staged(ParcelKind::Snapshot), None);
    door.assert_holds(&list, 0..500);
}

#[test]
fn a_nearly_full_overlay_comes_before_a_staged_snapshot() {
    let mut list = start();
    let mut door = Door::with(&list);
    let snapshot = List::new(90_000, (0..1_000).map(|number| (number, 0)));
    door.stage_snapshot(&snapshot, 3).unwrap();
    door.settle();
    let mut dropped_at = None;
    for version in 11..1_600 {
        let delta = Delta::one(version % 600, version);
        list = list.changed(version, &delta);
        door.apply_delta(&delta, &list).unwrap();
        door.maintain().unwrap();
        if dropped_at.is_none() && door.store.staged(ParcelKind::Snapshot).is_none() {
            dropped_at = Some(version);
            // The merge has the slot now.
            let again = door.call(|store, flash| store.begin_parcel(flash, snapshot.snapshot(), b"", TODAY));
            assert_eq!(again, Err(ListError::Storage(StorageError::NoRoom)));
        }
    }
    assert!(dropped_at.is_some_and(|version| version > 900), "{dropped_at:?}");
    door.settle();
    door.assert_holds(&list, 0..600);
}

#[test]
fn staging_waits_for_no_erase_once_the_door_had_time() {
    let mut door = Door::with(&start());
    door.settle();
    let erases = door.flash.usage().erases;
    for to in 11..15 {
        let update = update_id(0, to);
        let one = Parcel { kind: ParcelKind::Delta, update, to: edition(to), size: 256 };
        door.call(|store, flash| store.begin_parcel(flash, one, b"", TODAY)).unwrap();
        let sealed = [7; 272];
        door.call(|store, flash| store.store_chunk(flash, ParcelKind::Delta, update, 0, &mut sealed.clone()))
            .unwrap();
    }
    let after = List::new(20, (0..3_000).map(|number| (number, number + 3)));
    door.call(|store, flash| store.begin_parcel(flash, after.snapshot(), b"", TODAY)).unwrap();
    let update = after.snapshot().update;
    for (index, chunk) in after.body().chunks(4032).enumerate() {
        door.call(|store, flash| {
            store.store_chunk(flash, ParcelKind::Snapshot, update, index, &mut chunk.to_vec())
        })
        .unwrap();
    }
    door.apply_snapshot(&after).unwrap();
    assert_eq!(door.flash.usage().erases, erases);
}

#[test]
fn what_a_later_generation_signed_takes_the_place_of_any_version_before_it() {
    // Whoever stole the keys of a generation has signed the highest version there is, and half of a parcel more.
    let stolen = List::new(u32::MAX - 1, (0..200).map(|number| (number, 1)));
    let mut door = Door::new();
    door.take_snapshot(&stolen).unwrap();
    let staged = parcel(ParcelKind::Snapshot, 7, u32::MAX, 8_192);
    door.begin(staged).unwrap();
    door = door.restart();
    assert_eq!(door.store.staged(ParcelKind::Snapshot).map(|staged| staged.parcel), Some(staged));

    let honest = List::new(9, (50..300).map(|number| (number, 2)));
    let to = Edition { generation: Generation(2), ..edition(9) };
    let parcel = Parcel { to, ..honest.snapshot() };
    door.begin(parcel).unwrap();
    for (index, chunk) in honest.body().chunks(4032).enumerate() {
        if index == 2 {
            door = door.restart();
        }
        door.call_when_there_is_room(|store, flash| {
            store.store_chunk(flash, ParcelKind::Snapshot, parcel.update, index, &mut chunk.to_vec())
        })
        .unwrap();
    }
    door.apply_snapshot(&honest).unwrap();
    for _ in 0..2 {
        assert_eq!(door.store.edition(), to);
        door.assert_holds(&honest, 0..310);
        door = door.restart();
    }
    // Nothing of the generation before comes back, and deltas go on from here.
    assert_eq!(door.begin(staged), Err(ListError::NotOfUse));
    let next = Edition { generation: Generation(2), ..edition(10) };
    door.call_when_there_is_room(|store, flash| store.begin_delta(flash, 0, None)).unwrap();
    let (digest, rows) = (honest.digest(), honest.rows.len() as u32);
    let back = door.call(|store, flash| store.commit_delta(flash, edition(u32::MAX), digest, rows));
    assert_eq!(back, Err(ListError::NotOfUse));
    door.call_when_there_is_room(|store, flash| store.begin_delta(flash, 0, None)).unwrap();
    door.call(|store, flash| store.commit_delta(flash, next, digest, rows)).unwrap();
    door = door.restart();
    assert_eq!(door.store.edition(), next);
}
