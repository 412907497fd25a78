//! What a phone makes of an answer: of any message 2, or of any plaintext in a good one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::{door, ephemeral, hello, phone, request_payload, sealed, snow_door, tag_key};
use thumbturn_protocol::full;

fuzz_target!(|input: &[u8]| {
    let Some((depth, rest)) = input.split_first() else { return };
    let (initiator, request) =
        full::request(phone(), door().public(), &tag_key(), &hello(), &request_payload(), ephemeral())
            .expect("a good request");
    if depth % 2 == 0 {
        assert!(initiator.finish(rest).is_err(), "nobody can forge an answer");
        return;
    }
    let mut door = snow_door();
    door.read_message(&request[4..], &mut [0; 1_024]).expect("a good request");
    if let Ok((answer, _)) = initiator.finish(&sealed(&mut door, rest)) {
        assert_eq!(answer.to_bytes().as_slice(), rest);
    }
});
