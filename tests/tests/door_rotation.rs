//! New keys of the property at a door (spec §11.4).

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::bulletin::{BulletinSubject, Denial};
use thumbturn_protocol::ids::{Generation, Serial};
use thumbturn_protocol::record::Record;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::{Received, Signed};
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };

fn stage(seed: u64) -> (Property, ManualPhone, ManualPhone) {
    let mut property = Property::new(seed);
    let carrier = property.ticket_holder();
    let resident = property.ticket_holder();
    (property, carrier, resident)
}

/// Hands a rotation over after an unlock. The generation that the door then believes.
fn carried(door: &mut BenchDoor, carrier: &mut ManualPhone, rotation: &Received<KeyRotation>) -> Generation {
    door.pass(60_000);
    let mut session = Conversation::begin(carrier, door);
    let _ = session.say(door, &Record::Rotation(rotation.clone()));
    let generation = session.state(door).generation;
    door.disconnect(session.connection);
    door.pass(60_000);
    generation
}

fn rotated(
    property: &mut Property,
    carrier: &mut ManualPhone,
    valid_for: Option<i64>,
) -> Signed<KeyRotation> {
    let rotation = property.authority.rotate(valid_for.map(at), at(0)).expect("a rotation");
    let generation = carried(&mut property.door, carrier, &rotation.clone().into());
    assert_eq!(generation, Generation(2));
    rotation
}

#[test]
fn void_keys_open_nothing_any_more_and_new_ones_do() {
    let (mut property, mut carrier, mut resident) = stage(1);
    rotated(&mut property, &mut carrier, None);
    assert_eq!(
        resident.unlock_fast(&mut property.door),
        Outcome::Denied,
        "a ticket is worth what its grant is"
    );
    assert_eq!(resident.unlock_full(&mut property.door), Outcome::Denied);
    property.grant_again(&mut resident, &GrantTerms::resident(at(-60)));
    property.door.pass(20_000);
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_phone_with_a_grant_of_the_new_keys_brings_them_itself() {
    let (mut property, _, mut resident) = stage(9);
    let rotation = property.authority.rotate(None, at(0)).expect("a rotation");
    property.grant_again(&mut resident, &GrantTerms::resident(at(-60)));
    let mut session = Conversation::begin(&mut resident, &mut property.door);
    assert_eq!(session.answer.outcome, Outcome::Denied, "the door cannot judge the grant yet");
    let _ = session.say(&mut property.door, &Record::Rotation(rotation.into()));
    property.door.disconnect(session.connection);
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn keys_that_stay_valid_for_a_while_open_until_then() {
    let (mut property, mut carrier, mut resident) = stage(2);
    rotated(&mut property, &mut carrier, Some(600));
    assert_eq!(resident.unlock_fast(&mut property.door), ACCEPTED);
    property.door.pass(60_000);
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED);
    property.door.pass(600_000);
    assert_eq!(resident.unlock_fast(&mut property.door), Outcome::Denied);
}

#[test]
fn a_rotation_survives_power_cuts() {
    let (mut property, mut carrier, mut resident) = stage(3);
    rotated(&mut property, &mut carrier, None);
    property.door = property.door.reboot();
    assert_eq!(resident.unlock_full(&mut property.door), Outcome::Denied);
    property.grant_again(&mut resident, &GrantTerms::resident(at(-60)));
    property.door.pass(20_000);
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn only_the_root_of_this_property_rotates_and_never_back() {
    let (mut property, mut carrier, _) = stage(4);
    let rotation = property.authority.rotate(None, at(0)).expect("a rotation");
    for byte in 0..rotation.as_bytes().len() {
        let mut forged = rotation.as_bytes().to_vec();
        forged[byte] ^= 4;
        let forged = Received::from_bytes(&forged).expect("as long as a rotation");
        let generation = carried(&mut property.door, &mut carrier, &forged);
        assert_eq!(generation, Generation(1), "byte {byte}");
    }
    let foreign = Property::new(5).authority.rotate(None, at(0)).expect("a rotation");
    assert_eq!(carried(&mut property.door, &mut carrier, &foreign.into()), Generation(1));
    let later = property.authority.rotate(None, at(0)).expect("a rotation");
    assert_eq!(carried(&mut property.door, &mut carrier, &later.into()), Generation(3));
    property.grant_again(&mut carrier, &GrantTerms::resident(at(-60)));
    assert_eq!(carried(&mut property.door, &mut carrier, &rotation.into()), Generation(3), "never back");
}

#[test]
fn whom_the_old_bulletin_names_stays_out_while_the_old_keys_are_valid() {
    let (mut property, mut carrier, mut resident) = stage(6);
    let void_before = Serial(property.authority.last_serial().0 + 1);
    let subject = BulletinSubject::Phone(resident.id());
    let denial = Denial { subject, void_before, until: None };
    let bulletin = property.authority.bulletin(vec![denial], at(0)).expect("a bulletin");
    let mut session = Conversation::begin(&mut carrier, &mut property.door);
    assert!(session.hand_over(&mut property.door, &bulletin));
    property.door.disconnect(session.connection);
    rotated(&mut property, &mut carrier, Some(6_000));
    assert_eq!(resident.unlock_full(&mut property.door), Outcome::Denied);
    // The first bulletin of the new generation names him again, below its first serial: all his old grants are void.
    let again = Denial { subject, void_before: Serial(1), until: None };
    let bulletin = property.authority.bulletin(vec![again], at(0)).expect("a bulletin");
    property.grant_again(&mut carrier, &GrantTerms::resident(at(-60)));
    property.door.pass(20_000);
    let mut session = Conversation::begin(&mut carrier, &mut property.door);
    assert!(session.hand_over(&mut property.door, &bulletin), "epochs are counted anew");
    property.door.disconnect(session.connection);
    property.door.pass(20_000);
    assert_eq!(resident.unlock_full(&mut property.door), Outcome::Denied);
    property.grant_again(&mut resident, &GrantTerms::resident(at(-60)));
    property.door.pass(20_000);
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED, "a new grant is not denied");
}

#[test]
fn a_thief_of_a_void_key_cannot_have_locked_the_building_for_good() {
    let (mut property, mut carrier, mut resident) = stage(8);
    // After a power cut a door believes a plain instant 90 days ahead of its floor.
    property.door = property.door.reboot();
    let mut session = Conversation::begin(&mut carrier, &mut property.door);
    let token = property.authority.time_token(at(30 * 86_400), None).expect("a token").into();
    let _ = session.say(&mut property.door, &Record::Time { token, elapsed: None });
    property.door.disconnect(session.connection);
    property.door.pass(20_000);
    assert_eq!(resident.unlock_full(&mut property.door), Outcome::LeaseEnded, "his instants were believed");
    rotated(&mut property, &mut carrier, None);
    property.grant_again(&mut resident, &GrantTerms::resident(at(-60)));
    property.door.pass(20_000);
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED);
    property.door = property.door.reboot();
    property.door.pass(20_000);
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED, "also after a power cut");
}

#[test]
fn power_cut_anywhere_leaves_one_generation_or_the_other() {
    for moment in [Moment::Before, Moment::Middle, Moment::After] {
        for operation in 0.. {
            let board = BenchDoor::fresh_board(7);
            let flash = board.flash.clone();
            let mut property = Property::at(BenchDoor::boot(board).expect("a fresh chip boots"), 7, |_| {});
            let (mut carrier, mut newcomer) = (property.ticket_holder(), property.ticket_holder());
            let rotation = property.authority.rotate(None, at(0)).expect("a rotation");
            let mut session = Conversation::begin(&mut carrier, &mut property.door);
            flash.cut_power(operation, moment);
            let _ = session.say(&mut property.door, &Record::Rotation(rotation.into()));
            let was_cut = !flash.is_powered();
            property.door = property.door.reboot();
            let old = newcomer.unlock_full(&mut property.door) == ACCEPTED;
            property.grant_again(&mut newcomer, &GrantTerms::resident(at(-60)));
            property.door.pass(20_000);
            let new = newcomer.unlock_full(&mut property.door) == ACCEPTED;
            assert!(old != new, "{moment:?} {operation}: old {old}, new {new}");
            if !was_cut {
                assert!(operation > 0, "the cut must fall into what it is about");
                break;
            }
        }
    }
}
