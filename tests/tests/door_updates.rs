//! Updates at a door: carried by any phone, applied whole or not at all, in force at once (spec §10, invariants I2, I3, I5).

use thumbturn_lock::storage::list::ParcelKind;
use thumbturn_protocol::answer::{Outcome, short_version};
use thumbturn_protocol::bounded::Bytes;
use thumbturn_protocol::deny::DenySubject;
use thumbturn_protocol::record::{Progress, Record, UpdateRefusal};
use thumbturn_protocol::update::row::RowKey;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::{Courier, applied, refused};
use thumbturn_tests::list_stage::{ListStage, stranger};
use thumbturn_tests::property::at;

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };

#[test]
fn a_snapshot_and_then_deltas_bring_the_door_where_the_authority_is() {
    let mut stage = ListStage::begun(1);
    for number in 0..5 {
        stage.deny(stranger(number));
        if number > 1 {
            stage.list.remove(&RowKey::deny(&stranger(number - 2)));
        }
        let delta = stage.delta();
        stage.carries(&delta);
    }
    assert_eq!(stage.list.rows().count(), 2);
}

#[test]
fn a_deny_row_cuts_ticket_and_grant_and_nobody_else() {
    let mut stage = ListStage::begun(2);
    let mut resident = stage.property.ticket_holder();
    stage.deny(DenySubject::Holder(resident.grant().holder));
    let delta = stage.delta();
    stage.carries(&delta);
    let door = &mut stage.property.door;
    assert_eq!(resident.unlock_fast(door), Outcome::Denied);
    assert_eq!(resident.unlock_full(door), Outcome::Denied);
    assert_eq!(stage.neighbour.unlock_fast(door), ACCEPTED);
    stage.property.grant_again(&mut resident, &GrantTerms::resident(at(-60)));
    assert_eq!(resident.unlock_full(&mut stage.property.door), ACCEPTED, "a newer serial");
}

#[test]
fn the_list_is_in_force_after_a_power_cut() {
    let mut stage = ListStage::begun(3);
    let mut resident = stage.property.ticket_holder();
    stage.deny(DenySubject::Phone(resident.id()));
    stage.list.change_settings(|settings| settings.relock_seconds = 9);
    let delta = stage.delta();
    stage.carries(&delta);
    stage.property.door = stage.property.door.reboot();
    stage.assert_same_list();
    assert_eq!(resident.unlock_full(&mut stage.property.door), Outcome::Denied);
    let accepted = Outcome::Accepted { relock_seconds: 9 };
    assert_eq!(stage.neighbour.unlock_full(&mut stage.property.door), accepted);
}

#[test]
fn a_door_below_what_a_grant_needs_takes_the_update_in_the_same_session_and_then_opens() {
    let mut stage = ListStage::begun(4);
    let mut previous = stage.property.ticket_holder();
    stage.deny(DenySubject::Holder(previous.grant().holder));
    let delta = stage.delta();
    let terms = GrantTerms { min_list_version: stage.list.version(), ..GrantTerms::resident(at(-60)) };
    let mut successor = stage.property.phone(&terms);
    let door = &mut stage.property.door;
    let moves = door.bolt_moves().len();
    let mut session = Conversation::begin(&mut successor, door);
    assert_eq!(session.answer.outcome, Outcome::UpdateRequired);
    assert_eq!(Courier::new(&delta).deliver(&mut session, door), applied(stage.list.version()));
    assert_eq!(door.bolt_moves().len(), moves, "a transfer opens nothing");
    let again = session.unlock_again(&mut successor, door);
    assert_eq!(again, ACCEPTED);
    door.pass(60_000);
    assert_eq!(previous.unlock_fast(door), Outcome::Denied);
    assert_eq!(previous.unlock_full(door), Outcome::Denied);
    stage.assert_same_list();
}

#[test]
fn the_answer_tells_the_version_of_the_list() {
    let mut stage = ListStage::begun(5);
    let session = Conversation::begin(&mut stage.neighbour, &mut stage.property.door);
    assert_eq!(session.answer.list_version, short_version(stage.list.version()));
}

#[test]
fn another_phone_goes_on_at_every_chunk_and_resends_none() {
    let (mut stage, snapshot) = ListStage::with_long_snapshot(6);
    let mut sent = 0;
    for chunk in 0..3 {
        let mut phone = stage.property.resident();
        let door = &mut stage.property.door;
        let mut session = Conversation::begin(&mut phone, door);
        let mut courier = Courier::new(&snapshot);
        assert_eq!(courier.offer(&mut session, door), Progress::Next { chunk, offset: 0 });
        let progress = courier.send_chunk(&mut session, door, chunk);
        sent += courier.sent;
        if chunk == 2 {
            assert_eq!(progress, Some(applied(stage.list.version())));
        }
        door.disconnect(session.connection);
        door.pass(60_000);
    }
    assert_eq!(sent, snapshot.size().sealed());
    stage.assert_same_list();
}

#[test]
fn what_is_staged_is_kept_over_a_power_cut() {
    let (mut stage, snapshot) = ListStage::with_long_snapshot(7);
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let mut courier = Courier::new(&snapshot);
    courier.offer(&mut session, door);
    courier.send_chunk(&mut session, door, 0);
    stage.property.door = stage.property.door.reboot();
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let mut courier = Courier::new(&snapshot);
    assert_eq!(courier.offer(&mut session, door), Progress::Next { chunk: 1, offset: 0 });
    assert_eq!(courier.deliver(&mut session, door), applied(stage.list.version()));
    stage.assert_same_list();
}

#[test]
fn a_piece_that_vanished_is_asked_for_once() {
    let (mut stage, snapshot) = ListStage::with_long_snapshot(8);
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let mut courier = Courier::new(&snapshot);
    courier.offer(&mut session, door);
    let records = courier.records(0);
    let mut progress = Vec::new();
    for record in [&records[0], &records[1], &records[3], &records[3], &records[2], &records[3]] {
        progress.extend(session.say(door, record).into_iter().map(|record| match record {
            Record::Progress { progress, .. } => progress,
            other => panic!("{other:?}"),
        }));
    }
    let expected = [Progress::Gap { chunk: 0, offset: 1_488 }, Progress::Next { chunk: 1, offset: 0 }];
    assert_eq!(progress, expected);
}

/// A neighbour comes for the first time after so many records of a chunk and so many steps of the door's work on them.
fn a_handshake_amid_a_chunk(said: usize, steps: usize) {
    let (mut stage, snapshot) = ListStage::with_long_snapshot(9);
    let mut newcomer = stage.property.resident();
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let mut courier = Courier::new(&snapshot);
    courier.offer(&mut session, door);
    courier.send_chunk(&mut session, door, 0);
    let records = courier.records(1);
    for record in &records[..said] {
        session.say_unpolled(door, record);
    }
    for _ in 0..steps {
        door.step();
    }
    let moves = door.bolt_moves().len();
    newcomer.unlock_full(door);
    assert_eq!(door.bolt_moves().len(), moves + 1);
    let mut place = None;
    for record in session.heard(door) {
        if let Record::Progress {
            progress: Progress::Next { chunk, .. } | Progress::Gap { chunk, .. }, ..
        } = record
        {
            place = Some(chunk);
        }
    }
    let chunk = place.expect("the phone is told where to go on");
    assert!(
        chunk == 1 || (said == records.len() && chunk == 2),
        "{chunk} after {said} records, {steps} steps"
    );
    let mut progress = Progress::Next { chunk, offset: 0 };
    while let Progress::Next { chunk, offset: 0 } = progress {
        progress = courier.send_chunk(&mut session, door, chunk).expect("progress after a chunk");
    }
    assert_eq!(progress, applied(stage.list.version()));
    stage.assert_same_list();
}

#[test]
fn a_chunk_gives_way_to_a_handshake_and_comes_again() {
    for said in 0..=3 {
        for steps in 0..6 {
            a_handshake_amid_a_chunk(said, steps);
        }
    }
}

#[test]
fn replayed_foreign_and_early_updates_are_refused_and_change_nothing() {
    let mut stage = ListStage::begun(9);
    stage.deny(stranger(1));
    let first = stage.delta();
    stage.deny(stranger(2));
    let second = stage.delta();
    let mut other = ListStage::begun(9 + 100);
    other.deny(stranger(1));
    let foreign = other.delta();
    let door = &mut stage.property.door;
    let before = door.engine().storage_mut().list_store().digest();
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let early = Courier::new(&second).deliver(&mut session, door);
    assert_eq!(early, refused(UpdateRefusal::DoesNotContinue));
    let strange = Courier::new(&foreign).deliver(&mut session, door);
    assert_eq!(strange, refused(UpdateRefusal::NotAuthentic));
    assert_eq!(door.engine().storage_mut().list_store().digest(), before);
    assert!(matches!(Courier::new(&first).deliver(&mut session, door), Progress::Applied { .. }));
    let replayed = Courier::new(&first).deliver(&mut session, door);
    assert_eq!(replayed, refused(UpdateRefusal::NotNewer));
    assert_eq!(Courier::new(&second).deliver(&mut session, door), applied(stage.list.version()));
    stage.assert_same_list();
}

#[test]
fn every_bit_of_a_header_is_signed() {
    let mut stage = ListStage::begun(10);
    stage.deny(stranger(1));
    let delta = stage.delta();
    let known = |stage: &mut ListStage| {
        let list = stage.property.door.engine().storage_mut().list_store();
        (list.edition(), list.digest(), list.staged(ParcelKind::Delta), list.staged(ParcelKind::Snapshot))
    };
    let before = known(&mut stage);
    for byte in 0..182 {
        stage.property.door.pass(5_000);
        let door = &mut stage.property.door;
        let mut session = Conversation::begin(&mut stage.neighbour, door);
        for bit in 0..8 {
            let mut header = delta.header().as_bytes().to_vec();
            header[byte] ^= 1 << bit;
            let offer = Record::Offer(Bytes::try_from(header.as_slice()).expect("a header"));
            let heard = session.say(door, &offer);
            let progress = refused(UpdateRefusal::NotAuthentic);
            let is_refusal = |record: &Record| matches!(record, Record::Progress { progress: told, .. } if *told == progress);
            assert!(heard.len() == 1 && heard.iter().all(is_refusal), "bit {bit} of byte {byte}: {heard:?}");
        }
        door.disconnect(session.connection);
    }
    assert_eq!(known(&mut stage), before);
}

#[test]
fn a_wrong_chunk_is_asked_for_again_and_the_second_ends_the_session() {
    let (mut stage, snapshot) = ListStage::with_long_snapshot(11);
    let (_, foreign) = ListStage::with_long_snapshot(12);
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let mut courier = Courier::new(&snapshot);
    courier.offer(&mut session, door);
    for last in [false, true] {
        let records = Courier::new(&foreign).records(0);
        let heard: Vec<_> = records.iter().flat_map(|record| session.say(door, record)).collect();
        let again =
            Record::Progress { update: snapshot.id(), progress: Progress::Next { chunk: 0, offset: 0 } };
        assert_eq!(heard, if last { vec![] } else { vec![again] });
    }
    assert!(door.has_ended(session.connection));
}

#[test]
fn a_power_cut_at_every_operation_leaves_the_list_before_or_after() {
    for moment in [Moment::Before, Moment::Middle, Moment::After] {
        for operation in 0.. {
            let mut stage = ListStage::begun(13);
            let before = stage.list.version();
            stage.deny(stranger(1));
            let delta = stage.delta();
            let after = stage.list.version();
            let door = &mut stage.property.door;
            let mut session = Conversation::begin(&mut stage.neighbour, door);
            door.flash.cut_power(operation, moment);
            let mut courier = Courier::new(&delta);
            let header = Bytes::try_from(delta.header().as_bytes()).expect("a header");
            session.say(door, &Record::Offer(header));
            for record in courier.records(0) {
                session.say(door, &record);
            }
            if door.flash.is_powered() {
                assert!(operation > 5, "the transfer and the switch were cut");
                break;
            }
            stage.property.door = stage.property.door.reboot();
            let version = stage.property.door.engine().storage_mut().list_store().version();
            assert!(version == before || version == after, "{version:?}");
            if version == before {
                stage.carries(&delta);
            }
            stage.assert_same_list();
        }
    }
}

#[test]
fn a_delta_over_another_list_of_the_same_version_is_broken_and_only_a_snapshot_helps() {
    // Two lives of one authority, as after a restored backup: the same keys, versions and list key.
    let (mut stage, mut restored) = (ListStage::begun(14), ListStage::begun(14));
    stage.deny(stranger(1));
    let delta = stage.delta();
    stage.carries(&delta);
    restored.deny(stranger(2));
    restored.delta();
    assert_eq!(restored.list.version(), stage.list.version());
    restored.deny(stranger(3));
    let over_another = restored.delta();
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let progress = Courier::new(&over_another).deliver(&mut session, door);
    assert_eq!(progress, refused(UpdateRefusal::Broken));
    door.disconnect(session.connection);
    stage.assert_same_list();
    // It asks for one until it has one, whatever happens meanwhile.
    for _ in 0..2 {
        stage.pass_a_minute();
        assert!(receipt_wants_snapshot(&mut stage));
        stage.pass_a_minute();
        stage.property.door = stage.property.door.reboot();
    }
    stage.pass_a_minute();
    restored.pass_a_minute();
    let snapshot = restored.snapshot();
    std::mem::swap(&mut stage.list, &mut restored.list);
    stage.carries(&snapshot);
    assert!(!receipt_wants_snapshot(&mut stage));
    stage.property.door = stage.property.door.reboot();
    assert!(!receipt_wants_snapshot(&mut stage));
}

/// Whether the door's newest receipt asks for a snapshot.
fn receipt_wants_snapshot(stage: &mut ListStage) -> bool {
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let receipt = session.receipt(door).expect("a receipt").peek_unverified().expect("a header");
    door.disconnect(session.connection);
    assert_eq!(receipt.flags.wants_snapshot, door.engine().wants_snapshot());
    receipt.flags.wants_snapshot
}
