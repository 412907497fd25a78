//! Sealing and naming what is secret in the store of one property.
//!
//! A sealed value is 12 bytes of random nonce, then AES-256-GCM of the value with its 16-byte tag. What it belongs to (its table and key)
//! is associated data, so that a value put in another's place does not open. At most 2^32 values under one key keep nonces apart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thumbturn_protocol::card::CardMaster;
use thumbturn_protocol::code::DailyCodeMaster;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::random::{RandomFailed, SecureRandom, random_bytes};
use zeroize::Zeroizing;

use super::error::Error;
use super::keystore::{DataKey, KeyStore, KeyStoreError};
use super::store::StoreError;

const NONCE: usize = 12;
const TAG: usize = 16;
/// Labels of what is derived from a data key. None is the beginning of another.
const SEALING: &[u8] = b"thumbturn office 1 sealing";
const FINGERPRINT: &[u8] = b"thumbturn office 1 fingerprint";
const CARDS: &[u8] = b"thumbturn office 1 keycards";
const DAILY_CODES: &[u8] = b"thumbturn office 1 daily codes";

/// What one value belongs to: the name of its table and column, and the identifiers of its row, each of fixed length.
pub(crate) struct Place<'a>(pub(crate) &'static str, pub(crate) &'a [&'a [u8]]);

/// Properties whose secrets are kept in memory at most. Beyond that all are forgotten, and asked for again.
const KEPT: usize = 1_024;

/// The secrets of the properties that this process has to do with; the keystore is asked once for each.
pub(crate) struct SecretsOfProperties {
    keystore: Box<dyn KeyStore>,
    known: Mutex<HashMap<PropertyId, Arc<Secrets>>>,
}

impl SecretsOfProperties {
    pub(crate) fn new(keystore: Box<dyn KeyStore>) -> Self {
        Self { keystore, known: Mutex::new(HashMap::new()) }
    }

    /// The secrets of a property, whose key the store has in this form.
    pub(crate) fn of(&self, property: PropertyId, wrapped: &[u8]) -> Result<Arc<Secrets>, KeyStoreError> {
        if let Some(known) = self.known().get(&property) {
            return Ok(Arc::clone(known));
        }
        // Not under the lock: a keystore may be slow.
        let secrets = Arc::new(Secrets::new(&self.keystore.unwrap_key(wrapped)?));
        let mut known = self.known();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(property, Arc::clone(&secrets));
        Ok(secrets)
    }

    /// A new data key, as the store is to have it.
    pub(crate) fn wrapped_key(&self, random: &mut dyn SecureRandom) -> Result<Vec<u8>, Error> {
        Ok(self.keystore.wrap_key(&DataKey::generate(random)?)?)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<PropertyId, Arc<Secrets>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The secrets of one property.
pub(crate) struct Secrets {
    sealing: Zeroizing<[u8; 32]>,
    fingerprint: Zeroizing<[u8; 32]>,
    cards: CardMaster,
    daily_codes: DailyCodeMaster,
}

impl Secrets {
    pub(crate) fn new(key: &DataKey) -> Self {
        let derive = |label: &[u8]| Zeroizing::new(mac(key.as_bytes(), &[label]));
        let cards = CardMaster::from_bytes(half(*derive(CARDS)));
        let daily_codes = DailyCodeMaster::from_bytes(*derive(DAILY_CODES));
        Self { sealing: derive(SEALING), fingerprint: derive(FINGERPRINT), cards, daily_codes }
    }

    /// From which the daily codes of the property's doors are derived.
    pub(crate) const fn daily_codes(&self) -> &DailyCodeMaster {
        &self.daily_codes
    }

    /// From which the keys of the property's keycards are derived.
    pub(crate) const fn cards(&self) -> &CardMaster {
        &self.cards
    }

    pub(crate) fn seal(
        &self,
        place: &Place<'_>,
        value: &[u8],
        random: &mut dyn SecureRandom,
    ) -> Result<Vec<u8>, RandomFailed> {
        let nonce: [u8; NONCE] = random_bytes(random)?;
        let mut sealed = nonce.to_vec();
        let mut content = Zeroizing::new(value.to_vec());
        let tag = self
            .cipher()
            .encrypt_inout_detached(&Nonce::from(nonce), &place.bytes(), content.as_mut_slice().into())
            // Only for values of more than 2^36 bytes.
            .map_err(|_| RandomFailed)?;
        sealed.extend_from_slice(&content);
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    pub(crate) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let damaged = StoreError::Damaged(place.0);
        let Some((nonce, rest)) = sealed.split_first_chunk::<NONCE>() else { return Err(damaged) };
        let Some((ciphertext, tag)) = rest.split_last_chunk::<TAG>() else { return Err(damaged) };
        let mut content = Zeroizing::new(ciphertext.to_vec());
        let opened = self.cipher().decrypt_inout_detached(
            &Nonce::from(*nonce),
            &place.bytes(),
            content.as_mut_slice().into(),
            &Tag::from(*tag),
        );
        opened.map(|()| content).map_err(|_| damaged)
    }

    /// The same for the same value at the same place, and nothing else about it for whoever has not got the key.
    pub(crate) fn fingerprint(&self, place: &Place<'_>, value: &[u8]) -> [u8; 16] {
        half(mac(&self.fingerprint, &[&place.bytes(), value]))
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.sealing).into())
    }
}

impl Place<'_> {
    /// Its name and a zero byte, which no name contains, then the identifiers.
    fn bytes(&self) -> Vec<u8> {
        [self.0.as_bytes(), &[0], &self.1.concat()].concat()
    }
}

fn half([half @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]: [u8; 32]) -> [u8; 16] {
    half
}

fn mac(key: &[u8; 32], pieces: &[&[u8]]) -> [u8; 32] {
    let mut block = Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    pieces.iter().for_each(|piece| mac.update(piece));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(u8);

    impl SecureRandom for Counting {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            self.0 += 1;
            bytes.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let (secrets, other) =
            (Secrets::new(&DataKey::from_bytes([1; 32])), Secrets::new(&DataKey::from_bytes([2; 32])));
        let here = Place("doorcode", &[&[1; 8], &[2; 8]]);
        let sealed = secrets.seal(&here, b"0972587", &mut Counting(0)).unwrap();
        assert_eq!(&**secrets.open(&here, &sealed).unwrap(), b"0972587");
        assert!(secrets.open(&Place("doorcode", &[&[1; 8], &[3; 8]]), &sealed).is_err());
        assert!(secrets.open(&Place("keycard", &[&[1; 8], &[2; 8]]), &sealed).is_err());
        assert!(other.open(&here, &sealed).is_err());
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(secrets.open(&here, &changed).is_err(), "byte {position}");
            assert!(secrets.open(&here, &sealed[..position]).is_err(), "{position} bytes");
        }
    }

    #[test]
    fn fingerprints_tell_the_same_from_others() {
        let secrets = Secrets::new(&DataKey::from_bytes([1; 32]));
        let (here, there) = (Place("doorcode", &[&[1; 8]]), Place("doorcode", &[&[2; 8]]));
        assert_eq!(secrets.fingerprint(&here, b"1234"), secrets.fingerprint(&here, b"1234"));
        assert_ne!(secrets.fingerprint(&here, b"1234"), secrets.fingerprint(&here, b"1235"));
        assert_ne!(secrets.fingerprint(&here, b"1234"), secrets.fingerprint(&there, b"1234"));
    }
}
