//! One byte string per value, for every encoded structure, also for those that travel inside a handshake or record.

extern crate std;
use alloc::vec;
use core::fmt::Debug;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::certificate::DoorCertificate;
use crate::claim::DoorConfiguration;
use crate::credential::Credential;
use crate::full::RequestPayload;
use crate::grant::Grant;
use crate::hexadecimal::Hexadecimal;
use crate::keys::DoorPublicKeys;
use crate::record::Record;
use crate::rotation::KeyRotation;
use crate::schedule::Schedule;
use crate::share::Share;
use crate::zone::Zone;

const LIMIT: usize = 1_024;

/// Encodings that the committed vectors call good.
fn good(file: &str, kind: &str, field: &str) -> Vec<Vec<u8>> {
    #[derive(Deserialize)]
    struct File {
        vectors: Vec<serde_json::Value>,
    }
    let text = match file {
        "objects" => include_str!("../../../../tests/vectors/objects.json"),
        "full" => include_str!("../../../../tests/vectors/full.json"),
        _ => include_str!("../../../../tests/vectors/claim.json"),
    };
    let file: File = serde_json::from_str(text).unwrap();
    let ours = file.vectors.iter().filter(|vector| vector["kind"] == kind && vector["accepted"] != false);
    let encodings =
        ours.map(|vector| serde_json::from_value::<Hexadecimal>(vector[field].clone()).unwrap().0);
    let encodings: Vec<_> = encodings.collect();
    assert!(!encodings.is_empty());
    encodings
}

/// Each byte replaced by each other value, removed, doubled; a 00 or an overlong varint put in; cut; grown.
fn near(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cuts = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    let grown = (0..=255).map(move |byte| [bytes, &[byte]].concat());
    let changed = (0..bytes.len()).flat_map(move |at| {
        let (head, tail) = (&bytes[..at], &bytes[at + 1..]);
        let byte = bytes[at];
        let replaced = (0..=255).map(move |other| [head, &[other], tail].concat());
        let rest = [
            [head, tail].concat(),
            [head, &[byte, byte], tail].concat(),
            [head, &[byte, 0], tail].concat(),
            [head, &[byte | 0x80, 0], tail].concat(),
            [head, &[byte | 0x80, 0x80, 0], tail].concat(),
            [head, &[0xff, 0xff, 0xff, 0xff, 0x0f], tail].concat(),
            [head, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], tail].concat(),
        ];
        replaced.chain(rest)
    });
    cuts.chain(grown).chain(changed)
}

fn accepted_is_canonical<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let value = decode::<T>(bytes, LIMIT, "test").ok()?;
    assert_eq!(encode(&value).unwrap(), bytes);
    Some(value)
}

/// Decodes the good ones, and everything near them; tells how many of those are values too.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(encodings: &[Vec<u8>]) -> usize {
    let mut accepted = 0;
    for good in encodings {
        let value = accepted_is_canonical::<T>(good).expect("a good encoding");
        for bytes in near(good).filter(|bytes| bytes != good) {
            if let Some(other) = accepted_is_canonical::<T>(&bytes) {
                assert_ne!(other, value, "two byte strings for one value: {bytes:02x?}");
                accepted += 1;
            }
        }
        for cut in 0..good.len() {
            assert_eq!(decode::<T>(&good[..cut], LIMIT, "test"), Err(Error::Malformed("test")));
        }
        for byte in 0..=255 {
            let grown = [good.as_slice(), &[byte]].concat();
            assert_eq!(decode::<T>(&grown, LIMIT, "test"), Err(Error::Malformed("test")));
        }
    }
    accepted
}

#[test]
fn signed_objects_have_one_encoding_for_each_value() {
    assert!(check::<Grant>(&good("objects", "grant", "body")) > 10_000);
    assert!(check::<Share>(&good("objects", "share", "body")) > 5_000);
    assert!(check::<DoorCertificate>(&good("objects", "certificate", "body")) > 10_000);
    assert!(check::<KeyRotation>(&good("objects", "rotation", "body")) > 10_000);
    assert!(check::<Credential>(&good("objects", "credential", "encoded")) > 10_000);
}

#[test]
fn what_travels_inside_a_handshake_has_one_encoding_for_each_value() {
    assert!(check::<RequestPayload>(&good("full", "full-exchange", "payload")) > 10_000);
    assert!(check::<DoorConfiguration>(&good("claim", "claim-exchange", "payload")) > 10_000);
    assert!(check::<DoorPublicKeys>(&good("claim", "claim-exchange", "answer_payload")) > 10_000);
}

#[test]
fn records_have_one_encoding_for_each_value() {
    let moved = [[0].as_slice(), &[7; 8], &[0]].concat();
    // Near `moved`, 8 × 255 other operations and 3 other results; near 01 and 02 each the other and 03, and nothing else.
    assert_eq!(check::<Record>(&[moved, vec![1], vec![2]]), 8 * 255 + 3 + 2 * 2);
}

/// One of each record of the delivery, by its bytes.
fn delivery() -> [Vec<u8>; 16] {
    let signed = |index, length: u8| [vec![index, length], vec![7; usize::from(length)]].concat();
    let entry = [[7; 21].as_slice(), &[0; 3]].concat();
    [
        vec![3],
        [vec![4, 1, 2, 3, 4, 5, 6], vec![7; 8], vec![2], vec![8; 8], vec![1], vec![9; 8], vec![2]].concat(),
        signed(5, 100),
        signed(6, 124),
        [vec![7, 3, 0, 1], entry].concat(),
        vec![8, 0],
        [signed(9, 80), vec![1, 9]].concat(),
        [vec![10, 0xb6, 1], vec![7; 182]].concat(),
        [vec![11], vec![7; 8], vec![0, 1, 2]].concat(),
        [vec![12, 1, 1], vec![7; 32]].concat(),
        vec![13, 1, 2, 3, 7, 7, 7],
        [vec![14, 0xe0, 1], vec![7; 0xe0]].concat(),
        vec![15, 1, 2, 3, 3, 7, 7, 7],
        vec![16, 0, 1],
        signed(17, 80),
        vec![18, 0],
    ]
}

#[test]
fn records_of_the_delivery_have_one_encoding_for_each_value() {
    for record in delivery() {
        assert!(check::<Record>(core::slice::from_ref(&record)) > 0, "{record:02x?}");
    }
}

#[test]
fn nothing_longer_than_its_limit_is_looked_at() {
    let bytes = encode(&[7_u8; 32]).unwrap();
    assert!(decode::<[u8; 32]>(&bytes, 32, "test").is_ok());
    assert_eq!(decode::<[u8; 32]>(&bytes, 31, "test"), Err(Error::Malformed("test")));
}

#[test]
fn a_varint_has_one_length() {
    for value in [0_u32, 1, 127, 128, 16_383, 16_384, u32::MAX] {
        let shortest = encode(&value).unwrap();
        assert_eq!(decode::<u32>(&shortest, LIMIT, "test"), Ok(value));
        let mut longer = shortest.clone();
        *longer.last_mut().unwrap() |= 0x80;
        longer.push(0);
        assert!(decode::<u32>(&longer, LIMIT, "test").is_err(), "{value}");
    }
    assert!(decode::<u32>(&[0xff, 0xff, 0xff, 0xff, 0x1f], LIMIT, "test").is_err(), "above 2^32");
    assert!(decode::<u16>(&[0xff, 0xff, 0x07], LIMIT, "test").is_err(), "above 2^16");
}

proptest! {
    /// Whatever the bytes: a value and exactly its encoding, or an error.
    #[test]
    fn any_bytes_are_one_encoding_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        accepted_is_canonical::<Grant>(&bytes);
        accepted_is_canonical::<Share>(&bytes);
        accepted_is_canonical::<DoorCertificate>(&bytes);
        accepted_is_canonical::<KeyRotation>(&bytes);
        accepted_is_canonical::<Credential>(&bytes);
        accepted_is_canonical::<RequestPayload>(&bytes);
        accepted_is_canonical::<DoorConfiguration>(&bytes);
        accepted_is_canonical::<Record>(&bytes);
        accepted_is_canonical::<Schedule>(&bytes);
        accepted_is_canonical::<Zone>(&bytes);
    }

    /// Short numbers make lengths plausible: this reaches much deeper into lists and options.
    #[test]
    fn any_small_bytes_are_one_encoding_or_none(bytes in proptest::collection::vec(0..=5_u8, 0..200)) {
        accepted_is_canonical::<Grant>(&bytes);
        accepted_is_canonical::<Share>(&bytes);
        accepted_is_canonical::<DoorConfiguration>(&bytes);
        accepted_is_canonical::<Record>(&bytes);
        accepted_is_canonical::<Zone>(&bytes);
    }
}
