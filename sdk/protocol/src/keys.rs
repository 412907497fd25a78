//! Key pairs of phones, doors and properties.

use core::fmt;

use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

use crate::crypto;
use crate::error::Error;
use crate::ids::{DoorKeyId, PhoneId};
use crate::labels::{self, Label};
use crate::random::{RandomFailed, SecureRandom, random_bytes};

/// An X25519 public key: the session or sealing key of a phone, door or property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExchangeKey(pub [u8; 32]);

/// An X25519 key pair. Keeps the public key, so that a handshake does not pay a base-point multiplication for it.
pub struct ExchangeKeyPair {
    secret: Zeroizing<[u8; 32]>,
    public: ExchangeKey,
}

impl ExchangeKeyPair {
    /// The key pair of a stored secret. One base-point multiplication.
    #[must_use]
    pub fn from_secret(secret: [u8; 32]) -> Self {
        let public = PublicKey::from(&StaticSecret::from(secret));
        Self { secret: Zeroizing::new(secret), public: ExchangeKey(public.to_bytes()) }
    }

    /// A new key pair. One base-point multiplication.
    pub fn generate(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        random_bytes(random).map(Self::from_secret)
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> ExchangeKey {
        self.public
    }

    /// The secret half, for the owner's sealed storage only.
    #[must_use]
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }
}

impl fmt::Debug for ExchangeKeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ExchangeKeyPair")
    }
}

/// An Ed25519 public key, as bytes; whether it is a valid point is found out when it verifies something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VerifyingKey(pub [u8; 32]);

impl VerifyingKey {
    /// Verifies a signature of `body` under `label` (spec §1.4).
    pub(crate) fn verify(&self, label: Label, body: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        self.verify_message(&labelled(label, body), signature)
    }

    /// Strict verification: keys and R of small order, and keys, R and S that are not canonical, are refused.
    fn verify_message(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        if !self.is_canonical() {
            return Err(Error::InvalidKey);
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.0).map_err(|_| Error::InvalidKey)?;
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        key.verify_strict(message, &signature).map_err(|_| Error::NotAuthentic)
    }

    /// Whether y is below p = 2^255 − 19; ed25519-dalek reduces it instead, so that one key would have two ids.
    ///
    /// The other way to write a key twice, the sign of x = 0, exists for points of small order only.
    fn is_canonical(&self) -> bool {
        let [lowest, middle @ .., highest] = &self.0;
        *lowest < 0xed || highest & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
    }
}

/// An Ed25519 key pair.
pub struct SigningKeyPair(ed25519_dalek::SigningKey);

impl SigningKeyPair {
    /// The key pair of a stored 32-byte secret.
    #[must_use]
    pub fn from_secret(mut secret: [u8; 32]) -> Self {
        let pair = Self(ed25519_dalek::SigningKey::from_bytes(&secret));
        secret.zeroize();
        pair
    }

    /// A new key pair.
    pub fn generate(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        random_bytes(random).map(Self::from_secret)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key().to_bytes())
    }

    /// The secret half, for the owner's sealed storage only.
    #[must_use]
    pub fn secret(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub(crate) fn sign(&self, label: Label, body: &[u8]) -> [u8; 64] {
        self.sign_message(&labelled(label, body))
    }

    fn sign_message(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// Signs for a property or a root: a key pair in memory, or a service that never gives its key away.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public(&self) -> VerifyingKey;

    /// Signs a message with Ed25519 (RFC 8032), at most 256 bytes.
    ///
    /// # Errors
    ///
    /// [`SignerFailed`].
    fn sign_message(&self, message: &[u8]) -> Result<[u8; 64], SignerFailed>;
}

/// A signer did not sign: it cannot be reached, or it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signer does not sign: see that its service is reached and lets this host sign")]
pub struct SignerFailed;

impl Signer for SigningKeyPair {
    fn public(&self) -> VerifyingKey {
        Self::public(self)
    }

    fn sign_message(&self, message: &[u8]) -> Result<[u8; 64], SignerFailed> {
        Ok(Self::sign_message(self, message))
    }
}

/// Signs `body` under `label` (spec §1.4).
pub(crate) fn sign(signer: &dyn Signer, label: Label, body: &[u8]) -> Result<[u8; 64], SignerFailed> {
    signer.sign_message(&labelled(label, body))
}

impl fmt::Debug for SigningKeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKeyPair")
    }
}

/// `len(label) ‖ label ‖ body` (spec §1.4).
fn labelled(label: Label, body: &[u8]) -> alloc::vec::Vec<u8> {
    let (length, text) = label.pieces();
    [length.as_slice(), text, body].concat()
}

/// A door's three public keys (spec §2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorPublicKeys {
    /// X25519, the Noise static key.
    pub session_key: ExchangeKey,
    /// X25519, for parcels sealed to the door.
    pub sealing_key: ExchangeKey,
    /// Ed25519, for receipts.
    pub receipt_key: VerifyingKey,
}

impl DoorPublicKeys {
    /// The id of these keys (spec §2.4).
    #[must_use]
    pub fn id(&self) -> DoorKeyId {
        let [a, b, c, d, ..] = crypto::hash(
            labels::DOOR_KEY_ID,
            &[&self.session_key.0, &self.sealing_key.0, &self.receipt_key.0],
        );
        DoorKeyId([a, b, c, d])
    }
}

/// A phone's two public keys (spec §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhonePublicKeys {
    /// X25519, the Noise static key.
    pub session_key: ExchangeKey,
    /// Ed25519, for shares.
    pub signing_key: VerifyingKey,
}

impl PhonePublicKeys {
    /// The id of the phone that holds these keys (spec §2.3).
    #[must_use]
    pub fn id(&self) -> PhoneId {
        let digest = crypto::hash(labels::PHONE_ID, &[&self.session_key.0, &self.signing_key.0]);
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(digest) {
            *to = from;
        }
        PhoneId(id)
    }
}

/// A phone's own keys.
#[derive(Debug)]
pub struct PhoneKeys {
    /// The Noise static key pair.
    pub session: ExchangeKeyPair,
    /// Signs shares.
    pub signing: SigningKeyPair,
}

impl PhoneKeys {
    /// New keys, made when a phone enrols.
    pub fn generate(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        Ok(Self { session: ExchangeKeyPair::generate(random)?, signing: SigningKeyPair::generate(random)? })
    }

    /// The public halves.
    #[must_use]
    pub fn public(&self) -> PhonePublicKeys {
        PhonePublicKeys { session_key: self.session.public(), signing_key: self.signing.public() }
    }
}

#[cfg(test)]
mod tests;
