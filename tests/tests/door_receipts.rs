//! Receipts of a door: authentic, for every phone that lacks the newest, under numbers that never repeat (spec §12.1).

use std::collections::BTreeMap;

use thumbturn_protocol::bulletin::{BulletinSubject, Denial};
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::{BulletinEpoch, Generation, HolderId, ReceiptNumber, Serial};
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::record::Record;
use thumbturn_simulator::authority::AuthorityError;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::{Property, at};

fn number(receipt: &SealedReceipt) -> ReceiptNumber {
    receipt.peek_unverified().expect("an open part").number
}

/// The receipt that a phone gets when it unlocks.
fn fetched(property: &mut Property, phone: &mut ManualPhone) -> Option<SealedReceipt> {
    property.door.pass(60_000);
    let mut session = Conversation::begin(phone, &mut property.door);
    let receipt = session.receipt(&mut property.door);
    property.door.disconnect(session.connection);
    property.door.pass(1_000);
    receipt
}

fn denials(property: &Property) -> Vec<Denial> {
    let void_before = Serial(property.authority.last_serial().0 + 1);
    vec![Denial { subject: BulletinSubject::Holder(HolderId([7; 8])), void_before, until: None }]
}

#[test]
fn a_receipt_says_what_the_door_knows_to_the_property_alone() {
    let mut property = Property::new(1);
    let mut phone = property.ticket_holder();
    property.door.hardware().battery_low = true;
    let bulletin = property.authority.bulletin(denials(&property), at(0)).expect("a bulletin");
    let door = &mut property.door;
    let mut session = Conversation::begin(&mut phone, door);
    assert!(session.hand_over(door, &bulletin));
    let state = session.state(door);
    let sealed = session.receipt(door).expect("a receipt");
    assert_eq!(number(&sealed), state.receipt, "the door said which one it would give");
    let receipt =
        property.authority.take_receipt(property.configuration.door, &sealed).expect("an authentic receipt");
    assert_eq!(receipt.header.list_version, state.list_version);
    assert!(receipt.header.flags.logs_waiting && receipt.header.flags.battery_low);
    assert!(!receipt.header.flags.clock_unsure);
    assert!(receipt.body.bulletin_epoch > BulletinEpoch(0));
    assert_eq!(receipt.body.bulletin_epoch, state.bulletin_epoch);
    assert_eq!(receipt.body.log_next, state.log_next);
    assert_eq!(receipt.body.lost_events, 0);
    let off = receipt.body.clock.seconds().abs_diff(at(60).seconds());
    assert!(off <= 60 && receipt.body.clock_error <= 60, "{off} s, {} s", receipt.body.clock_error);
    let again = property.authority.take_receipt(property.configuration.door, &sealed);
    assert_eq!(again, Err(AuthorityError::NotNewer));
}

#[test]
fn no_courier_can_change_a_byte() {
    let mut property = Property::new(2);
    let mut phone = property.resident();
    let sealed = fetched(&mut property, &mut phone).expect("a receipt");
    for index in 0..sealed.as_bytes().len() {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[index] ^= 1;
        let changed = SealedReceipt::from_bytes(&bytes).expect("as long");
        let taken = property.authority.take_receipt(property.configuration.door, &changed);
        assert_eq!(taken, Err(AuthorityError::Protocol(Error::NotAuthentic)), "byte {index}");
    }
    assert!(property.authority.take_receipt(property.configuration.door, &sealed).is_ok());
}

#[test]
fn every_phone_that_lacks_the_newest_gets_it_also_after_a_power_cut() {
    let mut property = Property::new(3);
    let mut phones: Vec<_> = (0..3).map(|_| property.resident()).collect();
    let first = fetched(&mut property, &mut phones[0]).expect("a receipt");
    for phone in &mut phones {
        assert_eq!(fetched(&mut property, phone).as_ref(), Some(&first), "the same for all");
    }
    property.door = property.door.reboot();
    let after = fetched(&mut property, &mut phones[1]).expect("a receipt");
    assert!(number(&after) > number(&first), "the clock was lost, which is news");
    assert_eq!(fetched(&mut property, &mut phones[2]), Some(after));
}

#[test]
fn a_bulletin_and_a_rotation_make_a_new_one() {
    let mut property = Property::new(4);
    let mut phone = property.resident();
    let first = fetched(&mut property, &mut phone).expect("a receipt");
    let bulletin = property.authority.bulletin(denials(&property), at(0)).expect("a bulletin");
    property.door.pass(60_000);
    let mut session = Conversation::begin(&mut phone, &mut property.door);
    assert_eq!(session.state(&mut property.door).receipt, number(&first), "an unlock is no news");
    assert!(session.hand_over(&mut property.door, &bulletin));
    let second = session.receipt(&mut property.door).expect("a receipt");
    assert_eq!(number(&second).0, number(&first).0 + 1);
    assert!(property.authority.take_receipt(property.configuration.door, &second).is_ok());
    let rotation = property.authority.rotate(Some(at(90_000)), at(0)).expect("a rotation");
    assert_eq!(session.say(&mut property.door, &Record::Rotation(rotation.into())), []);
    let third = session.receipt(&mut property.door).expect("a receipt");
    assert_eq!(third.peek_unverified().expect("an open part").origin.generation, Generation(2));
    let taken = property.authority.take_receipt(property.configuration.door, &third);
    assert_eq!(taken.expect("sealed to the new keys").header.number.0, number(&second).0 + 1);
}

#[test]
fn an_hour_after_the_last_there_is_a_new_one_if_there_is_news() {
    let mut property = Property::new(5);
    let mut phone = property.resident();
    let first = fetched(&mut property, &mut phone).expect("a receipt");
    property.door.pass(30 * 60_000);
    let half = fetched(&mut property, &mut phone).expect("a receipt");
    assert_eq!(half, first);
    property.door.pass(3 * 3_600_000);
    let later = fetched(&mut property, &mut phone).expect("a receipt");
    // One told of the second visit, one of this; two quiet hours lay between.
    assert_eq!(number(&later).0, number(&first).0 + 2);
}

#[test]
fn a_door_whose_events_were_all_acknowledged_makes_none() {
    let mut property = Property::new(6);
    let mut phone = property.resident();
    let door = property.configuration.door;
    property.door.pass(60_000);
    let mut session = Conversation::begin(&mut phone, &mut property.door);
    let receipt = session.receipt(&mut property.door).expect("a receipt");
    let batch = session.batch(&mut property.door, true).expect("events");
    property.authority.take_batch(door, &batch).expect("an authentic batch");
    let word = property.authority.acknowledge(door).expect("a door").expect("something to free");
    assert_eq!(session.say(&mut property.door, &Record::Acknowledgement(word.into())), []);
    property.door.disconnect(session.connection);
    property.door.pass(5 * 3_600_000);
    let number_then = property.door.engine().storage_mut().receipt().map(number);
    assert_eq!(number_then, Some(number(&receipt)));
}

#[test]
fn a_reset_begins_anew_and_nothing_of_the_old_life_is_given() {
    let mut property = Property::new(7);
    let mut phone = property.resident();
    assert!(fetched(&mut property, &mut phone).is_some());
    property.door.reset();
    assert_eq!(property.door.engine().storage_mut().receipt(), None);
}

/// Power fails in any flash operation around a receipt: no number is seen under two receipts, and there is one afterwards.
#[test]
fn no_number_is_given_twice_wherever_the_power_fails() {
    for moment in [Moment::Before, Moment::Middle, Moment::After] {
        for operation in 0.. {
            let board = BenchDoor::fresh_board(8);
            let flash = board.flash.clone();
            let mut property = Property::at(BenchDoor::boot(board).expect("a fresh chip boots"), 8, |_| {});
            let mut phone = property.resident();
            let mut seen = BTreeMap::new();
            let mut see = |receipt: Option<SealedReceipt>| {
                let Some(receipt) = receipt else { return };
                let before = seen.insert(number(&receipt), receipt.clone());
                assert!(before.is_none_or(|before| before == receipt), "{moment:?} {operation}");
            };
            see(fetched(&mut property, &mut phone));
            let bulletin = property.authority.bulletin(denials(&property), at(0)).expect("a bulletin");
            property.door.pass(60_000);
            let mut session = Conversation::begin(&mut phone, &mut property.door);
            flash.cut_power(operation, moment);
            session.hand_over(&mut property.door, &bulletin);
            see(session.receipt(&mut property.door));
            let was_cut = !flash.is_powered();
            property.door = property.door.reboot();
            let after = fetched(&mut property, &mut phone);
            assert!(after.is_some());
            see(after);
            property.door = property.door.reboot();
            see(fetched(&mut property, &mut phone));
            if !was_cut {
                assert!(operation > 3, "the cut must fall into what it is about");
                break;
            }
        }
    }
}
