//! Frames in any order, from anybody: what comes out is bounded and goes through the same way again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::pieces;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, MessageType, Reassembler};

const LIMIT: usize = 700;

fuzz_target!(|input: &[u8]| {
    let mut reassembler = Reassembler::new();
    for frame in pieces(input) {
        let awaited = |message_type| match message_type {
            MessageType::Hello => None,
            _ => Some(LIMIT),
        };
        let message = reassembler.receive(frame, awaited);
        assert!(reassembler.memory() <= 1_024);
        let Some(message) = message else { continue };
        assert!(message.payload.len() <= LIMIT && message.message_type != MessageType::Hello);

        let mut fragmenter = Fragmenter::new(message.message_type, &message.payload).expect("bounded");
        let mut again = Reassembler::new();
        let mut received = None;
        while let Some(frame) = fragmenter.next_frame(AttMtu::MINIMUM) {
            assert!(received.is_none());
            received = again.receive(&frame, |_| Some(LIMIT));
        }
        assert_eq!(received, Some(message));
    }
});
