//! Key diversification of AN10922 (spec §14.7): the key of one card from the master and what names the card.

use aes::Aes128;
use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherEncrypt, BlockSizeUser, KeyInit};
use zeroize::Zeroizing;

use super::cipher::{BLOCK, xor};
use crate::error::Error;

/// Longest input: with its constant it fills two blocks.
const LONGEST_INPUT: usize = 2 * BLOCK - 1;
/// Says that an AES-128 key is derived.
const AES128: u8 = 0x01;

/// An AES-128 key from an input of 1…31 bytes.
///
/// # Errors
///
/// [`Error::InvalidArgument`] for another length.
pub(super) fn aes128(master: &[u8; 16], input: &[u8]) -> Result<[u8; 16], Error> {
    derive(&Aes128::new(master.into()), AES128, input).map(|key| *key)
}

/// The CMAC of `constant ‖ input`, except that it is **always padded to two blocks**, also where CMAC would take one.
///
/// # Errors
///
/// As [`aes128`].
pub(super) fn derive<C>(cipher: &C, constant: u8, input: &[u8]) -> Result<Zeroizing<[u8; 16]>, Error>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
{
    if input.is_empty() || input.len() > LONGEST_INPUT {
        return Err(Error::InvalidArgument("length of a diversification input"));
    }
    let padding = [0x80].into_iter().chain(core::iter::repeat(0));
    let padded = [constant].into_iter().chain(input.iter().copied()).chain(padding);
    let mut message = Zeroizing::new([0; 2 * BLOCK]);
    for (to, from) in message.iter_mut().zip(padded) {
        *to = from;
    }
    let (first, last) = message.split_first_chunk::<BLOCK>().unwrap_or((&[0; BLOCK], &[]));
    let last = last.first_chunk::<BLOCK>().unwrap_or(&[0; BLOCK]);
    let subkey = subkey(cipher, input.len() == LONGEST_INPUT);
    let middle = Zeroizing::new(encrypted(cipher, *first));
    Ok(Zeroizing::new(encrypted(cipher, xor(xor(*last, *middle), *subkey))))
}

/// K1 of RFC 4493 for a message that is whole, K2 for one that was padded.
fn subkey<C>(cipher: &C, whole: bool) -> Zeroizing<[u8; 16]>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
{
    let first = doubled(encrypted(cipher, [0; BLOCK]));
    Zeroizing::new(if whole { first } else { doubled(first) })
}

fn encrypted<C>(cipher: &C, block: [u8; 16]) -> [u8; 16]
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
{
    let mut block = block.into();
    cipher.encrypt_block(&mut block);
    block.into()
}

/// Times x in GF(2^128), without a branch on the secret.
fn doubled(block: [u8; 16]) -> [u8; 16] {
    let number = u128::from_be_bytes(block);
    let carry = (number >> 127) * 0x87;
    ((number << 1) ^ carry).to_be_bytes()
}
