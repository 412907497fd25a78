//! Fast requests under a good tag that no phone makes: counters of zero, unknown kinds (spec §6.3).

use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ticket::Ticket;
use thumbturn_tests::kdf::kdf;
use thumbturn_tests::property::Property;

/// The payload of a fast request that is right in all but its press and its kind and attempt.
fn request(ticket: &Ticket, hello: &Hello, press: u8, kind_and_attempt: u8) -> Vec<u8> {
    let mut frame = vec![0xc5];
    frame.extend_from_slice(&ticket.id().0);
    frame.extend_from_slice(&[press, kind_and_attempt]);
    let tag = kdf(ticket.secret(), b"thumbturn/1/fast-request", &[hello.as_bytes(), &frame]);
    frame.extend_from_slice(&tag[..14]);
    frame.split_off(1)
}

#[test]
fn counters_of_zero_and_unknown_kinds_are_not_accepted_and_leave_hello_and_ticket_as_they_are() {
    let mut property = Property::new(1_201);
    let phone = property.ticket_holder();
    let (door, ticket) = (&mut property.door, phone.ticket.expect("a ticket"));
    let flash = door.flash.image().to_vec();
    let unknown_kinds = (2..8).map(|kind| (9, (kind << 5) | 1));
    for (press, kind_and_attempt) in [(0, 1), (9, 0)].into_iter().chain(unknown_kinds) {
        let connection = door.connect();
        let hello = door.hello(connection);
        door.send(connection, MessageType::FastRequest, &request(&ticket, &hello, press, kind_and_attempt));
        assert_eq!(door.take_frames(connection), [[0xca, 0x01]], "{press} {kind_and_attempt:#x}");
        door.disconnect(connection);
    }
    assert_eq!(door.bolt_moves().len(), 1);
    assert!(*door.flash.image() == *flash, "nothing was written");

    // The tag was right all along: the same hello serves a request in range, and press 9 was never seen.
    let connection = door.connect();
    let hello = door.hello(connection);
    for (press, kind_and_attempt, answer) in [(9, 0, 0xca), (1, 1, 0xc6)] {
        door.send(connection, MessageType::FastRequest, &request(&ticket, &hello, press, kind_and_attempt));
        let frames = door.take_frames(connection);
        assert_eq!(frames.first().and_then(|frame| frame.first()), Some(&answer), "press {press}");
    }
    assert_eq!(door.bolt_moves().len(), 2);
}
