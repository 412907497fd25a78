//! The log on its way home (spec §12.2–12.4).

use proptest::prelude::*;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::EventNumber;
use thumbturn_protocol::keys::{ExchangeKeyPair, SigningKeyPair};
use thumbturn_protocol::log::{
    Acknowledgement, BatchDraft, Continuity, EventSalts, LogBatch, LogHead, SealedBatch,
};
use thumbturn_protocol::signed::Signable;
use thumbturn_protocol::statement::StatementKeys;

use crate::cast::Fixed;
use crate::objects::{all_damage_is_refused, there_and_back};
use crate::{cast, damage, strategies};

/// The salted events of a door, number 1 first.
fn events(count: u32) -> Vec<Vec<u8>> {
    let salted = |number: u32| {
        let salt = EventSalts::of(&cast::door_receipt()).salt(EventNumber(number));
        salt.salted(format!("event {number}").as_bytes())
    };
    (1..=count).map(salted).collect()
}

/// Heads 0…n.
fn heads(events: &[Vec<u8>]) -> Vec<LogHead> {
    let mut heads = vec![LogHead::start(cast::origin().door_key)];
    for (event, number) in events.iter().zip(1..) {
        heads.push(heads[heads.len() - 1].after(EventNumber(number), event));
    }
    heads
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap()
}

fn draft(first: u32, last: u32, lost: u32) -> BatchDraft {
    let events = events(last);
    let before = heads(&events)[index(first) - 1];
    let mut draft = BatchDraft::new(cast::origin(), EventNumber(first), before, lost).unwrap();
    for event in &events[index(first) - 1..] {
        assert!(draft.push(event).unwrap());
    }
    draft
}

fn seal_as(draft: &BatchDraft, receipt_key: &SigningKeyPair) -> SealedBatch {
    let keys = StatementKeys { receipt_key, sealing_key: &cast::sealing().public() };
    draft.seal(&keys, &mut Fixed(9)).unwrap()
}

fn seal(draft: &BatchDraft) -> SealedBatch {
    seal_as(draft, &cast::door_receipt())
}

fn open(sealed: &SealedBatch) -> Result<LogBatch, Error> {
    sealed.open(&cast::origin(), &cast::door_keys(), &cast::sealing())
}

fn batch(first: u32, last: u32) -> LogBatch {
    open(&seal(&draft(first, last, 0))).unwrap()
}

#[test]
fn a_batch_brings_its_events_and_every_head() {
    let (events, batch) = (events(5), batch(3, 5));
    let heads = heads(&events);
    let expected = (3..=5).map(|number| (EventNumber(number), events[index(number) - 1].as_slice()));
    assert!(batch.events().eq(expected));
    assert_eq!(batch.last(), EventNumber(5));
    for number in 0..8 {
        let expected = (2..=5).contains(&number).then(|| heads[index(number)]);
        assert_eq!(batch.head_at(EventNumber(number)), expected, "{number}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_events_survive_the_way(
        first in 1..=u32::MAX,
        before: [u8; 32],
        events in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 17..300), 1..12),
    ) {
        let mut draft = BatchDraft::new(cast::origin(), EventNumber(first), LogHead(before), first - 1).unwrap();
        let taken: Vec<_> = events.iter().take_while(|event| draft.push(event).unwrap()).collect();
        let sealed = SealedBatch::from_bytes(seal(&draft).as_bytes()).unwrap();
        let batch = open(&sealed).unwrap();
        prop_assert_eq!(sealed.peek_unverified().unwrap(), *batch.header());
        prop_assert!(batch.events().map(|(_, event)| event).eq(taken));
        prop_assert_eq!(usize::from(batch.header().count), batch.events().count());
    }

    #[test]
    fn every_acknowledgement_survives_the_way(sequence in 1..=u32::MAX, head: [u8; 32], generation in strategies::number()) {
        let mut origin = cast::origin();
        origin.generation.0 = generation;
        there_and_back(&Acknowledgement::new(origin, EventNumber(sequence), LogHead(head)))?;
    }
}

#[test]
fn every_damage_to_a_batch_is_refused() {
    let good = seal(&draft(1, 2, 0));
    assert!(open(&good).is_ok());
    for damaged in damage::all(good.as_bytes()) {
        assert!(SealedBatch::from_bytes(&damaged).and_then(|batch| open(&batch)).is_err(), "{damaged:02x?}");
    }
}

#[test]
fn a_batch_of_another_door_or_for_another_property_is_refused() {
    let sealed = seal(&draft(1, 2, 0));
    let mut origin = cast::origin();
    origin.door_key.0[0] ^= 1;
    assert_eq!(sealed.open(&origin, &cast::door_keys(), &cast::sealing()), Err(Error::NotAuthentic));
    let other = ExchangeKeyPair::from_secret([0x78; 32]);
    assert_eq!(sealed.open(&cast::origin(), &cast::door_keys(), &other), Err(Error::NotAuthentic));
    let forged = seal_as(&draft(1, 2, 0), &SigningKeyPair::from_secret([0x77; 32]));
    assert_eq!(open(&forged), Err(Error::NotAuthentic));
}

/// Behind a good signature: open parts that cannot be.
#[test]
fn open_parts_that_contradict_themselves_are_refused() {
    let good = seal(&draft(2, 3, 1));
    let changed = |at: usize, bytes: &[u8]| {
        let mut sealed = good.as_bytes().to_vec();
        sealed[at..at + bytes.len()].copy_from_slice(bytes);
        SealedBatch::from_bytes(&sealed).unwrap().peek_unverified().map(|header| header.gone)
    };
    let malformed = Err(Error::Malformed("log batch"));
    assert_eq!(changed(0, &[1]), Ok(1));
    assert_eq!(changed(0, &[2]), Err(Error::UnsupportedVersion("log batch")));
    assert_eq!(changed(25, &[0; 4]), malformed, "events count from 1");
    assert_eq!(changed(29, &[0; 2]), malformed, "no events");
    assert_eq!(changed(25, &[0xff; 4]), malformed, "a last number above u32");
    assert_eq!(changed(31, &[0, 0, 0, 2]), malformed, "more lost than there were");
    assert_eq!(changed(35, &[0, 1]), malformed);
    assert_eq!(changed(36, &[1]), malformed);
}

#[test]
fn a_batch_holds_as_much_as_the_limit_and_no_more() {
    let start = LogHead::start(cast::origin().door_key);
    let mut draft = BatchDraft::new(cast::origin(), EventNumber(1), start, 0).unwrap();
    assert_eq!(draft.push(&[7; 2_046]), Ok(true));
    assert_eq!(draft.push(&[7; 17]), Ok(false));
    let sealed = seal(&draft);
    assert_eq!(sealed.as_bytes().len(), 2_229);
    assert_eq!(open(&sealed).unwrap().events().count(), 1);
    assert!(draft.push(&[7; 2_047]).is_err());
    assert!(draft.push(&[7; 16]).is_err(), "a salt and nothing");
}

#[test]
fn a_batch_without_events_or_from_number_zero_is_not_made() {
    let start = LogHead::start(cast::origin().door_key);
    let draft = BatchDraft::new(cast::origin(), EventNumber(1), start, 0).unwrap();
    let keys = StatementKeys { receipt_key: &cast::door_receipt(), sealing_key: &cast::sealing().public() };
    assert!(draft.seal(&keys, &mut Fixed(9)).is_err());
    assert!(BatchDraft::new(cast::origin(), EventNumber(0), start, 0).is_err());
    let mut last = BatchDraft::new(cast::origin(), EventNumber(u32::MAX), start, 0).unwrap();
    assert_eq!(last.push(&[7; 17]), Ok(true));
    assert_eq!(last.push(&[7; 17]), Ok(false), "there is no number after the last");
}

#[test]
fn the_property_sees_gaps_repetitions_and_forks() {
    let heads = heads(&events(9));
    let at = |number: u32| (EventNumber(number), heads[index(number)]);
    let fits = |batch: &LogBatch, (number, head)| batch.continues(number, head);
    assert_eq!(fits(&batch(1, 3), at(0)), Continuity::Continues);
    assert_eq!(fits(&batch(4, 6), at(3)), Continuity::Continues);
    assert_eq!(fits(&batch(2, 6), at(3)), Continuity::Continues);
    assert_eq!(fits(&batch(2, 6), at(6)), Continuity::Known);
    assert_eq!(fits(&batch(2, 6), at(9)), Continuity::Known);
    assert_eq!(fits(&batch(6, 9), at(3)), Continuity::Gap { missing: 2 });
    let other = LogHead([0; 32]);
    assert_eq!(batch(4, 6).continues(EventNumber(3), other), Continuity::Forked);
    assert_eq!(batch(2, 6).continues(EventNumber(6), other), Continuity::Forked);
}

#[test]
fn any_change_of_order_number_or_event_changes_the_head() {
    let events = events(3);
    let good = heads(&events)[3];
    let (mut swapped, mut cut) = (events.clone(), events.clone());
    swapped.swap(0, 1);
    cut.remove(1);
    for other in [swapped, cut] {
        assert_ne!(*heads(&other).last().unwrap(), good);
    }
    let start = LogHead::start(cast::origin().door_key);
    assert_ne!(start.after(EventNumber(1), &events[0]), start.after(EventNumber(2), &events[0]));
    for (_, flipped) in damage::flips(&events[0]) {
        assert_ne!(start.after(EventNumber(1), &flipped), start.after(EventNumber(1), &events[0]));
    }
}

#[test]
fn salts_differ_by_door_and_by_number() {
    let salt =
        |key: u8, number| EventSalts::of(&SigningKeyPair::from_secret([key; 32])).salt(EventNumber(number));
    assert_eq!(salt(1, 1), salt(1, 1));
    assert_ne!(salt(1, 1), salt(1, 2));
    assert_ne!(salt(1, 1), salt(2, 1));
}

#[test]
fn every_damage_to_an_acknowledgement_is_refused() {
    let draft = Acknowledgement::new(cast::origin(), EventNumber(3), heads(&events(3))[3]);
    let key = cast::property();
    all_damage_is_refused(&draft.sign(&key).unwrap().into(), &key.public());
    assert!(Acknowledgement::new(cast::origin(), EventNumber(0), LogHead([0; 32])).sign(&key).is_err());
    let mut origin = cast::origin();
    origin.generation.0 = u32::MAX;
    let widest = Acknowledgement::new(origin, EventNumber(u32::MAX), LogHead([0; 32])).sign(&key).unwrap();
    assert_eq!(widest.as_bytes().len(), Acknowledgement::MAX_BODY + 64);
}
