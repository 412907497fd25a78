//! The primitives behind every formula of the specification (spec §1.4), from RustCrypto.

use alloc::vec::Vec;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::labels::Label;

/// `X25519(k, p)`. An all-zero result means that p is of small order and its sender contributed nothing: refused.
pub(crate) fn x25519(secret: &[u8; 32], public: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, Error> {
    let shared = StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public));
    if !shared.was_contributory() {
        return Err(Error::InvalidKey);
    }
    Ok(Zeroizing::new(shared.to_bytes()))
}

/// Length of an AES-GCM tag.
pub(crate) const TAG: usize = 16;

/// `HASH(label, m)`; `m` in pieces.
pub(crate) fn hash(label: Label, message: &[&[u8]]) -> [u8; 32] {
    let (length, text) = label.pieces();
    let mut digest = Sha256::new().chain_update(length).chain_update(text);
    for piece in message {
        digest.update(piece);
    }
    digest.finalize().into()
}

/// `KDF(k, …)` for several derivations: the key is absorbed once, which is half of what a short derivation costs.
pub(crate) struct Kdf(Hmac<Sha256>);

impl Kdf {
    /// `key` is at most 64 bytes. HMAC pads it with zeros to the block size; doing so here makes the constructor infallible.
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; 64]);
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self(Hmac::<Sha256>::new((&*block).into()))
    }

    /// `KDF(k, label, m)`; `m` in pieces.
    pub(crate) fn derive(&self, label: Label, message: &[&[u8]]) -> [u8; 32] {
        let (length, text) = label.pieces();
        let mut mac = self.0.clone();
        mac.update(&length);
        mac.update(text);
        for piece in message {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }

    /// The first `N` bytes of [`Kdf::derive`], N ≤ 32.
    pub(crate) fn derive_truncated<const N: usize>(&self, label: Label, message: &[&[u8]]) -> [u8; N] {
        const { assert!(N <= 32, "a derivation gives 32 bytes") };
        let full = self.derive(label, message);
        let mut out = [0; N];
        for (to, from) in out.iter_mut().zip(full) {
            *to = from;
        }
        out
    }
}

/// `KDF(k, label, m)`; `m` in pieces. `key` is at most 64 bytes.
pub(crate) fn kdf(key: &[u8], label: Label, message: &[&[u8]]) -> [u8; 32] {
    Kdf::new(key).derive(label, message)
}

/// The first `N` bytes of [`kdf`], N ≤ 32.
pub(crate) fn kdf_truncated<const N: usize>(key: &[u8], label: Label, message: &[&[u8]]) -> [u8; N] {
    Kdf::new(key).derive_truncated(label, message)
}

/// Compares in constant time; different lengths differ at once.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// `Seal(k, n, a, m)` in place: `buffer` is m, then the ciphertext with the tag appended.
pub(crate) fn seal(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<(), Error> {
    let cipher = Aes256Gcm::new(key.into());
    let tag = cipher
        .encrypt_inout_detached(&Nonce::from(*nonce), associated, buffer.as_mut_slice().into())
        .map_err(|_| Error::InvalidArgument("message too long to seal"))?;
    buffer.extend_from_slice(&tag);
    Ok(())
}

/// `Open`: the plaintext, if it is authentic.
#[cfg(test)]
pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, Error> {
    let mut buffer = sealed.to_vec();
    open_in_place(key, nonce, associated, &mut buffer)?;
    Ok(buffer)
}

/// `Open` in place: `buffer` is the ciphertext with its tag, then the plaintext; what it holds after an error is nothing to use.
pub(crate) fn open_in_place(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<(), Error> {
    let (ciphertext, tag) = buffer.split_last_chunk_mut::<TAG>().ok_or(Error::NotAuthentic)?;
    let (tag, length) = (Tag::from(*tag), ciphertext.len());
    Aes256Gcm::new(key.into())
        .decrypt_inout_detached(&Nonce::from(*nonce), associated, ciphertext.into(), &tag)
        .map_err(|_| Error::NotAuthentic)?;
    buffer.truncate(length);
    Ok(())
}

#[cfg(test)]
mod tests;
