//! AES as cards use it: CBC of whole blocks, CMAC, and half of a CMAC.

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use cmac::{Cmac, Mac};
use zeroize::Zeroizing;

use crate::error::Error;

/// Bytes of a block.
pub(super) const BLOCK: usize = 16;
/// `E(key, block)`.
pub(super) fn encrypt_block(key: &[u8; 16], block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    Aes128::new(key.into()).encrypt_block(&mut block);
    block.into()
}

/// CBC in place.
///
/// # Errors
///
/// [`Error::Malformed`] unless `bytes` are whole blocks.
pub(super) fn encrypt(key: &[u8; 16], initial: [u8; 16], bytes: &mut [u8]) -> Result<(), Error> {
    let cipher = Aes128::new(key.into());
    let mut before = initial;
    let (blocks, []) = bytes.as_chunks_mut::<BLOCK>() else {
        return Err(Error::Malformed("length of a card's cryptogram"));
    };
    for block in blocks {
        *block = xor(*block, before);
        cipher.encrypt_block(block.into());
        before = *block;
    }
    Ok(())
}

/// CBC in place, backwards.
///
/// # Errors
///
/// As [`encrypt`].
pub(super) fn decrypt(key: &[u8; 16], initial: [u8; 16], bytes: &mut [u8]) -> Result<(), Error> {
    let cipher = Aes128::new(key.into());
    let mut before = initial;
    let (blocks, []) = bytes.as_chunks_mut::<BLOCK>() else {
        return Err(Error::Malformed("length of a card's cryptogram"));
    };
    for block in blocks {
        let ciphertext = *block;
        cipher.decrypt_block(block.into());
        *block = xor(*block, before);
        before = ciphertext;
    }
    Ok(())
}

/// AES-CMAC, RFC 4493; the message in pieces.
pub(super) fn cmac(key: &[u8; 16], message: &[&[u8]]) -> Zeroizing<[u8; 16]> {
    let mut mac = Cmac::<Aes128>::new(key.into());
    for piece in message {
        mac.update(piece);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// `MACt`: bytes 1, 3, … 15 of the CMAC.
pub(super) fn truncated_cmac(key: &[u8; 16], message: &[&[u8]]) -> [u8; 8] {
    let full = cmac(key, message);
    let mut out = [0; 8];
    for (to, from) in out.iter_mut().zip(full.iter().skip(1).step_by(2)) {
        *to = *from;
    }
    out
}

/// One byte to the left, the first becomes the last.
pub(super) fn rotated(block: [u8; 16]) -> [u8; 16] {
    let mut block = block;
    block.rotate_left(1);
    block
}

pub(super) fn xor(left: [u8; 16], right: [u8; 16]) -> [u8; 16] {
    let mut out = left;
    for (byte, other) in out.iter_mut().zip(right) {
        *byte ^= other;
    }
    out
}
