//! Certificates, rotations, grants and shares (spec §3).

use proptest::prelude::*;
use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::grant::{Grant, Roles};
use thumbturn_protocol::keys::{SigningKeyPair, VerifyingKey};
use thumbturn_protocol::limits;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::share::Share;
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

use crate::{cast, damage, strategies};

pub(crate) fn there_and_back<T: Signable + PartialEq + core::fmt::Debug>(
    draft: &T,
) -> Result<(), TestCaseError> {
    let key = cast::property();
    let signed = draft.sign(&key).unwrap();
    prop_assert!(signed.as_bytes().len() <= T::MAX_BODY + limits::SIGNATURE);
    let received = Received::<T>::from_bytes(signed.as_bytes()).unwrap();
    prop_assert_eq!(&*received.verify(&key.public()).unwrap(), draft);
    prop_assert_eq!(&received.peek_unverified().unwrap(), draft);
    Ok(())
}

proptest! {
    #[test]
    fn every_certificate_survives_the_way(draft in strategies::certificate()) {
        there_and_back(&draft)?;
    }

    #[test]
    fn every_rotation_survives_the_way(draft in strategies::rotation()) {
        there_and_back(&draft)?;
    }

    #[test]
    fn every_grant_survives_the_way(draft in strategies::grant()) {
        there_and_back(&draft)?;
    }

    #[test]
    fn every_share_survives_the_way(draft in strategies::share()) {
        there_and_back(&draft)?;
    }
}

/// Bodies near a good one: whatever of them decodes must encode to exactly the same bytes.
fn accepted_bodies_are_canonical<T: Signable>(good: &Received<T>) -> usize {
    let key = cast::property();
    let (body, signature) = good.as_bytes().split_last_chunk::<{ limits::SIGNATURE }>().unwrap();
    let mut accepted = 0;
    for body in damage::all(body) {
        let Ok(received) = Received::<T>::from_bytes(&[body.as_slice(), signature].concat()) else {
            continue;
        };
        let Ok(value) = received.peek_unverified() else { continue };
        let again = value.sign(&key).unwrap();
        assert_eq!(again.as_bytes().split_last_chunk::<{ limits::SIGNATURE }>().unwrap().0, body);
        accepted += 1;
    }
    accepted
}

#[test]
fn every_accepted_body_is_the_one_encoding_of_its_value() {
    // Most flips hit an id or a key, where each value is as good as another: a good part must be accepted.
    assert!(accepted_bodies_are_canonical(&cast::certificate()) > 500);
    assert!(accepted_bodies_are_canonical(&cast::rotation()) > 500);
    assert!(accepted_bodies_are_canonical(&cast::grant()) > 300);
    assert!(accepted_bodies_are_canonical(&cast::share()) > 300);
}

pub(crate) fn all_damage_is_refused<T: Signable>(good: &Received<T>, key: &VerifyingKey) {
    assert!(good.verify(key).is_ok());
    for damaged in damage::all(good.as_bytes()) {
        let verified = Received::<T>::from_bytes(&damaged).and_then(|received| received.verify(key));
        assert!(verified.is_err(), "{damaged:02x?}");
    }
    for (bit, flipped) in damage::flips(&key.0) {
        assert!(good.verify(&VerifyingKey(flipped.try_into().unwrap())).is_err(), "bit {bit} of the key");
    }
}

#[test]
fn every_damage_to_a_certificate_is_refused() {
    all_damage_is_refused(&cast::certificate(), &cast::property().public());
}

#[test]
fn every_damage_to_a_rotation_is_refused() {
    all_damage_is_refused(&cast::rotation(), &cast::root().public());
}

#[test]
fn every_damage_to_a_grant_is_refused() {
    all_damage_is_refused(&cast::grant(), &cast::property().public());
}

#[test]
fn every_damage_to_a_share_is_refused() {
    all_damage_is_refused(&cast::share(), &cast::resident().signing.public());
}

/// A granter's keys are not signed with the share: the door binds them by computing the phone id that the grant names.
#[test]
fn other_granter_keys_are_another_phone() {
    let granter = cast::resident().public();
    for (_, flipped) in damage::flips(&granter.session_key.0) {
        let mut chain = cast::share_chain();
        chain.granter.session_key.0 = flipped.try_into().unwrap();
        assert!(chain.verify().is_ok(), "the share itself stands");
        assert_ne!(chain.granter.id(), granter.id());
    }
    for (_, flipped) in damage::flips(&granter.signing_key.0) {
        let mut chain = cast::share_chain();
        chain.granter.signing_key.0 = flipped.try_into().unwrap();
        assert!(chain.verify().is_err());
    }
}

#[test]
fn a_signature_of_one_kind_is_none_of_another() {
    fn as_other<T: Signable>(bytes: &[u8], key: &SigningKeyPair) -> Option<Error> {
        Received::<T>::from_bytes(bytes).and_then(|received| received.verify(&key.public())).err()
    }
    let key = cast::property();
    let grant = cast::grant_for(cast::resident().public().id()).sign(&key).unwrap();
    let share = cast::share_draft().sign(&key).unwrap();
    assert_eq!(as_other::<Share>(grant.as_bytes(), &key), Some(Error::NotAuthentic));
    assert_eq!(as_other::<DoorCertificate>(grant.as_bytes(), &key), Some(Error::NotAuthentic));
    assert_eq!(as_other::<KeyRotation>(grant.as_bytes(), &key), Some(Error::NotAuthentic));
    assert_eq!(as_other::<Grant>(share.as_bytes(), &key), Some(Error::NotAuthentic));
    assert_eq!(as_other::<Grant>(cast::certificate().as_bytes(), &key), Some(Error::NotAuthentic));
    assert_eq!(as_other::<KeyRotation>(cast::certificate().as_bytes(), &key), Some(Error::NotAuthentic));
}

#[test]
fn only_its_signers_key_verifies_an_object() {
    assert_eq!(cast::grant().verify(&cast::root().public()), Err(Error::NotAuthentic));
    assert_eq!(cast::share().verify(&cast::guest().signing.public()), Err(Error::NotAuthentic));
    assert_eq!(cast::rotation().verify(&cast::property().public()), Err(Error::NotAuthentic));
}

#[test]
fn a_signer_refuses_what_verifiers_would_refuse() {
    let mut grant = cast::grant_for(cast::resident().public().id());
    grant.validity = Validity::from(cast::now()).until(cast::now());
    assert!(grant.sign(&cast::property()).is_err());
    let mut share = cast::share_draft();
    share.validity = Validity::from(cast::now()).until(UnixSeconds::ZERO);
    assert!(share.sign(&cast::resident().signing).is_err());
    for generation in [0, 1] {
        let mut rotation = cast::rotation().peek_unverified().unwrap();
        rotation.generation.0 = generation;
        assert!(rotation.sign(&cast::root()).is_err());
    }
}

#[test]
fn roles_contain_exactly_what_was_put_in() {
    let known = [Roles::UNLOCK, Roles::MAY_SHARE, Roles::COURIER, Roles::CLOCK, Roles::STAFF];
    for role in known {
        for other in known {
            assert_eq!(role.contains(other), role == other);
            assert!(role.and(other).contains(role) && role.and(other).contains(other));
        }
        assert!(!Roles::NONE.contains(role) && role.contains(Roles::NONE));
    }
}

#[test]
fn lengths_outside_the_limits_are_refused_before_any_work() {
    for length in [0, 1, 63, 64, limits::GRANT_BODY + limits::SIGNATURE + 1, 100_000] {
        let refused = Received::<Grant>::from_bytes(&vec![1; length]).err();
        assert_eq!(refused, Some(Error::Malformed("grant")), "{length}");
    }
}
