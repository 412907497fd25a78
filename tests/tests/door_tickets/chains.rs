//! Chains of tickets: when they begin, what they stand for, how they end (spec §6.1).

use thumbturn_lock::storage::CHAINS;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::ids::Serial;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::list_update;
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::{Property, at};

use super::{ACCEPTED, NOT_RECOGNISED, lose_full_answer, operation, stage, write_unpolled};

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
