//! The budgets of the issue, counted as a connection at the smallest MTU carries them: frame headers included.

use thumbturn_protocol::frame::{AttMtu, Fragmenter, MessageType};
use thumbturn_protocol::hello::{HELLO, Hello};
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::ticket::{Counters, FAST, Ticket};

use crate::cast;

/// Bytes on the air and packets of one message.
fn sent(message_type: MessageType, payload: &[u8], mtu: AttMtu) -> (usize, usize) {
    let mut fragmenter = Fragmenter::new(message_type, payload).unwrap();
    let frames: Vec<_> = core::iter::from_fn(|| fragmenter.next_frame(mtu)).collect();
    assert!(frames.iter().all(|frame| frame.len() <= mtu.frame_capacity()));
    (frames.iter().map(Vec::len).sum(), frames.len())
}

fn unlock(hello: &Hello, share: bool) -> usize {
    let (_, request) = cast::full_request(hello, share.then(cast::share_chain));
    let (response, _) = cast::read(hello, &request[4..]).unwrap().0.answer(cast::accepted()).unwrap();
    let (request, _) = sent(MessageType::FullRequest, &request, AttMtu::MINIMUM);
    let (response, _) = sent(MessageType::FullAnswer, &response, AttMtu::MINIMUM);
    hello.as_bytes().len() + request + response
}

#[test]
fn a_first_unlock_with_two_windows_takes_at_most_450_bytes() {
    let bytes = unlock(&cast::hello(1), false);
    assert!(bytes <= 450, "{bytes}");
}

#[test]
fn a_guests_first_unlock_takes_at_most_700_bytes() {
    let bytes = unlock(&cast::hello(1), true);
    assert!(bytes <= 700, "{bytes}");
}

#[test]
fn a_repeat_unlock_takes_three_packets_and_at_most_60_bytes() {
    let (ticket, hello) = (Ticket::from_secret([1; 32]), cast::hello(1));
    let counters = Counters { press: 1, attempt: 1 };
    let request = ticket.open().request(&hello, counters, OperationKind::Unlock).unwrap();
    let (answer, _) = ticket.open().answer(&hello, &request, cast::accepted());
    let mut total = 0;
    for (message_type, frame) in [
        (MessageType::Hello, hello.as_bytes()),
        (MessageType::FastRequest, request.as_bytes()),
        (MessageType::FastAnswer, answer.as_bytes()),
    ] {
        // The frame that the transcript covers is the very frame that the fragmenter makes.
        assert_eq!(frame[0], message_type.single_frame_header());
        let (bytes, packets) = sent(message_type, &frame[1..], AttMtu::MINIMUM);
        assert_eq!((bytes, packets), (frame.len(), 1));
        total += bytes;
    }
    assert!(total <= 60 && total == HELLO + 2 * FAST, "{total}");
}
