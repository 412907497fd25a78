//! CPU time of unlocks on either side, beside the sum of their primitives and beside `snow` with its default resolver.

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::{Answer, DoorStatus, Outcome};
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::full::{Responder, check_gate};
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::keys::ExchangeKeyPair;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::Property;

use crate::figures::Figures;
use crate::primitives::Primitives;
use crate::stopwatch::nanoseconds;

const ROUNDS: u32 = 400;
/// The payload of a message 1 with a grant of two windows, in bytes.
const PAYLOAD: usize = 200;

/// Measures and notes.
pub fn measure(figures: &mut Figures) {
    let primitives = Primitives::measure();
    let (door_full, phone_full) = (door_full(), phone_full());
    let (door_fast, door_fast_600) = (door_fast(1), door_fast(600));
    figures.note("cpu.exchange_us", primitives.exchange / 1e3);
    figures.note("cpu.full.door_us", door_full / 1e3);
    figures.note("cpu.fast.door_us", door_fast / 1e3);
    figures.note("cpu.full.phone_us", phone_full / 1e3);
    figures.note("cpu.full_vs_primitives.door", door_full / primitives.door_full());
    figures.note("cpu.full_vs_primitives.phone", phone_full / primitives.phone_full());
    figures.note("cpu.full_vs_fast.door", door_full / door_fast);
    figures.note("cpu.full_vs_snow", noise_ours() / noise_snow());
    figures.note("unlock.fast_ratio_600_phones", door_fast_600 / door_fast);
}

/// The whole engine, from the request to idle: decision, event, motor, answer, record, ticket, next ephemeral.
fn door_full() -> f64 {
    let mut property = Property::new(1);
    let mut phone = property.resident();
    nanoseconds(
        ROUNDS,
        &mut (&mut property.door, &mut phone),
        |(door, phone)| {
            door.pass(20_000);
            let operation = phone.new_operation();
            let connection = door.connect();
            let hello = door.hello(connection);
            let (_, request) = phone.full_request(&hello, operation, 1);
            (connection, request)
        },
        |(door, _), (connection, request)| door.send(connection, MessageType::FullRequest, &request),
    )
}

/// The same on the fast path, at a door that knows `phones` phones.
fn door_fast(phones: usize) -> f64 {
    let mut property = Property::new(2);
    let mut phone = property.resident();
    for _ in 1..phones {
        property.door.pass(20_000);
        property.resident().unlock_full(&mut property.door);
    }
    property.door.pass(20_000);
    phone.unlock_full(&mut property.door);
    nanoseconds(
        ROUNDS,
        &mut (&mut property.door, &mut phone),
        |(door, phone)| {
            door.pass(20_000);
            let connection = door.connect();
            let hello = door.hello(connection);
            let press = phone.press;
            let (sent, request) = phone.fast_request(&hello, press, 1);
            // The answer is not read in the measured part; the phone moves on as it would.
            phone.ticket = phone.ticket.as_ref().map(thumbturn_protocol::ticket::Ticket::next);
            drop(sent);
            (connection, request)
        },
        |(door, _), (connection, request)| door.send(connection, MessageType::FastRequest, &request),
    )
}

/// Ephemeral, request and answer on the phone.
fn phone_full() -> f64 {
    let mut property = Property::new(3);
    let phone = property.resident();
    let door = ExchangeKeyPair::from_secret([8; 32]);
    let tag_key = property.configuration.tag_key.clone();
    let hello = Hello::new(DoorState::Claimed, [1; 12], &tag_key);
    let mut random = SeededRandom::new(3);
    let operation = thumbturn_protocol::ids::OperationId([1; 8]);
    let payload = phone.payload(operation, 1);
    let request = |random: &mut SeededRandom| {
        let ephemeral = Ephemeral::generate(random).expect("a seeded source");
        thumbturn_protocol::full::request(
            &phone.keys.session,
            door.public(),
            &tag_key,
            &hello,
            &payload,
            ephemeral,
        )
        .expect("a request")
    };
    let answer = Answer::new(Outcome::Denied, DoorStatus::default(), ListVersion(1));
    let asking = nanoseconds(ROUNDS, &mut random, |_| (), |random, ()| request(random));
    let reading = nanoseconds(
        ROUNDS,
        &mut random,
        |random| {
            let (initiator, request) = request(random);
            let message = check_gate(&tag_key, &hello, &request).expect("a gate");
            let ephemeral = Ephemeral::generate(random).expect("a seeded source");
            let (responder, _) = Responder::read(&door, &hello, message, ephemeral).expect("a request");
            (initiator, responder.answer(answer).expect("an answer").0)
        },
        |_, (initiator, answer)| initiator.finish(&answer).expect("an answer"),
    );
    asking + reading
}

/// A Noise IK handshake of both sides through the protocol crate, without grant: what our resolver costs.
fn noise_ours() -> f64 {
    let phone = ManualPhone::new(5);
    let mut property = Property::new(5);
    let resident = property.resident();
    let door = ExchangeKeyPair::from_secret([8; 32]);
    let tag_key = property.configuration.tag_key.clone();
    let hello = Hello::new(DoorState::Claimed, [1; 12], &tag_key);
    let payload = resident.payload(thumbturn_protocol::ids::OperationId([1; 8]), 1);
    let answer = Answer::new(Outcome::Denied, DoorStatus::default(), ListVersion(1));
    nanoseconds(
        ROUNDS,
        &mut SeededRandom::new(5),
        |_| (),
        |random, ()| {
            let ephemeral = Ephemeral::generate(random).expect("a seeded source");
            let (initiator, request) = thumbturn_protocol::full::request(
                &phone.keys.session,
                door.public(),
                &tag_key,
                &hello,
                &payload,
                ephemeral,
            )
            .expect("a request");
            let message = check_gate(&tag_key, &hello, &request).expect("a gate");
            let ephemeral = Ephemeral::generate(random).expect("a seeded source");
            let (responder, _) = Responder::read(&door, &hello, message, ephemeral).expect("a request");
            let (message, _) = responder.answer(answer).expect("an answer");
            initiator.finish(&message).expect("an answer")
        },
    )
}

/// The same handshake with the same payload sizes by `snow` alone.
fn noise_snow() -> f64 {
    let parameters: snow::params::NoiseParams =
        "Noise_IK_25519_AESGCM_SHA256".parse().expect("a known pattern");
    let phone = ExchangeKeyPair::from_secret([7; 32]);
    let door = ExchangeKeyPair::from_secret([8; 32]);
    let door_public = door.public().0;
    nanoseconds(
        ROUNDS,
        &mut (),
        |()| (),
        |(), ()| {
            let mut initiator = snow::Builder::new(parameters.clone())
                .local_private_key(phone.secret())
                .and_then(|builder| builder.remote_public_key(&door_public))
                .and_then(snow::Builder::build_initiator)
                .expect("an initiator");
            let mut responder = snow::Builder::new(parameters.clone())
                .local_private_key(door.secret())
                .and_then(snow::Builder::build_responder)
                .expect("a responder");
            let (mut message, mut payload) = ([0; 512], [0; 512]);
            let length = initiator.write_message(&[1; PAYLOAD], &mut message).expect("message 1");
            responder.read_message(&message[..length], &mut payload).expect("message 1");
            let length = responder.write_message(&[1; 5], &mut message).expect("message 2");
            initiator.read_message(&message[..length], &mut payload).expect("message 2");
            (initiator.into_transport_mode(), responder.into_transport_mode())
        },
    )
}
