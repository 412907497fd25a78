//! The bucket of wrong codes and the first uses: there or not, over wraps and cuts (spec §14.3, §14.5).

use thumbturn_lock::daily_codes::{ClockSpan, DailyCodes, DailyVerdict, FirstUse, FirstUses};
use thumbturn_lock::lockout::LockoutState;
use thumbturn_lock::storage::{Maintenance, Storage, StorageError, layout};
use thumbturn_protocol::code::{
    CodeEpoch, DailyCode, DailyCodeKey, DailyKind, DoorField, LocalDay, Slot, Slots,
};
use thumbturn_protocol::time::{Millis, UnixSeconds};
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::nor::{Moment, NorFlash};

use crate::support::{MOMENTS, formatted, settle, used};

fn bucket(number: u32) -> LockoutState {
    LockoutState { tokens: (number % 11) as u8, progress_ms: number }
}

/// The first use of a code of 15 minutes in the widest numbers that there are.
fn first_use(day: i32, slot: u16) -> FirstUse {
    let (zone, door) = (Zone::fixed(UtcOffset::UTC), DoorField([7; 16]));
    let key = || DailyCodeKey::from_bytes([5; 32]);
    let codes = DailyCodes { door, key: key(), epoch: CodeEpoch(255), slots: Slots::MOST };
    let code = DailyCode { day: LocalDay(day), kind: DailyKind::FirstUse, slot: Slot(slot) };
    let typed = key().code(door, codes.epoch, code);
    let noon = UnixSeconds::new(day as u64 * 86_400 + 43_200).unwrap();
    let clock = ClockSpan::new(UnixSeconds::ZERO, noon, 0).unwrap();
    let verdict = codes.judge(&typed, &FirstUses::new(), &zone, clock, Millis(0));
    let DailyVerdict::OpenFirst(_, first_use) = verdict else { unreachable!("{verdict:?}") };
    first_use
}

#[test]
fn a_bucket_comes_back_and_a_new_chip_has_an_empty_one() {
    let mut storage = Storage::open(formatted()).unwrap();
    assert_eq!(storage.lockout(), LockoutState::EMPTY);
    for number in 0..3_000 {
        let (kept, usage) = used(&mut storage, |storage| storage.keep_lockout(bucket(number)));
        kept.unwrap();
        assert_eq!((usage.appends, usage.erases), (1, 0));
        assert_eq!(storage.lockout(), bucket(number));
        settle(&mut storage);
    }
    assert_eq!(Storage::open(storage.into_flash()).unwrap().lockout(), bucket(2_999));
}

#[test]
fn a_bucket_is_the_one_before_or_this_one_whenever_power_fails() {
    let mut flash = formatted();
    let (mut kept, mut fresh) = (LockoutState::EMPTY, 0);
    for round in 0..600_u64 {
        flash.power_on();
        flash.cut_power(round % 5, MOMENTS[round as usize % 3]);
        let Ok(mut storage) = Storage::open(&mut flash) else { continue };
        assert_eq!(storage.lockout(), kept, "round {round}");
        let mut last = None;
        for _ in 0..7 {
            fresh += 1;
            last = Some(bucket(fresh));
            if storage.keep_lockout(bucket(fresh)).is_err() {
                break;
            }
            kept = bucket(fresh);
            while storage.maintain().is_ok_and(|maintenance| maintenance == Maintenance::More) {}
        }
        flash.power_on();
        let found = Storage::open(&mut flash).unwrap().lockout();
        assert!(found == kept || Some(found) == last, "round {round}: {found:?}");
        kept = found;
    }
    assert!(fresh > 1_100, "{fresh}: the ring wrapped");
}

#[test]
fn torn_appends_push_the_newest_bucket_out_of_no_block() {
    let mut flash = formatted();
    {
        let mut storage = Storage::open(&mut flash).unwrap();
        storage.keep_lockout(bucket(77)).unwrap();
    }
    // More than all slots of all blocks.
    for round in 0..1_300 {
        flash.fail_operation(0, Moment::Middle);
        let mut storage = Storage::open(&mut flash).unwrap();
        assert!(storage.keep_lockout(bucket(99)).is_err(), "round {round}");
        while storage.maintain().unwrap() == Maintenance::More {}
        // Now and then one is torn so late that it is whole.
        if round % 20 == 0 {
            let found = Storage::open(&mut flash).unwrap().lockout();
            assert!([bucket(77), bucket(99)].contains(&found), "round {round}: {found:?}");
        }
    }
}

#[test]
fn thirty_two_first_uses_fit_and_come_back() {
    let mut storage = Storage::open(formatted()).unwrap();
    let mut first_uses = FirstUses::new();
    for slot in 0..32 {
        // The last days of 40 bits of seconds.
        first_uses.remember(first_use(12_725_000 + i32::from(slot / 16), slot % 16)).unwrap();
        let (kept, usage) = used(&mut storage, |storage| storage.keep_first_uses(first_uses.clone()));
        kept.unwrap();
        assert_eq!((usage.appends, usage.erases), (1, 0));
        settle(&mut storage);
    }
    let found = Storage::open(storage.into_flash()).unwrap();
    for slot in 0..32 {
        let mut again = found.first_uses().clone();
        again.remember(first_use(12_725_000 + i32::from(slot / 16), slot % 16)).unwrap();
        assert_eq!(again, *found.first_uses(), "{slot} is known");
    }
}

#[test]
fn first_uses_are_those_before_or_these_whenever_power_fails() {
    let all: Vec<FirstUse> = (0..16).map(|slot| first_use(20_514, slot)).collect();
    let after = |count: usize| {
        let mut first_uses = FirstUses::new();
        all.iter().take(count).for_each(|first_use| first_uses.remember(*first_use).unwrap());
        first_uses
    };
    for moment in MOMENTS {
        let mut flash = formatted();
        for round in 0..64_usize {
            let (from, to) = (round % 16, round % 16 + 1);
            Storage::open(&mut flash).unwrap().keep_first_uses(after(from)).unwrap();
            flash.cut_power(0, moment);
            assert!(Storage::open(&mut flash).unwrap().keep_first_uses(after(to)).is_err());
            flash.power_on();
            let mut storage = Storage::open(&mut flash).unwrap();
            let found = count(storage.first_uses(), &all);
            // One that is torn late enough is whole.
            let possible = match moment {
                Moment::Before => [from, from],
                Moment::Middle => [from, to],
                Moment::After => [to, to],
            };
            assert!(possible.contains(&found), "{moment:?} in round {round}: {found}");
            while storage.maintain().unwrap() == Maintenance::More {}
        }
    }
}

/// How many of `all` are known.
fn count(first_uses: &FirstUses, all: &[FirstUse]) -> usize {
    let known = |first_use: &&FirstUse| {
        let mut again = first_uses.clone();
        again.remember(**first_use).unwrap();
        again == *first_uses
    };
    all.iter().filter(known).count()
}

#[test]
fn a_ring_that_maintenance_has_not_prepared_says_so_and_takes_nothing() {
    let mut storage = Storage::open(NorFlash::new(1)).unwrap();
    assert!(!storage.has_room_for_code());
    assert_eq!(storage.keep_lockout(bucket(1)), Err(StorageError::NoRoom));
    assert_eq!(storage.keep_first_uses(FirstUses::new()), Err(StorageError::NoRoom));
    settle(&mut storage);
    assert!(storage.has_room_for_code());
}

#[test]
fn a_reset_leaves_neither() {
    let mut storage = Storage::open(formatted()).unwrap();
    storage.keep_lockout(bucket(5)).unwrap();
    let mut first_uses = FirstUses::new();
    first_uses.remember(first_use(20_514, 1)).unwrap();
    storage.keep_first_uses(first_uses).unwrap();
    storage.begin_reset().unwrap();
    assert_eq!(storage.keep_lockout(bucket(6)), Err(StorageError::Resetting));
    settle(&mut storage);
    assert_eq!((storage.lockout(), storage.first_uses()), (LockoutState::EMPTY, &FirstUses::new()));
    let mut flash = storage.into_flash();
    for region in [layout::LOCKOUT, layout::FIRST_USES] {
        let image = &flash.image()[region.address()..][..region.blocks * 4_096];
        let programmed = image.iter().filter(|byte| **byte != 0xff).count();
        assert!(programmed <= region.blocks * 16, "stamps only");
    }
    assert_eq!(Storage::open(&mut flash).unwrap().lockout(), LockoutState::EMPTY);
}
