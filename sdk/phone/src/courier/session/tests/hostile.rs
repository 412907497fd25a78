//! Doors that lie. A session with one ends, soon and small, and keeps nothing that is not signed.

use proptest::prelude::*;
use thumbturn_protocol::bounded::{Bytes, List};
use thumbturn_protocol::bulletin::Entry;
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::ids::{BulletinEpoch, EventNumber, Generation, ListVersion, OperationId, UpdateId};
use thumbturn_protocol::record::{
    ActuatorResult, DoorKnowledge, DoorObject, Progress, Record, Staged, UpdateRefusal,
};
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::time_token::TimeNonce;

use super::{Clear, deliver, session};
use crate::courier::scene::{Scene, ScriptedDoor};
use crate::courier::{Capacity, CourierStep, End, Occasion};
use crate::fixture::Property;

const NOW: Millis = Millis(1_000);

/// Answers the first record of `kind` with `lie`, everything else as the door does; gives the end.
fn lie_to(
    scene: &mut Scene,
    door: &mut ScriptedDoor,
    when: impl Fn(&Record) -> bool,
    lie: impl FnOnce(&mut ScriptedDoor) -> Vec<Record>,
) -> End {
    let mut session = session(scene, door, Occasion::Accepted);
    door.begin_session();
    let (mut lie, mut now) = (Some(lie), NOW);
    for _ in 0..100_000 {
        match session.poll(AttMtu::new(247).unwrap(), Capacity::Free, now) {
            CourierStep::Send(record) => match lie.take() {
                Some(lie) if when(&record) => {
                    let lies = lie(door);
                    door.says.clear();
                    door.says.extend(lies);
                }
                kept => {
                    lie = kept;
                    door.receive(record);
                }
            },
            CourierStep::Keep(collected) => {
                let kept = scene.inbox.keep(collected, &mut scene.phone.random).unwrap();
                session.kept(kept, now);
            }
            CourierStep::Report(_) | CourierStep::FetchTime { .. } => {}
            CourierStep::Wait { until } => match door.says.pop_front() {
                Some(record) => session.receive(record, now),
                None => now = until,
            },
            CourierStep::Done(end) => {
                assert!(lie.is_none(), "the lie was not told");
                return end;
            }
        }
    }
    panic!("a session without end");
}

fn asks_for(object: DoorObject) -> impl Fn(&Record) -> bool {
    move |record| *record == Record::Fetch(object)
}

#[test]
fn a_receipt_that_the_door_did_not_sign_or_of_another_door_is_not_kept() {
    for lie in 0..4 {
        let mut scene = Scene::new(40);
        let (mut door, mut other) = (scene.door(), scene.door());
        door.receipt = 3;
        let end = lie_to(&mut scene, &mut door, asks_for(DoorObject::Receipt), |door| {
            let receipt = match lie {
                0 => other.make_receipt(9),
                1 => {
                    let mut bytes = door.make_receipt(9).as_bytes().to_vec();
                    bytes[40] ^= 1;
                    thumbturn_protocol::receipt::SealedReceipt::from_bytes(&bytes).unwrap()
                }
                // Signed by this door, about another.
                2 => {
                    door.origin.door = other.origin.door;
                    door.make_receipt(9)
                }
                _ => {
                    door.origin.property = thumbturn_protocol::ids::PropertyId([9; 8]);
                    door.make_receipt(9)
                }
            };
            vec![Record::Receipt(receipt)]
        });
        assert_eq!(end, End::Violation, "lie {lie}");
        assert!(scene.inbox.to_upload().is_empty(), "lie {lie}");
    }
}

#[test]
fn an_older_receipt_is_not_kept() {
    let mut scene = Scene::new(41);
    let mut door = scene.door();
    door.receipt = 5;
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    door.receipt = 6;
    let before = scene.inbox.to_upload();
    let end = lie_to(&mut scene, &mut door, asks_for(DoorObject::Receipt), |door| {
        vec![Record::Receipt(door.make_receipt(4))]
    });
    assert_eq!((end, scene.inbox.to_upload()), (End::Complete, before));
}

#[test]
fn a_log_batch_that_does_not_fit_together_is_not_kept() {
    let piece = |first: u32, total: usize, offset: usize, bytes: &[u8]| Record::LogPiece {
        first: EventNumber(first),
        total: u16::try_from(total).unwrap(),
        offset: u16::try_from(offset).unwrap(),
        bytes: Bytes::try_from(bytes).unwrap(),
    };
    for (lie, expected) in [
        (0, End::Violation),
        (1, End::Violation),
        (2, End::Violation),
        (3, End::Violation),
        (4, End::Complete),
        (5, End::Violation),
        (6, End::Violation),
        (7, End::Violation),
    ] {
        let mut scene = Scene::new(42);
        let (mut door, mut other) = (scene.door(), scene.door());
        door.happen(20);
        other.happen(20);
        let end = lie_to(&mut scene, &mut door, asks_for(DoorObject::LogBatch), |door| {
            let (first, bytes) = door.batch_bytes().unwrap();
            let length = bytes.len();
            let (head, tail) = bytes.split_at(700);
            match lie {
                // Another batch begins in the middle.
                0 => vec![piece(first, length, 0, head), piece(first + 1, length, 700, tail)],
                1 => vec![piece(first, length, 0, head), piece(first, length + 1, 700, tail)],
                // A piece again.
                2 => vec![piece(first, length, 0, head), piece(first, length, 0, head)],
                // More than it promised.
                3 => vec![piece(first, 600, 0, head)],
                // One vanished.
                4 => vec![piece(first, length, 700, tail)],
                // Under another number than the signed one.
                5 => vec![piece(first + 1, length, 0, head), piece(first + 1, length, 700, tail)],
                // Of another door.
                6 => {
                    let (first, bytes) = other.batch_bytes().unwrap();
                    let (head, tail) = bytes.split_at(700);
                    vec![piece(first, bytes.len(), 0, head), piece(first, bytes.len(), 700, tail)]
                }
                _ => vec![piece(first, 2_230, 0, head)],
            }
        });
        assert_eq!(end, expected, "lie {lie}");
        assert!(scene.inbox.to_upload().is_empty() && door.taken.is_empty(), "lie {lie}");
    }
}

#[test]
fn a_bulletin_that_the_property_did_not_sign_is_not_taken() {
    for lie in 0..6 {
        let mut scene = Scene::new(43);
        let mut door = scene.door();
        let held = scene.bulletin(5, 3);
        scene.take_bulletin(&held).unwrap();
        let good = scene.bulletin(9, 40);
        door.take_bulletin(&good);
        let forged = {
            let signing = Property::new(&mut scene.random).signing;
            let genuine = core::mem::replace(&mut scene.property.signing, signing);
            let forged = scene.bulletin(10, 0);
            scene.property.signing = genuine;
            forged
        };
        let older = scene.bulletin(5, 0);
        let end = lie_to(&mut scene, &mut door, asks_for(DoorObject::Bulletin), |_| {
            let header = |bulletin: &thumbturn_protocol::bulletin::Bulletin| {
                Record::BulletinHeader(Received::from(bulletin.header.clone()))
            };
            let entries = |first: u16, some: &[Entry]| Record::BulletinEntries {
                epoch: BulletinEpoch(9),
                first,
                entries: List::try_from(some.to_vec()).unwrap(),
            };
            let (head, tail) = good.entries.split_at(20);
            match lie {
                0 => vec![header(&forged)],
                1 => vec![header(&older)],
                2 => vec![header(&good), header(&good)],
                3 => vec![entries(0, head)],
                // Left out.
                4 => vec![header(&good), entries(0, head), entries(21, &tail[1..])],
                // Other ones than the signed.
                _ => vec![header(&good), entries(0, &held.entries), entries(3, tail)],
            }
        });
        assert_eq!(end, End::Violation, "lie {lie}");
        assert!(scene.inbox.to_upload().is_empty(), "lie {lie}");
        assert_eq!(scene.inbox.cargo(door.origin.door).unwrap().bulletin_version().epoch, BulletinEpoch(5));
    }
}

#[test]
fn a_progress_that_no_door_makes_ends_the_session() {
    let places = [
        // Beyond the update, in no chunk, behind what was confirmed.
        Progress::Next { chunk: 99, offset: 0 },
        Progress::Next { chunk: 0, offset: 4_048 },
        Progress::Next { chunk: 0, offset: 5 },
        Progress::Gap { chunk: 0, offset: 4_048 },
        Progress::Gap { chunk: 3, offset: 0 },
        Progress::Applied { list_version: ListVersion(11) },
        Progress::Applying,
    ];
    for (number, progress) in places.into_iter().enumerate() {
        let mut scene = Scene::new(44);
        let mut door = scene.door();
        let parcel = scene.parcel(&door.keys, 10, 11, 600);
        scene.carry(&parcel);
        let update = parcel.id();
        let is_second_chunk = |record: &Record| matches!(record, Record::Piece { chunk: 1, .. });
        let end =
            lie_to(&mut scene, &mut door, is_second_chunk, |_| vec![Record::Progress { update, progress }]);
        // Gaps and places within the first chunks are believed; a wrong one costs the door its own time.
        let believed = matches!(progress, Progress::Next { chunk: 0, offset: 5 });
        assert_eq!(end == End::Violation, !believed, "progress {number}: {end:?}");
    }
    let mut scene = Scene::new(44);
    let mut door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 11, 600);
    scene.carry(&parcel);
    let is_offer = |record: &Record| matches!(record, Record::Offer(_));
    let end = lie_to(&mut scene, &mut door, is_offer, |_| {
        let progress = Progress::Applied { list_version: ListVersion(10) };
        vec![Record::Progress { update: parcel.id(), progress }]
    });
    assert_eq!(end, End::Violation, "applied, and as old as before");
    let update = UpdateId([1; 8]);
    let end = lie_to(&mut scene, &mut door, is_offer, |_| {
        vec![Record::Progress { update, progress: Progress::Applying }]
    });
    assert_eq!(end, End::Violation, "an update that was not offered");
}

#[test]
fn a_door_that_asks_for_the_same_chunk_for_ever_is_left() {
    let mut scene = Scene::new(45);
    let mut door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 11, 600);
    scene.carry(&parcel);
    let mut session = session(&scene, &door, Occasion::Accepted);
    let (mut now, mut sent, mut gaps) = (NOW, 0, 0);
    let progress = |progress| Record::Progress { update: parcel.id(), progress };
    door.begin_session();
    let end = loop {
        match session.poll(AttMtu::new(247).unwrap(), Capacity::Free, now) {
            CourierStep::Send(Record::Ask) => session.receive(Record::State(door.state()), now),
            CourierStep::Send(Record::Offer(_)) => {
                session.receive(progress(Progress::Next { chunk: 0, offset: 0 }), now);
            }
            CourierStep::Send(Record::Piece { bytes, .. }) => sent += bytes.len(),
            CourierStep::Wait { .. } => {
                gaps += 1;
                now = now.plus(1);
                session.receive(progress(Progress::Gap { chunk: 0, offset: 0 }), now);
            }
            CourierStep::Done(end) => break end,
            CourierStep::Send(_)
            | CourierStep::Keep(_)
            | CourierStep::Report(_)
            | CourierStep::FetchTime { .. } => {}
        }
    };
    assert_eq!((end, gaps), (End::Violation, 17));
    assert!(sent <= 17 * 8_192);
    assert_eq!(scene.inbox.parcels().len(), 1, "another door's honesty does not depend on this one");
}

#[test]
fn a_session_is_over_after_thirty_seconds_whatever_the_door_says() {
    let mut scene = Scene::new(46);
    let mut door = scene.door();
    door.happen(5);
    let mut session = session(&scene, &door, Occasion::Accepted);
    let mut now = NOW;
    let piece = |offset: u16| Record::LogPiece {
        first: EventNumber(1),
        total: 2_000,
        offset,
        bytes: Bytes::try_from([7].as_slice()).unwrap(),
    };
    let mut offset = 0;
    let end = loop {
        match session.poll(AttMtu::MINIMUM, Capacity::Free, now) {
            CourierStep::Send(Record::Ask) => session.receive(Record::State(door.state()), now),
            CourierStep::Wait { .. } => {
                session.receive(piece(offset), now);
                offset += 1;
                now = now.plus(500);
            }
            CourierStep::Done(end) => break end,
            CourierStep::Send(_)
            | CourierStep::Keep(_)
            | CourierStep::Report(_)
            | CourierStep::FetchTime { .. } => {}
        }
    };
    assert_eq!((end, now), (End::TimeUp, NOW.plus(30_000)));
    door.begin_session();
}

#[test]
fn what_only_phones_say_and_what_nobody_asked_for_ends_the_session() {
    let mut scene = Scene::new(47);
    let mut door = scene.door();
    let state = door.state();
    let strays = [
        Record::Ask,
        Record::ClaimConfirm,
        Record::Claimed,
        Record::Fetch(DoorObject::Receipt),
        Record::Fetch(DoorObject::Bulletin),
        Record::Nothing(DoorObject::Receipt),
        Record::Receipt(door.make_receipt(1)),
        Record::LogPiece {
            first: EventNumber(1),
            total: 1,
            offset: 0,
            bytes: Bytes::try_from([1].as_slice()).unwrap(),
        },
        Record::Progress { update: UpdateId([1; 8]), progress: Progress::Applying },
    ];
    for stray in strays {
        let end = lie_to(&mut scene, &mut door, |record| *record == Record::Ask, |_| vec![stray.clone()]);
        assert_eq!(end, End::Violation, "{stray:?}");
    }
    // The second of two.
    let end = lie_to(
        &mut scene,
        &mut door,
        |record| *record == Record::Ask,
        |_| vec![Record::State(state.clone())],
    );
    assert_eq!(end, End::Complete);
}

#[test]
fn the_bolts_word_is_no_concern_of_the_courier_unless_it_never_ends() {
    let mut scene = Scene::new(48);
    let mut door = scene.door();
    door.happen(5);
    for (times, expected) in [(3, End::Complete), (40, End::Violation)] {
        let end = lie_to(
            &mut scene,
            &mut door,
            |record| *record == Record::Ask,
            |door| {
                let actuator =
                    Record::Actuator { operation: OperationId([1; 8]), result: ActuatorResult::Moved };
                let mut says = vec![actuator; times];
                says.push(Record::State(door.state()));
                says
            },
        );
        assert_eq!(end, expected);
    }
}

fn any_record() -> impl Strategy<Value = Record> {
    let place = || (0_u16..6, prop_oneof![Just(0_u16), 0_u16..4_100]);
    let progress = prop_oneof![
        place().prop_map(|(chunk, offset)| Progress::Next { chunk, offset }),
        place().prop_map(|(chunk, offset)| Progress::Gap { chunk, offset }),
        Just(Progress::Applying),
        (9_u32..13).prop_map(|version| Progress::Applied { list_version: ListVersion(version) }),
        Just(Progress::Refused(UpdateRefusal::NoRoom)),
        Just(Progress::Refused(UpdateRefusal::TransferUnderWay)),
    ];
    let object =
        || prop::sample::select(vec![DoorObject::Bulletin, DoorObject::Receipt, DoorObject::LogBatch]);
    let state = (0_u32..3, 5_u32..12, 0_u32..9, 0_u32..5, 0_u32..5, 0_u32..9).prop_map(
        |(generation, list, epoch, receipt, first, next)| {
            Record::State(DoorKnowledge {
                generation: Generation(generation),
                list_version: ListVersion(list),
                bulletin_epoch: BulletinEpoch(epoch),
                receipt: thumbturn_protocol::ids::ReceiptNumber(receipt),
                log_first: EventNumber(first),
                log_next: EventNumber(next),
                nonce: TimeNonce([0; 8]),
                staged: List::try_from(vec![Staged { update: UpdateId([1; 8]), chunk: 3 }]).unwrap(),
            })
        },
    );
    prop_oneof![
        4 => state,
        6 => progress.prop_map(|progress| Record::Progress { update: UpdateId([0; 8]), progress }),
        1 => object().prop_map(Record::Fetch),
        2 => object().prop_map(Record::Nothing),
        2 => (0_u32..3, 0_u16..2_300, 0_u16..40, 1_usize..40).prop_map(|(first, total, offset, length)| {
            let bytes = Bytes::try_from(vec![1; length].as_slice()).unwrap();
            Record::LogPiece { first: EventNumber(first), total, offset, bytes }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever comes, in whatever order: no panic, an end within the bound, a bounded number of steps, nothing kept that is not
    /// signed.
    #[test]
    fn no_door_keeps_a_session_alive_or_gets_something_kept(
        says in prop::collection::vec((any_record(), 0_u64..800), 0..80),
        occasion in prop::sample::select(vec![Occasion::Accepted, Occasion::Denied, Occasion::UpdateRequired]),
    ) {
        let mut scene = Scene::new(49);
        let mut door = scene.door();
        let parcel = scene.parcel(&door.keys, 10, 11, 200);
        scene.carry(&parcel);
        let bulletin = scene.bulletin(4, 40);
        scene.take_bulletin(&bulletin).unwrap();
        let mut session = session(&scene, &door, occasion);
        let mut says = says.into_iter();
        let (mut now, mut steps) = (NOW, 0);
        loop {
            steps += 1;
            prop_assert!(steps < 5_000);
            match session.poll(AttMtu::new(247).unwrap(), Capacity::Free, now) {
                CourierStep::Keep(collected) => {
                    scene.inbox.keep(collected, &mut scene.phone.random).unwrap();
                }
                CourierStep::Wait { until } => match says.next() {
                    Some((mut record, later)) => {
                        now = now.plus(later);
                        if let Record::Progress { update, .. } = &mut record {
                            *update = parcel.id();
                        }
                        session.receive(record, now);
                    }
                    None => now = until,
                },
                CourierStep::FetchTime { .. } => {}
                CourierStep::Done(_) => break,
                CourierStep::Send(_) | CourierStep::Report(_) => {}
            }
        }
        prop_assert!(now <= NOW.plus(30_000 + 800));
        prop_assert_eq!(scene.inbox.to_upload(), []);
        door.begin_session();
    }
}
