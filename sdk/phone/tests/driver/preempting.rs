//! Whoever taps has the radio: a delivery gives way, loses nothing, and delays nothing.

use std::time::Duration;

use futures_util::future::join;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::courier::{CourierEvent, End};
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::{Opened, UnlockError};
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::time::Millis;
use thumbturn_simulator::authority::DoorList;
use thumbturn_simulator::profile::PhoneProfile;

use crate::building::{Building, NOW, Person};
use crate::handover::fill;

/// Milliseconds from the first tap to the second, which comes in the middle of the delivery of the first.
const LATER: u64 = 4_000;
/// The advertising interval and its jitter: what two taps may differ in.
const ADVERTISING: Duration = Duration::from_millis(225);

struct Scene {
    building: Building,
    list: DoorList,
    parcel: Vec<u8>,
    resident: Person,
}

/// What became of the second tap, and of the delivery behind the first.
struct Second {
    outcome: Result<Opened, UnlockError>,
    took: Duration,
    end: Option<End>,
    events: Vec<CourierEvent>,
}

impl Scene {
    /// A resident of two doors, and a list that takes long to deliver.
    fn new(seed: u64) -> Self {
        let mut building = Building::with_door(seed);
        building.add_door();
        let mut resident = building.resident(PhoneProfile::android().with_mtu(23));
        building.grant(&mut resident, 1, &thumbturn_simulator::authority::GrantTerms::resident(NOW));
        let mut list = building.authority.list_of(&building.configurations[0]).unwrap();
        fill(&mut list, 3_000);
        let parcel = building.authority.snapshot(&mut list, NOW).unwrap().to_bytes();
        let inbox = resident.vault.inbox(&mut resident.random).unwrap();
        inbox.take_parcel(&parcel, &mut resident.random).unwrap();
        Self { building, list, parcel, resident }
    }

    /// A tap at the first door, and another at `door` later. `delivers`: whether the phone delivers meanwhile.
    fn tap_twice(&self, door: DoorId, delivers: Delivers) -> Second {
        let (world, resident) = (&self.building.world, &self.resident);
        let timer = resident.phone.timer();
        let (cancel, events) = (CancelHandle::new(), EventQueue::new(1_000));
        let outcome = world.block_on(async {
            let unlocker = &resident.unlocker;
            let tapped = timer.now();
            let first = unlocker.unlock_first(self.building.id(), &cancel, &resident.progress).await.unwrap();
            let second = async {
                timer.sleep_until(Millis(tapped.0 + LATER)).await;
                let started = world.now();
                let outcome = unlocker.unlock(door, &cancel, &resident.progress).await;
                (outcome, world.now().since(started))
            };
            match delivers {
                Delivers::Not => {
                    first.leave().await;
                    (second.await, None)
                }
                Delivers::InTheBackground => {
                    let (end, second) = join(first.deliver(&cancel, &events), second).await;
                    (second, Some(end))
                }
                Delivers::AndIsNeverPolledAgain => {
                    let mut delivery = Box::pin(first.deliver(&cancel, &events));
                    futures_util::future::select(&mut delivery, timer.sleep_until(Millis(tapped.0 + 3_000)))
                        .await;
                    let second = second.await;
                    (second, Some(delivery.await))
                }
            }
        });
        let ((outcome, took), end) = outcome.unwrap();
        Second { outcome, took, end, events: core::iter::from_fn(|| events.try_pop()).collect() }
    }
}

#[derive(Clone, Copy)]
enum Delivers {
    Not,
    InTheBackground,
    AndIsNeverPolledAgain,
}

#[test]
fn a_tap_during_a_delivery_is_as_quick_as_any_other() {
    for seed in 600..605 {
        for door in [0, 1] {
            let without = Scene::new(seed);
            let baseline = without.tap_twice(without.building.doors[door].1, Delivers::Not);
            assert!(baseline.outcome.is_ok());
            for delivers in [Delivers::InTheBackground, Delivers::AndIsNeverPolledAgain] {
                let scene = Scene::new(seed);
                let second = scene.tap_twice(scene.building.doors[door].1, delivers);
                assert!(second.outcome.is_ok(), "{:?}", second.outcome);
                assert_eq!(second.end, Some(End::GaveWay));
                let bound = baseline.took + ADVERTISING;
                assert!(second.took <= bound, "{:?} against {:?}", second.took, baseline.took);
            }
        }
    }
}

#[test]
fn what_gave_way_goes_on_with_the_next_phone() {
    let mut scene = Scene::new(610);
    let second = scene.tap_twice(scene.building.id(), Delivers::InTheBackground);
    let reached = percent(&second.events).last().copied().unwrap();
    assert!((1..100).contains(&reached), "in the middle: {reached}");
    scene.building.world.run_for(Duration::from_secs(10));

    // Somebody else, with a better phone and the same update.
    let mut other = scene.building.resident(PhoneProfile::android());
    let carried = scene.resident.vault.inbox(&mut scene.resident.random).unwrap().parcels();
    assert_eq!(carried.len(), 1, "what was not applied is still carried");
    let inbox = other.vault.inbox(&mut other.random).unwrap();
    inbox.take_parcel(&scene.parcel, &mut other.random).unwrap();
    let events = EventQueue::new(1_000);
    let end = scene.building.world.block_on(async {
        let cancel = CancelHandle::new();
        let unlocked =
            other.unlocker.unlock_first(scene.building.id(), &cancel, &other.progress).await.unwrap();
        unlocked.deliver(&cancel, &events).await
    });
    assert_eq!(end.unwrap(), End::Complete);
    let events: Vec<_> = core::iter::from_fn(|| events.try_pop()).collect();
    let first = percent(&events).first().copied().unwrap();
    assert!(first >= reached, "{first} after {reached}");
    assert!(events.contains(&CourierEvent::Updated { list_version: scene.list.version() }), "{events:?}");
}

fn percent(events: &[CourierEvent]) -> Vec<u8> {
    let percent = |event: &CourierEvent| {
        if let CourierEvent::Updating { percent } = event { Some(*percent) } else { None }
    };
    events.iter().filter_map(percent).collect()
}
