//! What somebody learns, or brings about, who listens, guesses or changes frames (spec §6).

use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::TagKey;
use thumbturn_protocol::ticket::Ticket;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::gate::renamed;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::Property;

use super::{ACCEPTED, NOT_RECOGNISED, stage};

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
