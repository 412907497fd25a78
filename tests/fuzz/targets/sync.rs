//! What a phone says to its authority, and what that answers: the first byte tells which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_protocol::sync::{SyncAnswer, SyncRequest};

fuzz_target!(|input: &[u8]| {
    let Some((which, bytes)) = input.split_first() else { return };
    if which & 1 == 0 {
        let Ok(request) = SyncRequest::from_bytes(bytes) else { return };
        assert_eq!(request.to_bytes().expect("it was decoded"), bytes);
    } else {
        let Ok(answer) = SyncAnswer::from_bytes(bytes) else { return };
        assert_eq!(answer.to_bytes().expect("it was decoded"), bytes);
    }
});
