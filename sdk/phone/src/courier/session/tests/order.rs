//! What is delivered and collected, in which order, on which occasion.

use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::{EventNumber, Generation, ListVersion};
use thumbturn_protocol::record::{DoorObject, Record};
use thumbturn_protocol::time::Millis;

use super::{Clear, deliver};
use crate::courier::scene::Scene;
use crate::courier::{CourierEvent, End, Occasion, UploadObject};
use crate::fixture::BEGIN;

/// The kinds of records that a door was told, in order, each run of equals once.
fn kinds(heard: &[Record]) -> Vec<&'static str> {
    let mut kinds: Vec<_> = heard.iter().map(kind).collect();
    kinds.dedup();
    kinds
}

fn kind(record: &Record) -> &'static str {
    match record {
        Record::Ask => "ask",
        Record::Rotation(_) => "rotation",
        Record::BulletinHeader(_) => "bulletin header",
        Record::BulletinEntries { .. } => "bulletin entries",
        Record::Fetch(DoorObject::Bulletin) => "fetch bulletin",
        Record::Fetch(DoorObject::Receipt) => "fetch receipt",
        Record::Fetch(DoorObject::LogBatch) => "fetch log",
        Record::Time { .. } => "time",
        Record::Offer(_) => "offer",
        Record::Proof { .. } | Record::Piece { .. } => "chunks",
        Record::Taken(_) => "taken",
        Record::Acknowledgement(_) => "acknowledgement",
        _ => "what phones do not send",
    }
}

#[test]
fn a_full_delivery_keeps_the_order_of_the_design() {
    let mut scene = Scene::new(1);
    let mut door = scene.door();
    let origin = door.origin;
    door.happen(3);
    let acknowledgement = scene.acknowledgement(origin, 1);
    scene.inbox.take_acknowledgement(&acknowledgement, &mut scene.phone.random).unwrap();
    let rotation = scene.rotate();
    scene.inbox.take_rotation(&rotation, &mut scene.phone.random).unwrap();
    let bulletin = scene.bulletin(5, 40);
    scene.take_bulletin(&bulletin).unwrap();
    scene.time(BEGIN + 5, Millis(0)).unwrap();
    let parcel = scene.parcel(&door.keys, 10, 11, 100);
    scene.carry(&parcel);

    // The acknowledgement was signed by the key of before: doors in the new generation do not take it, this one is lenient.
    door.events.remove(&1);
    let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(delivery.end, End::Complete);
    assert_eq!(door.offence, None);
    let expected = [
        "ask",
        "rotation",
        "ask",
        "bulletin header",
        "bulletin entries",
        "ask",
        "time",
        "offer",
        "chunks",
        "fetch receipt",
        "fetch log",
        "taken",
    ];
    assert_eq!(kinds(&door.heard), expected);
    assert_eq!(door.origin.generation, Generation(2));
    assert_eq!(door.bulletin.as_ref().unwrap().entries.len(), 40);
    assert_eq!(door.list_version, ListVersion(11));
    assert_eq!(door.taken, [EventNumber(2)]);
    for event in [
        CourierEvent::RotationDelivered { generation: Generation(2) },
        CourierEvent::Updated { list_version: ListVersion(11) },
        CourierEvent::Updating { percent: 100 },
        CourierEvent::LogsCollected { first: EventNumber(2), count: 2 },
    ] {
        assert!(delivery.events.contains(&event), "{event:?}");
    }
    let uploads = scene.inbox.to_upload();
    assert!(matches!(uploads[0].object, UploadObject::Receipt(_)));
    assert!(matches!(uploads[1].object, UploadObject::LogBatch(_)));
    assert_eq!(uploads.len(), 2);
    assert!(scene.inbox.parcels().is_empty(), "the receipt made the update useless");
}

#[test]
fn a_door_that_lacks_nothing_is_asked_once_and_left_alone() {
    let mut scene = Scene::new(2);
    let mut door = scene.door();
    let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(delivery.end, End::Complete);
    assert_eq!(kinds(&door.heard), ["ask"]);
}

#[test]
fn a_newer_bulletin_of_the_door_is_collected_once() {
    let mut scene = Scene::new(3);
    let mut door = scene.door();
    let old = scene.bulletin(5, 3);
    scene.take_bulletin(&old).unwrap();
    for entries in [0, 1, 32, 33, 256] {
        let newer = scene.bulletin(6 + entries, entries);
        door.take_bulletin(&newer);
        let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
        assert_eq!(delivery.end, End::Complete);
        assert_eq!(kinds(&door.heard), ["ask", "fetch bulletin"]);
        let uploads = scene.inbox.to_upload();
        let UploadObject::Bulletin { header, entries: learnt } = &uploads[0].object else { panic!() };
        assert_eq!((header.as_bytes(), learnt), (newer.header.as_bytes(), &newer.entries));
        assert_eq!(uploads[0].object.to_bytes(), newer.to_bytes(), "as the authority hands it out");

        deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
        assert_eq!(kinds(&door.heard), ["ask"], "both have the same");
    }
}

#[test]
fn what_was_collected_is_not_collected_again_also_after_it_was_handed_in() {
    let mut scene = Scene::new(4);
    let mut door = scene.door();
    door.happen(60);
    door.receipt = 7;
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(kinds(&door.heard), ["ask", "fetch receipt", "fetch log", "taken"]);
    for handed_in in [false, true] {
        if handed_in {
            let ids: Vec<_> = scene.inbox.to_upload().iter().map(|upload| upload.id).collect();
            assert_eq!(ids.len(), 2);
            scene.inbox.uploaded(&ids, &mut scene.phone.random).unwrap();
        }
        deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
        assert_eq!(kinds(&door.heard), ["ask"]);
    }
    // The authority has it: the next batch is new.
    let word = scene.acknowledgement(door.origin, 30);
    scene.inbox.take_acknowledgement(&word, &mut scene.phone.random).unwrap();
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(door.events.keys().next(), Some(&31));
    assert_eq!(kinds(&door.heard)[..2], ["ask", "acknowledgement"]);
    // Which the next meeting finds out.
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert!(!kinds(&door.heard).contains(&"acknowledgement"));
}

#[test]
fn a_log_batch_that_was_short_is_fetched_again_when_it_has_grown() {
    let mut scene = Scene::new(5);
    let mut door = scene.door();
    door.happen(2);
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    door.happen(1);
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(kinds(&door.heard), ["ask", "fetch log", "taken"]);
    assert_eq!(scene.inbox.to_upload().len(), 1, "the longer one took the place of the shorter");
}

#[test]
fn an_authority_that_lost_a_batch_gets_it_again_in_the_end() {
    let mut scene = Scene::new(6);
    let mut door = scene.door();
    door.happen(2);
    let mut fetched = 0;
    for _ in 0..60 {
        deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
        fetched += usize::from(kinds(&door.heard).contains(&"fetch log"));
        let ids: Vec<_> = scene.inbox.to_upload().iter().map(|upload| upload.id).collect();
        scene.inbox.uploaded(&ids, &mut scene.phone.random).unwrap();
    }
    assert_eq!(fetched, 2);
}

#[test]
fn after_denied_a_newer_bulletin_goes_over_and_the_phone_asks_again() {
    let mut scene = Scene::new(7);
    let mut door = scene.door();
    door.happen(3);
    door.receipt = 4;
    scene.time(BEGIN + 5, Millis(0)).unwrap();
    let parcel = scene.parcel(&door.keys, 10, 11, 1);
    scene.carry(&parcel);
    let delivery = deliver(&mut scene, &mut door, Occasion::Denied, &mut Clear);
    assert_eq!(delivery.end, End::Complete, "nothing was handed over: asking again is of no use");
    assert_eq!(kinds(&door.heard), ["ask"]);

    let bulletin = scene.bulletin(5, 1);
    scene.take_bulletin(&bulletin).unwrap();
    let delivery = deliver(&mut scene, &mut door, Occasion::Denied, &mut Clear);
    assert_eq!(delivery.end, End::AskAgain);
    assert_eq!(kinds(&door.heard), ["ask", "bulletin header", "bulletin entries", "ask"]);
}

#[test]
fn after_denied_a_rotation_goes_over_and_the_phone_asks_again() {
    let mut scene = Scene::new(8);
    let mut door = scene.door();
    let rotation = scene.rotate();
    scene.inbox.take_rotation(&rotation, &mut scene.phone.random).unwrap();
    let delivery = deliver(&mut scene, &mut door, Occasion::Denied, &mut Clear);
    assert_eq!(delivery.end, End::AskAgain);
    assert_eq!(kinds(&door.heard), ["ask", "rotation", "ask"]);
}

#[test]
fn after_update_required_the_update_goes_over_and_the_phone_asks_again() {
    let mut scene = Scene::new(9);
    let mut door = scene.door_with(Roles::UNLOCK, ListVersion(12));
    door.happen(3);
    door.receipt = 4;
    let delivery = deliver(&mut scene, &mut door, Occasion::UpdateRequired, &mut Clear);
    assert_eq!(delivery.end, End::Complete, "without the update there is nothing to ask again for");
    let too_early = scene.parcel(&door.keys, 10, 11, 5);
    scene.carry(&too_early);
    let delivery = deliver(&mut scene, &mut door, Occasion::UpdateRequired, &mut Clear);
    assert_eq!((delivery.end, door.list_version), (End::Complete, ListVersion(11)));

    let parcel = scene.parcel(&door.keys, 11, 12, 200);
    scene.carry(&parcel);
    let delivery = deliver(&mut scene, &mut door, Occasion::UpdateRequired, &mut Clear);
    assert_eq!((delivery.end, door.list_version), (End::AskAgain, ListVersion(12)));
    assert_eq!(kinds(&door.heard), ["ask", "offer", "chunks"], "receipt and log wait for the bolt");
}

#[test]
fn an_update_required_that_another_phone_has_satisfied_is_asked_again_at_once() {
    let mut scene = Scene::new(10);
    let mut door = scene.door_with(Roles::UNLOCK, ListVersion(12));
    door.list_version = ListVersion(12);
    let delivery = deliver(&mut scene, &mut door, Occasion::UpdateRequired, &mut Clear);
    assert_eq!(delivery.end, End::AskAgain);
    assert_eq!(kinds(&door.heard), ["ask"]);
}

#[test]
fn only_an_answer_that_leaves_something_to_deliver_is_an_occasion() {
    let table = [
        (Outcome::Accepted { relock_seconds: 5 }, Some(Occasion::Accepted)),
        (Outcome::AlreadyDone { relock_seconds: 5 }, Some(Occasion::Accepted)),
        (Outcome::Ready, Some(Occasion::Accepted)),
        (Outcome::Denied, Some(Occasion::Denied)),
        (Outcome::UpdateRequired, Some(Occasion::UpdateRequired)),
        (Outcome::OutcomeUnknown, None),
        (Outcome::NotYet, None),
        (Outcome::Expired, None),
        (Outcome::LeaseEnded, None),
        (Outcome::OutOfSchedule, None),
        (Outcome::UnknownTime, None),
        (Outcome::Busy, None),
        (Outcome::DoorFault(Fault::Jammed), None),
    ];
    for (outcome, occasion) in table {
        assert_eq!(Occasion::of(outcome), occasion, "{outcome:?}");
    }
}

#[test]
fn only_a_phone_with_the_clock_role_says_how_old_its_token_is() {
    for (roles, received, elapsed) in [
        (Roles::UNLOCK, 0, None),
        (Roles::UNLOCK.and(Roles::CLOCK), 0, Some(1)),
        (Roles::UNLOCK.and(Roles::CLOCK), 400, Some(0)),
    ] {
        let mut scene = Scene::new(11);
        let mut door = scene.door_with(roles, ListVersion(0));
        scene.time(BEGIN + 5, Millis(received)).unwrap();
        deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
        assert_eq!(door.times, [elapsed]);
        scene.restart();
        deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
        assert_eq!(door.times, [elapsed, None], "the clock began anew");
    }
}

#[test]
fn updates_of_another_generation_are_not_offered() {
    let mut scene = Scene::new(12);
    let mut door = scene.door();
    let old = scene.parcel(&door.keys, 10, 11, 1);
    scene.carry(&old);
    door.origin.generation = Generation(2);
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(kinds(&door.heard), ["ask"]);
}
