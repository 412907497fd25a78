//! The connection policy: what the driver does when the platform or the door does not play along.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::building::{Building, Person};
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::link::AdapterState;
use thumbturn_phone::radio::Policy;
use thumbturn_phone::unlock::{Bolt, Opened, UnlockError, UnlockPath};
use thumbturn_phone::wallet::WalletError;
use thumbturn_simulator::fault::Verdict;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::trace::{Direction, Happening, PacketKind};

fn scene(seed: u64) -> (Building, Person) {
    let mut building = Building::with_door(seed);
    let resident = building.resident(PhoneProfile::android());
    (building, resident)
}

fn connects(building: &Building, mark: usize) -> usize {
    let trace = building.world.trace_after(mark);
    trace.records().iter().filter(|record| matches!(record.what, Happening::ConnectStarted(_))).count()
}

fn scans(building: &Building, mark: usize) -> Vec<Duration> {
    let trace = building.world.trace_after(mark);
    let origin = building.world.trace().records()[0].at;
    let starts = trace.records().iter().filter(|record| matches!(record.what, Happening::ScanStarted(_)));
    starts.map(|record| record.at.since(origin)).collect()
}

#[test]
fn android_133_is_retried_at_once_and_without_another_scan() {
    let (building, resident) = scene(1);
    let mark = building.world.mark();
    resident.phone.fail_next_connect(133);
    let started = building.world.now();
    building.unlock(&resident).unwrap();
    assert_eq!(connects(&building, mark), 2);
    assert_eq!(scans(&building, mark).len(), 1);
    assert!(building.world.now().since(started) < Duration::from_secs(3));
}

#[test]
fn android_133_again_and_again_is_retried_with_back_off_until_the_deadline() {
    let (building, resident) = scene(2);
    for _ in 0..100 {
        resident.phone.fail_next_connect(133);
    }
    let (mark, started) = (building.world.mark(), building.world.now());
    assert_eq!(building.unlock(&resident), Err(UnlockError::ConnectionLost));
    let took = building.world.now().since(started);
    assert!(took <= Duration::from_millis(Policy::DEFAULT.total), "{took:?}");
    let attempts = connects(&building, mark);
    assert!((5..=16).contains(&attempts), "{attempts} attempts");
    assert!(scans(&building, mark).len() <= 4);
}

#[test]
fn door_out_of_range_is_told_within_the_scan_budget() {
    let (building, resident) = scene(3);
    resident.phone.stand(Place::metres(2_000, 0));
    let started = building.world.now();
    assert_eq!(building.unlock(&resident), Err(UnlockError::NotInRange));
    let took = building.world.now().since(started);
    assert!(took <= Duration::from_millis(Policy::DEFAULT.scan + 100), "{took:?}");
}

#[test]
fn adapter_off_or_forbidden_is_told_at_once() {
    let (building, resident) = scene(4);
    let cases = [
        (AdapterState::Off, UnlockError::BluetoothOff),
        (AdapterState::Unauthorized, UnlockError::BluetoothUnauthorized),
    ];
    for (state, told) in cases {
        resident.phone.set_adapter(state);
        assert_eq!(building.unlock(&resident), Err(told));
        resident.phone.set_adapter(AdapterState::On);
    }
    assert!(building.unlock(&resident).is_ok());
}

/// Switches the adapter off at every few milliseconds of an unlock.
#[test]
fn adapter_switched_off_half_way_is_told_truthfully() {
    let (mut off, mut unknown, mut opened) = (0, 0, 0);
    for delay in (0..2_000).step_by(20) {
        let (building, resident) = scene(5);
        let phone = resident.phone.clone();
        let at = building.world.now().plus(Duration::from_millis(delay));
        building.world.at(at, move |_| phone.set_adapter(AdapterState::Off));
        let result = building.unlock(&resident);
        building.world.run_for(Duration::from_secs(20));
        match result {
            Err(UnlockError::BluetoothOff) => {
                off += 1;
                assert_eq!(building.movements(), 0, "at {delay} ms");
            }
            Err(UnlockError::OutcomeUnknown) => unknown += 1,
            Ok(_) => {
                opened += 1;
                assert_eq!(building.movements(), 1, "at {delay} ms");
            }
            Err(other) => panic!("{other} at {delay} ms"),
        }
    }
    assert!(off > 0 && unknown > 0 && opened > 0, "{off} off, {unknown} unknown, {opened} opened");
}

#[test]
fn full_write_queue_is_waited_for() {
    let (building, resident) = scene(6);
    resident.phone.change_profile(|profile| {
        profile.write_queue = 1;
        *profile = profile.clone().with_mtu(23);
    });
    let opened = building.unlock(&resident).unwrap();
    assert_eq!((opened.path, opened.attempts), (UnlockPath::Full, 1));
}

#[test]
fn mtu_is_asked_before_subscribing_only_without_a_ticket() {
    let (building, resident) = scene(7);
    let order = |mark| -> Vec<PacketKind> {
        let trace = building.world.trace_after(mark);
        let kinds = trace.packets().map(|(_, packet)| packet.kind);
        kinds
            .filter(|kind| {
                matches!(
                    kind,
                    PacketKind::MtuRequest | PacketKind::SubscribeRequest | PacketKind::WriteCommand
                )
            })
            .collect()
    };
    let mark = building.world.mark();
    building.unlock(&resident).unwrap();
    assert_eq!(order(mark), [PacketKind::MtuRequest, PacketKind::SubscribeRequest, PacketKind::WriteCommand]);
    building.world.run_for(Duration::from_secs(10));
    let mark = building.world.mark();
    building.unlock(&resident).unwrap();
    assert_eq!(order(mark), [PacketKind::SubscribeRequest, PacketKind::WriteCommand, PacketKind::MtuRequest]);
}

#[test]
fn no_thirty_seconds_see_more_than_four_scans() {
    let (building, resident) = scene(8);
    resident.phone.stand(Place::metres(2_000, 0));
    let mark = building.world.mark();
    for _ in 0..12 {
        let _ = building.unlock_and_cancel(&resident, Duration::from_millis(700));
    }
    let starts = scans(&building, mark);
    for window in starts.windows(5) {
        assert!(window[4] - window[0] >= Duration::from_secs(30), "{starts:?}");
    }
}

#[test]
fn second_intent_while_one_is_under_way_is_busy() {
    let (building, resident) = scene(9);
    let resident = Arc::new(resident);
    let other = Arc::clone(&resident);
    let id = building.id();
    let mut first = building
        .world
        .spawn(async move { other.unlocker.unlock(id, &CancelHandle::new(), &other.progress).await });
    building.world.run_for(Duration::from_millis(50));
    assert_eq!(building.unlock(&resident), Err(UnlockError::Busy));
    building.world.run_for(Duration::from_secs(10));
    assert!(matches!(first.take(), Some(Ok(Opened { .. }))));
}

#[test]
fn dropped_future_leaves_nothing_behind_at_any_instant() {
    for delay in (0..2_000).step_by(20) {
        let (building, resident) = scene(10);
        let (cancel, id) = (CancelHandle::new(), building.id());
        {
            let unlock = resident.unlocker.unlock(id, &cancel, &resident.progress);
            let pause = building.world.pause(Duration::from_millis(delay));
            let first = async {
                futures_util::future::select(core::pin::pin!(unlock), core::pin::pin!(pause)).await;
            };
            building.world.block_on(first).unwrap();
        }
        let before = building.movements();
        building.world.run_for(Duration::from_secs(6));
        let during = building.movements() - before;
        assert!(before + during <= 1, "at {delay} ms");
        let mark = building.world.mark();
        let opened = building.unlock(&resident);
        assert!(opened.is_ok(), "{opened:?} after a drop at {delay} ms");
        assert_eq!(connects(&building, mark), 1, "after a drop at {delay} ms");
    }
}

#[test]
fn dropped_future_ends_its_scan() {
    let (building, resident) = scene(18);
    resident.phone.stand(Place::metres(2_000, 0));
    let (cancel, id) = (CancelHandle::new(), building.id());
    {
        let unlock = resident.unlocker.unlock(id, &cancel, &resident.progress);
        let pause = building.world.pause(Duration::from_millis(200));
        let first = async {
            futures_util::future::select(core::pin::pin!(unlock), core::pin::pin!(pause)).await;
        };
        building.world.block_on(first).unwrap();
    }
    resident.phone.stand(Place::metres(2, 0));
    let mark = building.world.mark();
    building.world.run_for(Duration::from_secs(5));
    let trace = building.world.trace_after(mark);
    assert!(!trace.records().iter().any(|record| matches!(record.what, Happening::Heard { .. })));
}

#[test]
fn lost_link_is_made_again_and_the_bolt_moves_once() {
    for bytes in [0, 1, 20, 40, 100, 200, 320] {
        let mut building = Building::with_door(11);
        let resident = building.resident(PhoneProfile::android());
        // The installer had connection 1.
        for direction in [Direction::ToDoor, Direction::ToPhone] {
            building.world.cut_after(thumbturn_phone::link::ConnectionId(2), direction, bytes);
        }
        let opened = building.unlock(&resident);
        building.world.run_for(Duration::from_secs(20));
        assert!(matches!(opened, Ok(_) | Err(UnlockError::OutcomeUnknown)), "{opened:?} after {bytes} bytes");
        assert!(building.movements() <= 1, "after {bytes} bytes");
        if opened.is_ok() {
            assert_eq!(building.movements(), 1, "after {bytes} bytes");
        }
    }
}

#[test]
fn door_that_loses_power_after_the_request_leaves_the_outcome_unknown_or_open() {
    let (mut unknown, mut opened) = (0, 0);
    for delay in (300..1_500).step_by(10) {
        let (building, resident) = scene(12);
        let door = building.door().clone();
        let at = building.world.now().plus(Duration::from_millis(delay));
        building.world.at(at, move |_| door.power_off());
        let started = building.world.now();
        let result = building.unlock(&resident);
        let took = building.world.now().since(started);
        assert!(took <= Duration::from_millis(Policy::DEFAULT.total), "{took:?} at {delay} ms");
        match result {
            Err(UnlockError::OutcomeUnknown) => unknown += 1,
            Ok(Opened { bolt: Bolt::Unconfirmed | Bolt::Moved, .. }) => {
                opened += 1;
                assert_eq!(building.movements(), 1);
            }
            // Only while no request had left.
            Err(UnlockError::ConnectionLost | UnlockError::NotInRange) => {
                assert_eq!(building.movements(), 0, "at {delay} ms");
            }
            Err(other) => panic!("{other} at {delay} ms"),
        }
    }
    assert!(unknown > 0 && opened > 0, "{unknown} unknown, {opened} opened");
}

#[test]
fn locked_and_lost_vaults_are_told_and_a_locked_one_opens_later() {
    let (building, mut resident) = scene(13);
    // The app was started again, before the device was unlocked.
    resident.wallet = {
        let mut other = thumbturn_simulator::random::SeededRandom::new(1);
        Arc::new(
            thumbturn_phone::wallet::Wallet::enrol(
                Box::new(thumbturn_phone::testing::TestingStorage::new()),
                resident.keystore.clone(),
                &mut other,
            )
            .unwrap(),
        )
    };
    resident.vault.close();
    resident.keystore.set_locked(true);
    assert_eq!(building.unlock(&resident), Err(UnlockError::VaultLocked));
    resident.keystore.set_locked(false);
    assert!(building.unlock(&resident).is_ok());
    resident.vault.close();
    resident.keystore.lose_key();
    assert_eq!(building.unlock(&resident), Err(UnlockError::VaultLost));
    assert_eq!(resident.vault.enrol(&mut resident.random).err(), Some(WalletError::AlreadyEnrolled));
    assert!(resident.vault.replace(&mut resident.random).is_ok());
    assert_eq!(building.unlock(&resident), Err(UnlockError::NoGrant));
}

#[test]
fn full_disk_keeps_nobody_out() {
    let (building, resident) = scene(14);
    building.unlock(&resident).unwrap();
    building.world.run_for(Duration::from_secs(10));
    resident
        .storage
        .fail_with(Some(thumbturn_phone::vault::storage::StorageError::Failed { code: Some(28) }));
    for _ in 0..3 {
        assert_eq!(building.unlock(&resident).unwrap().path, UnlockPath::Full);
        building.world.run_for(Duration::from_secs(10));
    }
    resident.storage.fail_with(None);
    assert!(building.unlock(&resident).is_ok());
}

#[test]
fn door_that_ends_every_connection_at_once_is_busy() {
    let (building, resident) = scene(15);
    // Ended in place of each hello, as a door does that makes room for others.
    building.world.intercept(|_| Verdict::Disconnect);
    let mark = building.world.mark();
    assert_eq!(building.unlock(&resident), Err(UnlockError::Busy));
    assert_eq!(building.movements(), 0);
    assert!(connects(&building, mark) >= 4, "it is tried again, with back-off");
    building.world.stop_intercepting();
    assert!(building.unlock(&resident).is_ok());
}

/// What the phone had done to its storage and keystore when its request left.
#[test]
fn counters_are_on_disk_before_the_request_leaves_and_no_keystore_is_called_on_the_way() {
    let (building, resident) = scene(16);
    building.unlock(&resident).unwrap();
    building.world.run_for(Duration::from_secs(10));
    resident.storage.restore_power();
    let calls = resident.keystore.calls();
    let (storage, keystore) = (resident.storage.clone(), Arc::clone(&resident.keystore));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let at_request = Arc::clone(&seen);
    building.world.intercept(move |frame| {
        if frame.kind.direction() == Direction::ToDoor {
            at_request.lock().unwrap().push((storage.writes(), keystore.calls() - calls));
        }
        Verdict::Pass
    });
    assert_eq!(building.unlock(&resident).unwrap().path, UnlockPath::Fast);
    assert_eq!(*seen.lock().unwrap(), [(1, 0)], "one request, one write before it");
    assert_eq!(resident.storage.writes(), 2, "and one after the answer");
}
