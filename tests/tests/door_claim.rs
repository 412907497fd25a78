//! Claiming and reset under wrong secrets, races, lost messages and power cuts (spec §9).

use thumbturn_lock::hardware::HardwareEvent;
use thumbturn_lock::input::ConnectionId;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::claim::{self, DoorConfiguration};
use thumbturn_protocol::event::Event;
use thumbturn_protocol::frame::{Message, MessageType};
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{ClaimSecret, TagKey};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::nor::Moment;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::bench_door::{BenchDoor, CLAIM_SECRET};
use thumbturn_tests::gate::{claim_tag_key, gated};
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::{Property, at, claim_door};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const NOT_RECOGNISED: Reply = Reply::NotAccepted(1);
const TAG_KEY: [u8; 16] = [0x7a; 16];
const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Middle, Moment::After];

fn claim_secret() -> ClaimSecret {
    ClaimSecret::from_bytes(CLAIM_SECRET)
}

/// One who wants the door, by hand.
struct Claimer {
    connection: ConnectionId,
    keys: DoorPublicKeys,
    records: Records,
}

impl Claimer {
    /// Up to the door's keys. `None`: the door did not answer.
    fn begin(door: &mut BenchDoor, configuration: &DoorConfiguration, seed: u64) -> Option<Self> {
        let connection = door.connect();
        let hello = door.hello(connection);
        let ephemeral = Ephemeral::generate(&mut SeededRandom::new(seed)).expect("a seeded source");
        let (claimer, request) =
            claim::request(&claim_secret(), &hello, configuration, ephemeral).expect("a claim");
        let answers = door.ask(connection, MessageType::ClaimRequest, &request);
        let [answer] = answers.as_slice() else { return None };
        let (keys, session) = claimer.finish(&answer.payload).ok()?;
        Some(Self { connection, keys, records: Records::new(&session, Side::Phone) })
    }

    /// Confirms; whether the door said *claimed*.
    fn confirm(&mut self, door: &mut BenchDoor) -> bool {
        let confirm = self.records.seal(&Record::ClaimConfirm).expect("a record");
        let answers = door.ask(self.connection, MessageType::Record, &confirm);
        answers.iter().any(|answer| self.records.open(&answer.payload) == Ok(Record::Claimed))
    }
}

fn state(door: &mut BenchDoor) -> DoorState {
    let connection = door.connect();
    let state = door.hello(connection).state();
    door.disconnect(connection);
    state
}

/// What a door says to a claim request that is made for its hello.
fn claim_with(door: &mut BenchDoor, secret: &ClaimSecret, configuration: &DoorConfiguration) -> Vec<Message> {
    let connection = door.connect();
    let hello = door.hello(connection);
    let ephemeral = Ephemeral::generate(&mut SeededRandom::new(1)).expect("a seeded source");
    let (_, request) = claim::request(secret, &hello, configuration, ephemeral).expect("a claim");
    let messages = door.ask(connection, MessageType::ClaimRequest, &request);
    door.disconnect(connection);
    messages
}

fn assert_not_recognised(messages: &[Message]) {
    let [message] = messages else { panic!("{} messages", messages.len()) };
    assert_eq!(
        (message.message_type, message.payload.as_slice()),
        (MessageType::NotAccepted, [1].as_slice())
    );
}

#[test]
fn a_claim_with_a_wrong_secret_is_not_accepted() {
    let property = Property::new(501);
    let mut door = BenchDoor::new(501);
    for byte in 0..16 {
        let mut secret = CLAIM_SECRET;
        secret[byte] ^= 1;
        let messages = claim_with(&mut door, &ClaimSecret::from_bytes(secret), &property.configuration);
        assert_not_recognised(&messages);
        door.pass(2_000);
    }
    assert_eq!(state(&mut door), DoorState::FactoryFresh);
}

#[test]
fn a_claimed_door_refuses_claims() {
    let mut property =
        Property::with(502, |configuration| configuration.tag_key = TagKey::from_bytes(TAG_KEY));
    assert_not_recognised(&claim_with(&mut property.door, &claim_secret(), &property.configuration));
    // Not even one who knows the claim secret and the tag key gets the door to compute.
    let door = &mut property.door;
    let connection = door.connect();
    let hello = door.hello(connection);
    let ephemeral = Ephemeral::generate(&mut SeededRandom::new(1)).expect("a seeded source");
    let (_, request) =
        claim::request(&claim_secret(), &hello, &property.configuration, ephemeral).expect("a claim");
    door.take_work();
    assert_not_recognised(&door.ask(
        connection,
        MessageType::ClaimRequest,
        &gated(&TAG_KEY, &hello, &request[4..]),
    ));
    assert_eq!(door.take_work().exchanges, 0);
    assert_eq!(state(&mut property.door), DoorState::Claimed);
    let mut phone = property.resident();
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_factory_fresh_door_opens_for_nobody() {
    let mut property = Property::new(503);
    let mut phone = property.resident();
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    let mut fresh = BenchDoor::new(503);
    assert_eq!(phone.try_full(&mut fresh, thumbturn_protocol::ids::OperationId([1; 8]), 1), NOT_RECOGNISED);
    assert_eq!(phone.try_fast(&mut fresh, 1, 1), NOT_RECOGNISED);
    assert_eq!(fresh.bolt_moves(), []);
}

#[test]
fn a_fresh_door_tells_in_its_hello_and_a_claimed_one_under_its_own_name() {
    let mut door = BenchDoor::new(504);
    let connection = door.connect();
    let hello = door.hello(connection);
    assert_eq!(hello.state(), DoorState::FactoryFresh);
    assert!(hello.is_named_by(&TagKey::from_bytes(claim_tag_key())));
    let property = Property::at(door, 504, |_| {});
    let mut door = property.door;
    let connection = door.connect();
    let hello = door.hello(connection);
    assert_eq!(hello.state(), DoorState::Claimed);
    assert!(hello.is_named_by(&property.configuration.tag_key));
}

#[test]
fn a_lost_claim_answer_leaves_the_door_factory_fresh() {
    let property = Property::new(505);
    let mut door = BenchDoor::new(505);
    let image = door.flash.image().to_vec();
    let claimer = Claimer::begin(&mut door, &property.configuration, 1).expect("an answer");
    door.pass(40_000);
    assert!(door.has_ended(claimer.connection));
    assert_eq!(state(&mut door), DoorState::FactoryFresh);
    assert!(*door.flash.image() == *image, "nothing was kept");
    let mut again = Claimer::begin(&mut door, &property.configuration, 2).expect("an answer");
    assert_ne!(again.keys, claimer.keys, "each try makes new keys");
    assert!(again.confirm(&mut door));
}

#[test]
fn of_two_claimers_the_first_to_confirm_has_the_door() {
    let (first, second) = (Property::new(506), Property::new(507));
    for confirms_first in [0, 1] {
        let mut door = BenchDoor::new(506);
        let mut claimers = [
            Claimer::begin(&mut door, &first.configuration, 1).expect("an answer"),
            Claimer::begin(&mut door, &second.configuration, 2).expect("an answer"),
        ];
        assert!(claimers[confirms_first].confirm(&mut door));
        assert!(!claimers[1 - confirms_first].confirm(&mut door));
        assert!(door.has_ended(claimers[1 - confirms_first].connection));
        let connection = door.connect();
        let hello = door.hello(connection);
        let configurations = [&first.configuration, &second.configuration];
        assert!(hello.is_named_by(&configurations[confirms_first].tag_key));
        door.disconnect(connection);
        let claims = door.log().into_iter().filter(|logged| logged.event == Event::Claimed).count();
        assert_eq!(claims, 1);
    }
}

#[test]
fn a_claimer_who_misses_claimed_finds_out_from_the_next_hello() {
    let property = Property::new(508);
    let mut door = BenchDoor::new(508);
    let mut claimer = Claimer::begin(&mut door, &property.configuration, 1).expect("an answer");
    let _ = claimer.confirm(&mut door);
    door.disconnect(claimer.connection);
    let connection = door.connect();
    let hello = door.hello(connection);
    assert_eq!(hello.state(), DoorState::Claimed);
    assert!(hello.is_named_by(&property.configuration.tag_key));
}

/// The claimer counts on it before it claims again: nothing makes the door wait for a confirmation longer.
#[test]
fn a_confirmation_is_kept_for_two_seconds_whatever_is_asked_meanwhile() {
    for (asks_hellos, milliseconds, kept) in
        [(false, 1_999, true), (false, 2_000, false), (true, 2_000, false)]
    {
        let property = Property::new(520);
        let mut door = BenchDoor::new(520);
        let mut claimer = Claimer::begin(&mut door, &property.configuration, 1).expect("an answer");
        if asks_hellos {
            door.pass(500);
            assert!(door.ask_hello(claimer.connection).is_some());
            door.pass(milliseconds - 500);
        } else {
            door.pass(milliseconds);
        }
        assert_eq!(claimer.confirm(&mut door), kept, "{asks_hellos} {milliseconds}");
        let expected = if kept { DoorState::Claimed } else { DoorState::FactoryFresh };
        assert_eq!(state(&mut door), expected);
    }
}

#[test]
fn a_confirmation_without_a_claim_ends_the_session() {
    let mut property = Property::new(509);
    let mut phone = property.resident();
    let door = &mut property.door;
    let connection = door.connect();
    let hello = door.hello(connection);
    let operation = phone.new_operation();
    let (sent, request) = phone.full_request(&hello, operation, 1);
    let messages = door.ask(connection, MessageType::FullRequest, &request);
    let (_, mut records) = phone.read(sent, &messages[0]);
    let confirm = records.seal(&Record::ClaimConfirm).expect("a record");
    assert_eq!(door.ask(connection, MessageType::Record, &confirm), []);
    assert!(door.has_ended(connection));
}

#[test]
fn a_power_cut_in_the_claim_leaves_the_door_claimed_or_fresh() {
    let mut claimed_at_least_once = false;
    for moment in MOMENTS {
        let mut operation = 0;
        loop {
            let mut property = Property::new(510);
            let mut door = BenchDoor::new(510);
            let mut claimer = Claimer::begin(&mut door, &property.configuration, 1).expect("an answer");
            door.flash.cut_power(operation, moment);
            let told = claimer.confirm(&mut door);
            let was_cut = !door.flash.is_powered();
            let mut door = door.reboot();
            let what = format!("cut {moment:?} in operation {operation}, told: {told}");
            match state(&mut door) {
                DoorState::Claimed => {
                    claimed_at_least_once = true;
                    property.door = door;
                    let entered = property.authority.enter(&property.configuration, claimer.keys, at(0));
                    entered.expect("certified");
                    let mut phone = property.resident();
                    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED, "{what}");
                }
                DoorState::FactoryFresh => {
                    assert!(!told, "{what}");
                    claim_door(&mut door, &property.configuration);
                    assert_eq!(state(&mut door), DoorState::Claimed, "{what}");
                }
            }
            operation += 1;
            if !was_cut {
                break;
            }
        }
        assert!(operation > 1, "the cut fell into {operation} operations");
    }
    assert!(claimed_at_least_once);
}

/// A door in use, and everything that opened it: a resident's grant and ticket, a guest's share and ticket.
fn used_door(seed: u64) -> (Property, Vec<ManualPhone>) {
    let mut property = Property::new(seed);
    let mut resident = property.resident();
    let mut guest = ManualPhone::new(seed + 1_000);
    guest.keep(resident.share(guest.id(), Validity::from(at(-1))));
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED);
    assert_eq!(guest.unlock_full(&mut property.door), ACCEPTED);
    property.door.pass(60_000);
    (property, vec![resident, guest])
}

/// Nothing of before opens the door.
fn assert_locked_out(door: &mut BenchDoor, phones: &mut [ManualPhone], what: &str) {
    let moves = door.bolt_moves().len();
    for (number, phone) in phones.iter_mut().enumerate() {
        door.pass(4_000);
        assert_eq!(phone.try_fast(door, 1, 1), NOT_RECOGNISED, "{what}, phone {number}");
        let operation = phone.new_operation();
        assert_eq!(phone.try_full(door, operation, 1), NOT_RECOGNISED, "{what}, phone {number}");
    }
    assert_eq!(door.bolt_moves().len(), moves);
}

#[test]
fn nothing_of_before_a_reset_opens_the_door_before_or_after_the_next_claim() {
    let (mut property, mut phones) = used_door(511);
    property.door.reset();
    assert_eq!(state(&mut property.door), DoorState::FactoryFresh);
    assert_locked_out(&mut property.door, &mut phones, "fresh");
    // The same property claims it again, under the same door id and tag key.
    let keys = claim_door(&mut property.door, &property.configuration);
    assert_locked_out(&mut property.door, &mut phones, "claimed again");
    property.authority.enter(&property.configuration, keys, at(0)).expect("certified");
    let mut phone = property.resident();
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
    // Old grants, with the certificate of the new keys.
    for old in &mut phones {
        let (grant, share) = (old.credential().grant.clone(), old.credential().share.clone());
        let new = phone.credential().clone();
        old.keep(thumbturn_protocol::credential::Credential::new(new.certificate, new.tag_key, grant, share));
        assert_eq!(old.unlock_full(&mut property.door), Outcome::Denied);
    }
}

#[test]
fn a_reset_ends_every_connection_and_locks_the_bolt() {
    let (mut property, mut phones) = used_door(512);
    let door = &mut property.door;
    let connections = [door.connect(), door.connect_only()];
    let relocks = door.hardware().relocks;
    assert_eq!(phones[0].unlock_fast(door), ACCEPTED);
    door.reset();
    assert!(connections.iter().all(|connection| door.has_ended(*connection)));
    assert_eq!(door.hardware().relocks, relocks + 1);
    assert_eq!(door.log().len(), 1, "a new life");
    assert_eq!(door.log()[0].event, Event::Reset);
}

#[test]
fn a_request_under_way_at_a_reset_opens_nothing() {
    for slices in 0..10 {
        let (mut property, mut phones) = used_door(513);
        let door = &mut property.door;
        let connection = door.connect();
        let hello = door.hello(connection);
        let operation = phones[0].new_operation();
        let (_, request) = phones[0].full_request(&hello, operation, 1);
        let frames = thumbturn_tests::bench_door::frames(
            MessageType::FullRequest,
            &request,
            thumbturn_protocol::frame::AttMtu::MAXIMUM,
        );
        frames.iter().for_each(|frame| door.write_unpolled(connection, frame));
        for _ in 0..slices {
            door.step();
        }
        let moves = door.bolt_moves().len();
        door.reset();
        door.settle();
        assert_eq!(door.bolt_moves().len(), moves, "after {slices} slices");
        assert!(!door.engine().is_claimed());
    }
}

#[test]
fn a_claim_during_a_reset_is_not_kept() {
    let (mut property, mut phones) = used_door(521);
    let door = &mut property.door;
    let secret = claim_secret();
    // Work takes time now: the reset goes on between the steps of the claim.
    door.charges_time = true;
    door.hardware().events.push_back(HardwareEvent::ResetPressed);
    door.pass(1);
    let connection = door.connect();
    door.pass(1);
    let hello = door.hello(connection);
    assert_eq!(hello.state(), DoorState::FactoryFresh);
    let ephemeral = Ephemeral::generate(&mut SeededRandom::new(1)).expect("a seeded source");
    let (claimer, request) =
        claim::request(&secret, &hello, &property.configuration, ephemeral).expect("a claim");
    door.send(connection, MessageType::ClaimRequest, &request);
    door.pass(200);
    let answer = door.messages(connection).pop().expect("an answer");
    let (_, session) = claimer.finish(&answer.payload).expect("the door's keys");
    let confirm = Records::new(&session, Side::Phone).seal(&Record::ClaimConfirm).expect("a record");
    assert!(door.engine().storage_mut().is_resetting(), "it is not finished yet");
    door.send(connection, MessageType::Record, &confirm);
    door.pass(1);
    assert!(door.has_ended(connection));
    assert!(!door.engine().is_claimed());
    door.charges_time = false;
    door.settle();
    assert_locked_out(door, &mut phones, "after the reset");
    claim_door(door, &property.configuration);
    assert_locked_out(door, &mut phones, "claimed after the reset");
}

#[test]
fn a_reset_forgets_the_time_of_the_life_before() {
    let mut door = BenchDoor::new(514);
    let mut early = Property::new(514);
    let mut late = early.configuration.clone();
    late.now = at(1_000_000);
    claim_door(&mut door, &late);
    door.reset();
    early.door = door;
    let keys = claim_door(&mut early.door, &early.configuration);
    early.authority.enter(&early.configuration, keys, at(0)).expect("certified");
    let mut phone = early.resident();
    // Its lease ends before the instant that the life before believed in.
    assert_eq!(phone.unlock_full(&mut early.door), ACCEPTED);
}

#[test]
fn a_reset_that_the_power_interrupts_never_leaves_a_door_that_opens() {
    // The reset erases what is not blank: two blocks of each store that was in use, what lies ahead of them, and the list's blocks,
    // which are prepared long before they are needed. Of those, which are all alike, every 61st stands for its neighbours.
    let (mut property, _) = used_door(515);
    let before = property.door.flash_use().mutations();
    property.door.reset();
    let mutations = property.door.flash_use().mutations() - before;
    assert!(mutations > 8, "{mutations} operations");
    for moment in MOMENTS {
        for operation in (0..mutations).filter(|operation| *operation < 80 || operation % 61 == 0) {
            let (mut property, mut phones) = used_door(515);
            property.door.flash.cut_power(operation, moment);
            property.door.reset();
            assert!(!property.door.flash.is_powered());
            property.door = property.door.reboot();
            let what = format!("cut {moment:?} in operation {operation}");
            if state(&mut property.door) == DoorState::Claimed {
                // Only when nothing had been changed.
                assert_eq!(operation, 0, "{what}");
                assert!(moment != Moment::After, "{what}");
                property.door.reset();
            }
            assert_locked_out(&mut property.door, &mut phones, &what);
            assert_eq!(state(&mut property.door), DoorState::FactoryFresh, "{what}");
            let keys = claim_door(&mut property.door, &property.configuration);
            assert_locked_out(&mut property.door, &mut phones, &what);
            property.authority.enter(&property.configuration, keys, at(0)).expect("certified");
            let mut phone = property.resident();
            property.door.pass(10_000);
            assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED, "{what}");
        }
    }
}

#[test]
fn a_door_that_starts_in_the_middle_of_a_reset_locks() {
    for operation in 0..8 {
        let (mut property, mut phones) = used_door(516);
        assert_eq!(phones[0].unlock_fast(&mut property.door), ACCEPTED);
        let relocks = property.door.hardware().relocks;
        property.door.flash.cut_power(operation, Moment::After);
        property.door.reset();
        assert!(!property.door.flash.is_powered());
        // What the engine did after the power went, no motor did.
        property.door = property.door.reboot_with(|board| board.hardware.relocks = relocks);
        assert_eq!(property.door.hardware().relocks, relocks + 1, "cut after operation {operation}");
    }
}

#[test]
fn a_reset_whose_flash_fails_for_a_moment_never_leaves_a_door_that_opens() {
    for operation in 1..4 {
        let (mut property, mut phones) = used_door(516);
        property.door.flash.cut_power(operation, Moment::Before);
        property.door.happens(HardwareEvent::ResetPressed);
        // The chip comes back, the engine was never without power.
        property.door.flash.power_on();
        property.door.pass(60_000);
        assert_eq!(state(&mut property.door), DoorState::FactoryFresh);
        assert_locked_out(&mut property.door, &mut phones, &format!("failed in operation {operation}"));
        claim_door(&mut property.door, &property.configuration);
        assert_locked_out(&mut property.door, &mut phones, "claimed again");
    }
}

#[test]
fn a_chip_that_was_reset_holds_no_secret_of_before() {
    let (mut property, phones) = used_door(517);
    let secret = *phones[0].ticket.as_ref().expect("a ticket").secret();
    let holds = |door: &BenchDoor, secret: &[u8]| {
        door.flash.image().windows(secret.len()).any(|window| window == secret)
    };
    assert!(holds(&property.door, &secret), "the ticket is in flash");
    property.door.reset();
    property.door.settle();
    assert!(!holds(&property.door, &secret));
    assert!(!holds(&property.door, &property.configuration.door.0));
}

#[test]
fn a_claim_that_the_flash_refuses_can_be_repeated() {
    let property = Property::new(518);
    let mut door = BenchDoor::new(518);
    let mut claimer = Claimer::begin(&mut door, &property.configuration, 1).expect("an answer");
    door.flash.cut_power(0, Moment::Before);
    assert!(!claimer.confirm(&mut door));
    door.flash.power_on();
    assert_eq!(state(&mut door), DoorState::FactoryFresh);
    claim_door(&mut door, &property.configuration);
    assert_eq!(state(&mut door), DoorState::Claimed);
}

#[test]
fn claims_share_the_bucket_of_handshakes() {
    let property = Property::new(519);
    let mut door = BenchDoor::new(519);
    let mut answered = 0;
    for _ in 0..40 {
        if let Some(claimer) = Claimer::begin(&mut door, &property.configuration, 1) {
            answered += 1;
            door.disconnect(claimer.connection);
        }
    }
    assert_eq!((answered, door.now), (20, Millis(0)));
    door.pass(2_000);
    assert!(Claimer::begin(&mut door, &property.configuration, 1).is_some());
}

#[test]
fn a_hello_of_the_fresh_door_is_worthless_once_it_is_claimed() {
    let mut property = Property::new(520);
    let mut door = BenchDoor::new(520);
    let connection = door.connect();
    let fresh: Hello = door.hello(connection);
    let keys = claim_door(&mut door, &property.configuration);
    property.authority.enter(&property.configuration, keys, at(0)).expect("certified");
    property.door = door;
    let ephemeral = Ephemeral::generate(&mut SeededRandom::new(1)).expect("a seeded source");
    let (_, request) =
        claim::request(&claim_secret(), &fresh, &property.configuration, ephemeral).expect("a claim");
    assert_not_recognised(&property.door.ask(connection, MessageType::ClaimRequest, &request));
}
