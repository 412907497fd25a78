//! Deliveries over the real door engine and simulated air.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::courier::{CourierEvent, End, TimeSource};
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::Policy;
use thumbturn_phone::unlock::Bolt;
use thumbturn_protocol::ids::{Generation, PropertyId};
use thumbturn_protocol::time_token::TimeNonce;
use thumbturn_simulator::authority::{Authority, GrantTerms};
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::trace::{Direction, Fate};

use crate::building::{Building, NOW, Person};

/// One press and the delivery behind it.
fn unlock_and_deliver(
    building: &Building,
    person: &Person,
    cancel: &CancelHandle,
) -> (End, Vec<CourierEvent>) {
    let events = EventQueue::new(64);
    let end = building
        .world
        .block_on(async {
            let intent = CancelHandle::new();
            let unlocked =
                person.unlocker.unlock_first(building.id(), &intent, &person.progress).await.unwrap();
            assert_eq!(unlocked.opened.bolt, Bolt::Moved, "known before the delivery");
            unlocked.deliver(cancel, &events).await
        })
        .unwrap();
    (end, core::iter::from_fn(|| events.try_pop()).collect())
}

#[test]
fn a_delivery_ends_by_itself_and_leaves_the_radio_free() {
    for profile in [PhoneProfile::android(), PhoneProfile::ios(), PhoneProfile::android().with_mtu(23)] {
        let mut building = Building::with_door(400);
        let resident = building.resident(profile);
        for _ in 0..3 {
            let (end, _) = unlock_and_deliver(&building, &resident, &CancelHandle::new());
            // A door may end a session behind its bolt at any time.
            assert!(matches!(end, End::Complete | End::Silent), "{end:?}");
            building.world.run_for(Duration::from_secs(10));
        }
        assert_eq!(building.movements(), 3);
        assert!(building.unlock(&resident).is_ok());
    }
}

#[test]
fn a_cancelled_delivery_is_over_at_once_and_the_door_stays_open() {
    let mut building = Building::with_door(401);
    let resident = building.resident(PhoneProfile::android());
    let cancel = CancelHandle::new();
    cancel.cancel();
    let (end, events) = unlock_and_deliver(&building, &resident, &cancel);
    assert_eq!((end, events), (End::Complete, Vec::new()));
    assert_eq!(building.movements(), 1);
    building.world.run_for(Duration::from_secs(10));
    assert!(building.unlock(&resident).is_ok());
}

#[test]
fn a_delivery_that_is_dropped_half_way_gives_the_radio_back() {
    let mut building = Building::with_door(402);
    let resident = building.resident(PhoneProfile::android());
    building
        .world
        .block_on(async {
            let intent = CancelHandle::new();
            let unlocked = resident.unlocker.unlock_first(building.id(), &intent, &resident.progress).await;
            drop(unlocked.unwrap());
        })
        .unwrap();
    building.world.run_for(Duration::from_secs(10));
    assert!(building.unlock(&resident).is_ok());
}

#[test]
fn a_rotation_reaches_the_door_behind_an_unlock() {
    let mut building = Building::with_door(403);
    let mut resident = building.resident(PhoneProfile::android());
    let rotation = building.authority.rotate(Some(NOW.plus(86_400)), NOW).unwrap();
    let inbox = resident.vault.inbox(&mut resident.random).unwrap();
    inbox.take_rotation(rotation.as_bytes(), &mut resident.random).unwrap();

    let (end, events) = unlock_and_deliver(&building, &resident, &CancelHandle::new());
    let delivered = CourierEvent::RotationDelivered { generation: Generation(2) };
    assert_eq!((end, events.first()), (End::Complete, Some(&delivered)));
    building.world.run_for(Duration::from_secs(10));

    // The door says so itself: it takes a grant of the new generation now.
    building.grant(&mut resident, 0, &GrantTerms::resident(NOW));
    assert!(building.unlock(&resident).is_ok());
    building.world.run_for(Duration::from_secs(10));
    let (_, events) = unlock_and_deliver(&building, &resident, &CancelHandle::new());
    assert!(!events.contains(&delivered), "once");
}

#[test]
fn the_last_word_of_a_delivery_reaches_the_door() {
    let mut building = Building::with_door(404);
    let resident = building.resident(PhoneProfile::android());
    let mark = building.world.mark();
    let (end, events) = unlock_and_deliver(&building, &resident, &CancelHandle::new());
    assert_eq!(end, End::Complete);
    assert!(matches!(events.last(), Some(CourierEvent::LogsCollected { .. })), "{events:?}");
    // That the batch was taken: a record behind the door's last one.
    let trace = building.world.trace_after(mark);
    let last = trace.frames().last().unwrap();
    assert_eq!((last.direction(), last.fate), (Direction::ToDoor, Fate::Delivered));
}

/// An authority on the network: the same seed gives the same keys.
struct Online {
    seed: u64,
    asked: AtomicUsize,
}

#[async_trait::async_trait]
impl TimeSource for Online {
    async fn sign(&self, _: PropertyId, nonce: TimeNonce) -> Option<Vec<u8>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let authority = Authority::new(SeededRandom::new(self.seed)).unwrap();
        Some(authority.time_token(NOW.plus(600), Some(nonce)).unwrap().as_bytes().to_vec())
    }
}

#[test]
fn a_phone_with_a_network_sets_the_clock_of_a_door_that_lost_it() {
    let mut building = Building::with_door(405);
    let resident = building.resident(PhoneProfile::android());
    building.door().power_off();
    building.world.run_for(Duration::from_secs(5));
    building.door().power_on();
    building.world.run_for(Duration::from_secs(70));

    let online = Arc::new(Online { seed: 405, asked: AtomicUsize::new(0) });
    let (radio, vault) = (Arc::clone(&resident.radio), Arc::clone(&resident.vault));
    let unlocker = Unlocker::new(radio, vault, Policy::DEFAULT).with_time_source(online.clone());
    for (unsure, asked) in [(true, 1), (false, 2)] {
        let (cancel, events) = (CancelHandle::new(), EventQueue::new(64));
        let (opened, end) = building
            .world
            .block_on(async {
                let unlocked =
                    unlocker.unlock_first(building.id(), &cancel, &resident.progress).await.unwrap();
                (unlocked.opened, unlocked.deliver(&cancel, &events).await)
            })
            .unwrap();
        assert_eq!((opened.status.clock_unsure, end), (unsure, End::Complete));
        assert_eq!(online.asked.load(Ordering::Relaxed), asked);
        building.world.run_for(Duration::from_secs(10));
    }
}
