//! HPKE against a key schedule written by hand from RFC 9180, and what must be refused.

use alloc::vec;

use super::*;

use crate::labels;
use crate::random::random_bytes;

struct Fixed(u8);

impl SecureRandom for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        bytes.fill(self.0);
        Ok(())
    }
}

struct Broken;

impl SecureRandom for Broken {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomFailed> {
        Err(RandomFailed)
    }
}

fn recipient() -> ExchangeKeyPair {
    ExchangeKeyPair::from_secret([0x42; 32])
}

#[test]
fn the_recipient_opens_what_was_sealed_to_it_and_exports_the_same_secret() {
    let label = labels::RECEIPT_BODY;
    let (encapsulation, mut sealing) =
        setup_sender(&recipient().public(), label, b"open part", &mut Fixed(7)).unwrap();
    let sealed = sealing.seal(b"message").unwrap();
    let mut opening = setup_receiver(&recipient(), &encapsulation, label, b"open part").unwrap();
    assert_eq!(opening.open(&sealed).unwrap(), b"message");
    assert_eq!(sealing.export(labels::LOG).unwrap(), opening.export(labels::LOG).unwrap());
    assert_ne!(sealing.export(labels::LOG).unwrap(), sealing.export(labels::TIME).unwrap());
}

#[test]
fn another_key_label_or_binding_opens_nothing() {
    let label = labels::RECEIPT_BODY;
    let (encapsulation, mut sealing) =
        setup_sender(&recipient().public(), label, b"open part", &mut Fixed(7)).unwrap();
    let sealed = sealing.seal(b"message").unwrap();
    let other = ExchangeKeyPair::from_secret([0x43; 32]);
    let opened = |key: &ExchangeKeyPair, label, bound: &[u8]| {
        setup_receiver(key, &encapsulation, label, bound).unwrap().open(&sealed)
    };
    assert_eq!(opened(&other, label, b"open part"), Err(Error::NotAuthentic));
    assert_eq!(opened(&recipient(), labels::LOG_BODY, b"open part"), Err(Error::NotAuthentic));
    assert_eq!(opened(&recipient(), label, b"open parT"), Err(Error::NotAuthentic));
}

#[test]
fn a_failing_random_source_seals_nothing() {
    let sealed = setup_sender(&recipient().public(), labels::RECEIPT_BODY, &[], &mut Broken);
    assert_eq!(sealed.map(|_| ()), Err(Error::Random(RandomFailed)));
    assert_eq!(random_bytes::<4>(&mut Broken), Err(RandomFailed));
}

#[test]
fn keys_of_small_order_are_refused_on_both_sides() {
    for point in [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        let sealed = setup_sender(&ExchangeKey(point), labels::RECEIPT_BODY, &[], &mut Fixed(7));
        assert_eq!(sealed.map(|_| ()), Err(Error::InvalidKey));
        let opened = setup_receiver(&recipient(), &Encapsulation(point), labels::RECEIPT_BODY, &[]);
        assert_eq!(opened.map(|_| ()), Err(Error::NotAuthentic));
    }
}

/// The suite: its three numbers go into every key of the context, so a key schedule written here by hand from RFC 9180
/// opens what the crate sealed only if all of them are those of spec §10.4.
#[test]
fn the_suite_is_the_one_of_the_specification() {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    }
    fn extract(suite: &[u8], salt: &[u8], label: &[u8], input: &[u8]) -> Vec<u8> {
        hmac(salt, &[b"HPKE-v1", suite, label, input].concat())
    }
    fn expand(suite: &[u8], key: &[u8], label: &[u8], info: &[u8], length: u8) -> Vec<u8> {
        let mut out = hmac(key, &[&[0, length], b"HPKE-v1".as_slice(), suite, label, info, &[1]].concat());
        out.truncate(usize::from(length));
        out
    }

    let (encapsulation, mut sealing) =
        setup_sender(&recipient().public(), labels::LOG_BODY, b"bound", &mut Fixed(9)).unwrap();
    let sealed = sealing.seal(b"message").unwrap();

    let kem = [b"KEM".as_slice(), &[0x00, 0x20]].concat();
    let suite = [b"HPKE".as_slice(), &[0x00, 0x20, 0x00, 0x01, 0x00, 0x02]].concat();
    let shared = crate::crypto::x25519(recipient().secret(), &encapsulation.0).unwrap();
    let kem_context = [encapsulation.0, recipient().public().0].concat();
    let secret = extract(&kem, &[], b"eae_prk", &*shared);
    let secret = expand(&kem, &secret, b"shared_secret", &kem_context, 32);
    let info = [labels::LOG_BODY.text().as_bytes(), b"bound"].concat();
    let context =
        [vec![0], extract(&suite, &[], b"psk_id_hash", &[]), extract(&suite, &[], b"info_hash", &info)]
            .concat();
    let secret = extract(&suite, &secret, b"secret", &[]);
    let key: [u8; 32] = expand(&suite, &secret, b"key", &context, 32).try_into().unwrap();
    let nonce: [u8; 12] = expand(&suite, &secret, b"base_nonce", &context, 12).try_into().unwrap();
    assert_eq!(crate::crypto::open(&key, &nonce, &[], &sealed).unwrap(), b"message");
    let exporter = expand(&suite, &secret, b"exp", &context, 32);
    let exported = expand(&suite, &exporter, b"sec", labels::LOG.text().as_bytes(), 32);
    assert_eq!(sealing.export(labels::LOG).unwrap().as_slice(), exported);
}
