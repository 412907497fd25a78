//! Which updates are carried.

use proptest::prelude::*;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::Generation;

use super::{at, receipt};
use crate::courier::collected::{Collected, CollectedObject};
use crate::courier::scene::{Scene, ScriptedDoor};
use crate::courier::{Carried, Occasion};

/// About 6.5 KiB.
const ROWS: u32 = 100;

fn carried_doors(scene: &Scene) -> Vec<thumbturn_protocol::ids::DoorId> {
    let mut doors: Vec<_> = scene.inbox.parcels().iter().map(|carried| carried.door).collect();
    doors.sort();
    doors
}

fn offer(scene: &mut Scene, door: &ScriptedDoor) -> Carried {
    let parcel = scene.parcel(&door.keys, 10, 11, ROWS).to_bytes();
    scene.inbox.take_parcel(&parcel, &mut scene.phone.random).unwrap()
}

#[test]
fn within_the_budget_likely_doors_come_first() {
    let mut scene = Scene::new(80);
    let doors: Vec<_> = (0..4).map(|_| scene.door()).collect();
    scene.inbox.limit_parcels(15_000);
    scene.inbox.expect_doors([(doors[1].origin.door, 5), (doors[3].origin.door, 9)]);
    for door in &doors {
        offer(&mut scene, door);
    }
    let mut expected = [doors[1].origin.door, doors[3].origin.door];
    expected.sort();
    assert_eq!(carried_doors(&scene), expected);
    let bytes: usize = scene.inbox.parcels().iter().map(|carried| carried.length).sum();
    assert!(bytes <= 15_000);
}

#[test]
fn without_a_word_of_the_app_the_doors_that_were_met_come_first() {
    let mut scene = Scene::new(81);
    let doors: Vec<_> = (0..3).map(|_| scene.door()).collect();
    scene.inbox.limit_parcels(7_000);
    for (door, visits) in doors.iter().zip([2, 300, 5]) {
        for _ in 0..visits {
            let object = CollectedObject::Met { log_first: thumbturn_protocol::ids::EventNumber(0) };
            scene.inbox.keep(Collected { origin: door.origin, object }, &mut scene.phone.random).unwrap();
        }
    }
    for door in &doors {
        offer(&mut scene, door);
    }
    assert_eq!(carried_doors(&scene), [doors[1].origin.door]);
}

#[test]
fn what_a_credential_waits_for_is_carried_whatever_the_budget() {
    let mut scene = Scene::new(82);
    let moving_in = scene.door_with(Roles::UNLOCK, at(11));
    let likely = scene.door();
    scene.inbox.limit_parcels(0);
    scene.inbox.expect_doors([(likely.origin.door, 9)]);
    assert_eq!(offer(&mut scene, &moving_in), Carried::Yes);
    assert_eq!(offer(&mut scene, &likely), Carried::No);
    assert_eq!(carried_doors(&scene), [moving_in.origin.door]);
    scene.restart();
    assert_eq!(carried_doors(&scene), [moving_in.origin.door]);

    // One that does not lead far enough is like any other.
    let mut scene = Scene::new(83);
    let moving_in = scene.door_with(Roles::UNLOCK, at(12));
    scene.inbox.limit_parcels(0);
    assert_eq!(offer(&mut scene, &moving_in), Carried::No);
}

#[test]
fn an_update_of_a_later_generation_is_what_a_credential_waits_for_at_any_version() {
    let mut scene = Scene::new(87);
    let door = scene.door_with(Roles::UNLOCK, at(12));
    let rotation = scene.rotate();
    scene.inbox.take_rotation(&rotation, &mut scene.phone.random).unwrap();
    scene.inbox.limit_parcels(0);
    let parcel = scene.parcel_of(Generation(2), &door.keys, 10, 11, 1).to_bytes();
    assert_eq!(scene.inbox.take_parcel(&parcel, &mut scene.phone.random), Ok(Carried::Yes));
    let cargo = scene.inbox.cargo(door.origin.door).unwrap();
    assert!(cargo.may_change(Occasion::UpdateRequired));
}

#[test]
fn a_newer_update_takes_the_place_of_those_it_covers() {
    let mut scene = Scene::new(84);
    let door = scene.door();
    let versions = |scene: &Scene| {
        let mut to: Vec<_> = scene.inbox.parcels().iter().map(|carried| carried.to.0).collect();
        to.sort_unstable();
        to
    };
    for (from, to, expected) in [
        (10, 12, vec![12]),
        // From a later version: a door at 10 needs the first one before.
        (11, 13, vec![12, 13]),
        (10, 14, vec![14]),
        // Older than what is there.
        (10, 13, vec![14]),
        (9, 14, vec![14, 14]),
    ] {
        let rows = if from == 9 { 300 } else { 1 };
        let parcel = scene.parcel(&door.keys, from, to, rows);
        scene.carry(&parcel);
        assert_eq!(versions(&scene), expected, "{from} to {to}");
    }
    let rotation = scene.rotate();
    scene.inbox.take_rotation(&rotation, &mut scene.phone.random).unwrap();
    let next = scene.parcel_of(Generation(2), &door.keys, 10, 12, 1);
    scene.carry(&next);
    assert_eq!(versions(&scene), [12], "the next generation's");
}

#[test]
fn a_door_has_at_most_four_updates_here() {
    let mut scene = Scene::new(85);
    let door = scene.door();
    for from in 10..20 {
        let parcel = scene.parcel(&door.keys, from, from + 2, 1);
        scene.carry(&parcel);
    }
    let mut to: Vec<_> = scene.inbox.parcels().iter().map(|carried| carried.to.0).collect();
    to.sort_unstable();
    assert_eq!(to, [18, 19, 20, 21]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever comes, the budget holds, only for what credentials wait for it does not, and that is never missing.
    #[test]
    fn the_budget_holds_and_nothing_that_is_needed_is_missing(
        offers in prop::collection::vec((0_usize..5, 10_u32..14, 1_u32..4, 1_u32..120), 1..14),
        likely in prop::collection::vec(0_u32..5, 5),
        budget in 0_usize..30_000,
        needed in 0_usize..5,
    ) {
        let mut scene = Scene::new(86);
        let mut doors: Vec<_> = (0..5)
            .map(|door| scene.door_with(Roles::UNLOCK, at(if door == needed { 12 } else { 0 })))
            .collect();
        scene.inbox.limit_parcels(budget);
        scene.inbox.expect_doors(doors.iter().map(|door| door.origin.door).zip(likely));
        let mut wanted = false;
        for (door, from, step, rows) in offers {
            let parcel = scene.parcel(&doors[door].keys, from, from + step, rows);
            scene.carry(&parcel);
            wanted |= door == needed && from + step >= 12;
            let carried = scene.inbox.parcels();
            let of_needed = |to: u32| move |door| to >= 12 && door == needed;
            let bytes: usize = carried
                .iter()
                .filter(|carried| !of_needed(carried.to.0)(doors.iter().position(|door| door.origin.door == carried.door).unwrap()))
                .map(|carried| carried.length)
                .sum();
            prop_assert!(bytes <= budget);
            let has = carried.iter().any(|carried| carried.door == doors[needed].origin.door && carried.to >= at(12));
            prop_assert_eq!(has, wanted);
        }
        let door = &mut doors[needed];
        door.list_version = at(99);
        scene.inbox.keep(receipt(door, 1), &mut scene.phone.random).unwrap();
        prop_assert!(!carried_doors(&scene).contains(&doors[needed].origin.door));
    }
}
