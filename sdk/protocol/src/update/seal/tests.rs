//! Each chunk opens by itself, in its own place, for its own door and header only.

use alloc::vec::Vec;

use super::*;
use crate::ids::ListVersion;
use crate::random::RandomFailed;
use crate::update::example::{Fixed, cards, door_sealing, issue, property, sealed, snapshot, verified};
use crate::update::parcel::{Issue, Parcel};

fn three_chunks() -> Parcel {
    let parcel = sealed(&snapshot(&cards(150)).0);
    assert_eq!(parcel.size().chunks(), 3);
    parcel
}

fn opened(parcel: &Parcel, key: &BodyKey, number: u16, chunk: u16) -> Result<Vec<u8>, Error> {
    let mut buffer = parcel.chunk(chunk).unwrap().to_vec();
    let result = key.open(number, &mut buffer);
    assert_eq!(result.is_err(), buffer.is_empty());
    result.map(|()| buffer)
}

#[test]
fn a_door_opens_any_chunk_without_those_before_it() {
    let parcel = three_chunks();
    let key = BodyKey::recover(&verified(&parcel), &door_sealing()).unwrap();
    for chunk in [2, 0, 1] {
        assert_eq!(
            opened(&parcel, &key, chunk, chunk).unwrap().len(),
            parcel.size().plain_chunk(chunk).unwrap()
        );
    }
}

#[test]
fn a_chunk_opens_under_its_own_number_only() {
    let parcel = three_chunks();
    let key = BodyKey::recover(&verified(&parcel), &door_sealing()).unwrap();
    for number in 0..4 {
        for chunk in (0..3).filter(|chunk| *chunk != number) {
            assert_eq!(opened(&parcel, &key, number, chunk), Err(Error::NotAuthentic));
        }
    }
    let mut changed = parcel.chunk(1).unwrap().to_vec();
    changed[7] ^= 1;
    assert_eq!(key.open(1, &mut changed), Err(Error::NotAuthentic));
    let mut short = alloc::vec![0; 15];
    assert_eq!(key.open(1, &mut short), Err(Error::NotAuthentic));
}

#[test]
fn another_door_opens_nothing() {
    let parcel = three_chunks();
    let key = BodyKey::recover(&verified(&parcel), &ExchangeKeyPair::from_secret([0x55; 32])).unwrap();
    assert_eq!(opened(&parcel, &key, 0, 0), Err(Error::NotAuthentic));
}

/// The same random bytes, another version: bytes 0–53 of the header are bound into the key.
#[test]
fn the_key_is_bound_to_what_the_header_says() {
    let (body, _) = snapshot(&cards(150));
    let other = Issue { to: ListVersion(10), ..issue() };
    let other = body.seal(&other, &door_sealing().public(), &property(), &mut Fixed(7)).unwrap();
    let parcel = three_chunks();
    assert_eq!(verified(&parcel).encapsulation, verified(&other).encapsulation);
    let key = BodyKey::recover(&verified(&other), &door_sealing()).unwrap();
    assert!(opened(&other, &key, 0, 0).is_ok());
    assert_eq!(opened(&parcel, &key, 0, 0), Err(Error::NotAuthentic));
}

#[test]
fn sealing_fails_with_its_random_source_and_with_a_key_that_is_none() {
    struct Broken;
    impl SecureRandom for Broken {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomFailed> {
            Err(RandomFailed)
        }
    }
    let (body, _) = snapshot(&cards(1));
    let sealing = door_sealing().public();
    assert_eq!(body.seal(&issue(), &sealing, &property(), &mut Broken), Err(Error::Random(RandomFailed)));
    let zero = ExchangeKey([0; 32]);
    assert_eq!(body.seal(&issue(), &zero, &property(), &mut Fixed(7)), Err(Error::InvalidKey));
}

#[test]
fn the_same_inputs_give_the_same_parcel_and_other_randomness_another() {
    let (body, _) = snapshot(&cards(150));
    assert_eq!(sealed(&body), sealed(&body));
    let other = body.seal(&issue(), &door_sealing().public(), &property(), &mut Fixed(8)).unwrap();
    for (chunk, other) in sealed(&body).chunks().zip(other.chunks()) {
        assert_ne!(chunk, other);
    }
}

/// Appendix A.1.1: our suite but for the AEAD, whose number goes into every key.
#[test]
fn the_exporter_vectors_of_rfc_9180_hold() {
    use hpke::aead::AesGcm128;
    use hpke::kdf::HkdfSha256;
    use hpke::kem::X25519HkdfSha256;
    use hpke::{Deserializable, Kem, OpModeR, Serializable, setup_receiver};

    use crate::hexadecimal::Hexadecimal;

    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../../../../tests/vectors/hpke.json")).unwrap();
    let vector = &file["vectors"][0];
    let bytes = |value: &serde_json::Value| serde_json::from_value::<Hexadecimal>(value.clone()).unwrap().0;
    let (_, public) = X25519HkdfSha256::derive_keypair(&bytes(&vector["ikmR"]));
    let secret = Deserializable::from_bytes(&bytes(&vector["skRm"])).unwrap();
    assert_eq!(X25519HkdfSha256::sk_to_pk(&secret), public);
    assert_eq!(public.to_bytes().as_slice(), bytes(&vector["pkRm"]));
    let encapsulated = Deserializable::from_bytes(&bytes(&vector["enc"])).unwrap();
    let context = setup_receiver::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret,
        &encapsulated,
        &bytes(&vector["info"]),
    )
    .unwrap();
    let exports = vector["exports"].as_array().unwrap();
    assert_eq!(exports.len(), 3);
    for export in exports {
        let mut value = [0; 32];
        context.export(&bytes(&export["exporter_context"]), &mut value).unwrap();
        assert_eq!(value.as_slice(), bytes(&export["exported_value"]));
    }
}
