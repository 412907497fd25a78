//! CPU time of unlocks on either side, beside the sum of their primitives and beside `snow` with its default resolver.

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::{Answer, DoorStatus, Outcome};
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
use crate::unlock::{self, Until};

/// Laps in which everything is measured once: a slow moment of the machine slows all of a lap down, and another lap counts.
const LAPS: u32 = 8;
/// Calls of each case in a lap.
const ROUNDS: u32 = 100;
/// The payload of a message 1 with a grant of two windows, in bytes.
const PAYLOAD: usize = 200;

/// What is measured in a lap besides the primitives: nanoseconds of the fastest of so many calls.
const CASES: [fn(u32) -> f64; 9] = [
    |rounds| unlock::door_full(rounds, Until::Idle),
    |rounds| unlock::door_full(rounds, Until::Answered),
    |rounds| unlock::door_fast(rounds, 1, Until::Idle),
    |rounds| unlock::door_fast(rounds, 1, Until::Answered),
    |rounds| unlock::door_fast(rounds, 600, Until::Idle),
    unlock::phone_full,
    unlock::phone_fast,
    noise_ours,
    noise_snow,
];

/// Measures and notes.
pub fn measure(figures: &mut Figures) {
    let mut primitives = Primitives::measure();
    let mut fastest = CASES.map(|case| case(ROUNDS));
    for _ in 1..LAPS {
        primitives = primitives.fastest(&Primitives::measure());
        for (fastest, case) in fastest.iter_mut().zip(CASES) {
            *fastest = fastest.min(case(ROUNDS));
        }
    }
    let [
        door_full,
        full_answer,
        door_fast,
        fast_answer,
        door_fast_600,
        phone_full,
        phone_fast,
        noise_ours,
        noise_snow,
    ] = fastest;
    figures.note("cpu.exchange_us", primitives.exchange / 1e3);
    figures.note("cpu.full.door_us", door_full / 1e3);
    figures.note("cpu.fast.door_us", door_fast / 1e3);
    figures.note("cpu.full.door_answer_us", full_answer / 1e3);
    figures.note("cpu.fast.door_answer_us", fast_answer / 1e3);
    figures.note("cpu.full.phone_us", phone_full / 1e3);
    figures.note("cpu.fast.phone_us", phone_fast / 1e3);
    figures.note("cpu.full_vs_primitives.door", door_full / primitives.door_full());
    figures.note("cpu.full_vs_primitives.phone", phone_full / primitives.phone_full());
    figures.note("cpu.full_vs_fast.door", full_answer / fast_answer);
    figures.note("cpu.full_vs_fast.door_to_idle", door_full / door_fast);
    figures.note("cpu.full_vs_snow", noise_ours / noise_snow);
    figures.note("unlock.fast_ratio_600_phones", door_fast_600 / door_fast);
}

/// A Noise IK handshake of both sides through the protocol crate, without grant: what our resolver costs.
fn noise_ours(rounds: u32) -> f64 {
    let phone = ManualPhone::new(5);
    let mut property = Property::new(5);
    let resident = property.resident();
    let door = ExchangeKeyPair::from_secret([8; 32]);
    let tag_key = property.configuration.tag_key.clone();
    let hello = Hello::new(DoorState::Claimed, [1; 12], &tag_key);
    let payload = resident.payload(thumbturn_protocol::ids::OperationId([1; 8]), 1);
    let answer = Answer::new(Outcome::Denied, DoorStatus::default(), ListVersion(1));
    nanoseconds(
        rounds,
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
fn noise_snow(rounds: u32) -> f64 {
    let parameters: snow::params::NoiseParams =
        "Noise_IK_25519_AESGCM_SHA256".parse().expect("a known pattern");
    let phone = ExchangeKeyPair::from_secret([7; 32]);
    let door = ExchangeKeyPair::from_secret([8; 32]);
    let door_public = door.public().0;
    nanoseconds(
        rounds,
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
