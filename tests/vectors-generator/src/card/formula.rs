//! AES as cards use it, written a second time.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit, array::ArraySize};
use aes::{Aes128, Aes192, Aes256};
use cmac::{Cmac, Mac};

use crate::error::Error;

/// One block under a key of 16, 24 or 32 bytes.
pub(crate) fn encrypt_block(key: &[u8], block: [u8; 16]) -> Result<[u8; 16], Error> {
    match key.len() {
        16 => with::<Aes128, _>(key, block),
        24 => with::<Aes192, _>(key, block),
        _ => with::<Aes256, _>(key, block),
    }
}

fn with<C, N>(key: &[u8], block: [u8; 16]) -> Result<[u8; 16], Error>
where
    C: KeyInit + BlockCipherEncrypt + aes::cipher::BlockSizeUser<BlockSize = N>,
    N: ArraySize,
    Array<u8, N>: From<[u8; 16]> + Into<[u8; 16]>,
{
    let cipher = C::new_from_slice(key).map_err(|_| Error::Disagree("AES key length"))?;
    let mut block = block.into();
    cipher.encrypt_block(&mut block);
    Ok(block.into())
}

/// CBC of whole blocks.
pub(crate) fn encrypt(key: &[u8; 16], initial: [u8; 16], plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut before = initial;
    let mut out = Vec::new();
    for block in plain.as_chunks::<16>().0 {
        before = encrypt_block(key, crate::formula::xor(*block, before))?;
        out.extend(before);
    }
    Ok(out)
}

/// CBC of whole blocks, backwards.
pub(crate) fn decrypt(key: &[u8; 16], initial: [u8; 16], sealed: &[u8]) -> Vec<u8> {
    let cipher = Aes128::new(key.into());
    let mut before = initial;
    let mut out = Vec::new();
    for block in sealed.as_chunks::<16>().0 {
        let mut plain = (*block).into();
        cipher.decrypt_block(&mut plain);
        out.extend(crate::formula::xor(plain.into(), before));
        before = *block;
    }
    out
}

pub(crate) fn cmac(key: &[u8; 16], message: &[u8]) -> [u8; 16] {
    Cmac::<Aes128>::new(key.into()).chain_update(message).finalize().into_bytes().into()
}

/// Bytes 1, 3, … 15 of a CMAC.
pub(crate) fn truncated(mac: [u8; 16]) -> Vec<u8> {
    mac.into_iter().skip(1).step_by(2).collect()
}

/// 80 and zeros, up to whole blocks.
pub(crate) fn padded(plain: &[u8]) -> Vec<u8> {
    let mut padded = [plain, &[0x80]].concat();
    padded.resize(padded.len().next_multiple_of(16), 0);
    padded
}

/// The first byte to the end.
pub(crate) fn turned(mut block: [u8; 16]) -> [u8; 16] {
    block.rotate_left(1);
    block
}

/// `bytes`, which are `N`.
pub(crate) fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Error> {
    bytes.try_into().map_err(|_| Error::Disagree("a length"))
}
