//! The unlocks whose CPU time is measured: on the door the whole engine, on the phone all cryptography. Every function gives
//! the nanoseconds of the fastest of `rounds` calls.

use thumbturn_lock::input::ConnectionId;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::{Answer, DoorStatus, Outcome};
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::full::{Responder, check_gate};
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{ListVersion, OperationId};
use thumbturn_protocol::keys::ExchangeKeyPair;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::ticket::{Counters, Ticket};
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::property::Property;

use crate::stopwatch::nanoseconds;

/// How long the door is watched after a request.
#[derive(Clone, Copy)]
pub enum Until {
    /// What the person waits for: the request is read, decided, in the log, the motor runs and the answer is on its way.
    Answered,
    /// Also what follows either path: the bolt's report, its event and record, the chain of the log, the ticket in flash.
    Idle,
}

impl Until {
    fn send(self, door: &mut BenchDoor, id: ConnectionId, message_type: MessageType, request: &[u8]) {
        match self {
            Self::Answered => door.send_until_answered(id, message_type, request),
            Self::Idle => door.send(id, message_type, request),
        }
    }
}

/// The whole engine, first unlock.
pub fn door_full(rounds: u32, until: Until) -> f64 {
    let mut property = Property::new(1);
    let mut phone = property.resident();
    nanoseconds(
        rounds,
        &mut (&mut property.door, &mut phone),
        |(door, phone)| {
            door.pass(20_000);
            let operation = phone.new_operation();
            let connection = door.connect();
            let hello = door.hello(connection);
            let (_, request) = phone.full_request(&hello, operation, 1);
            (connection, request)
        },
        |(door, _), (connection, request)| until.send(door, connection, MessageType::FullRequest, &request),
    )
}

/// The same on the fast path, at a door that knows `phones` phones.
pub fn door_fast(rounds: u32, phones: usize, until: Until) -> f64 {
    let mut property = Property::new(2);
    let mut phone = property.resident();
    for _ in 1..phones {
        property.door.pass(20_000);
        property.resident().unlock_full(&mut property.door);
    }
    property.door.pass(20_000);
    phone.unlock_full(&mut property.door);
    nanoseconds(
        rounds,
        &mut (&mut property.door, &mut phone),
        |(door, phone)| {
            door.pass(20_000);
            let connection = door.connect();
            let hello = door.hello(connection);
            let press = phone.press;
            let (sent, request) = phone.fast_request(&hello, press, 1);
            // The answer is not read in the measured part; the phone moves on as it would.
            phone.ticket = phone.ticket.as_ref().map(Ticket::next);
            drop(sent);
            (connection, request)
        },
        |(door, _), (connection, request)| until.send(door, connection, MessageType::FastRequest, &request),
    )
}

/// Ephemeral, request and answer on the phone.
pub fn phone_full(rounds: u32) -> f64 {
    let mut property = Property::new(3);
    let phone = property.resident();
    let door = ExchangeKeyPair::from_secret([8; 32]);
    let tag_key = property.configuration.tag_key.clone();
    let hello = Hello::new(DoorState::Claimed, [1; 12], &tag_key);
    let mut random = SeededRandom::new(3);
    let operation = OperationId([1; 8]);
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
    let asking = nanoseconds(rounds, &mut random, |_| (), |random, ()| request(random));
    let reading = nanoseconds(
        rounds,
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

/// Request and answer on the phone's fast path, with the ticket after it.
pub fn phone_fast(rounds: u32) -> f64 {
    let property = Property::new(4);
    let hello = Hello::new(DoorState::Claimed, [1; 12], &property.configuration.tag_key);
    let (ticket, counters) = (Ticket::from_secret([9; 32]), Counters { press: 1, attempt: 1 });
    let request =
        || ticket.open().request(&hello, counters, OperationKind::Unlock).expect("counters in range");
    let answer = Answer::new(Outcome::Denied, DoorStatus::default(), ListVersion(1));
    let (answer, _) = ticket.open().answer(&hello, &request(), answer);
    nanoseconds(
        rounds,
        &mut (),
        |()| (),
        |(), ()| {
            let session = ticket.open().read_answer(&hello, &request(), &answer).expect("the door's answer");
            (session, ticket.next())
        },
    )
}
