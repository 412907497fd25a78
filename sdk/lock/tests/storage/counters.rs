use std::collections::BTreeSet;

use thumbturn_lock::storage::{CHAINS, Maintenance, Storage, StorageError};
use thumbturn_protocol::event::Sequence;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_simulator::nor::{Moment, NorFlash};

use crate::support::{MOMENTS, TIME, formatted, opening, settle, used};

fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds).unwrap()
}

#[test]
fn no_hello_number_comes_twice_whenever_power_fails() {
    let mut flash = formatted();
    let mut seen = BTreeSet::new();
    for round in 0..200_u64 {
        flash.power_on();
        flash.cut_power(round % 7, MOMENTS[round as usize % 3]);
        if let Ok(mut storage) = Storage::open(&mut flash) {
            for _ in 0..round % 600 {
                let Ok(hello) = storage.next_hello() else { break };
                assert!(seen.insert(hello), "{hello} in round {round}");
                if hello % 5 == 0 && storage.maintain().is_err() {
                    break;
                }
            }
        }
    }
    assert!(seen.len() > 5_000, "{}", seen.len());
}

#[test]
fn with_maintenance_in_time_a_hello_writes_nothing() {
    let mut storage = Storage::open(formatted()).unwrap();
    settle(&mut storage);
    let before = storage.flash().usage();
    for _ in 0..5_000 {
        let (_, usage) = used(&mut storage, |storage| storage.next_hello().unwrap());
        assert_eq!(usage.mutations(), 0);
        settle(&mut storage);
    }
    assert!(storage.flash().usage().since(&before).appends < 60, "counters are persisted in leaps");
}

#[test]
fn the_floor_never_falls_and_is_at_most_an_hour_behind_after_a_restart() {
    let mut storage = Storage::open(formatted()).unwrap();
    for seconds in (1_000_000..1_100_000).step_by(500) {
        storage.raise_floor(at(seconds));
        storage.raise_floor(at(seconds - 400));
        assert_eq!(storage.floor(), at(seconds));
        settle(&mut storage);
        let restarted = Storage::open(storage.flash().clone()).unwrap();
        assert!(restarted.floor() > at(seconds - 3600) && restarted.floor() <= at(seconds));
    }
    storage.persist_floor().unwrap();
    let floor = storage.floor();
    assert_eq!(Storage::open(storage.into_flash()).unwrap().floor(), floor);
}

#[test]
fn the_nonce_key_is_kept_also_on_a_chip_straight_from_the_reel() {
    let mut storage = Storage::open(NorFlash::new(1)).unwrap();
    settle(&mut storage);
    assert!(storage.nonce_key().is_none());
    storage.keep_nonce_key([9; 32]).unwrap();
    assert_eq!(Storage::open(storage.into_flash()).unwrap().nonce_key(), Some(&[9; 32]));
}

#[test]
fn a_chip_that_is_too_small_is_refused() {
    assert!(Storage::open(NorFlash::with_capacity(1024 * 1024, 1)).is_err());
}

#[test]
fn storage_takes_less_than_seventeen_kibibytes_of_ram() {
    // The index (`the_index_takes_eight_bytes_for_each_chain`) and 4 KiB of the list's are the allocations that stay.
    let fixed = size_of::<Storage<&mut NorFlash>>();
    assert!(fixed + 8 * CHAINS + 4 * 1024 <= 17 * 1024, "{fixed} bytes beside the index");
}

#[test]
fn maintenance_starved_counters_come_back_from_many_small_writes() {
    let mut storage = Storage::open(formatted()).unwrap();
    // Several laps of the ring of counters.
    for round in 0..600 {
        storage.append_event(TIME, &opening(round)).unwrap();
        storage.acknowledge(Sequence(round + 1)).unwrap();
        settle(&mut storage);
    }
    let storage = Storage::open(storage.into_flash()).unwrap();
    assert_eq!(storage.acknowledged(), Sequence(600));
}

#[test]
fn counters_outlive_so_many_torn_writes_that_their_block_must_be_erased() {
    let mut storage = Storage::open(formatted()).unwrap();
    settle(&mut storage);
    storage.raise_floor(at(5_000));
    storage.persist_floor().unwrap();
    storage.append_event(TIME, &opening(0)).unwrap();
    loop {
        // With this seed the tear falls early, so that no write is whole by chance.
        storage.flash_mut().reseed(5);
        storage.flash_mut().fail_operation(0, Moment::Middle);
        match storage.acknowledge(Sequence(1)) {
            Err(StorageError::Flash(_)) => {}
            result => break assert_eq!(result, Err(StorageError::NoRoom)),
        }
    }
    storage.flash_mut().power_on();
    let mut storage = Storage::open(storage.into_flash()).unwrap();
    assert_eq!(storage.acknowledged(), Sequence(0));
    while storage.maintain().unwrap() == Maintenance::More {
        assert_eq!(Storage::open(storage.flash().clone()).unwrap().floor(), at(5_000));
    }
    storage.acknowledge(Sequence(1)).unwrap();
}
