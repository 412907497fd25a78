//! Tickets: lost answers, stale presses, fallbacks, races, thieves and denials (spec §6, §8.2).

use thumbturn_lock::input::ConnectionId;
use thumbturn_lock::storage::CHAINS;
use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::frame::{AttMtu, Message, MessageType};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{OperationId, Serial, TagKey};
use thumbturn_protocol::ticket::Ticket;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::bench_door::{BenchDoor, frames};
use thumbturn_tests::gate::renamed;
use thumbturn_tests::list_update;
use thumbturn_tests::manual_phone::{ManualPhone, Reply, Sent};
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const NOT_RECOGNISED: Reply = Reply::NotAccepted(1);

/// A claimed door, and a resident's phone with a ticket, long after its first unlock.
fn stage(seed: u64) -> (Property, ManualPhone) {
    let mut property = Property::new(seed);
    let phone = property.ticket_holder();
    (property, phone)
}

/// A fast request whose answer the phone never sees. The outcome it would have read.
fn lose_fast_answer(phone: &mut ManualPhone, door: &mut BenchDoor, press: u8, attempt: u8) -> Outcome {
    let ticket = phone.ticket.clone();
    let outcome = phone.try_fast(door, press, attempt).outcome();
    phone.ticket = ticket;
    outcome
}

fn lose_full_answer(phone: &mut ManualPhone, door: &mut BenchDoor, operation: OperationId) -> Outcome {
    let ticket = phone.ticket.clone();
    let outcome = phone.try_full(door, operation, 1).outcome();
    phone.ticket = ticket;
    outcome
}

fn operation(phone: &ManualPhone, press: u8) -> OperationId {
    phone.ticket.as_ref().expect("a ticket").operation_id(press)
}

const fn is_already_done(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::AlreadyDone { .. })
}

#[test]
fn a_lost_answer_is_repeated_and_the_bolt_moves_once() {
    let (mut property, mut phone) = stage(301);
    let door = &mut property.door;
    assert_eq!(lose_fast_answer(&mut phone, door, 1, 1), ACCEPTED);
    for attempt in 2..=31 {
        assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, attempt)), "attempt {attempt}");
    }
    assert_eq!(door.bolt_moves().len(), 2);
    assert!(is_already_done(phone.try_fast(door, 1, 31).outcome()));
    assert_eq!(phone.unlock_fast(door), ACCEPTED, "the repeated answer gave the next ticket");
}

#[test]
fn a_new_press_under_the_previous_ticket_opens_until_the_next_ticket_is_used() {
    let (mut property, mut phone) = stage(302);
    let door = &mut property.door;
    let first = phone.ticket.clone();
    for press in 1..=5 {
        assert_eq!(lose_fast_answer(&mut phone, door, press, 1), ACCEPTED);
    }
    assert_eq!(phone.try_fast(door, 6, 1).outcome(), ACCEPTED);
    assert_eq!(phone.unlock_fast(door), ACCEPTED, "the next ticket");
    phone.ticket = first;
    assert_eq!(phone.try_fast(door, 7, 1), NOT_RECOGNISED, "the ticket before the previous one");
    assert_eq!(door.bolt_moves().len(), 8);
}

#[test]
fn a_repeat_does_not_take_the_next_ticket_away() {
    let (mut property, mut phone) = stage(303);
    let door = &mut property.door;
    let first = phone.ticket.clone();
    assert_eq!(phone.try_fast(door, 1, 1).outcome(), ACCEPTED);
    let second = phone.ticket.clone();
    phone.ticket = first;
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, 2)));
    phone.ticket = second;
    assert_eq!(phone.try_fast(door, 1, 1).outcome(), ACCEPTED);
}

/// The frames that answer a fast request of these bytes, and whether anything in flash changed.
fn ask_fast(door: &mut BenchDoor, request: impl FnOnce(&Hello) -> Vec<u8>) -> (Vec<Vec<u8>>, bool) {
    let connection = door.connect();
    let hello = door.hello(connection);
    let before = door.flash.image().to_vec();
    door.send(connection, MessageType::FastRequest, &request(&hello));
    let answer = door.take_frames(connection);
    let changed = *door.flash.image() != *before;
    door.disconnect(connection);
    (answer, changed)
}

#[test]
fn an_unknown_ticket_and_a_wrong_tag_are_answered_alike_and_change_nothing() {
    let (mut property, mut phone) = stage(304);
    let door = &mut property.door;
    let request = |phone: &ManualPhone, hello: &Hello| phone.fast_request(hello, 9, 1).1;
    let (wrong_tag, changed) = ask_fast(door, |hello| {
        let mut request = request(&phone, hello);
        request[18] ^= 1;
        request
    });
    assert!(!changed);
    let mut stranger = ManualPhone::new(3_040);
    stranger.ticket = Some(Ticket::from_secret([9; 32]));
    let (unknown, changed) = ask_fast(door, |hello| request(&stranger, hello));
    assert!(!changed);
    assert_eq!(unknown, wrong_tag);
    assert_eq!(unknown, [[0xca, 0x01]]);
    assert_eq!(phone.try_fast(door, 1, 1).outcome(), ACCEPTED, "press 9 was not seen");
    assert_eq!(door.bolt_moves().len(), 2);
}

#[test]
fn a_phone_that_is_not_recognised_opens_by_the_full_handshake_on_the_same_hello() {
    let (mut property, mut phone) = stage(305);
    let door = &mut property.door;
    phone.ticket = Some(Ticket::from_secret([9; 32]));
    let connection = door.connect();
    let hello = door.hello(connection);
    let (sent, fast) = phone.fast_request(&hello, 1, 1);
    let messages = door.ask(connection, MessageType::FastRequest, &fast);
    assert_eq!(phone.read_reply(sent, &messages), NOT_RECOGNISED);
    let operation = operation(&phone, 1);
    let (sent, full) = phone.full_request(&hello, operation, 2);
    let messages = door.ask(connection, MessageType::FullRequest, &full);
    assert_eq!(phone.read_reply(sent, &messages).outcome(), ACCEPTED);
    assert_eq!(door.bolt_moves().last(), Some(&operation));
}

#[test]
fn a_fallback_with_the_same_operation_never_moves_the_bolt_again() {
    // Long enough after, what became of it is not told any more.
    for (milliseconds, already_done) in [(0, true), (10_000, true), (10_001, false), (3_600_000, false)] {
        let (mut property, mut phone) = stage(306);
        let door = &mut property.door;
        let operation = operation(&phone, 1);
        assert_eq!(lose_fast_answer(&mut phone, door, 1, 1), ACCEPTED);
        door.pass(milliseconds);
        let by_fast = lose_fast_answer(&mut phone, door, 1, 2);
        let by_full = [3, 4].map(|_| lose_full_answer(&mut phone, door, operation));
        for outcome in [by_fast, by_full[0], by_full[1]] {
            assert_eq!(is_already_done(outcome), already_done, "{milliseconds} {outcome:?}");
            assert!(already_done || outcome == Outcome::OutcomeUnknown);
        }
        assert_eq!(door.bolt_moves().len(), 2);
    }
}

#[test]
fn a_fast_request_after_its_fallback_never_moves_the_bolt_again() {
    for (milliseconds, already_done) in [(0, true), (10_000, true), (10_001, false)] {
        let (mut property, mut phone) = stage(307);
        let door = &mut property.door;
        let operation = operation(&phone, 1);
        assert_eq!(lose_full_answer(&mut phone, door, operation), ACCEPTED);
        door.pass(milliseconds);
        assert_eq!(phone.try_fast(door, 1, 2), NOT_RECOGNISED, "the handshake ended the chain");
        let outcome = phone.try_full(door, operation, 3).outcome();
        assert_eq!(is_already_done(outcome), already_done, "{milliseconds} {outcome:?}");
        assert!(already_done || outcome == Outcome::OutcomeUnknown);
        assert_eq!(door.bolt_moves().len(), 2);
    }
}

#[test]
fn an_operation_stays_known_however_many_others_came_since() {
    for reboot in [false, true] {
        let (mut property, mut phone) = stage(308);
        let mut other = property.ticket_holder();
        let operation = operation(&phone, 1);
        assert_eq!(lose_fast_answer(&mut phone, &mut property.door, 1, 1), ACCEPTED);
        for _ in 0..40 {
            property.door.pass(1_000);
            assert_eq!(other.unlock_fast(&mut property.door), ACCEPTED);
        }
        if reboot {
            property.door = property.door.reboot();
        }
        let door = &mut property.door;
        let moves = door.bolt_moves().len();
        assert_eq!(lose_fast_answer(&mut phone, door, 1, 2), Outcome::OutcomeUnknown);
        assert_eq!(lose_full_answer(&mut phone, door, operation), Outcome::OutcomeUnknown);
        assert_eq!(door.bolt_moves().len(), moves);
        assert_eq!(phone.try_fast(door, 2, 1).outcome(), ACCEPTED, "a new intent opens");
    }
}

#[test]
fn operations_of_two_phones_may_have_one_id() {
    let mut property = Property::new(309);
    let (mut first, mut second) = (property.resident(), property.resident());
    let operation = OperationId([7; 8]);
    assert_eq!(first.try_full(&mut property.door, operation, 1).outcome(), ACCEPTED);
    assert_eq!(second.try_full(&mut property.door, operation, 1).outcome(), ACCEPTED);
    assert!(is_already_done(first.try_full(&mut property.door, operation, 2).outcome()));
    assert_eq!(property.door.bolt_moves().len(), 2);
}

#[test]
fn a_press_below_the_highest_is_not_accepted() {
    let (mut property, mut phone) = stage(310);
    let door = &mut property.door;
    assert_eq!(lose_fast_answer(&mut phone, door, 5, 1), ACCEPTED);
    for press in 1..5 {
        assert_eq!(phone.try_fast(door, press, 1), NOT_RECOGNISED, "press {press}");
    }
    assert_eq!(door.bolt_moves().len(), 2);
}

#[test]
fn a_press_below_a_refused_one_is_not_accepted_also_after_a_power_cut() {
    for reboot in [false, true] {
        let (mut property, mut phone) = stage(311);
        property.door.hardware().readiness = thumbturn_lock::hardware::Readiness::Jammed;
        let jammed = Outcome::DoorFault(Fault::Jammed);
        assert_eq!(phone.try_fast(&mut property.door, 5, 1).outcome(), jammed);
        property.door.hardware().readiness = thumbturn_lock::hardware::Readiness::Ready;
        if reboot {
            property.door = property.door.reboot();
        }
        let door = &mut property.door;
        assert_eq!(phone.try_fast(door, 4, 1), NOT_RECOGNISED);
        assert_eq!(phone.try_fast(door, 5, 2).outcome(), ACCEPTED, "the same press may be tried again");
        assert_eq!(door.bolt_moves().len(), 2);
    }
}

#[test]
fn a_lower_press_that_was_accepted_is_repeated_while_it_is_fresh() {
    let (mut property, mut phone) = stage(312);
    let door = &mut property.door;
    assert_eq!(lose_fast_answer(&mut phone, door, 1, 1), ACCEPTED);
    assert_eq!(lose_fast_answer(&mut phone, door, 3, 1), ACCEPTED);
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, 2)));
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 3, 2)), "it did not forget the newer one");
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, 3)));
    assert_eq!(phone.try_fast(door, 2, 1), NOT_RECOGNISED, "nor that press 3 was seen");
    assert_eq!(door.bolt_moves().len(), 3);
}

#[test]
fn a_repeat_under_the_previous_ticket_forgets_no_press_under_the_current_one() {
    let (mut property, mut phone) = stage(327);
    let door = &mut property.door;
    let first = phone.ticket.clone();
    assert_eq!(phone.try_fast(door, 1, 1).outcome(), ACCEPTED);
    door.hardware().readiness = thumbturn_lock::hardware::Readiness::Jammed;
    assert_eq!(phone.try_fast(door, 5, 1).outcome(), Outcome::DoorFault(Fault::Jammed));
    door.hardware().readiness = thumbturn_lock::hardware::Readiness::Ready;
    let second = std::mem::replace(&mut phone.ticket, first);
    assert!(is_already_done(lose_fast_answer(&mut phone, door, 1, 2)));
    phone.ticket = second;
    assert_eq!(phone.try_fast(door, 4, 1), NOT_RECOGNISED);
    assert_eq!(phone.try_fast(door, 5, 2).outcome(), ACCEPTED);
}

#[test]
fn a_repeat_by_full_handshake_does_not_make_the_door_forget_a_newer_operation() {
    let (mut property, mut phone) = stage(328);
    let mut other = property.ticket_holder();
    let door = &mut property.door;
    let (older, newer) = (phone.new_operation(), phone.new_operation());
    assert_eq!(phone.try_full(door, older, 1).outcome(), ACCEPTED);
    assert_eq!(phone.try_full(door, newer, 1).outcome(), ACCEPTED);
    assert!(is_already_done(phone.try_full(door, older, 2).outcome()));
    for _ in 0..20 {
        door.pass(1_000);
        assert_eq!(other.unlock_fast(door), ACCEPTED);
    }
    assert_eq!(phone.try_full(door, newer, 2).outcome(), Outcome::OutcomeUnknown);
}

#[test]
fn a_stale_press_is_refused_before_the_chain_is_in_flash() {
    let (mut property, mut phone) = stage(313);
    let door = &mut property.door;
    let (new, stale) = (door.connect(), door.connect());
    let (new_hello, stale_hello) = (door.hello(new), door.hello(stale));
    let (_, new_request) = phone.fast_request(&new_hello, 2, 1);
    let (sent, stale_request) = phone.fast_request(&stale_hello, 1, 1);
    write_unpolled(door, new, MessageType::FastRequest, &new_request);
    // The bolt has reported, the answer is on its way, nothing of the ticket is in flash.
    door.step();
    write_unpolled(door, stale, MessageType::FastRequest, &stale_request);
    door.settle();
    let messages = door.messages(stale);
    assert_eq!(phone.read_reply(sent, &messages), NOT_RECOGNISED);
    assert_eq!(door.bolt_moves().len(), 2);
}

#[test]
fn an_answered_ticket_works_before_it_is_in_flash() {
    let (mut property, mut phone) = stage(314);
    let door = &mut property.door;
    let (first, second) = (door.connect(), door.connect());
    let (first_hello, second_hello) = (door.hello(first), door.hello(second));
    let operation = phone.new_operation();
    let (sent, request) = phone.full_request(&first_hello, operation, 1);
    write_unpolled(door, first, MessageType::FullRequest, &request);
    let answer = loop {
        door.step();
        if let [answer, ..] = door.messages(first).as_slice() {
            break answer.clone();
        }
    };
    phone.read(sent, &answer);
    let (sent, request) = phone.fast_request(&second_hello, 1, 1);
    write_unpolled(door, second, MessageType::FastRequest, &request);
    door.settle();
    let messages = door.messages(second);
    assert_eq!(phone.read_reply(sent, &messages).outcome(), ACCEPTED);
}

fn write_unpolled(door: &mut BenchDoor, id: ConnectionId, message_type: MessageType, payload: &[u8]) {
    for frame in frames(message_type, payload, AttMtu::MAXIMUM) {
        door.write_unpolled(id, &frame);
    }
}

#[test]
fn a_recorded_answer_is_accepted_for_no_other_try() {
    let (mut property, mut phone) = stage(315);
    let door = &mut property.door;
    let connection = door.connect();
    let hello = door.hello(connection);
    let (_, request) = phone.fast_request(&hello, 1, 1);
    let recorded = door.ask(connection, MessageType::FastRequest, &request).remove(0);
    door.disconnect(connection);
    let connection = door.connect();
    let next_hello = door.hello(connection);
    let tries = [(hello, 1, 2), (hello, 2, 1), (next_hello, 1, 1), (next_hello, 1, 2)];
    for (hello, press, attempt) in tries {
        let (sent, _) = phone.fast_request(&hello, press, attempt);
        assert!(phone.try_read(sent, &recorded).is_none(), "press {press} attempt {attempt}");
    }
    let (sent, _) = phone.fast_request(&hello, 1, 1);
    assert!(phone.try_read(sent, &recorded).is_some());
}

#[test]
fn what_a_listener_hears_opens_nothing() {
    let (mut property, mut phone) = stage(316);
    let door = &mut property.door;
    let mut heard = Vec::new();
    for press in 1..=3 {
        let connection = door.connect();
        let hello = door.hello(connection);
        let (_, request) = phone.fast_request(&hello, press, 1);
        let answer = door.ask(connection, MessageType::FastRequest, &request).remove(0);
        heard.push((request, answer.payload));
        door.disconnect(connection);
        door.pass(1_000);
    }
    let moves = door.bolt_moves().len();
    // What was heard, as it was and mixed: heads of requests, tags of requests and of answers.
    for (head, _) in &heard {
        for (request, answer) in &heard {
            for (tag, press) in [(&request[5..], 4), (&answer[5..], 4), (&request[5..], head[3])] {
                let mut forged = [&head[..5], tag].concat();
                forged[3] = press;
                let connection = door.connect();
                let messages = door.ask(connection, MessageType::FastRequest, &forged);
                assert_eq!(messages[0].payload, [1]);
                door.disconnect(connection);
            }
        }
    }
    assert_eq!(door.bolt_moves().len(), moves);
    assert_eq!(phone.try_fast(door, 4, 1).outcome(), ACCEPTED);
}

#[test]
fn ticket_ids_of_one_chain_cannot_be_told_to_belong_together() {
    let (mut property, mut phone) = stage(317);
    let mut ids = std::collections::HashSet::new();
    for _ in 0..100 {
        assert!(ids.insert(phone.ticket.as_ref().expect("a ticket").id()));
        assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
        property.door.pass(1_000);
    }
}

#[test]
fn a_denied_chain_is_gone_and_a_new_grant_opens() {
    let (mut property, mut phone) = stage(318);
    let grant = phone.grant();
    let entry =
        DenyEntry { subject: DenySubject::Holder(grant.holder), void_before: Serial(grant.serial.0 + 1) };
    property.door = list_update::deny(property.door, entry);
    assert_eq!(property.door.engine().storage_mut().chains(), 1);
    let moves = property.door.bolt_moves().len();
    assert_eq!(phone.try_fast(&mut property.door, 1, 1).outcome(), Outcome::Denied);
    assert_eq!(property.door.engine().storage_mut().chains(), 0);
    assert_eq!(phone.try_fast(&mut property.door, 1, 2), NOT_RECOGNISED);
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::Denied);
    assert_eq!(property.door.bolt_moves().len(), moves);
    property.grant_again(&mut phone, &GrantTerms::resident(at(-60)));
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
}

#[test]
fn a_denied_chain_is_gone_before_that_is_in_flash() {
    let (mut property, mut phone) = stage(319);
    let grant = phone.grant();
    let entry =
        DenyEntry { subject: DenySubject::Phone(phone.id()), void_before: Serial(grant.serial.0 + 1) };
    property.door = list_update::deny(property.door, entry);
    let door = &mut property.door;
    let connections = [door.connect(), door.connect()];
    let mut replies = Vec::new();
    for (connection, attempt) in connections.into_iter().zip(1..) {
        let hello = door.hello(connection);
        let (sent, request) = phone.fast_request(&hello, 1, attempt);
        write_unpolled(door, connection, MessageType::FastRequest, &request);
        replies.push((connection, sent));
    }
    door.settle();
    let replies: Vec<Reply> = replies
        .into_iter()
        .map(|(connection, sent)| {
            let messages = door.messages(connection);
            phone.read_reply(sent, &messages)
        })
        .collect();
    assert_eq!(replies[0].outcome(), Outcome::Denied);
    assert_eq!(replies[1], NOT_RECOGNISED);
}

#[test]
fn a_full_handshake_ends_the_chain_before_it_and_shuts_out_who_copied_its_ticket() {
    let (mut property, mut phone) = stage(320);
    let door = &mut property.door;
    let copied = phone.ticket.clone();
    assert_eq!(phone.unlock_full(door), ACCEPTED);
    let own = std::mem::replace(&mut phone.ticket, copied);
    assert_eq!(phone.try_fast(door, 1, 1), NOT_RECOGNISED, "the thief");
    phone.ticket = own;
    assert_eq!(phone.unlock_fast(door), ACCEPTED);
    assert_eq!(phone.unlock_fast(door), ACCEPTED);
    assert_eq!(door.bolt_moves().len(), 4);
}

#[test]
fn a_lost_full_answer_costs_another_full_handshake() {
    let (mut property, mut phone) = stage(326);
    let door = &mut property.door;
    let operation = phone.new_operation();
    assert_eq!(lose_full_answer(&mut phone, door, operation), ACCEPTED);
    door.pass(20_000);
    assert_eq!(phone.try_fast(door, 1, 1), NOT_RECOGNISED);
    assert_eq!(phone.unlock_full(door), ACCEPTED);
    assert_eq!(phone.unlock_fast(door), ACCEPTED);
    assert_eq!(door.bolt_moves().len(), 4);
}

#[test]
fn a_ticket_goes_on_with_the_facts_of_the_newest_credential() {
    let (mut property, mut phone) = stage(321);
    let mut terms = GrantTerms::resident(at(-60));
    terms.lease_end = at(3_600);
    property.grant_again(&mut phone, &terms);
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
    property.door.pass(3_600_000);
    assert_eq!(phone.unlock_fast(&mut property.door), Outcome::LeaseEnded);
}

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

#[test]
fn a_phone_that_was_forgotten_comes_back_with_a_full_handshake() {
    let mut property = Property::new(324);
    let mut phones: Vec<ManualPhone> = (0..CHAINS + 40).map(|_| property.resident()).collect();
    for phone in &mut phones {
        assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
        property.door.pass(2_000);
    }
    assert!(property.door.engine().storage_mut().chains() >= CHAINS);
    let forgotten = &mut phones[0];
    assert_eq!(forgotten.try_fast(&mut property.door, 1, 1), NOT_RECOGNISED);
    let operation = operation(forgotten, 1);
    assert_eq!(forgotten.try_full(&mut property.door, operation, 2).outcome(), ACCEPTED);
    for phone in phones.iter_mut().rev().take(CHAINS - 1) {
        property.door.pass(1_000);
        assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
    }
}

#[test]
fn a_hello_that_an_attacker_changed_leads_to_no_request_that_the_door_accepts() {
    const TAG_KEY: [u8; 16] = [0x7a; 16];
    let tag_key = TagKey::from_bytes(TAG_KEY);
    let mut property =
        Property::with(325, |configuration| configuration.tag_key = TagKey::from_bytes(TAG_KEY));
    let mut phone = property.ticket_holder();
    let door = &mut property.door;
    let moves = door.bolt_moves().len();
    let mut believed = 0;
    for bit in 8..160 {
        let connection = door.connect();
        let mut hello = *door.hello(connection).as_bytes();
        hello[bit / 8] ^= 1 << (bit % 8);
        if let Ok(stranger) = Hello::parse(&hello) {
            assert!(!stranger.is_named_by(&tag_key), "only who knows the tag key gives it the right name");
        }
        // The neighbour does.
        if bit < 128
            && let Ok(hello) = Hello::parse(&renamed(&TAG_KEY, hello))
        {
            assert!(hello.is_named_by(&tag_key));
            believed += 1;
            let (sent, request) = phone.fast_request(&hello, 1, 1);
            let messages = door.ask(connection, MessageType::FastRequest, &request);
            assert_eq!(phone.read_reply(sent, &messages), NOT_RECOGNISED, "bit {bit}");
            let operation = phone.new_operation();
            let (sent, request) = phone.full_request(&hello, operation, 1);
            let messages = door.ask(connection, MessageType::FullRequest, &request);
            assert_eq!(phone.read_reply(sent, &messages), NOT_RECOGNISED, "bit {bit}");
        }
        door.disconnect(connection);
    }
    assert!(believed > 96, "{believed} hellos were believed");
    assert_eq!(door.bolt_moves().len(), moves);
}
