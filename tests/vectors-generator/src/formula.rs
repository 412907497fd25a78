//! The specification's formulas, written a second time (spec §1.4).

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use ed25519_dalek::Signer;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::error::Error;

/// `len(label) ‖ label ‖ message`.
pub(crate) fn labelled(label: &str, message: &[u8]) -> Vec<u8> {
    let length = u8::try_from(label.len()).unwrap_or(u8::MAX);
    [&[length], label.as_bytes(), message].concat()
}

/// `HMAC(key, message)`.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Result<[u8; 32], Error> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Error::Disagree("HMAC key length"))?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().into())
}

/// `KDF(key, label, message)`.
pub(crate) fn kdf(key: &[u8], label: &str, message: &[u8]) -> Result<[u8; 32], Error> {
    hmac(key, &labelled(label, message))
}

/// `HASH(label, message)`.
pub(crate) fn hash(label: &str, message: &[u8]) -> [u8; 32] {
    sha256(&labelled(label, message))
}

pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// The first `N` bytes of an output.
pub(crate) fn first<const N: usize>(output: [u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(output) {
        *to = from;
    }
    bytes
}

/// `X25519(secret, public)`, without the check of the result.
pub(crate) fn x25519(secret: &[u8; 32], public: &[u8; 32]) -> [u8; 32] {
    StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public)).to_bytes()
}

/// `Sign(label, body)`, for any body: also for those that the protocol crate refuses to sign.
pub(crate) fn sign(secret: &[u8; 32], label: &str, body: &[u8]) -> [u8; 64] {
    ed25519_dalek::SigningKey::from_bytes(secret).sign(&labelled(label, body)).to_bytes()
}

/// `Seal(key, nonce, associated, message)`.
pub(crate) fn seal(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated: &[u8],
    message: &[u8],
) -> Result<Vec<u8>, Error> {
    let mut sealed = message.to_vec();
    let tag = Aes256Gcm::new(key.into())
        .encrypt_inout_detached(&Nonce::from(*nonce), associated, sealed.as_mut_slice().into())
        .map_err(|_| Error::Disagree("message length"))?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// `left ⊕ right`, of equal length.
pub(crate) fn xor<const N: usize>(left: [u8; N], right: [u8; N]) -> [u8; N] {
    let mut out = left;
    for (byte, other) in out.iter_mut().zip(right) {
        *byte ^= other;
    }
    out
}

/// A varint (spec §1.2).
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [.., low] = value.to_be_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low & 0x7f);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// `bytes` with the one byte at `index`, which must be `old`, replaced by others.
pub(crate) fn replaced(bytes: &[u8], index: usize, old: u8, by: &[u8]) -> Result<Vec<u8>, Error> {
    match bytes.split_at_checked(index) {
        Some((head, [byte, tail @ ..])) if *byte == old => Ok([head, by, tail].concat()),
        _ => Err(Error::Disagree("where a field lies")),
    }
}

/// `bytes` with one bit of the byte at `index` flipped, or the bits of a mask.
pub(crate) fn flipped(bytes: &[u8], index: usize, mask: u8) -> Result<Vec<u8>, Error> {
    match bytes.split_at_checked(index) {
        Some((head, [byte, tail @ ..])) => Ok([head, &[*byte ^ mask], tail].concat()),
        _ => Err(Error::Disagree("where a field lies")),
    }
}

/// `bytes` with the last one's highest bit flipped.
pub(crate) fn last_flipped(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    flipped(bytes, bytes.len().saturating_sub(1), 0x80)
}

/// All of `bytes` but the last.
pub(crate) fn shortened(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let (_, head) = bytes.split_last().ok_or(Error::Disagree("an empty byte string"))?;
    Ok(head.to_vec())
}
