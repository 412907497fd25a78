//! What the primitives of a handshake cost by themselves, in this run, on this machine.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::stopwatch::nanoseconds_each;

/// Batches of each in a lap.
const ROUNDS: u32 = 20;
const BATCH: u32 = 10;
/// The body of a grant with two windows, in bytes.
const GRANT_BODY: usize = 83;

/// Nanoseconds of one primitive each.
pub struct Primitives {
    /// An X25519 Diffie-Hellman.
    pub exchange: f64,
    /// A base-point multiplication: a new X25519 public key.
    pub base_multiplication: f64,
    /// A strict Ed25519 verification, key decompression included.
    pub verification: f64,
    /// AES-256-GCM of a message-1 payload, key set-up included.
    pub seal_payload: f64,
    /// AES-256-GCM of a few bytes, key set-up included.
    pub seal_short: f64,
    /// HMAC-SHA256 of a few bytes.
    pub mac: f64,
}

impl Primitives {
    /// Measures them.
    pub fn measure() -> Self {
        let secret = StaticSecret::from([7; 32]);
        let public = PublicKey::from(&StaticSecret::from([9; 32]));
        let signing = SigningKey::from_bytes(&[3; 32]);
        let message = [1; GRANT_BODY + 20];
        let signature = signing.sign(&message);
        let key = signing.verifying_key().to_bytes();
        Self {
            exchange: nanoseconds_each(ROUNDS, BATCH, || secret.diffie_hellman(&public)),
            base_multiplication: nanoseconds_each(ROUNDS, BATCH, || PublicKey::from(&secret)),
            verification: nanoseconds_each(ROUNDS, BATCH, || {
                let key = ed25519_dalek::VerifyingKey::from_bytes(&key).expect("a valid key");
                key.verify_strict(&message, &signature)
            }),
            seal_payload: nanoseconds_each(ROUNDS, BATCH, || seal([0; 200])),
            seal_short: nanoseconds_each(ROUNDS, BATCH, || seal([0; 20])),
            mac: nanoseconds_each(ROUNDS, BATCH, || {
                let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&[1; 32]).expect("any length");
                mac.update(&[0; 60]);
                mac.finalize()
            }),
        }
    }

    /// The faster one of two measurements, each primitive by itself.
    pub fn fastest(&self, other: &Self) -> Self {
        Self {
            exchange: self.exchange.min(other.exchange),
            base_multiplication: self.base_multiplication.min(other.base_multiplication),
            verification: self.verification.min(other.verification),
            seal_payload: self.seal_payload.min(other.seal_payload),
            seal_short: self.seal_short.min(other.seal_short),
            mac: self.mac.min(other.mac),
        }
    }

    /// What a full unlock is made of on the door: es, ss, ee, se; one ephemeral; the grant; three Noise messages' parts and a
    /// record; five HKDFs of Noise, hello, gate, session secret, ticket, its id and record keys.
    pub fn door_full(&self) -> f64 {
        4.0 * self.exchange
            + self.base_multiplication
            + self.verification
            + self.seal_payload
            + 3.0 * self.seal_short
            + (5.0 * 3.0 + 8.0) * self.mac
    }

    /// The same on the phone, which verifies nothing at the door: the certificate was verified when it came.
    pub fn phone_full(&self) -> f64 {
        4.0 * self.exchange
            + self.base_multiplication
            + self.seal_payload
            + 3.0 * self.seal_short
            + (5.0 * 3.0 + 7.0) * self.mac
    }
}

fn seal<const N: usize>(mut message: [u8; N]) -> [u8; N] {
    let cipher = Aes256Gcm::new(&[1; 32].into());
    let tag = cipher.encrypt_inout_detached(&[0; 12].into(), &[], message.as_mut_slice().into());
    std::hint::black_box(&tag);
    message
}
