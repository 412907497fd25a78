//! The header: its layout, its rules, every flipped bit, and to which door it is of use.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::keys::SigningKeyPair;
use crate::signed::Verified;
use crate::update::example::{instant, property, subject};

fn delta(from: u32) -> UpdateHeader {
    UpdateHeader {
        subject: subject(),
        kind: UpdateKind::Delta { from: ListVersion(from) },
        to: ListVersion(9),
        size: BodySize::new(512).unwrap(),
        issued: instant(1_000),
        apply_until: instant(2_000),
        encapsulation: Encapsulation([0xee; 32]),
        root: ChunkRoot([0xdd; 32]),
    }
}

fn snapshot() -> UpdateHeader {
    UpdateHeader { kind: UpdateKind::Snapshot, ..delta(0) }
}

fn received(bytes: &[u8]) -> Result<Verified<UpdateHeader>, Error> {
    Received::<UpdateHeader>::from_bytes(bytes)?.verify(&property().public())
}

/// What a faulty authority would sign.
fn signed_anyway(body: &[u8]) -> Vec<u8> {
    [body, &property().sign(labels::UPDATE, body)].concat()
}

#[test]
fn a_header_is_laid_out_as_the_specification_says() {
    let bytes = delta(5).sign(&property()).unwrap().as_bytes().to_vec();
    assert_eq!(bytes.len(), 182);
    let expected = [
        [1, 0].as_slice(),
        &[1; 8],
        &[0, 0, 0, 1],
        &[2; 8],
        &[3; 4],
        &[0, 0, 0, 5],
        &[0, 0, 0, 9],
        &[0, 0, 2, 0],
        &[0, 0, 0, 0, 0, 0, 0x03, 0xe8],
        &[0, 0, 0, 0, 0, 0, 0x07, 0xd0],
        &[0xee; 32],
        &[0xdd; 32],
    ]
    .concat();
    assert_eq!(bytes[..118], expected);
    assert_eq!(delta(5).bound(), expected[..54]);
    let snapshot = snapshot().sign(&property()).unwrap().as_bytes().to_vec();
    assert_eq!(snapshot[1], 1);
    assert_eq!(snapshot[26..30], [0; 4]);
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    for header in [delta(5), snapshot()] {
        let good = header.sign(&property()).unwrap().as_bytes().to_vec();
        assert_eq!(*received(&good).unwrap(), header);
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(received(&bytes).is_err(), "bit {bit}");
        }
        for length in 0..good.len() {
            assert!(received(&good[..length]).is_err(), "length {length}");
        }
        assert!(received(&[good.as_slice(), &[0]].concat()).is_err());
    }
}

#[test]
fn another_key_and_another_label_do_not_sign_headers() {
    let bytes = delta(5).sign(&SigningKeyPair::from_secret([99; 32])).unwrap().as_bytes().to_vec();
    assert_eq!(received(&bytes), Err(Error::NotAuthentic));
    let body = &bytes[..118];
    let grant = [body, &property().sign(labels::GRANT, body)].concat();
    assert_eq!(received(&grant), Err(Error::NotAuthentic));
    assert!(received(&signed_anyway(body)).is_ok());
}

#[test]
fn headers_that_break_a_rule_are_refused_though_signed() {
    let body = |header: UpdateHeader| header.sign(&property()).unwrap().as_bytes()[..118].to_vec();
    let with = |mut body: Vec<u8>, at: usize, bytes: &[u8]| {
        body[at..at + bytes.len()].copy_from_slice(bytes);
        body
    };
    let size = |size: u32| size.to_be_bytes();
    for (why, body) in [
        ("version", with(body(delta(5)), 0, &[2])),
        ("firmware", with(body(delta(0)), 1, &[2])),
        ("a snapshot with a from", with(body(delta(5)), 1, &[1])),
        ("from is to", with(body(delta(5)), 26, &[0, 0, 0, 9])),
        ("from after to", with(body(delta(5)), 26, &[0, 0, 0, 10])),
        ("a snapshot to 0", with(body(snapshot()), 30, &[0; 4])),
        ("no body", with(body(delta(5)), 34, &size(0))),
        ("no multiple of 256", with(body(delta(5)), 34, &size(128))),
        ("a delta too long", with(body(delta(5)), 34, &size(122_880 + 256))),
        ("a snapshot too long", with(body(snapshot()), 34, &size(1_284_096 + 256))),
        ("issued beyond 2^40", with(body(delta(5)), 38, &[0, 0, 1, 0, 0, 0, 0, 0])),
        ("end beyond 2^40", with(body(delta(5)), 46, &[0, 0, 1, 0, 0, 0, 0, 0])),
        ("end at issue", with(body(delta(5)), 46, &[0, 0, 0, 0, 0, 0, 0x03, 0xe8])),
    ] {
        assert_eq!(received(&signed_anyway(&body)), Err(Error::Malformed(NAME)), "{why}");
    }
    for (header, longest) in [(delta(5), 122_880), (snapshot(), 1_284_096)] {
        assert!(received(&signed_anyway(&with(body(header), 34, &size(longest)))).is_ok());
    }
}

#[test]
fn a_draft_that_no_door_would_take_is_not_signed() {
    for header in [
        delta(9),
        UpdateHeader { apply_until: instant(1_000), ..snapshot() },
        UpdateHeader { to: ListVersion(0), ..snapshot() },
        UpdateHeader { size: BodySize::new(123_136).unwrap(), ..delta(5) },
    ] {
        assert!(header.sign(&property()).is_err(), "{header:?}");
    }
}

#[test]
fn the_id_covers_the_signature_too() {
    let received = |header: UpdateHeader| Received::from(header.sign(&property()).unwrap());
    let (header, other) = (received(delta(5)), received(delta(6)));
    assert_ne!(header.id(), other.id());
    let expected = crypto::hash(labels::UPDATE_ID, &[header.as_bytes()]);
    assert_eq!(header.id().0, expected[..8]);
    let mut flipped = header.as_bytes().to_vec();
    flipped[181] ^= 1;
    assert_ne!(Received::<UpdateHeader>::from_bytes(&flipped).unwrap().id(), header.id());
}

fn list(version: u32) -> DoorList {
    let edition = Edition { generation: subject().generation, version: ListVersion(version) };
    DoorList { edition, origin: ListOrigin::Snapshot }
}

#[test]
fn a_delta_serves_versions_from_its_first_to_its_last() {
    let serves = |version| delta(5).serves(&subject(), &list(version), instant(1_500));
    assert_eq!(serves(4), Err(Useless::DoesNotContinue));
    for version in 5..9 {
        assert_eq!(serves(version), Ok(()));
    }
    assert_eq!(serves(9), Err(Useless::NotNewer));
    assert_eq!(serves(10), Err(Useless::NotNewer));
}

#[test]
fn a_delta_needs_a_list_that_began_with_a_snapshot_and_a_snapshot_does_not() {
    let claimed = DoorList { origin: ListOrigin::Claim, ..list(6) };
    assert_eq!(delta(5).serves(&subject(), &claimed, instant(1_500)), Err(Useless::DoesNotContinue));
    for list in [claimed, list(0), list(8)] {
        assert_eq!(snapshot().serves(&subject(), &list, instant(1_500)), Ok(()));
    }
    assert_eq!(snapshot().serves(&subject(), &list(9), instant(1_500)), Err(Useless::NotNewer));
}

#[test]
fn the_first_list_of_a_generation_is_newer_than_any_list_before() {
    let before = Generation(subject().generation.0 - 1);
    let old = |version| {
        let edition = Edition { generation: before, version: ListVersion(version) };
        DoorList { edition, ..list(version) }
    };
    assert_eq!(snapshot().serves(&subject(), &old(u32::MAX), instant(1_500)), Ok(()));
    assert_eq!(delta(5).serves(&subject(), &old(u32::MAX), instant(1_500)), Ok(()));
    assert_eq!(delta(5).serves(&subject(), &old(4), instant(1_500)), Err(Useless::DoesNotContinue));
}

#[test]
fn an_update_for_another_door_property_generation_or_life_serves_nobody_else() {
    let mine = subject();
    for other in [
        UpdateSubject { property: PropertyId([9; 8]), ..mine },
        UpdateSubject { generation: Generation(2), ..mine },
        UpdateSubject { door: DoorId([9; 8]), ..mine },
        UpdateSubject { door_key: DoorKeyId([9; 4]), ..mine },
    ] {
        assert_eq!(delta(5).serves(&other, &list(6), instant(1_500)), Err(Useless::AnotherDoor));
    }
}

#[test]
fn an_update_is_too_late_from_its_end_on() {
    let serves = |now| snapshot().serves(&subject(), &list(6), instant(now));
    assert_eq!(serves(1_999), Ok(()));
    assert_eq!(serves(2_000), Err(Useless::TooLate));
    // A door may still be behind the instant of issue; the header itself then raises its floor.
    assert_eq!(serves(0), Ok(()));
}

fn any_header() -> impl Strategy<Value = UpdateHeader> {
    let ids = any::<([u8; 8], u32, [u8; 8], [u8; 4])>();
    let versions = (any::<Option<u32>>(), 1..=u32::MAX, 1..=480_u32, 0..1_u64 << 39, 1..1_u64 << 39);
    (ids, versions, any::<([u8; 32], [u8; 32])>()).prop_map(
        |(
            (property, generation, door, door_key),
            (from, to, steps, issued, length),
            (encapsulation, root),
        )| {
            UpdateHeader {
                subject: UpdateSubject {
                    property: PropertyId(property),
                    generation: Generation(generation),
                    door: DoorId(door),
                    door_key: DoorKeyId(door_key),
                },
                kind: from
                    .map_or(UpdateKind::Snapshot, |from| UpdateKind::Delta { from: ListVersion(from % to) }),
                to: ListVersion(to),
                size: BodySize::new(steps * 256).unwrap(),
                issued: instant(issued),
                apply_until: instant(issued + length),
                encapsulation: Encapsulation(encapsulation),
                root: ChunkRoot(root),
            }
        },
    )
}

proptest! {
    #[test]
    fn any_header_comes_back(header in any_header()) {
        let signed = header.sign(&property()).unwrap();
        prop_assert_eq!(signed.as_bytes().len(), UPDATE_HEADER);
        prop_assert_eq!(*received(signed.as_bytes()).unwrap(), header);
    }

    #[test]
    fn any_bytes_are_one_header_or_none(
        header in any_header(),
        changes in proptest::collection::vec((0..54_usize, any::<u8>()), 0..4),
    ) {
        let mut body = header.sign(&property()).unwrap().as_bytes()[..118].to_vec();
        for (at, value) in changes {
            body[at] = value;
        }
        let unsigned = [body.as_slice(), &[0; 64]].concat();
        if let Ok(header) = Received::<UpdateHeader>::from_bytes(&unsigned).unwrap().peek_unverified() {
            let signed = header.sign(&property()).unwrap();
            prop_assert_eq!(&signed.as_bytes()[..118], &body);
        }
    }
}
