//! Hello and its name (spec §4.5).

use proptest::prelude::*;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::full;
use thumbturn_protocol::hello::{DoorState, Hello, nonce};
use thumbturn_protocol::ids::TagKey;

use crate::{cast, damage};

proptest! {
    #[test]
    fn every_hello_is_heard_and_named(claimed: bool, nonce: [u8; 12], tag_key: [u8; 16], other: [u8; 16]) {
        let state = if claimed { DoorState::Claimed } else { DoorState::FactoryFresh };
        let key = TagKey::from_bytes(tag_key);
        let heard = Hello::parse(Hello::new(state, nonce, &key).as_bytes()).unwrap();
        prop_assert_eq!(heard.state(), state);
        prop_assert!(heard.is_named_by(&key));
        prop_assert_eq!(heard.is_named_by(&TagKey::from_bytes(other)), tag_key == other);
    }

    #[test]
    fn what_is_heard_is_what_was_said(frame: [u8; 20]) {
        if let Ok(hello) = Hello::parse(&frame) {
            prop_assert_eq!(*hello.as_bytes(), frame);
        }
    }
}

/// Flags and versions are named too, so that even they cannot be flipped on the way.
#[test]
fn no_damaged_hello_is_named() {
    for state in [DoorState::Claimed, DoorState::FactoryFresh] {
        let hello = Hello::new(state, [9; 12], &cast::tag_key());
        for damaged in damage::all(hello.as_bytes()) {
            let named = Hello::parse(&damaged).is_ok_and(|hello| hello.is_named_by(&cast::tag_key()));
            assert!(!named, "{damaged:02x?}");
        }
    }
}

/// A holder of the tag key can name a hello of his own making. Then the transcript tells: the door answers to its own only.
#[test]
fn a_renamed_hello_with_other_flags_or_versions_ends_at_the_door() {
    let said = cast::hello(9);
    let mut bytes = *said.as_bytes();
    for (at, value) in [(1, 2), (3, 1), (4, 0)] {
        let mut forged = bytes;
        forged[at] = value;
        let heard = Hello::parse(&forged).unwrap();
        let (_, request) = cast::full_request(&heard, None);
        // The gate covers the hello, and behind it so does the prologue.
        assert_eq!(full::check_gate(&cast::tag_key(), &said, &request), Err(Error::NotAuthentic));
        assert_eq!(cast::read(&said, &request[4..]).err(), Some(Error::NotAuthentic));
    }
    bytes[0] = 0xc1;
    assert_eq!(Hello::parse(&bytes), Ok(said));
}

#[test]
fn only_ranges_that_hold_version_1_are_heard() {
    let mut frame = *cast::hello(1).as_bytes();
    for highest in 0..=255 {
        for lowest in 0..=255 {
            (frame[1], frame[2]) = (highest, lowest);
            let expected = match (highest, lowest) {
                _ if highest < lowest => Err(Error::Malformed("hello")),
                (1.., 0 | 1) => Ok(()),
                _ => Err(Error::UnsupportedVersion("protocol")),
            };
            assert_eq!(Hello::parse(&frame).map(|_| ()), expected, "{lowest}..={highest}");
        }
    }
}

#[test]
fn flags_of_version_1_are_known_and_flags_of_later_versions_are_theirs() {
    let mut frame = *cast::hello(1).as_bytes();
    for flags in 0..=255 {
        (frame[1], frame[3]) = (1, flags);
        assert_eq!(Hello::parse(&frame).is_ok(), flags < 2);
        frame[1] = 2;
        let fresh = flags & 1 == 1;
        assert_eq!(Hello::parse(&frame).unwrap().state() == DoorState::FactoryFresh, fresh);
    }
}

#[test]
fn a_nonce_changes_with_the_key_the_counter_and_the_randomness() {
    let base = nonce(&[1; 32], 1, &[1; 16]);
    assert_eq!(nonce(&[1; 32], 1, &[1; 16]), base);
    assert_ne!(nonce(&[2; 32], 1, &[1; 16]), base);
    assert_ne!(nonce(&[1; 32], 2, &[1; 16]), base, "the random source failed and repeats itself");
    assert_ne!(nonce(&[1; 32], 1, &[2; 16]), base, "the counter was lost and repeats itself");
}
