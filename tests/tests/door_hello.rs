//! Hellos lost, early, twice, spent and dead; and every recorded request played again (spec §4.5).

use std::collections::HashSet;

use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::frame::{AttMtu, MessageType};
use thumbturn_protocol::hello::Hello;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::bench_door::{BenchDoor, frames};
use thumbturn_tests::bench_random::BenchRandom;
use thumbturn_tests::manual_phone::{ManualPhone, Reply, Sent};
use thumbturn_tests::property::{Property, claim_door};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const NOT_RECOGNISED: Reply = Reply::NotAccepted(1);
const STALE: Reply = Reply::NotAccepted(3);

/// The two ways to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Full,
    Fast,
}

const PATHS: [Path; 2] = [Path::Full, Path::Fast];

impl Path {
    const fn message_type(self) -> MessageType {
        match self {
            Self::Full => MessageType::FullRequest,
            Self::Fast => MessageType::FastRequest,
        }
    }

    /// A request for a new intent.
    fn request(self, phone: &mut ManualPhone, hello: &Hello) -> (Sent, Vec<u8>) {
        match self {
            Self::Full => {
                let operation = phone.new_operation();
                phone.full_request(hello, operation, 1)
            }
            Self::Fast => {
                let press = phone.press;
                phone.press += 1;
                phone.fast_request(hello, press, 1)
            }
        }
    }
}

/// A claimed door, and a resident's phone with a ticket, long after its first unlock.
fn stage(seed: u64) -> (BenchDoor, ManualPhone) {
    let mut property = Property::new(seed);
    let phone = property.ticket_holder();
    (property.door, phone)
}

/// Asks on a connection for a hello; what the door says to that request.
fn ask(door: &mut BenchDoor, phone: &mut ManualPhone, id: ConnectionId, hello: &Hello, path: Path) -> Reply {
    let (sent, request) = path.request(phone, hello);
    let messages = door.ask(id, path.message_type(), &request);
    phone.read_reply(sent, &messages)
}

#[test]
fn a_request_for_a_hello_that_was_voided_by_the_next_is_not_accepted() {
    for path in PATHS {
        let (mut door, mut phone) = stage(201);
        let connection = door.connect();
        let first = door.hello(connection);
        let second = door.ask_hello(connection).expect("a new hello");
        assert_eq!(ask(&mut door, &mut phone, connection, &first, path), NOT_RECOGNISED, "{path:?}");
        assert_eq!(door.bolt_moves().len(), 1);
        assert_eq!(ask(&mut door, &mut phone, connection, &second, path).outcome(), ACCEPTED);
    }
}

#[test]
fn a_request_for_the_hello_of_another_connection_is_not_accepted() {
    for path in PATHS {
        let (mut door, mut phone) = stage(202);
        let (here, there) = (door.connect(), door.connect());
        let foreign = door.hello(there);
        assert_eq!(ask(&mut door, &mut phone, here, &foreign, path), NOT_RECOGNISED, "{path:?}");
        assert_eq!(door.bolt_moves().len(), 1);
        assert_eq!(ask(&mut door, &mut phone, there, &foreign, path).outcome(), ACCEPTED);
    }
}

#[test]
fn a_hello_lives_for_2999_milliseconds() {
    for path in PATHS {
        for (milliseconds, opens) in [(2_999, true), (3_000, false), (3_001, false)] {
            let (mut door, mut phone) = stage(203);
            let connection = door.connect();
            let hello = door.hello(connection);
            let (_, request) = path.request(&mut phone, &hello);
            let frames = frames(path.message_type(), &request, AttMtu::MAXIMUM);
            // The request comes before the door has looked at the time, as a radio may deliver it.
            door.now = door.now.plus(milliseconds);
            door.write(connection, &frames[0]);
            assert_eq!(door.bolt_moves().len(), 1 + usize::from(opens), "{path:?} {milliseconds}");
        }
    }
}

#[test]
fn a_hello_that_was_asked_for_lives_from_its_own_push_on() {
    let (mut door, mut phone) = stage(204);
    let connection = door.connect();
    door.pass(2_000);
    let hello = door.ask_hello(connection).expect("a new hello");
    door.pass(2_999);
    assert_eq!(ask(&mut door, &mut phone, connection, &hello, Path::Full).outcome(), ACCEPTED);
}

#[test]
fn a_handshake_whose_hello_dies_while_the_door_works_on_it_opens_nothing() {
    let (mut door, mut phone) = stage(205);
    let connection = door.connect();
    let hello = door.hello(connection);
    door.pass(2_999);
    let (_, request) = Path::Full.request(&mut phone, &hello);
    for frame in frames(MessageType::FullRequest, &request, AttMtu::MAXIMUM) {
        door.write_unpolled(connection, &frame);
    }
    door.now = door.now.plus(1);
    door.settle();
    assert_eq!(door.bolt_moves().len(), 1);
    assert!(door.has_ended(connection));
}

#[test]
fn a_hello_is_spent_by_the_first_authentic_request() {
    for first in PATHS {
        for second in PATHS {
            let (mut door, mut phone) = stage(206);
            let connection = door.connect();
            let hello = door.hello(connection);
            let (_, late) = second.request(&mut phone, &hello);
            let moves = door.bolt_moves().len();
            assert_eq!(ask(&mut door, &mut phone, connection, &hello, first).outcome(), ACCEPTED);
            let messages = door.ask(connection, second.message_type(), &late);
            assert_eq!(
                (messages.len(), messages[0].payload.as_slice()),
                (1, [3].as_slice()),
                "{first:?} {second:?}"
            );
            assert_eq!(door.bolt_moves().len(), moves + 1);
        }
    }
}

#[test]
fn of_two_requests_in_one_go_one_moves_the_bolt() {
    for first in PATHS {
        for second in PATHS {
            // The second comes right behind the first, or after some slices of its public-key work.
            for slices in 0..8 {
                let (mut door, mut phone) = stage(207);
                let connection = door.connect();
                let hello = door.hello(connection);
                let requests = [first, second].map(|path| (path, path.request(&mut phone, &hello).1));
                let moves = door.bolt_moves().len();
                for (path, request) in &requests {
                    for frame in frames(path.message_type(), request, AttMtu::MAXIMUM) {
                        door.write_unpolled(connection, &frame);
                    }
                    for _ in 0..slices {
                        door.step();
                    }
                }
                door.settle();
                assert_eq!(door.bolt_moves().len(), moves + 1, "{first:?} {second:?} after {slices} slices");
                assert_eq!(door.logged_operations(), door.bolt_moves());
            }
        }
    }
}

#[test]
fn a_decided_handshake_has_spent_its_hello_and_gets_its_answer() {
    // Between decision and answer, another phone's hello lets the bolt report before the answer is written.
    let mut decided_before_answer = 0;
    for slices in 0..12 {
        let (mut door, mut phone) = stage(208);
        let connection = door.connect();
        let hello = door.hello(connection);
        let (sent, full) = Path::Full.request(&mut phone, &hello);
        let (_, fast) = Path::Fast.request(&mut phone, &hello);
        let before = door.bolt_moves().len();
        for frame in frames(MessageType::FullRequest, &full, AttMtu::MAXIMUM) {
            door.write_unpolled(connection, &frame);
        }
        for _ in 0..slices {
            door.step();
        }
        if door.bolt_moves().len() == before {
            continue;
        }
        decided_before_answer += 1;
        let other = ConnectionId(1_000);
        door.handle_unpolled(Input::Connected(other));
        door.handle_unpolled(Input::Subscribed(other));
        door.step();
        for frame in frames(MessageType::FastRequest, &fast, AttMtu::MAXIMUM) {
            door.write_unpolled(connection, &frame);
        }
        door.settle();
        assert_eq!(door.bolt_moves().len(), before + 1, "after {slices} slices");
        let messages = door.messages(connection);
        let answer = messages.iter().find(|message| message.message_type == MessageType::FullAnswer);
        let answer = answer.expect("a decided handshake is answered");
        assert_eq!(phone.read(sent, answer).0.outcome, ACCEPTED);
    }
    assert!(decided_before_answer > 1, "there is a slice between decision and answer");
}

#[test]
fn at_most_four_hellos_are_pushed_on_request() {
    let (mut door, mut phone) = stage(209);
    let connection = door.connect();
    let mut hellos = vec![door.hello(connection)];
    for _ in 0..4 {
        hellos.push(door.ask_hello(connection).expect("a new hello"));
    }
    assert_eq!(door.ask_hello(connection), None);
    assert_eq!(hellos.iter().map(|hello| *hello.as_bytes()).collect::<HashSet<_>>().len(), 5);
    let last = hellos[4];
    assert_eq!(ask(&mut door, &mut phone, connection, &last, Path::Fast).outcome(), ACCEPTED);
}

#[test]
fn a_second_subscription_pushes_no_second_hello() {
    let (mut door, mut phone) = stage(210);
    let connection = door.connect();
    let hello = door.hello(connection);
    door.handle(Input::Subscribed(connection));
    assert_eq!(door.try_hello(connection), None);
    assert_eq!(ask(&mut door, &mut phone, connection, &hello, Path::Fast).outcome(), ACCEPTED);
}

#[test]
fn a_hello_request_before_the_subscription_is_ignored() {
    let (mut door, _) = stage(211);
    let connection = door.connect_only();
    assert_eq!(door.ask_hello(connection), None);
    door.handle(Input::Subscribed(connection));
    assert!(door.try_hello(connection).is_some());
    assert!((0..4).all(|_| door.ask_hello(connection).is_some()), "it was not counted");
}

#[test]
fn a_hello_request_during_a_handshake_is_ignored() {
    for slices in 0..6 {
        let (mut door, mut phone) = stage(217);
        let connection = door.connect();
        let hello = door.hello(connection);
        let (sent, full) = Path::Full.request(&mut phone, &hello);
        for frame in frames(MessageType::FullRequest, &full, AttMtu::MAXIMUM) {
            door.write_unpolled(connection, &frame);
        }
        for _ in 0..slices {
            door.step();
        }
        door.write_unpolled(connection, &[0xc2]);
        door.settle();
        let messages = door.messages(connection);
        let answer = messages.iter().find(|message| message.message_type == MessageType::FullAnswer);
        let answer = answer.expect("the request was not voided");
        assert_eq!(phone.read(sent, answer).0.outcome, ACCEPTED, "after {slices} slices");
    }
}

#[test]
fn a_lost_hello_costs_a_request_for_another() {
    let (mut door, mut phone) = stage(212);
    let connection = door.connect();
    door.take_frames(connection);
    door.pass(300);
    let hello = door.ask_hello(connection).expect("a new hello");
    assert_eq!(ask(&mut door, &mut phone, connection, &hello, Path::Fast).outcome(), ACCEPTED);
}

#[test]
fn a_recorded_request_is_worthless_on_every_connection_and_after_a_power_cut() {
    for path in PATHS {
        let (mut door, mut phone) = stage(213);
        let connection = door.connect();
        let hello = door.hello(connection);
        let (sent, recorded) = path.request(&mut phone, &hello);
        let messages = door.ask(connection, path.message_type(), &recorded);
        assert_eq!(phone.read_reply(sent, &messages).outcome(), ACCEPTED);
        let moves = door.bolt_moves();
        let log = door.logged_operations();
        let replay = |door: &mut BenchDoor, id: ConnectionId| {
            let messages = door.ask(id, path.message_type(), &recorded);
            let [message] = messages.as_slice() else { panic!("one message") };
            assert_eq!(message.message_type, MessageType::NotAccepted);
            message.payload[0]
        };
        assert_eq!(Reply::NotAccepted(replay(&mut door, connection)), STALE);
        assert!(door.ask_hello(connection).is_some());
        assert_eq!(Reply::NotAccepted(replay(&mut door, connection)), NOT_RECOGNISED);
        door.disconnect(connection);
        let connection = door.connect();
        assert_eq!(Reply::NotAccepted(replay(&mut door, connection)), NOT_RECOGNISED);
        let mut door = door.reboot();
        let connection = door.connect();
        assert_eq!(Reply::NotAccepted(replay(&mut door, connection)), NOT_RECOGNISED);
        assert_eq!(door.bolt_moves(), moves);
        assert_eq!(door.logged_operations(), log);
    }
}

/// The nonces of a door's next hellos.
fn collect(door: &mut BenchDoor, count: usize, nonces: &mut HashSet<Vec<u8>>) {
    for _ in 0..count {
        let connection = door.connect();
        let nonce = door.hello(connection).as_bytes()[4..16].to_vec();
        assert!(nonces.insert(nonce), "a nonce came twice");
        door.disconnect(connection);
    }
}

#[test]
fn nonces_never_repeat_although_the_random_source_is_stuck() {
    let mut board = BenchDoor::fresh_board(214);
    board.random = BenchRandom::Stuck(0x55);
    let mut property = Property::at(BenchDoor::boot(board).expect("a fresh chip boots"), 214, |_| {});
    let mut nonces = HashSet::new();
    for life in 0..3 {
        for count in [1, 2, 600, 1_100] {
            collect(&mut property.door, count, &mut nonces);
            property.door = property.door.reboot();
        }
        property.door.reset();
        assert!(!property.door.engine().is_claimed(), "life {life}");
        collect(&mut property.door, 3, &mut nonces);
        property.door = property.door.reboot();
        claim_door(&mut property.door, &property.configuration);
    }
}

#[test]
fn nonces_never_repeat_whenever_the_power_fails() {
    let mut board = BenchDoor::fresh_board(215);
    board.random = BenchRandom::Stuck(0xaa);
    let mut door = BenchDoor::boot(board).expect("a fresh chip boots");
    let mut nonces = HashSet::new();
    // Each boot notes itself, and every few hundred hellos reserve more: the cuts fall into both.
    for round in 0..60 {
        let moment = [Moment::Before, Moment::Middle, Moment::After][round % 3];
        door.flash.cut_power(u64::try_from(round / 3 % 4).expect("small"), moment);
        for _ in 0..700 {
            let connection = door.connect();
            if let Some(hello) = door.try_hello(connection) {
                assert!(nonces.insert(hello.as_bytes()[4..16].to_vec()), "a nonce came twice");
            }
            door.disconnect(connection);
        }
        door = door.reboot();
    }
    assert!(nonces.len() > 20_000, "{} hellos", nonces.len());
}

#[test]
fn a_door_whose_random_source_fails_stays_silent() {
    let (door, _) = stage(216);
    let mut door = door.reboot_with(|board| board.random = BenchRandom::Broken);
    let connection = door.connect();
    assert_eq!(door.try_hello(connection), None);
    assert_eq!(door.ask_hello(connection), None);
    door.pass(10_000);
    assert!(door.has_ended(connection));
}
