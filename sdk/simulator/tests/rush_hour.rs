//! Moving-in day: many people, one door, a quarter of an hour.

use core::time::Duration;

use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::queue::EventQueue;
use thumbturn_simulator::building::{Building, DoorPlan};
use thumbturn_simulator::random::SeededRandom;

const PEOPLE: u64 = 300;
const QUARTER_OF_AN_HOUR: u64 = 900_000;

#[test]
fn three_hundred_first_unlocks_pass_one_door_in_a_quarter_of_an_hour() {
    let mut building = Building::new(17).unwrap();
    let plan = DoorPlan { relock_seconds: 1, ..DoorPlan::default() };
    let door = building.add_door_with("Entrance", plan).unwrap();
    let mut random = SeededRandom::new(17);
    let mut taps = Vec::new();
    for number in 0..PEOPLE {
        let person = building.add_resident(&format!("person {number}")).unwrap();
        building.grant(&person, &door).unwrap();
        person.phone().stand(door.place().beside());
        let world = building.world().clone();
        let (id, arrival) = (door.id(), Duration::from_millis(random.below(QUARTER_OF_AN_HOUR)));
        taps.push(building.world().spawn(async move {
            world.pause(arrival).await;
            let progress = EventQueue::new(64);
            let opened = person.unlock(id, &CancelHandle::new(), &progress).await;
            (opened, world.now())
        }));
    }
    building.world().run_for(Duration::from_millis(QUARTER_OF_AN_HOUR + 30_000));
    let outcomes: Vec<_> =
        taps.iter_mut().map(|tap| tap.take().expect("every tap has an outcome").0).collect();
    let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert!(refused.is_empty(), "{} of {PEOPLE} did not get in: {refused:?}", refused.len());
    assert_eq!(door.door().bolt_movements().len(), outcomes.len());
}
