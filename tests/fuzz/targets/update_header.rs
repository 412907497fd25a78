//! The 118 bytes of an update's header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::property;
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::update::header::UpdateHeader;

// What is accepted can be signed, verifies, has exactly these bytes, and no more chunks than a door counts.
fuzz_target!(|body: &[u8]| {
    let unsigned = [body, &[0; 64]].concat();
    let Ok(header) =
        Received::<UpdateHeader>::from_bytes(&unsigned).and_then(|header| header.peek_unverified())
    else {
        return;
    };
    let signed = header.sign(property()).expect("what is accepted can be signed");
    assert_eq!(signed.as_bytes().get(..118), Some(body));
    let verified = Received::from(signed).verify(&property().public()).expect("a good signature");
    assert!(*verified == header);
    assert!((1..=319).contains(&header.size.chunks()));
});
