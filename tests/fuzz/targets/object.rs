//! Bodies of signed objects. The first byte chooses which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::property;
use thumbturn_protocol::bulletin::BulletinHeader;
use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::grant::Grant;
use thumbturn_protocol::log::Acknowledgement;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::share::Share;
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::time_token::TimeToken;

fuzz_target!(|input: &[u8]| {
    let Some((kind, body)) = input.split_first() else { return };
    match kind % 7 {
        0 => one_encoding::<Grant>(body),
        1 => one_encoding::<Share>(body),
        2 => one_encoding::<DoorCertificate>(body),
        3 => one_encoding::<KeyRotation>(body),
        4 => one_encoding::<BulletinHeader>(body),
        5 => one_encoding::<TimeToken>(body),
        _ => one_encoding::<Acknowledgement>(body),
    }
});

/// What is accepted can be signed, verifies, and has exactly these bytes.
fn one_encoding<T: Signable + PartialEq>(body: &[u8]) {
    let unsigned = [body, &[0; 64]].concat();
    let Ok(value) = Received::<T>::from_bytes(&unsigned).and_then(|received| received.peek_unverified())
    else {
        return;
    };
    let signed = value.sign(property()).expect("what is accepted can be signed");
    assert_eq!(signed.as_bytes().strip_suffix(&signed.as_bytes()[body.len()..]), Some(body));
    let verified = Received::from(signed).verify(&property().public()).expect("a good signature");
    assert!(*verified == value);
}
