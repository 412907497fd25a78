//! No length that comes from the air sizes an allocation (I10). A binary of its own: it replaces the allocator.
#![cfg(test)]

use allocation_counter::{AllocationInfo, measure};
use serde_json::Value;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::claim::ClaimResponder;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::{MessageType, Reassembler};
use thumbturn_protocol::full::{Responder, check_gate};
use thumbturn_protocol::grant::Grant;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{ClaimSecret, TagKey};
use thumbturn_protocol::keys::{ExchangeKeyPair, VerifyingKey};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::signed::Received;

/// Most bytes held at once while one object is decoded: a copy of it, its parts, and its encoding for comparison.
const OBJECT: u64 = 4 * 1_024;
/// Most bytes held at once while a door reads one message: Noise's state, the plaintext, the object and its parts.
const MESSAGE: u64 = 8 * 1_024;

/// The refused vectors of one kind.
fn refused(file: &str, kind: &str) -> Vec<Value> {
    let text = match file {
        "objects" => include_str!("../../../../tests/vectors/objects.json"),
        "full" => include_str!("../../../../tests/vectors/full.json"),
        _ => include_str!("../../../../tests/vectors/claim.json"),
    };
    let file: Value = serde_json::from_str(text).unwrap();
    let vectors = file["vectors"].as_array().unwrap().iter();
    let ours = vectors.filter(|vector| vector["kind"] == kind && vector["accepted"] != true);
    let ours: Vec<_> = ours.cloned().collect();
    // The kind must hold what this file is about.
    assert!(ours.iter().any(|vector| vector["name"].as_str().unwrap().contains("2^32")));
    ours
}

fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    let digits = vector[name].as_str().unwrap().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn array<const N: usize>(vector: &Value, name: &str) -> [u8; N] {
    bytes(vector, name).try_into().unwrap()
}

fn assert_bounded(used: &AllocationInfo, bound: u64, vector: &Value) {
    assert!(used.bytes_max <= bound, "{} bytes for {}", used.bytes_max, vector["name"]);
}

struct Sevens;

impl SecureRandom for Sevens {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        bytes.fill(7);
        Ok(())
    }
}

fn ephemeral() -> Ephemeral {
    Ephemeral::generate(&mut Sevens).unwrap()
}

#[test]
fn the_counter_counts() {
    let used = measure(|| drop(core::hint::black_box(vec![0_u8; 100_000])));
    assert!(used.bytes_max >= 100_000);
}

#[test]
fn no_hostile_grant_makes_a_verifier_allocate() {
    for vector in refused("objects", "grant") {
        let (key, signed) = (VerifyingKey(array(&vector, "signing_key")), bytes(&vector, "signed"));
        let used = measure(|| {
            let verified = Received::<Grant>::from_bytes(&signed).and_then(|grant| grant.verify(&key));
            assert!(verified.is_err());
        });
        assert_bounded(&used, OBJECT, &vector);
    }
}

#[test]
fn no_hostile_credential_makes_a_phone_allocate() {
    for vector in refused("objects", "credential") {
        let encoded = bytes(&vector, "encoded");
        let used = measure(|| assert!(Credential::from_bytes(&encoded).is_err()));
        assert_bounded(&used, OBJECT, &vector);
    }
}

#[test]
fn no_hostile_full_request_makes_a_door_allocate() {
    for vector in refused("full", "full-request-refused") {
        let tag_key = TagKey::from_bytes(array(&vector, "tag_key"));
        let hello = Hello::parse(&bytes(&vector, "hello")).unwrap();
        let door = ExchangeKeyPair::from_secret(array(&vector, "door_session_secret"));
        let (request, ephemeral) = (bytes(&vector, "request"), ephemeral());
        let used = measure(|| {
            let read = check_gate(&tag_key, &hello, &request)
                .and_then(|message| Responder::read(&door, &hello, message, ephemeral));
            assert!(read.is_err());
        });
        assert_bounded(&used, MESSAGE, &vector);
    }
}

#[test]
fn no_hostile_claim_makes_a_door_allocate() {
    for vector in refused("claim", "claim-request-refused") {
        let secret = ClaimSecret::from_bytes(array(&vector, "claim_secret"));
        let hello = Hello::parse(&bytes(&vector, "hello")).unwrap();
        let (request, ephemeral) = (bytes(&vector, "request"), ephemeral());
        let used = measure(|| {
            let read = check_gate(&secret.tag_key(), &hello, &request)
                .and_then(|message| ClaimResponder::read(&secret, &hello, message, ephemeral));
            assert!(read.is_err());
        });
        assert_bounded(&used, MESSAGE, &vector);
    }
}

/// A request that fails at the gate costs no memory at all, whatever its length.
#[test]
fn a_request_without_a_gate_costs_no_memory() {
    let (tag_key, request) = (TagKey::from_bytes([1; 16]), vec![7; 100_000]);
    let hello = Hello::new(thumbturn_protocol::hello::DoorState::Claimed, [1; 12], &tag_key);
    let used = measure(|| assert_eq!(check_gate(&tag_key, &hello, &request), Err(Error::NotAuthentic)));
    assert_eq!(used.bytes_max, 0);
}

/// However many frames of a message that never ends: one buffer of at most 1,536 bytes, and the copy while it grows.
#[test]
fn a_message_without_end_holds_one_bounded_buffer() {
    let mut reassembler = Reassembler::new();
    let first = [[0x83].as_slice(), &[7; 19]].concat();
    let used = measure(|| {
        for round in 0..1_000_u32 {
            assert_eq!(reassembler.receive(&first, |_: MessageType| Some(usize::MAX)), None);
            for index in 1..100_u32 {
                let header = u8::try_from(index % 64).unwrap();
                let mut frame = [round.to_be_bytes()[3]; 20];
                frame[0] = header;
                assert_eq!(reassembler.receive(&frame, |_| None), None);
            }
        }
        reassembler.clear();
    });
    assert!(used.bytes_max <= 3 * 1_024, "{}", used.bytes_max);
    assert_eq!(used.bytes_current, 0);
}
