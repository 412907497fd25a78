//! The doors around, heard over simulated air.

use std::sync::Arc;
use std::time::Duration;

use crate::building::{Building, NOW, Person};
use futures_util::StreamExt;
use thumbturn_phone::link::AdapterState;
use thumbturn_phone::nearby::{Distance, Nearby, NearbyDoors, nearby};
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::trace::Happening;

/// What is told within `time`.
fn listen(building: &Building, nearby: &mut Nearby, time: Duration) -> Vec<NearbyDoors> {
    let mut told = Vec::new();
    let end = building.world.now().plus(time);
    while building.world.now() < end {
        let rest = end.since(building.world.now());
        let pause = building.world.pause(rest);
        let next = nearby.next();
        let first = async {
            match futures_util::future::select(core::pin::pin!(next), core::pin::pin!(pause)).await {
                futures_util::future::Either::Left((doors, _)) => Some(doors),
                futures_util::future::Either::Right(_) => None,
            }
        };
        told.extend(building.world.block_on(first).unwrap());
    }
    told
}

fn listener(person: &Person) -> Nearby {
    Nearby::new(Arc::clone(&person.radio), Arc::clone(&person.wallet))
}

#[test]
fn own_doors_are_named_and_others_are_not_shown() {
    let mut building = Building::with_door(1);
    building.add_door();
    let mut resident = building.person("resident", PhoneProfile::android());
    building.grant(&mut resident, 1, &GrantTerms::resident(NOW));
    let told = listen(&building, &mut listener(&resident), Duration::from_secs(5));
    assert!(told.first().unwrap().doors.is_empty(), "the first call tells what there is");
    let doors: Vec<_> = told.last().unwrap().doors.iter().map(|door| door.door).collect();
    assert_eq!(doors, [Some(building.doors[1].1)]);
    assert!(told.last().unwrap().doors[0].hint.is_some());
}

#[test]
fn doors_without_scan_response_come_as_unresolved() {
    let mut building = Building::with_door(2);
    let resident = building.resident(PhoneProfile::ios_background());
    let told = listen(&building, &mut listener(&resident), Duration::from_secs(10));
    let doors = &told.last().unwrap().doors;
    assert_eq!(doors.len(), 1);
    assert_eq!((doors[0].door, doors[0].hint), (None, None));
}

#[test]
fn list_stands_still_while_the_person_does() {
    let mut building = Building::empty(3, RadioSettings::default());
    for _ in 0..4 {
        building.add_door();
    }
    let mut resident = building.person("resident", PhoneProfile::android());
    for door in 0..4 {
        building.grant(&mut resident, door, &GrantTerms::resident(NOW));
    }
    let mut nearby = listener(&resident);
    listen(&building, &mut nearby, Duration::from_secs(10));
    let told = listen(&building, &mut nearby, Duration::from_secs(60));
    assert!(told.len() <= 6, "{} changes in a minute of standing still", told.len());
}

#[test]
fn walking_up_makes_a_door_be_at_hand_and_walking_away_makes_it_go() {
    let mut building = Building::with_door(4);
    let resident = building.resident(PhoneProfile::android());
    resident.phone.stand(Place::metres(12, 0));
    let mut nearby = listener(&resident);
    let distance =
        |told: &[NearbyDoors]| told.last().and_then(|doors| doors.doors.first().map(|door| door.distance));
    let told = listen(&building, &mut nearby, Duration::from_secs(5));
    assert_eq!(distance(&told), Some(Distance::InRange));
    resident.phone.walk(Place::metres(1, 0), Duration::from_secs(8));
    let told = listen(&building, &mut nearby, Duration::from_secs(12));
    assert_eq!(distance(&told), Some(Distance::AtHand));
    resident.phone.stand(Place::metres(3_000, 0));
    let told = listen(&building, &mut nearby, Duration::from_secs(10));
    assert!(told.last().unwrap().doors.is_empty());
}

#[test]
fn tap_on_a_listed_door_needs_no_scan_and_the_list_goes_on_after() {
    let mut building = Building::with_door(5);
    let resident = building.resident(PhoneProfile::android());
    let mut nearby = listener(&resident);
    listen(&building, &mut nearby, Duration::from_secs(4));
    let mark = building.world.mark();
    building.unlock(&resident).unwrap();
    let scans = |mark| {
        let trace = building.world.trace_after(mark);
        trace.records().iter().filter(|record| matches!(record.what, Happening::ScanStarted(_))).count()
    };
    assert_eq!(scans(mark), 0);
    let told = listen(&building, &mut nearby, Duration::from_secs(8));
    assert_eq!(scans(mark), 1, "the list listens again");
    assert!(told.iter().all(|doors| doors.doors.len() == 1), "the door never left the list: {told:?}");
}

#[test]
fn adapter_s_state_is_told_and_the_list_comes_back_with_it() {
    let mut building = Building::with_door(6);
    let resident = building.resident(PhoneProfile::android());
    let mut nearby = listener(&resident);
    listen(&building, &mut nearby, Duration::from_secs(4));
    resident.phone.set_adapter(AdapterState::Off);
    let told = listen(&building, &mut nearby, Duration::from_secs(4));
    assert_eq!(told.last().unwrap().adapter, AdapterState::Off);
    assert!(told.last().unwrap().doors.is_empty());
    resident.phone.set_adapter(AdapterState::On);
    let told = listen(&building, &mut nearby, Duration::from_secs(8));
    assert_eq!(told.last().unwrap().adapter, AdapterState::On);
    assert_eq!(told.last().unwrap().doors.len(), 1);
}

#[test]
fn new_credential_names_a_door_that_was_a_stranger_s() {
    let mut building = Building::with_door(7);
    let mut resident = building.person("resident", PhoneProfile::android());
    let mut nearby = listener(&resident);
    let told = listen(&building, &mut nearby, Duration::from_secs(4));
    assert!(told.last().unwrap().doors.is_empty());
    building.grant(&mut resident, 0, &GrantTerms::resident(NOW));
    let told = listen(&building, &mut nearby, Duration::from_secs(4));
    assert_eq!(told.last().unwrap().doors[0].door, Some(building.id()));
}

#[test]
fn stream_yields_the_same_and_stops_scanning_when_dropped() {
    let mut building = Building::with_door(8);
    let resident = building.resident(PhoneProfile::android());
    {
        let stream = nearby(Arc::clone(&resident.radio), Arc::clone(&resident.wallet));
        let told = building.world.block_on(stream.take(2).collect::<Vec<_>>()).unwrap();
        assert_eq!(told[1].doors[0].door, Some(building.id()));
    }
    let mark = building.world.mark();
    building.world.run_for(Duration::from_secs(10));
    let trace = building.world.trace_after(mark);
    assert!(!trace.records().iter().any(|record| matches!(record.what, Happening::Heard { .. })));
}
