//! The transfer of updates: windows, losses, other phones.

use std::collections::HashSet;

use proptest::prelude::*;
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::record::{Progress, Record};
use thumbturn_protocol::time::Millis;

use super::{Air, Clear, deliver, run, session};
use crate::courier::scene::Scene;
use crate::courier::{Capacity, CourierEvent, CourierStep, End, Occasion};

/// Loses the records with these numbers.
#[derive(Default)]
struct Losing {
    to_door: HashSet<usize>,
    to_phone: HashSet<usize>,
}

impl Air for Losing {
    fn reaches_door(&mut self, number: usize, _: &Record) -> bool {
        !self.to_door.contains(&number)
    }
    fn reaches_phone(&mut self, number: usize, _: &Record) -> bool {
        !self.to_phone.contains(&number)
    }
}

/// The link dies after this many records to the door.
struct Dying(usize);

impl Air for Dying {
    fn reaches_door(&mut self, number: usize, _: &Record) -> bool {
        number < self.0
    }
    fn reaches_phone(&mut self, _: usize, _: &Record) -> bool {
        true
    }
}

#[test]
fn updates_of_every_size_arrive_without_a_byte_sent_twice() {
    for rows in [1, 62, 63, 64, 125, 126, 127, 600, 1_900] {
        let mut scene = Scene::new(20);
        let mut door = scene.door();
        let parcel = scene.parcel(&door.keys, 10, 11, rows);
        scene.carry(&parcel);
        let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
        assert_eq!((delivery.end, door.offence), (End::Complete, None), "{rows} rows");
        assert_eq!(door.list_version, ListVersion(11));
        assert_eq!(delivery.piece_bytes, parcel.size().sealed());
        assert_eq!(delivery.took, 0, "nobody waited for anything");
    }
}

#[test]
fn a_transfer_goes_on_with_another_phone_where_the_last_one_left() {
    let mut scene = Scene::new(21);
    let mut door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 11, 600);
    scene.carry(&parcel);
    let (mut sent, mut interruptions) = (0, 0);
    while door.list_version == ListVersion(10) {
        let stored: usize = door.staged.values().map(Vec::len).sum();
        let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut Dying(9 + stored % 5));
        assert_eq!(door.offence, None);
        sent += delivery.piece_bytes;
        interruptions += 1;
        assert!(interruptions < 100);
    }
    assert!(interruptions >= 4, "{interruptions}");
    // A window, of which the door stored nothing, and the rest of a chunk.
    assert!(sent <= parcel.size().sealed() + interruptions * (8_192 + 4_048), "{sent}");
}

#[test]
fn silence_is_answered_with_another_offer_after_a_second_and_not_for_ever() {
    let mut scene = Scene::new(22);
    let mut door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 11, 600);
    scene.carry(&parcel);
    let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut Dying(4));
    assert_eq!(delivery.end, End::Silent);
    assert_eq!(delivery.took, 3_000, "three offers, a second each");
}

#[test]
fn an_offer_that_vanished_is_made_again() {
    let mut scene = Scene::new(23);
    let mut door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 11, 100);
    scene.carry(&parcel);
    let mut air = Losing { to_door: HashSet::from([1]), to_phone: HashSet::new() };
    let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut air);
    assert_eq!((delivery.end, delivery.took), (End::Complete, 1_000));
    assert_eq!(door.list_version, ListVersion(11));
}

#[test]
fn while_the_person_waits_for_the_update_a_busy_door_is_asked_again() {
    let mut scene = Scene::new(24);
    let mut door = scene.door_with(thumbturn_protocol::grant::Roles::UNLOCK, ListVersion(11));
    let parcel = scene.parcel(&door.keys, 10, 11, 100);
    scene.carry(&parcel);
    door.busy_with_another_phone = true;
    let delivery = deliver(&mut scene, &mut door, Occasion::UpdateRequired, &mut Clear);
    assert_eq!((delivery.end, delivery.took), (End::AskAgain, 1_000));

    // Without anybody waiting the next phone does it.
    let parcel = scene.parcel(&door.keys, 11, 12, 100);
    scene.carry(&parcel);
    door.busy_with_another_phone = true;
    let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!((delivery.end, door.list_version), (End::Complete, ListVersion(11)));
}

#[test]
fn updates_that_continue_each_other_go_over_in_one_session() {
    let mut scene = Scene::new(25);
    let mut door = scene.door();
    for (from, to) in [(10, 12), (12, 14), (14, 16)] {
        let parcel = scene.parcel(&door.keys, from, to, 10);
        scene.carry(&parcel);
    }
    deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!((door.list_version, door.offence), (ListVersion(16), None));
}

#[test]
fn of_two_updates_to_one_version_the_one_with_fewer_bytes_left_goes_first() {
    let mut scene = Scene::new(26);
    let mut door = scene.door();
    // Neither is of no use beside the other: the longer one reaches doors that the shorter does not.
    let longer = scene.parcel(&door.keys, 5, 11, 600);
    let shorter = scene.parcel(&door.keys, 10, 11, 300);
    scene.carry(&longer);
    scene.carry(&shorter);
    let mut first = session(&scene, &door, Occasion::Accepted);
    door.begin_session();
    run(&mut first, &mut scene, &mut door, &mut Dying(3));
    assert_eq!(door.staged.keys().collect::<Vec<_>>(), [&shorter.id()]);

    // All but one chunk of the longer one is there.
    let chunks: Vec<_> = longer.chunks().map(<[u8]>::to_vec).collect();
    door.staged.insert(longer.id(), chunks[..chunks.len() - 1].to_vec());
    let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
    assert_eq!(door.list_version, ListVersion(11));
    assert_eq!(delivery.piece_bytes, chunks.last().unwrap().len());
}

#[test]
fn a_refusal_for_good_drops_the_update_and_another_is_tried() {
    let mut scene = Scene::new(27);
    let mut door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 12, 10);
    scene.carry(&parcel);
    let mut session = session(&scene, &door, Occasion::Accepted);
    let mtu = AttMtu::new(247).unwrap();
    let mut dropped = false;
    for _ in 0..50 {
        match session.poll(mtu, Capacity::Free, Millis(1_000)) {
            CourierStep::Send(Record::Ask) => session.receive(Record::State(door.state()), Millis(1_000)),
            CourierStep::Send(Record::Offer(_)) => {
                let reason = thumbturn_protocol::record::UpdateRefusal::Broken;
                let progress = Progress::Refused(reason);
                session.receive(Record::Progress { update: parcel.id(), progress }, Millis(1_000));
            }
            CourierStep::Send(record) => panic!("{record:?}"),
            CourierStep::Keep(collected) => {
                scene.inbox.keep(collected, &mut scene.phone.random).unwrap();
            }
            CourierStep::Report(CourierEvent::UpdateRefused { .. }) => dropped = true,
            CourierStep::Report(_) | CourierStep::FetchTime { .. } => {}
            CourierStep::Wait { .. } => panic!("nothing to wait for"),
            CourierStep::Done(end) => {
                assert_eq!(end, End::Complete);
                break;
            }
        }
    }
    assert!(dropped && scene.inbox.parcels().is_empty());
    door.begin_session();
}

#[test]
fn no_piece_leaves_beyond_the_window_and_none_without_capacity() {
    let mut scene = Scene::new(28);
    let mut door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 11, 600);
    scene.carry(&parcel);
    let mut session = session(&scene, &door, Occasion::Accepted);
    let mtu = AttMtu::new(247).unwrap();
    let now = Millis(1_000);
    let mut ahead = 0;
    door.begin_session();
    loop {
        match session.poll(mtu, Capacity::Free, now) {
            CourierStep::Send(Record::Ask) => session.receive(Record::State(door.state()), now),
            CourierStep::Send(Record::Offer(_)) => {
                assert!(matches!(session.poll(mtu, Capacity::Busy, now), CourierStep::Wait { .. }));
                let progress = Progress::Next { chunk: 0, offset: 0 };
                session.receive(Record::Progress { update: parcel.id(), progress }, now);
            }
            CourierStep::Send(Record::Piece { bytes, .. }) => ahead += bytes.len(),
            CourierStep::Send(_)
            | CourierStep::Report(_)
            | CourierStep::Keep(_)
            | CourierStep::FetchTime { .. } => {}
            CourierStep::Wait { until } => {
                assert_eq!(until, now.plus(1_000));
                break;
            }
            CourierStep::Done(end) => panic!("{end:?}"),
        }
        if ahead > 0 {
            assert!(matches!(
                session.poll(mtu, Capacity::Busy, now),
                CourierStep::Wait { .. } | CourierStep::Report(_)
            ));
        }
    }
    assert_eq!(ahead, 2 * 4_048, "two whole chunks fit the window, and nothing more");
}

/// A door that lost a proof and a piece of one chunk asks for the piece, and then for the whole chunk.
#[test]
fn a_lost_proof_behind_a_lost_piece_is_no_violation() {
    let mut scene = Scene::new(29);
    let mut door = scene.door();
    door.happen(2);
    let parcel = scene.parcel(&door.keys, 10, 11, 60);
    scene.carry(&parcel);
    let bulletin = scene.bulletin(4, 40);
    scene.take_bulletin(&bulletin).unwrap();
    let mut air = Losing { to_door: [6, 8].into_iter().collect(), to_phone: Default::default() };
    let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut air);
    assert_ne!(delivery.end, End::Violation);
    assert_eq!(door.list_version, ListVersion(11));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever single records vanish, the session ends in time and a door that stays gets the update in the end.
    #[test]
    fn lost_records_cost_time_and_never_the_update(
        rows in 1_u32..500,
        to_door in prop::collection::hash_set(0_usize..60, 0..6),
        to_phone in prop::collection::hash_set(0_usize..30, 0..4),
    ) {
        let mut scene = Scene::new(29);
        let mut door = scene.door();
        door.happen(2);
        let parcel = scene.parcel(&door.keys, 10, 11, rows);
        scene.carry(&parcel);
        let bulletin = scene.bulletin(4, 40);
        scene.take_bulletin(&bulletin).unwrap();
        let mut air = Losing { to_door, to_phone };
        let delivery = deliver(&mut scene, &mut door, Occasion::Accepted, &mut air);
        prop_assert!(delivery.took <= 30_000);
        prop_assert_eq!(door.offence, None);
        prop_assert_ne!(delivery.end, End::Violation);
        for _ in 0..3 {
            deliver(&mut scene, &mut door, Occasion::Accepted, &mut Clear);
        }
        prop_assert_eq!(door.list_version, ListVersion(11));
        prop_assert_eq!(door.bulletin.as_ref().map(|held| held.entries.len()), Some(40));
        prop_assert_eq!(scene.inbox.parcels(), []);
    }
}
