//! The log's way home: every event at least once, in a verifiable order; loss is counted (spec §12.2–12.4, invariant I7).

use std::collections::BTreeMap;

use proptest::prelude::*;
use thumbturn_lock::hardware::HardwareEvent;
use thumbturn_protocol::event::{Event, LoggedEvent};
use thumbturn_protocol::ids::{DoorId, EventNumber};
use thumbturn_protocol::keys::SigningKeyPair;
use thumbturn_protocol::log::{Acknowledgement, LogHead, SealedBatch};
use thumbturn_protocol::receipt::Receipt;
use thumbturn_protocol::record::Record;
use thumbturn_protocol::signed::{Signable, Signed};
use thumbturn_protocol::statement::Origin;
use thumbturn_simulator::authority::AuthorityError;
use thumbturn_simulator::nor::Moment;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::Property;

const HOUR_MS: u64 = 3_600_000;

/// So many of the newest events stay in flash until they are home, also after a flood: the ring of noise has room for 512, of which
/// three blocks of 32 may be erased or under way, and some come while the others are brought home.
const KEPT: u32 = 350;

/// A phone unlocks and takes one batch away.
fn collected(property: &mut Property, phone: &mut ManualPhone) -> Option<SealedBatch> {
    property.door.pass(60_000);
    let mut session = Conversation::begin(phone, &mut property.door);
    let batch = session.batch(&mut property.door, true);
    property.door.disconnect(session.connection);
    batch
}

/// A phone brings an acknowledgement.
fn brought(property: &mut Property, phone: &mut ManualPhone, word: &Signed<Acknowledgement>) {
    property.door.pass(60_000);
    let mut session = Conversation::begin(phone, &mut property.door);
    assert_eq!(session.say(&mut property.door, &Record::Acknowledgement(word.clone().into())), []);
    property.door.disconnect(session.connection);
}

fn acknowledged(property: &mut Property) -> EventNumber {
    let storage = property.door.engine().storage_mut();
    storage.event_number(storage.acknowledged())
}

fn newest(property: &mut Property) -> EventNumber {
    let storage = property.door.engine().storage_mut();
    storage.event_number(storage.newest_event())
}

/// The property's events in the door's flash, by number.
fn in_flash(property: &mut Property) -> BTreeMap<EventNumber, LoggedEvent> {
    let log = property.door.log();
    let storage = property.door.engine().storage_mut();
    let numbered = log.into_iter().map(|event| (storage.event_number(event.sequence), event));
    numbered.filter(|(number, _)| number.0 > 0).collect()
}

/// What the authority has, by number.
fn at_home(property: &Property) -> BTreeMap<EventNumber, LoggedEvent> {
    let log = property.authority.log(property.configuration.door).expect("a door");
    log.events().map(|(number, event)| (number, event.expect("an event"))).collect()
}

/// Couriers that lose nothing come until everything that happened before is home and freed.
fn bring_home(property: &mut Property, phone: &mut ManualPhone) {
    let door = property.configuration.door;
    let goal = newest(property);
    for _ in 0..400 {
        if let Some(batch) = collected(property, phone) {
            property.authority.take_batch(door, &batch).expect("an authentic batch");
        }
        // What a courier lost is given once more after 24 h, also when each visit brings events of its own.
        property.door.pass(HOUR_MS);
        if let Some(word) = property.authority.acknowledge(door).expect("a door") {
            brought(property, phone, &word);
        }
        if acknowledged(property) >= goal {
            return;
        }
    }
    panic!("never home");
}

#[test]
fn a_batch_is_the_doors_own_log_and_an_acknowledgement_frees_it() {
    let mut property = Property::new(1);
    let (mut phone, door) = (property.ticket_holder(), property.configuration.door);
    let batch = collected(&mut property, &mut phone).expect("events");
    property.authority.take_batch(door, &batch).expect("an authentic batch");
    let (home, flash) = (at_home(&property), in_flash(&mut property));
    assert!(home.len() >= 4);
    assert!(matches!(home[&EventNumber(1)].event, Event::Claimed), "a life begins with its claim");
    for (number, event) in &home {
        assert_eq!((event.time, &event.event), (flash[number].time, &flash[number].event));
    }
    let word = property.authority.acknowledge(door).expect("a door").expect("something to free");
    brought(&mut property, &mut phone, &word);
    assert_eq!(acknowledged(&mut property), batch_last(&batch));
    let batch = collected(&mut property, &mut phone).expect("later events");
    assert_eq!(batch.peek_unverified().expect("an open part").first.0, acknowledged(&mut property).0 + 1);
    property.authority.take_batch(door, &batch).expect("it continues");
    assert_eq!(property.authority.log(door).expect("a door").lost(), 0);
}

fn batch_last(batch: &SealedBatch) -> EventNumber {
    let header = batch.peek_unverified().expect("an open part");
    EventNumber(header.first.0 + u32::from(header.count) - 1)
}

#[test]
fn the_head_of_a_receipt_is_the_head_of_the_log() {
    let mut property = Property::new(2);
    let (mut phone, door) = (property.ticket_holder(), property.configuration.door);
    property.door.pass(2 * HOUR_MS);
    let mut session = Conversation::begin(&mut phone, &mut property.door);
    let receipt = session.receipt(&mut property.door).expect("a receipt");
    let receipt = property.authority.take_receipt(door, &receipt).expect("an authentic receipt");
    property.door.disconnect(session.connection);
    bring_home(&mut property, &mut phone);
    let log = property.authority.log(door).expect("a door");
    let last = EventNumber(receipt.body.log_next.0 - 1);
    assert_eq!(log.head(last), Some(receipt.body.log_head));
}

#[test]
fn only_what_the_property_signed_over_the_doors_own_head_frees_anything() {
    let mut property = Property::new(3);
    let (mut phone, door) = (property.ticket_holder(), property.configuration.door);
    let batch = collected(&mut property, &mut phone).expect("events");
    property.authority.take_batch(door, &batch).expect("an authentic batch");
    let last = batch_last(&batch);
    let head = property.authority.log(door).expect("a door").head(last).expect("a head");
    let origin = batch.peek_unverified().expect("an open part").origin;
    let stolen = Acknowledgement::new(origin, last, head).sign(&thief_key()).expect("signed");
    let elsewhere = Origin { door: DoorId([8; 8]), ..origin };
    let foreign = property.authority.sign_of(elsewhere, last, head).expect("signed");
    let signed = |number, head| property.authority.sign_acknowledgement(door, number, head).expect("signed");
    let bad = [
        stolen,
        foreign,
        signed(last, LogHead([5; 32])),
        signed(EventNumber(last.0 - 1), head),
        signed(EventNumber(last.0 + 1), head),
        signed(EventNumber(u32::MAX), head),
    ];
    let good = signed(last, head);
    for word in &bad {
        brought(&mut property, &mut phone, word);
        assert_eq!(acknowledged(&mut property), EventNumber(0));
    }
    brought(&mut property, &mut phone, &good);
    assert_eq!(acknowledged(&mut property), last);
}

#[test]
fn three_phones_are_given_an_event_and_then_one_each_day() {
    let mut property = Property::new(5);
    let mut phones: Vec<_> = (0..5).map(|_| property.ticket_holder()).collect();
    let firsts: Vec<_> = phones
        .iter_mut()
        .map(|phone| {
            let batch = collected(&mut property, phone).expect("events");
            batch.peek_unverified().expect("an open part").first.0
        })
        .collect();
    assert_eq!(firsts[..3], [1, 1, 1]);
    assert!(firsts[3] > 1 && firsts[4] > 1, "{firsts:?}");
    property.door.pass(24 * HOUR_MS);
    let again = collected(&mut property, &mut phones[0]).expect("events");
    assert_eq!(again.peek_unverified().expect("an open part").first, EventNumber(1));
    let new = collected(&mut property, &mut phones[1]).expect("events");
    assert!(new.peek_unverified().expect("an open part").first.0 > 1, "one only");
}

#[test]
fn who_does_not_keep_a_batch_does_not_count() {
    let mut property = Property::new(6);
    let mut phone = property.ticket_holder();
    for _ in 0..6 {
        property.door.pass(60_000);
        let mut session = Conversation::begin(&mut phone, &mut property.door);
        let batch = session.batch(&mut property.door, false).expect("events");
        assert_eq!(batch.peek_unverified().expect("an open part").first, EventNumber(1));
        property.door.disconnect(session.connection);
    }
}

#[test]
fn what_was_overwritten_is_counted_and_the_rest_is_verified_over_the_gap() {
    let mut property = Property::new(7);
    let (mut phone, door) = (property.ticket_holder(), property.configuration.door);
    for round in 0..1_600 {
        let sensor = if round % 2 == 0 { HardwareEvent::DoorOpened } else { HardwareEvent::DoorClosed };
        property.door.happens(sensor);
        if round % 400 == 0 {
            property.door.pass(60_000);
            let _ = phone.unlock_full(&mut property.door);
        }
    }
    let truth = in_flash(&mut property);
    let newest = newest(&mut property);
    let missing = usize::try_from(newest.0).expect("few") - truth.len();
    assert!(missing > 1_000, "the ring of routine events is small");
    property.door.pass(2 * HOUR_MS);
    let mut session = Conversation::begin(&mut phone, &mut property.door);
    let receipt = session.receipt(&mut property.door).expect("a receipt");
    property.door.disconnect(session.connection);
    let receipt = property.authority.take_receipt(door, &receipt).expect("an authentic receipt");
    bring_home(&mut property, &mut phone);
    let home = at_home(&property);
    for (number, event) in &truth {
        assert_eq!(home.get(number).map(|event| &event.event), Some(&event.event), "{number:?}");
    }
    let lost = usize::try_from(property.authority.log(door).expect("a door").lost()).unwrap();
    assert!(lost >= missing && lost <= missing + 64, "{lost} lost, {missing} missing");
    assert_eq!(usize::try_from(receipt.body.lost_events).expect("few"), missing);
}

/// The door's newest event and the head after it, as its newest receipt says: no courier can know it.
fn newest_head(
    property: &mut Property,
    phone: &mut ManualPhone,
    newest: &mut Option<Receipt>,
) -> (Origin, EventNumber, LogHead) {
    property.door.pass(60_000);
    let mut session = Conversation::begin(phone, &mut property.door);
    let sealed = session.receipt(&mut property.door).expect("a receipt");
    property.door.disconnect(session.connection);
    match property.authority.take_receipt(property.configuration.door, &sealed) {
        Ok(receipt) => *newest = Some(receipt),
        Err(error) => assert_eq!(error, AuthorityError::NotNewer),
    }
    let receipt = newest.expect("one was taken");
    (receipt.header.origin, EventNumber(receipt.body.log_next.0 - 1), receipt.body.log_head)
}

fn thief_key() -> SigningKeyPair {
    SigningKeyPair::generate(&mut SeededRandom::new(66)).expect("a seeded source")
}

/// What happens next in a random story.
#[derive(Clone, Debug)]
enum Step {
    Noise(u8),
    /// More than the ring holds.
    Flood,
    Collect {
        phone: usize,
        keeps: bool,
        arrives: bool,
    },
    Deliver(usize),
    Acknowledge {
        phone: usize,
    },
    Replay {
        phone: usize,
        which: usize,
    },
    Forge {
        phone: usize,
        signed: bool,
    },
    Restart,
    CutPower {
        phone: usize,
        operations: u64,
    },
    Day,
}

fn step() -> impl Strategy<Value = Step> {
    let phone = 0..4_usize;
    prop_oneof![
        1 => Just(Step::Flood),
        4 => (1..30_u8).prop_map(Step::Noise),
        4 => (phone.clone(), any::<bool>(), any::<bool>()).prop_map(|(phone, keeps, arrives)| Step::Collect {
            phone,
            keeps,
            arrives
        }),
        4 => (0..100_usize).prop_map(Step::Deliver),
        4 => phone.clone().prop_map(|phone| Step::Acknowledge { phone }),
        4 => (phone.clone(), 0..100_usize).prop_map(|(phone, which)| Step::Replay { phone, which }),
        4 => (phone.clone(), any::<bool>()).prop_map(|(phone, signed)| Step::Forge { phone, signed }),
        4 => Just(Step::Restart),
        4 => (phone, 0..12_u64).prop_map(|(phone, operations)| Step::CutPower { phone, operations }),
        4 => Just(Step::Day),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// I7: every event that was ever in flash reaches the authority, whatever couriers do, and in the door's own order.
    #[test]
    fn every_event_reaches_the_authority_at_least_once(steps in proptest::collection::vec(step(), 5..30)) {
        let board = BenchDoor::fresh_board(8);
        let flash = board.flash.clone();
        let mut property = Property::at(BenchDoor::boot(board).expect("a fresh chip boots"), 8, |_| {});
        let door = property.configuration.door;
        let mut phones: Vec<_> = (0..4).map(|_| property.resident()).collect();
        let mut truth = BTreeMap::new();
        let mut overwrites = false;
        let (mut under_way, mut words, mut receipts) = (Vec::new(), Vec::new(), None);
        for step in steps {
            let before = acknowledged(&mut property);
            match step {
                Step::Flood => {
                    overwrites = true;
                    (0..600).for_each(|_| property.door.happens(HardwareEvent::DoorOpened));
                }
                Step::Noise(events) => (0..events).for_each(|_| property.door.happens(HardwareEvent::DoorOpened)),
                Step::Collect { phone, keeps, arrives } => {
                    property.door.pass(60_000);
                    let mut session = Conversation::begin(&mut phones[phone], &mut property.door);
                    let batch = session.batch(&mut property.door, keeps);
                    property.door.disconnect(session.connection);
                    under_way.extend(batch.filter(|_| arrives));
                }
                Step::Deliver(which) if !under_way.is_empty() => {
                    let batch = &under_way[which % under_way.len()];
                    prop_assert_eq!(property.authority.take_batch(door, batch), Ok(()), "authentic, and one chain");
                }
                Step::Acknowledge { phone } => {
                    if let Some(word) = property.authority.acknowledge(door).expect("a door") {
                        brought(&mut property, &mut phones[phone], &word);
                        words.push(word);
                    }
                }
                Step::Replay { phone, which } if !words.is_empty() => {
                    let word = words[which % words.len()].clone();
                    brought(&mut property, &mut phones[phone], &word);
                    prop_assert!(acknowledged(&mut property) >= before, "it is heeded once, or a second time without effect");
                }
                Step::Forge { phone, signed } => {
                    let (origin, last, head) = newest_head(&mut property, &mut phones[phone], &mut receipts);
                    let word = if signed {
                        property.authority.sign_acknowledgement(door, last, LogHead([3; 32]))
                    } else {
                        Ok(Acknowledgement::new(origin, last, head).sign(&thief_key()).expect("signed"))
                    };
                    brought(&mut property, &mut phones[phone], &word.expect("signed"));
                    prop_assert_eq!(acknowledged(&mut property), before, "nothing was freed");
                }
                Step::Restart => property.door = property.door.reboot(),
                Step::CutPower { phone, operations } => {
                    property.door.pass(60_000);
                    flash.cut_power(operations, Moment::Middle);
                    let _ = phones[phone].unlock_full(&mut property.door);
                    property.door = property.door.reboot();
                }
                Step::Day => property.door.pass(24 * HOUR_MS),
                Step::Deliver(_) | Step::Replay { .. } => {}
            }
            for (number, event) in in_flash(&mut property) {
                let known = truth.entry(number).or_insert_with(|| event.clone());
                prop_assert_eq!(&*known, &event, "a number is never used for two events");
            }
        }
        let goal = newest(&mut property);
        let flash_then = in_flash(&mut property);
        bring_home(&mut property, &mut phones[0]);
        let home = at_home(&property);
        let log = property.authority.log(door).expect("a door");
        for number in (1..=goal.0).map(EventNumber) {
            let arrived = home.get(&number).map(|arrived| (arrived.time, &arrived.event));
            let is_lost = overwrites && log.is_lost(number);
            prop_assert!(arrived.is_some() != is_lost, "{:?} came or is counted", number);
            if let (Some(event), Some(arrived)) = (truth.get(&number), arrived) {
                prop_assert_eq!(arrived, (event.time, &event.event), "{:?}", number);
            }
        }
        for number in flash_then.keys() {
            prop_assert!(home.contains_key(number) || overwrites && number.0 + KEPT < goal.0, "{:?}", number);
        }
    }
}
