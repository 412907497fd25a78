//! Any sequence of records. Each piece begins with a byte that says whether it goes in as it is, or sealed with a
//! counter of its own.
#![no_main]

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::{kdf, pieces, session};
use thumbturn_protocol::record::{Records, Side};

fuzz_target!(|input: &[u8]| {
    let mut phone = Records::new(session(), Side::Phone);
    let (mut lowest, mut ended) = (0_u64, false);
    for piece in pieces(input) {
        let Some((way, rest)) = piece.split_first() else { continue };
        let payload = if way % 2 == 0 { rest.to_vec() } else { sealed(rest) };
        let opened = phone.open(&payload);
        match opened {
            Ok(_) => {
                let counter = u32::from_be_bytes(payload[..4].try_into().expect("it opened"));
                assert!(!ended && u64::from(counter) >= lowest);
                lowest = u64::from(counter) + 1;
            }
            Err(_) => ended = true,
        }
    }
});

/// Counter and plaintext of the fuzzer's choice.
fn sealed(rest: &[u8]) -> Vec<u8> {
    let Some((counter, plaintext)) = rest.split_first_chunk::<4>() else { return Vec::new() };
    let key = kdf(session().dangerous_bytes(), "thumbturn/1/record-to-phone", b"");
    let [a, b, c, d] = *counter;
    let nonce = Nonce::from([0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]);
    let mut buffer = plaintext.to_vec();
    let cipher = Aes256Gcm::new((&key).into());
    let tag = cipher
        .encrypt_inout_detached(&nonce, counter, buffer.as_mut_slice().into())
        .expect("a short plaintext");
    [counter.as_slice(), &buffer, &tag].concat()
}
