//! The key derivation of spec §1.4 once more, so that a test can make what the libraries refuse to make.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `KDF(key, label, message)`, with the message in parts.
///
/// # Panics
///
/// When the label is longer than 255 bytes.
#[must_use]
pub fn kdf(key: &[u8], label: &[u8], message: &[&[u8]]) -> Vec<u8> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    hmac.update(&[u8::try_from(label.len()).expect("a short label")]);
    hmac.update(label);
    message.iter().for_each(|part| hmac.update(part));
    hmac.finalize().into_bytes().to_vec()
}
