//! Updates over a rotation: the versions of one generation say nothing of those of another (spec §10.8).

use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::{Generation, ListVersion};
use thumbturn_protocol::record::Record;

use super::{Clear, deliver};
use crate::courier::scene::{Scene, ScriptedDoor};
use crate::courier::{End, Occasion};

/// A property whose first key was stolen, and void since; the thief gave the door the highest version there is.
fn after_a_theft(seed: u64, min_list_version: u32) -> (Scene, ScriptedDoor) {
    let mut scene = Scene::new(seed);
    let rotation = scene.rotate();
    scene.inbox.take_rotation(&rotation, &mut scene.phone.random).unwrap();
    let mut door = scene.door_with(Roles::UNLOCK, ListVersion(min_list_version));
    (door.list_generation, door.list_version) = (Generation(1), ListVersion(u32::MAX));
    (scene, door)
}

fn list(door: &ScriptedDoor) -> (Generation, ListVersion) {
    (door.list_generation, door.list_version)
}

fn offers(door: &ScriptedDoor) -> usize {
    door.heard.iter().filter(|record| matches!(record, Record::Offer(_))).count()
}

#[test]
fn the_first_list_after_a_theft_is_delivered_below_the_version_of_the_thief() {
    let (mut scene, mut door) = after_a_theft(31, 0);
    // The door tells of the rotation, and of the thief's list as if it were of the new generation.
    door.receipt = 1;
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(scene.inbox.to_upload().len(), 1);
    let parcel = scene.parcel(&door.keys, 10, 12, 3);
    scene.carry(&parcel);
    let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!((delivery.end, list(&door)), (End::Complete, (Generation(2), ListVersion(12))));
    assert!(scene.inbox.parcels().is_empty(), "the door has it");
}

#[test]
fn after_a_theft_the_update_that_a_credential_waits_for_is_delivered() {
    let (mut scene, mut door) = after_a_theft(32, 12);
    let parcel = scene.parcel(&door.keys, 10, 12, 3);
    scene.carry(&parcel);
    let delivery = deliver(&mut scene, &mut door, Occasion::UpdateRequired, &mut Clear);
    assert_eq!((delivery.end, list(&door)), (End::AskAgain, (Generation(2), ListVersion(12))));
}

#[test]
fn an_update_that_another_phone_has_brought_is_offered_once_and_then_not_carried_any_more() {
    let (mut scene, mut door) = after_a_theft(33, 0);
    let parcel = scene.parcel(&door.keys, 10, 12, 3);
    scene.carry(&parcel);
    (door.list_generation, door.list_version) = (Generation(2), ListVersion(20));
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(offers(&door), 1, "only the door knows of which generation its list is");
    assert!(scene.inbox.parcels().is_empty());
    // From then on versions tell.
    scene.restart();
    let parcel = scene.parcel(&door.keys, 10, 19, 3);
    scene.carry(&parcel);
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(offers(&door), 0);
}

#[test]
fn an_update_required_that_another_phone_has_satisfied_is_asked_again_after_a_rotation_too() {
    let (mut scene, mut door) = after_a_theft(34, 12);
    let parcel = scene.parcel(&door.keys, 10, 12, 3);
    scene.carry(&parcel);
    (door.list_generation, door.list_version) = (Generation(2), ListVersion(12));
    let delivery = deliver(&mut scene, &mut door, Occasion::UpdateRequired, &mut Clear);
    assert_eq!(delivery.end, End::AskAgain);
}
