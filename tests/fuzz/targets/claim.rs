//! What a factory-fresh door makes of a claim, and a claimer of the answer. The first byte chooses: any Noise message,
//! any plaintext in a good one, any plaintext in a good answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::{claim_secret, door, ephemeral, hello, kdf, property, sealed, snow_claim};
use thumbturn_protocol::claim::{self, ClaimResponder, DoorConfiguration, DoorKind, PropertyKeys};
use thumbturn_protocol::ids::{DoorId, Generation, PropertyId, TagKey};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::limits;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};

fuzz_target!(|input: &[u8]| {
    let Some((depth, rest)) = input.split_first() else { return };
    let psk = kdf(&[5; 16], "thumbturn/1/claim-psk", b"");
    match depth % 3 {
        0 => read(rest),
        1 if rest.len() <= 1_024 => read(&sealed(&mut snow_claim(&psk, true), rest)),
        2 if rest.len() <= 1_024 => answer(&psk, rest),
        _ => {}
    }
});

fn read(message: &[u8]) {
    let read = ClaimResponder::read(&claim_secret(), &hello(), message, ephemeral());
    let Ok((responder, configuration)) = read else { return };
    assert!(configuration.deny.len() <= limits::CLAIM_DENY_ENTRIES);
    assert!((1..=240).contains(&configuration.relock_seconds));
    // What a door takes, a claimer can send.
    let (_, request) =
        claim::request(&claim_secret(), &hello(), &configuration, ephemeral()).expect("it was accepted");
    assert!(request.len() <= limits::UNAUTHENTICATED_MESSAGE);
    responder.answer(&keys()).expect("whoever got so far gets an answer");
}

fn answer(psk: &[u8; 32], plaintext: &[u8]) {
    let property_keys = PropertyKeys {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        root_key: property().public(),
        signing_key: property().public(),
        sealing_key: door().public(),
    };
    let (tag_key, zone) = (TagKey::from_bytes([2; 16]), Zone::fixed(UtcOffset::UTC));
    let configuration = DoorConfiguration::new(
        property_keys,
        DoorId([3; 8]),
        tag_key,
        DoorKind::Residence,
        UnixSeconds::ZERO,
        zone,
    );
    let (claimer, request) =
        claim::request(&claim_secret(), &hello(), &configuration, ephemeral()).expect("a good claim");
    let mut door = snow_claim(psk, false);
    door.read_message(&request[4..], &mut [0; 1_024]).expect("a good claim");
    if let Ok((keys, _)) = claimer.finish(&sealed(&mut door, plaintext)) {
        let bytes = [keys.session_key.0, keys.sealing_key.0, keys.receipt_key.0].concat();
        assert_eq!(bytes, plaintext);
    }
}

fn keys() -> DoorPublicKeys {
    let session_key = door().public();
    DoorPublicKeys { session_key, sealing_key: session_key, receipt_key: property().public() }
}
