//! An attacker with a radio changes what phones send: bit by bit, byte by byte, frame by frame.
//!
//! The neighbour knows the tag key and puts the right gate in front of what he changed, so that it reaches the code behind.

use thumbturn_lock::input::ConnectionId;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::claim;
use thumbturn_protocol::event::Event;
use thumbturn_protocol::frame::{AttMtu, Message, MessageType};
use thumbturn_protocol::full::RequestPayload;
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{ClaimSecret, OperationId, TagKey};
use thumbturn_protocol::keys::{ExchangeKey, VerifyingKey};
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::bench_door::{BenchDoor, CLAIM_SECRET, frames};
use thumbturn_tests::gate::{claim_tag_key, gated};
use thumbturn_tests::manual_phone::{ManualPhone, Reply, Sent};
use thumbturn_tests::property::{Property, at, claim_door};
use thumbturn_tests::tampering::{flip, flipped, resize, resized};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const NOT_RECOGNISED: Reply = Reply::NotAccepted(1);
const TAG_KEY: [u8; 16] = [0x7a; 16];
/// Longest message to a door that has authenticated nobody (spec §1.6).
const LONGEST: usize = 704;
/// One more handshake passes the bucket.
const TOKEN_MS: u64 = 2_000;

fn property(seed: u64) -> Property {
    Property::with(seed, |configuration| configuration.tag_key = TagKey::from_bytes(TAG_KEY))
}

/// Refused, or ignored because it is longer than any message may be.
fn assert_refused(messages: &[Message], length: usize, what: &str) {
    match messages {
        [] => assert!(length > LONGEST, "{what}: silence"),
        [message] => {
            assert!(length <= LONGEST, "{what}: too long to be looked at");
            assert_eq!(message.message_type, MessageType::NotAccepted, "{what}");
            assert_eq!(message.payload, [1], "{what}");
        }
        _ => panic!("{what}: {} messages", messages.len()),
    }
}

fn assert_nothing_opened(door: &mut BenchDoor) {
    assert_eq!(door.bolt_moves(), []);
    assert!(!door.log().iter().any(|logged| matches!(logged.event, Event::Operation(_))));
}

/// Sends every change of a request, made anew for each hello, on a connection of its own. Gives how many there were.
fn try_changes(
    door: &mut BenchDoor,
    message_type: MessageType,
    mut request: impl FnMut(&Hello) -> Vec<u8>,
    change: impl Fn(&Hello, &[u8], usize) -> Option<Vec<u8>>,
) -> usize {
    for index in 0.. {
        door.pass(TOKEN_MS);
        let connection = door.connect();
        let hello = door.hello(connection);
        let Some(changed) = change(&hello, &request(&hello), index) else { return index };
        let messages = door.ask(connection, message_type, &changed);
        door.disconnect(connection);
        assert_refused(&messages, changed.len(), &format!("change {index}"));
    }
    unreachable!("there is a last change")
}

/// One bit flipped behind a gate that is right.
fn flip_behind_the_gate(tag_key: [u8; 16]) -> impl Fn(&Hello, &[u8], usize) -> Option<Vec<u8>> {
    move |hello, request, index| Some(gated(&tag_key, hello, &flip(&request[4..], index)?))
}

/// Another length behind a gate that is right.
fn resize_behind_the_gate(tag_key: [u8; 16]) -> impl Fn(&Hello, &[u8], usize) -> Option<Vec<u8>> {
    move |hello, request, index| Some(gated(&tag_key, hello, &resize(&request[4..], index)?))
}

fn try_full_requests(seed: u64, change: impl Fn(&Hello, &[u8], usize) -> Option<Vec<u8>>) {
    let mut property = property(seed);
    let mut phone = property.resident();
    let operation = phone.new_operation();
    let request = |hello: &Hello| phone.full_request(hello, operation, 1).1;
    let tried = try_changes(&mut property.door, MessageType::FullRequest, request, change);
    assert!(tried > 250, "{tried} changes");
    assert_nothing_opened(&mut property.door);
    property.door.pass(TOKEN_MS);
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_full_request_with_one_bit_flipped_is_not_accepted() {
    try_full_requests(101, |_, request, index| flip(request, index));
}

#[test]
fn a_full_request_with_one_bit_flipped_behind_the_gate_is_not_accepted() {
    try_full_requests(102, flip_behind_the_gate(TAG_KEY));
}

#[test]
fn a_full_request_of_another_length_is_not_accepted() {
    try_full_requests(103, |_, request, index| resize(request, index));
    try_full_requests(103, resize_behind_the_gate(TAG_KEY));
}

/// A phone of the property that changes what is signed inside its own, well sealed request.
fn assert_payload_refused(property: &mut Property, phone: &mut ManualPhone, payload: &RequestPayload) {
    property.door.pass(TOKEN_MS);
    match phone.try_full_with(&mut property.door, payload) {
        NOT_RECOGNISED => {}
        Reply::Answer(answer) => assert_eq!(answer.outcome, Outcome::Denied),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_grant_with_one_bit_flipped_opens_nothing() {
    let mut property = property(104);
    let mut phone = property.resident();
    let payload = phone.payload(OperationId([1; 8]), 1);
    for grant in flipped(payload.grant.as_bytes()) {
        let grant = Received::from_bytes(&grant).expect("as long as before");
        assert_payload_refused(&mut property, &mut phone, &RequestPayload { grant, ..payload.clone() });
    }
    assert_nothing_opened(&mut property.door);
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_grant_of_another_length_opens_nothing() {
    let mut property = property(105);
    let mut phone = property.resident();
    let payload = phone.payload(OperationId([1; 8]), 1);
    for grant in resized(payload.grant.as_bytes()) {
        let Ok(grant) = Received::from_bytes(&grant) else { continue };
        assert_payload_refused(&mut property, &mut phone, &RequestPayload { grant, ..payload.clone() });
    }
    assert_nothing_opened(&mut property.door);
}

#[test]
fn a_signing_key_with_one_bit_flipped_opens_nothing() {
    let mut property = property(106);
    let mut phone = property.resident();
    let payload = phone.payload(OperationId([1; 8]), 1);
    for key in flipped(&payload.phone_signing_key.0) {
        let phone_signing_key = VerifyingKey(key.try_into().expect("32 bytes"));
        let payload = RequestPayload { phone_signing_key, ..payload.clone() };
        assert_payload_refused(&mut property, &mut phone, &payload);
    }
    assert_nothing_opened(&mut property.door);
}

#[test]
fn a_share_with_one_bit_flipped_opens_nothing() {
    let mut property = property(107);
    let mut resident = property.resident();
    let mut guest = ManualPhone::new(1_071);
    guest.keep(resident.share(guest.id(), Validity::from(at(-1))));
    let payload = guest.payload(OperationId([1; 8]), 1);
    let chain = payload.share.clone().expect("a share");
    let with = |change: &dyn Fn(&mut thumbturn_protocol::share::ShareChain)| {
        let mut chain = chain.clone();
        change(&mut chain);
        RequestPayload { share: Some(chain), ..payload.clone() }
    };
    let shares = flipped(chain.share.as_bytes()).chain(resized(chain.share.as_bytes())).filter_map(|share| {
        let share = Received::from_bytes(&share).ok()?;
        Some(with(&|chain| chain.share = share.clone()))
    });
    let session_keys = flipped(&chain.granter.session_key.0).map(|key| {
        let key = ExchangeKey(key.try_into().expect("32 bytes"));
        with(&|chain| chain.granter.session_key = key)
    });
    let signing_keys = flipped(&chain.granter.signing_key.0).map(|key| {
        let key = VerifyingKey(key.try_into().expect("32 bytes"));
        with(&|chain| chain.granter.signing_key = key)
    });
    for payload in shares.chain(session_keys).chain(signing_keys) {
        assert_payload_refused(&mut property, &mut guest, &payload);
    }
    assert_nothing_opened(&mut property.door);
    assert_eq!(guest.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_fast_request_with_one_bit_flipped_opens_nothing() {
    let mut property = property(108);
    let mut phone = property.resident();
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    property.door.pass(10_000);
    for bit in 0..160 {
        let connection = property.door.connect();
        let hello = property.door.hello(connection);
        let Sent::Fast(_, request, _) = phone.fast_request(&hello, 1, 1).0 else { panic!("a fast request") };
        let mut frame = *request.as_bytes();
        frame[bit / 8] ^= 1 << (bit % 8);
        property.door.write(connection, &frame);
        for message in property.door.messages(connection) {
            assert_eq!(message.message_type, MessageType::NotAccepted, "bit {bit}");
        }
        property.door.disconnect(connection);
    }
    assert_eq!(property.door.bolt_moves().len(), 1);
    assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED, "the ticket is as good as before");
}

#[test]
fn a_fast_request_of_another_length_opens_nothing() {
    let mut property = property(109);
    let mut phone = property.resident();
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    property.door.pass(10_000);
    for length in (0..40).filter(|length| *length != 19) {
        let connection = property.door.connect();
        let hello = property.door.hello(connection);
        let (_, mut request) = phone.fast_request(&hello, 1, 1);
        request.resize(length, 0);
        for message in property.door.ask(connection, MessageType::FastRequest, &request) {
            assert_eq!((message.message_type, message.payload), (MessageType::NotAccepted, vec![1]));
        }
        property.door.disconnect(connection);
    }
    assert_eq!(property.door.bolt_moves().len(), 1);
    assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
}

/// A claim request for a hello.
fn claim_request(property: &Property, hello: &Hello) -> (claim::Claimer, Vec<u8>) {
    let secret = ClaimSecret::from_bytes(CLAIM_SECRET);
    let ephemeral = Ephemeral::generate(&mut SeededRandom::new(5)).expect("a seeded source");
    claim::request(&secret, hello, &property.configuration, ephemeral).expect("a claim")
}

fn try_claim_requests(seed: u64, change: impl Fn(&Hello, &[u8], usize) -> Option<Vec<u8>>) {
    let property = property(seed);
    let mut door = BenchDoor::new(seed);
    let request = |hello: &Hello| claim_request(&property, hello).1;
    let tried = try_changes(&mut door, MessageType::ClaimRequest, request, change);
    assert!(tried > 200, "{tried} changes");
    assert!(!door.engine().is_claimed());
    door.pass(TOKEN_MS);
    claim_door(&mut door, &property.configuration);
    assert!(door.engine().is_claimed());
}

#[test]
fn a_claim_request_with_one_bit_flipped_leaves_the_door_factory_fresh() {
    try_claim_requests(110, |_, request, index| flip(request, index));
    try_claim_requests(110, flip_behind_the_gate(claim_tag_key()));
}

#[test]
fn a_claim_request_of_another_length_leaves_the_door_factory_fresh() {
    try_claim_requests(118, |_, request, index| resize(request, index));
    try_claim_requests(118, resize_behind_the_gate(claim_tag_key()));
}

/// A claim that waits for its confirmation.
fn claim_up_to_confirmation(property: &Property, door: &mut BenchDoor) -> (ConnectionId, Records) {
    door.pass(TOKEN_MS);
    let connection = door.connect();
    let hello = door.hello(connection);
    let (claimer, request) = claim_request(property, &hello);
    let answer = door.ask(connection, MessageType::ClaimRequest, &request).pop().expect("an answer");
    let (_, session) = claimer.finish(&answer.payload).expect("the door's keys");
    (connection, Records::new(&session, Side::Phone))
}

#[test]
fn a_changed_record_ends_the_session_and_is_not_used() {
    let property = property(111);
    let mut door = BenchDoor::new(111);
    let confirm = |records: &mut Records| records.seal(&Record::ClaimConfirm).expect("a record");
    let length = confirm(&mut claim_up_to_confirmation(&property, &mut door).1).len();
    let template = vec![0; length];
    let changes = flipped(&template).count() + resized(&template).count();
    for index in 0..changes {
        let (connection, mut records) = claim_up_to_confirmation(&property, &mut door);
        let record = confirm(&mut records);
        let changed = flipped(&record).chain(resized(&record)).nth(index).expect("a change");
        assert_eq!(door.ask(connection, MessageType::Record, &changed), []);
        if changed.len() <= 1_024 {
            assert!(door.has_ended(connection), "change {index}");
        }
        assert!(!door.engine().is_claimed(), "change {index}");
        door.disconnect(connection);
    }
}

#[test]
fn a_record_is_accepted_once() {
    let property = property(112);
    let mut door = BenchDoor::new(112);
    let (connection, mut records) = claim_up_to_confirmation(&property, &mut door);
    let confirm = records.seal(&Record::ClaimConfirm).expect("a record");
    assert_eq!(door.ask(connection, MessageType::Record, &confirm).len(), 1);
    assert_eq!(door.ask(connection, MessageType::Record, &confirm), []);
    assert!(door.has_ended(connection), "a counter that does not rise ends the session");
}

/// A resident's full request in frames of the smallest MTU, on a new connection.
struct Fragmented {
    property: Property,
    phone: ManualPhone,
    connection: ConnectionId,
    sent: Sent,
    frames: Vec<Vec<u8>>,
}

impl Fragmented {
    fn new(seed: u64) -> Self {
        let mut property = property(seed);
        let phone = property.resident();
        Self::again(property, phone)
    }

    fn again(mut property: Property, mut phone: ManualPhone) -> Self {
        property.door.pass(20_000);
        let connection = property.door.connect();
        let hello = property.door.hello(connection);
        let operation = phone.new_operation();
        let (sent, request) = phone.full_request(&hello, operation, 1);
        let frames = frames(MessageType::FullRequest, &request, AttMtu::MINIMUM);
        Self { property, phone, connection, sent, frames }
    }

    /// Writes these frames; gives what the door says, and everything for another try.
    fn write(self, frames: &[Vec<u8>]) -> (Reply, Property, ManualPhone) {
        let Self { mut property, mut phone, connection, sent, .. } = self;
        for frame in frames {
            property.door.write(connection, frame);
        }
        let messages = property.door.messages(connection);
        property.door.disconnect(connection);
        let reply = match messages.as_slice() {
            [hello] if hello.message_type == MessageType::Hello => Reply::Silence,
            messages => phone.read_reply(sent, messages),
        };
        (reply, property, phone)
    }
}

/// What becomes of the frames of a message on their way.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    Swapped(usize, usize),
    Lost(usize),
    Repeated(usize),
}

impl Mishap {
    fn befall(self, frames: &mut Vec<Vec<u8>>) {
        match self {
            Self::Swapped(first, second) => frames.swap(first, second),
            Self::Lost(index) => drop(frames.remove(index)),
            Self::Repeated(index) => frames.insert(index, frames[index].clone()),
        }
    }
}

#[test]
fn frames_out_of_order_twice_or_missing_are_no_message() {
    let mut tried = Fragmented::new(113);
    let count = tried.frames.len();
    assert!(count > 14, "{count} frames");
    let swapped =
        (0..count).flat_map(|first| (first + 1..count).map(move |second| Mishap::Swapped(first, second)));
    let lost = (0..count).map(Mishap::Lost);
    // The first frame twice is a message begun twice, which is allowed; the last twice is one too many after it.
    let repeated = (1..count - 1).map(Mishap::Repeated);
    for mishap in swapped.chain(lost).chain(repeated) {
        let mut frames = tried.frames.clone();
        mishap.befall(&mut frames);
        let (reply, mut property, phone) = tried.write(&frames);
        assert_eq!(reply, Reply::Silence, "{mishap:?}");
        assert_nothing_opened(&mut property.door);
        tried = Fragmented::again(property, phone);
    }
    let frames = tried.frames.clone();
    assert_eq!(tried.write(&frames).0.outcome(), ACCEPTED);
}

#[test]
fn foreign_frames_between_those_of_a_request_never_join_it() {
    // Each foreign frame, and whether the request survives it.
    let foreign: [(&[u8], bool); 8] = [
        (&[], true),
        (&[0x05], true),
        (&[0x45], true),
        (&[0x05, 0xaa], false),
        (&[0x7f, 0xaa], false),
        // A message of an unknown type, one of a known type, and a hello request.
        (&[0xff, 0xaa], false),
        (&[0xc5, 0xaa], false),
        (&[0xc2], false),
    ];
    let mut tried = Fragmented::new(114);
    let count = tried.frames.len();
    for (frame, survives) in foreign {
        for place in 1..count {
            let mut frames = tried.frames.clone();
            // The index of a foreign frame must not be the awaited one by chance.
            let mut frame = frame.to_vec();
            if frame.len() == 2 && frame[0] == 0x05 && place == 5 {
                frame[0] = 0x06;
            }
            frames.insert(place, frame);
            let before = tried.property.door.bolt_moves().len();
            let (reply, mut property, phone) = tried.write(&frames);
            if survives {
                assert_eq!(reply.outcome(), ACCEPTED, "before frame {place}");
            } else {
                assert!(matches!(reply, Reply::Silence | NOT_RECOGNISED), "before frame {place}: {reply:?}");
                assert_eq!(property.door.bolt_moves().len(), before);
            }
            tried = Fragmented::again(property, phone);
        }
    }
}

#[test]
fn requests_of_two_phones_frame_by_frame_do_not_mix() {
    let mut property = property(115);
    let mut phones = [property.resident(), property.resident()];
    let door = &mut property.door;
    let mut requests = Vec::new();
    for phone in &mut phones {
        let connection = door.connect();
        let hello = door.hello(connection);
        let operation = phone.new_operation();
        let (sent, request) = phone.full_request(&hello, operation, 1);
        requests.push((connection, sent, frames(MessageType::FullRequest, &request, AttMtu::MINIMUM)));
    }
    for index in 0..requests[0].2.len() {
        for (connection, _, frames) in &requests {
            if let Some(frame) = frames.get(index) {
                door.write(*connection, frame);
            }
        }
    }
    for ((connection, sent, _), phone) in requests.into_iter().zip(&mut phones) {
        let messages = door.messages(connection);
        assert_eq!(phone.read_reply(sent, &messages).outcome(), ACCEPTED);
    }
    assert_eq!(door.bolt_moves().len(), 2);
}

#[test]
fn messages_that_no_phone_sends_are_ignored() {
    let mut property = property(116);
    let mut phone = property.resident();
    let door = &mut property.door;
    for code in 0..64_u8 {
        let known = matches!(code, 0x02 | 0x03 | 0x05 | 0x08);
        for payload in [0, 1, 18, 19, 20, 63, 512] {
            let connection = door.connect();
            door.hello(connection);
            let frame = [vec![0xc0 | code], vec![0x55; payload]].concat();
            door.write(connection, &frame);
            let answers = door.messages(connection);
            assert!(known || answers.is_empty(), "type {code} with {payload} bytes was answered");
            assert!(!door.has_ended(connection));
            door.disconnect(connection);
        }
    }
    assert_nothing_opened(door);
    assert_eq!(phone.unlock_full(door), ACCEPTED);
}

#[test]
fn requests_before_the_subscription_open_nothing() {
    let mut property = property(117);
    let mut phone = property.resident();
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    let door = &mut property.door;
    let hello = Hello::new(DoorState::Claimed, [0; 12], &TagKey::from_bytes(TAG_KEY));
    let connection = door.connect_only();
    let operation = phone.new_operation();
    let full = phone.full_request(&hello, operation, 1).1;
    assert_eq!(door.ask(connection, MessageType::FullRequest, &full), []);
    let fast = phone.fast_request(&hello, 1, 1).1;
    assert_eq!(door.ask(connection, MessageType::FastRequest, &fast), []);
    assert_eq!(door.bolt_moves().len(), 1);
}
