//! Service data of the scan response (spec §4.2).

use proptest::prelude::*;
use thumbturn_protocol::advertisement::{Advertisement, Hint};
use thumbturn_protocol::answer::{DoorStatus, short_version};
use thumbturn_protocol::ids::{ListVersion, TagKey};

use crate::{cast, damage, strategies};

proptest! {
    #[test]
    fn every_advertisement_is_resolved_by_its_key_alone(
        salt: [u8; 4],
        version: u32,
        status in strategies::status(),
        tag_key: [u8; 16],
        other: [u8; 16],
    ) {
        let key = TagKey::from_bytes(tag_key);
        let version = ListVersion(version);
        let sent = Advertisement::new(&key, salt, version, status);
        let heard = Advertisement::parse(sent.as_bytes()).unwrap();
        let hint = Hint { list_version: short_version(version), status };
        prop_assert_eq!(heard.resolve(&key), Some(hint));
        prop_assert_eq!(heard.resolve(&TagKey::from_bytes(other)).is_some(), tag_key == other);
    }
}

fn resolved(bytes: &[u8]) -> Option<Hint> {
    Advertisement::parse(bytes).ok()?.resolve(&cast::tag_key())
}

/// The hint is not authenticated: a flip there changes what a phone believes about list version and flags, or is
/// seen as an unknown flag. It decides about preparation only, never about opening.
#[test]
fn every_flip_outside_the_hint_is_refused_and_those_inside_are_what_they_are() {
    let sent = Advertisement::new(&cast::tag_key(), [1; 4], ListVersion(7), DoorStatus::default());
    let good = resolved(sent.as_bytes()).unwrap();
    for (bit, flipped) in damage::flips(sent.as_bytes()) {
        let hint = resolved(&flipped);
        match bit / 8 {
            0..=9 => assert_eq!(hint, None, "bit {bit} of version, salt or tag"),
            10 | 11 => assert_ne!(hint.unwrap().list_version, good.list_version),
            _ if bit % 8 < 3 => assert_ne!(hint.unwrap().status, good.status),
            _ => assert_eq!(hint, None, "unknown flag"),
        }
    }
}

#[test]
fn other_lengths_and_versions_are_refused() {
    let sent = Advertisement::new(&cast::tag_key(), [1; 4], ListVersion(7), DoorStatus::default());
    for cut in damage::truncations(sent.as_bytes()) {
        assert!(Advertisement::parse(cut).is_err());
    }
    for longer in damage::extensions(sent.as_bytes()) {
        assert!(Advertisement::parse(&longer).is_err());
    }
    for version in (0..=255).filter(|version| *version != 1) {
        let mut bytes = *sent.as_bytes();
        bytes[0] = version;
        assert!(Advertisement::parse(&bytes).is_err());
    }
}

/// Without its key, the next rotation's data has nothing in common with this one's.
#[test]
fn a_new_salt_changes_every_part() {
    let of =
        |salt| *Advertisement::new(&cast::tag_key(), salt, ListVersion(7), DoorStatus::default()).as_bytes();
    let (one, other) = (of([1; 4]), of([2; 4]));
    assert_ne!(one[5..10], other[5..10]);
    assert_ne!(one[10..], other[10..]);
}
