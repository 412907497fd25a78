//! What is taken in from the authority, and the bounds of what doors give.

use thumbturn_protocol::ids::{DoorKeyId, Generation};
use thumbturn_protocol::signed::Signable;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use super::{at, batch, receipt};
use crate::courier::Carried;
use crate::courier::collected::{Collected, CollectedObject};
use crate::courier::inbox::{BATCHES_OF_A_DOOR, DOORS, RECEIPTS, VISITED_DOORS};
use crate::courier::scene::Scene;
use crate::fixture::{BEGIN, seconds};
use crate::wallet::{ImportError, WalletError};

#[test]
fn nothing_that_another_property_signed_is_carried() {
    let mut scene = Scene::new(70);
    let mut stranger = Scene::new(71);
    let door = scene.door();
    let foreign = stranger.parcel(&door.keys, 10, 11, 1).to_bytes();
    assert_eq!(scene.inbox.take_parcel(&foreign, &mut scene.phone.random), Err(ImportError::UnknownProperty));
    let foreign = stranger.bulletin(5, 1).to_bytes();
    assert_eq!(
        scene.inbox.take_bulletin(&foreign, &mut scene.phone.random),
        Err(ImportError::UnknownProperty)
    );

    // The right name under the wrong key.
    stranger.property.id = scene.property.id;
    let refused = Err(ImportError::NotAuthentic);
    let random = &mut scene.phone.random;
    let forged = stranger.parcel(&door.keys, 10, 11, 1).to_bytes();
    assert_eq!(scene.inbox.take_parcel(&forged, random), Err(ImportError::NotAuthentic));
    assert_eq!(scene.inbox.take_bulletin(&stranger.bulletin(5, 1).to_bytes(), random), refused);
    let forged = stranger.acknowledgement(door.origin, 3);
    assert_eq!(scene.inbox.take_acknowledgement(&forged, random), refused);
    assert_eq!(scene.inbox.take_rotation(&stranger.rotate(), random), refused);
    let token = TimeToken::new(scene.property.id, Generation(1), seconds(BEGIN));
    let token = token.sign(&stranger.property.signing).unwrap();
    assert_eq!(scene.inbox.take_time(token.as_bytes(), Millis(0), random), refused);
    assert_eq!(scene.inbox.parcels(), []);
}

#[test]
fn a_parcel_with_a_changed_bit_is_not_carried() {
    let mut scene = Scene::new(72);
    let door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 11, 70).to_bytes();
    for byte in [0, 30, 100, 181, 182, 2_000, parcel.len() - 1] {
        let mut changed = parcel.clone();
        changed[byte] ^= 1;
        assert!(scene.inbox.take_parcel(&changed, &mut scene.phone.random).is_err(), "byte {byte}");
    }
    for length in [0, 181, 182, parcel.len() - 1] {
        assert!(scene.inbox.take_parcel(&parcel[..length], &mut scene.phone.random).is_err());
    }
    assert_eq!(scene.inbox.take_parcel(&parcel, &mut scene.phone.random), Ok(Carried::Yes));
}

#[test]
fn bulletins_and_tokens_only_get_newer() {
    let mut scene = Scene::new(73);
    let (older, newer) = (scene.bulletin(5, 2), scene.bulletin(6, 1));
    scene.take_bulletin(&newer).unwrap();
    assert_eq!(scene.take_bulletin(&older), Err(ImportError::Older));
    let mut cut = newer.clone();
    cut.entries.clear();
    assert_eq!(scene.take_bulletin(&cut), Err(ImportError::NotAuthentic), "entries left out");

    scene.time(BEGIN + 9, Millis(0)).unwrap();
    assert_eq!(scene.time(BEGIN + 9, Millis(5)), Err(ImportError::Older));
    assert_eq!(scene.time(BEGIN + 8, Millis(5)), Err(ImportError::Older));
    let token = TimeToken::new(scene.property.id, Generation(1), seconds(BEGIN + 99));
    let token = token.for_session(TimeNonce([1; 8])).sign(&scene.property.signing).unwrap();
    let taken = scene.inbox.take_time(token.as_bytes(), Millis(0), &mut scene.phone.random);
    assert_eq!(taken, Err(ImportError::Inconsistent), "for one session, not for every door");
}

#[test]
fn a_rotation_is_for_the_wallet_and_for_doors() {
    let mut scene = Scene::new(74);
    let door = scene.door();
    let rotation = scene.rotate();
    scene.inbox.take_rotation(&rotation, &mut scene.phone.random).unwrap();
    assert_eq!(scene.wallet.anchors()[0].generation, Generation(2));
    scene.restart();
    let cargo = scene.inbox.cargo(door.origin.door).unwrap();
    assert_eq!(cargo.rotation.unwrap().0, Generation(2));
    // Known to the wallet already: doors get it all the same.
    let next = scene.rotate();
    scene.wallet.rotate(&next, &mut scene.phone.random).unwrap();
    scene.inbox.take_rotation(&next, &mut scene.phone.random).unwrap();
    assert_eq!(scene.inbox.take_rotation(&rotation, &mut scene.phone.random), Err(ImportError::Older));
    assert_eq!(scene.inbox.cargo(door.origin.door).unwrap().rotation.unwrap().0, Generation(3));
}

#[test]
fn one_door_fills_no_more_than_its_share() {
    let mut scene = Scene::new(75);
    let mut door = scene.door();
    for number in 1..20 {
        let _ = scene.inbox.keep(receipt(&mut door, number), &mut scene.phone.random).unwrap();
        door.happen(1);
        scene.inbox.keep(batch(&mut door), &mut scene.phone.random).unwrap();
        door.events.clear();
    }
    assert_eq!(scene.inbox.to_upload().len(), 1 + BATCHES_OF_A_DOOR);
    assert!(!scene.inbox.cargo(door.origin.door).unwrap().room.batch, "so the next session does not ask");
}

#[test]
fn many_doors_fill_no_more_than_the_inbox() {
    let mut scene = Scene::new(76);
    let mut door = scene.door();
    let template = receipt(&mut door, 1);
    let mut kept = 0;
    for number in 0..u32::try_from(RECEIPTS).unwrap() + 9 {
        let mut one = template.clone();
        one.origin.door_key = DoorKeyId(number.to_be_bytes());
        kept += usize::from(scene.inbox.keep(one, &mut scene.phone.random).unwrap());
    }
    assert_eq!((kept, scene.inbox.to_upload().len()), (RECEIPTS, RECEIPTS));
    // Doors are remembered to the bound; those that wait for nothing are forgotten first.
    for number in 0..u32::try_from(DOORS).unwrap() + 9 {
        let mut origin = door.origin;
        origin.door_key = DoorKeyId((number + 10_000).to_be_bytes());
        origin.door.0[..4].copy_from_slice(&number.to_be_bytes());
        let object = CollectedObject::Met { log_first: thumbturn_protocol::ids::EventNumber(0) };
        scene.inbox.keep(Collected { origin, object }, &mut scene.phone.random).unwrap();
    }
    let state = scene.inbox.state();
    assert_eq!((state.contents.doors.len(), state.contents.held_receipts()), (DOORS, RECEIPTS));
    assert_eq!(state.contents.visits.len(), VISITED_DOORS);
    assert!(state.contents.encode().unwrap().len() < 1024 * 1024);
    drop(state);
}

#[test]
fn an_update_is_dropped_when_its_door_says_that_it_has_it() {
    let mut scene = Scene::new(77);
    let mut door = scene.door();
    for to in [12, 14] {
        let parcel = scene.parcel(&door.keys, to - 2, to, 1);
        scene.carry(&parcel);
    }
    door.list_version = at(11);
    scene.inbox.keep(receipt(&mut door, 1), &mut scene.phone.random).unwrap();
    assert_eq!(scene.inbox.parcels().len(), 2);
    door.list_version = at(12);
    scene.inbox.keep(receipt(&mut door, 2), &mut scene.phone.random).unwrap();
    assert_eq!(scene.inbox.parcels().iter().map(|carried| carried.to).collect::<Vec<_>>(), [at(14)]);
    let late = scene.parcel(&door.keys, 10, 12, 1).to_bytes();
    assert_eq!(scene.inbox.take_parcel(&late, &mut scene.phone.random), Ok(Carried::No));
    scene.restart();
    assert_eq!(scene.inbox.parcels().len(), 1);

    // Another life of the same door says nothing about this one.
    let mut other = receipt(&mut door, 9);
    other.origin.door_key = DoorKeyId([9; 4]);
    if let CollectedObject::Receipt(receipt) = &mut other.object {
        receipt.list_version = at(99);
    }
    scene.inbox.keep(other, &mut scene.phone.random).unwrap();
    assert_eq!(scene.inbox.parcels().len(), 1);
}

#[test]
fn a_power_cut_between_receipt_and_update_leaves_no_useless_update() {
    let mut scene = Scene::new(78);
    let mut door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 12, 1);
    scene.carry(&parcel);
    door.list_version = at(12);
    scene.phone.storage.restore_power();
    scene.phone.storage.cut_power_before_write(2);
    let kept = scene.inbox.keep(receipt(&mut door, 1), &mut scene.phone.random);
    assert_eq!(kept, Err(WalletError::Storage { code: None }));
    scene.phone.storage.restore_power();
    scene.restart();
    assert_eq!((scene.inbox.to_upload().len(), scene.inbox.parcels().len()), (1, 0));
}
