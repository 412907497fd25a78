//! Credentials, which come from the authority's server or a stranger's QR code (spec §3.7).

use proptest::prelude::*;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::TagKey;
use thumbturn_protocol::keys::{ExchangeKey, PhonePublicKeys, VerifyingKey};
use thumbturn_protocol::share::ShareChain;
use thumbturn_protocol::signed::Signable;

use crate::{cast, damage, strategies};

fn credentials() -> [Credential; 2] {
    [None, Some(cast::share_chain())]
        .map(|share| Credential::new(cast::certificate(), cast::tag_key(), cast::grant(), share))
}

proptest! {
    #[test]
    fn every_credential_survives_the_way(
        certificate in strategies::certificate(),
        grant in strategies::grant(),
        share in proptest::option::of(strategies::share()),
        tag_key in any::<[u8; 16]>(),
        [session, signing] in any::<[[u8; 32]; 2]>(),
    ) {
        let key = cast::property();
        let granter = PhonePublicKeys { session_key: ExchangeKey(session), signing_key: VerifyingKey(signing) };
        let chain = share.map(|share| ShareChain { granter, share: share.sign(&key).unwrap().into() });
        let credential = Credential::new(
            certificate.sign(&key).unwrap().into(),
            TagKey::from_bytes(tag_key),
            grant.sign(&key).unwrap().into(),
            chain,
        );
        let bytes = credential.to_bytes().unwrap();
        prop_assert!(bytes.len() <= Credential::MAX_BYTES);
        prop_assert_eq!(Credential::from_bytes(&bytes).unwrap(), credential);
    }
}

#[test]
fn every_accepted_credential_is_the_one_encoding_of_its_value() {
    let mut accepted = 0;
    for credential in credentials() {
        for damaged in damage::all(&credential.to_bytes().unwrap()) {
            let Ok(other) = Credential::from_bytes(&damaged) else { continue };
            assert_eq!(other.to_bytes().unwrap(), damaged);
            assert_ne!(other, credential);
            accepted += 1;
        }
    }
    assert!(accepted > 5_000);
}

/// The tag key is the one part that nobody signed: with a wrong one the door is not found, and nothing else happens.
#[test]
fn every_flipped_bit_outside_the_tag_key_shows_when_the_parts_are_verified() {
    let (property, granter) = (cast::property().public(), cast::resident().public().id());
    let trusted = |credential: &Credential| {
        let certificate = credential.certificate.verify(&property)?;
        let grant = credential.grant.verify(&property)?;
        if let Some(chain) = &credential.share {
            chain.verify()?;
            if chain.granter.id() != granter || grant.phone != granter {
                return Err(Error::NotAuthentic);
            }
        }
        Ok((certificate, grant))
    };
    for credential in credentials() {
        assert!(trusted(&credential).is_ok());
        for (bit, flipped) in damage::flips(&credential.to_bytes().unwrap()) {
            let read = Credential::from_bytes(&flipped);
            let verified = read.as_ref().map_err(|error| *error).and_then(&trusted);
            if let Ok(read) = &read
                && read.tag_key != credential.tag_key
            {
                assert!(verified.is_ok(), "a flipped tag key is no other damage");
                continue;
            }
            assert!(verified.is_err(), "bit {bit}");
        }
    }
}

#[test]
fn every_truncation_and_every_trailing_byte_is_refused() {
    for credential in credentials() {
        let bytes = credential.to_bytes().unwrap();
        for damaged in damage::truncations(&bytes) {
            assert!(Credential::from_bytes(damaged).is_err());
        }
        for damaged in damage::extensions(&bytes) {
            assert!(Credential::from_bytes(&damaged).is_err());
        }
    }
}

#[test]
fn an_unknown_version_says_so() {
    let mut bytes = credentials()[0].to_bytes().unwrap();
    bytes[0] = 2;
    assert_eq!(Credential::from_bytes(&bytes), Err(Error::UnsupportedVersion("credential")));
}

#[test]
fn a_credential_above_its_limit_is_refused() {
    let long = vec![1; Credential::MAX_BYTES + 1];
    assert_eq!(Credential::from_bytes(&long), Err(Error::Malformed("credential")));
}
