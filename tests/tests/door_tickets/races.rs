//! Two connections at once (spec §8.2).

use thumbturn_lock::input::ConnectionId;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::frame::{Message, MessageType};
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::manual_phone::{ManualPhone, Reply, Sent};

use super::{ACCEPTED, NOT_RECOGNISED, is_already_done, operation, stage, write_unpolled};

#[test]
fn of_two_phones_at_once_one_opens_and_the_other_finds_the_door_busy() {
    let (mut property, mut first) = stage(322);
    let mut second = property.ticket_holder();
    let door = &mut property.door;
    door.hardware().motor_reports = None;
    let connections = [door.connect(), door.connect()];
    let hellos = connections.map(|connection| door.hello(connection));
    let requests = [first.fast_request(&hellos[0], 1, 1), second.fast_request(&hellos[1], 1, 1)];
    for (connection, (_, request)) in connections.into_iter().zip(&requests) {
        write_unpolled(door, connection, MessageType::FastRequest, request);
    }
    door.settle();
    let [(first_sent, _), (second_sent, _)] = requests;
    let messages = connections.map(|connection| door.messages(connection));
    assert_eq!(first.read_reply(first_sent, &messages[0]).outcome(), ACCEPTED);
    assert_eq!(second.read_reply(second_sent, &messages[1]).outcome(), Outcome::Busy);
    door.happens(thumbturn_lock::hardware::HardwareEvent::BoltMoved);
    assert_eq!(second.try_fast(door, 1, 2).outcome(), ACCEPTED);
}

/// One request of an operation on a connection of its own, by the fast path or by a full handshake.
struct Racer {
    connection: ConnectionId,
    sent: Option<Sent>,
    message_type: MessageType,
    request: Vec<u8>,
}

impl Racer {
    fn new(door: &mut BenchDoor, phone: &mut ManualPhone, message_type: MessageType, attempt: u8) -> Self {
        let connection = door.connect();
        let hello = door.hello(connection);
        let (sent, request) = match message_type {
            MessageType::FastRequest => phone.fast_request(&hello, 1, attempt),
            _ => phone.full_request(&hello, operation(phone, 1), attempt),
        };
        Self { connection, sent: Some(sent), message_type, request }
    }

    fn reply(&mut self, door: &mut BenchDoor, phone: &mut ManualPhone) -> Reply {
        let messages: Vec<Message> = door.messages(self.connection);
        phone.read_reply(self.sent.take().expect("asked once"), &messages)
    }
}

#[test]
fn one_operation_on_two_connections_moves_the_bolt_once_in_every_order() {
    const TYPES: [MessageType; 2] = [MessageType::FastRequest, MessageType::FullRequest];
    for first in TYPES {
        for second in TYPES {
            for slices in 0..10 {
                let (mut property, mut phone) = stage(323);
                let door = &mut property.door;
                let mut racers =
                    [Racer::new(door, &mut phone, first, 1), Racer::new(door, &mut phone, second, 2)];
                for racer in &racers {
                    write_unpolled(door, racer.connection, racer.message_type, &racer.request);
                    for _ in 0..slices {
                        door.step();
                    }
                }
                door.settle();
                let replies = racers.each_mut().map(|racer| racer.reply(door, &mut phone));
                let what = format!("{first:?} {second:?} after {slices} slices: {replies:?}");
                let accepted =
                    |reply: &Reply| matches!(reply, Reply::Answer(answer) if answer.outcome == ACCEPTED);
                assert_eq!(replies.iter().filter(|reply| accepted(reply)).count(), 1, "{what}");
                for (reply, racer) in replies.iter().zip(&racers) {
                    match reply {
                        Reply::Answer(answer) => {
                            assert!(accepted(reply) || is_already_done(answer.outcome), "{what}");
                        }
                        // The other one's handshake ended the chain.
                        _ => assert_eq!(
                            (*reply, racer.message_type),
                            (NOT_RECOGNISED, MessageType::FastRequest)
                        ),
                    }
                }
                assert_eq!(door.bolt_moves().len(), 2, "{what}");
                assert_eq!(door.logged_operations(), door.bolt_moves());
            }
        }
    }
}
