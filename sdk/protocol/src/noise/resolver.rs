//! The primitives of Noise as `snow` asks for them.
//!
//! Brings three things that `snow`'s own resolver cannot: it works without std, it takes the ephemeral key pair as an argument
//! (drawn and multiplied while the phone still discovers services), and it remembers the public half of the static key,
//! which `snow` would compute anew in each handshake.

use alloc::boxed::Box;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use sha2::{Digest, Sha256};
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::CryptoResolver;
use snow::types;
use zeroize::Zeroizing;

use crate::crypto;
use crate::keys::ExchangeKeyPair;

/// The primitives of one side of one handshake.
pub(super) struct Resolver {
    ephemeral: Pair,
    local: Option<Pair>,
}

impl Resolver {
    pub(super) fn new(ephemeral: &ExchangeKeyPair, local: Option<&ExchangeKeyPair>) -> Self {
        Self { ephemeral: Pair::of(ephemeral), local: local.map(Pair::of) }
    }
}

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn types::Random>> {
        Some(Box::new(NoRandom))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn types::Dh>> {
        match choice {
            DHChoice::Curve25519 => Some(Box::new(Exchange {
                pair: Pair { secret: Zeroizing::new([0; 32]), public: [0; 32] },
                ephemeral: Some(self.ephemeral.clone()),
                local: self.local.clone(),
            })),
            DHChoice::Curve448 => None,
        }
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn types::Hash>> {
        match choice {
            HashChoice::SHA256 => Some(Box::new(Hash(Sha256::new()))),
            HashChoice::SHA512 | HashChoice::Blake2s | HashChoice::Blake2b => None,
        }
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn types::Cipher>> {
        match choice {
            CipherChoice::AESGCM => Some(Box::new(Cipher(None))),
            _ => None,
        }
    }
}

/// A key pair as `snow`'s traits want it.
#[derive(Clone)]
struct Pair {
    secret: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl Pair {
    fn of(pair: &ExchangeKeyPair) -> Self {
        Self { secret: Zeroizing::new(*pair.secret()), public: pair.public().0 }
    }
}

/// `snow` holds a random source for ephemeral keys; ours come ready-made, so nothing may ever be drawn here.
struct NoRandom;

impl types::Random for NoRandom {
    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), snow::Error> {
        Err(snow::Error::Rng)
    }
}

struct Exchange {
    pair: Pair,
    ephemeral: Option<Pair>,
    local: Option<Pair>,
}

impl types::Dh for Exchange {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        32
    }

    fn priv_len(&self) -> usize {
        32
    }

    fn set(&mut self, secret: &[u8]) {
        // Only ever called with the local static key, whose public half is known.
        if let Some(local) = self.local.take().filter(|local| local.secret.as_slice() == secret) {
            self.pair = local;
        }
        self.ephemeral = None;
    }

    fn generate(&mut self, _: &mut dyn types::Random) -> Result<(), snow::Error> {
        self.pair = self.ephemeral.take().ok_or(snow::Error::Rng)?;
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &self.pair.public
    }

    fn privkey(&self) -> &[u8] {
        self.pair.secret.as_slice()
    }

    fn dh(&self, public: &[u8], out: &mut [u8]) -> Result<(), snow::Error> {
        let public: [u8; 32] =
            public.get(..32).and_then(|bytes| bytes.try_into().ok()).ok_or(snow::Error::Dh)?;
        let shared = crypto::x25519(&self.pair.secret, &public).map_err(|_| snow::Error::Dh)?;
        out.get_mut(..32).ok_or(snow::Error::Dh)?.copy_from_slice(shared.as_slice());
        Ok(())
    }
}

struct Hash(Sha256);

impl types::Hash for Hash {
    fn name(&self) -> &'static str {
        "SHA256"
    }

    fn block_len(&self) -> usize {
        64
    }

    fn hash_len(&self) -> usize {
        32
    }

    fn reset(&mut self) {
        self.0 = Sha256::new();
    }

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(&mut self, out: &mut [u8]) {
        let digest = core::mem::take(&mut self.0).finalize();
        for (to, from) in out.iter_mut().zip(digest) {
            *to = from;
        }
    }
}

struct Cipher(Option<Aes256Gcm>);

impl types::Cipher for Cipher {
    fn name(&self) -> &'static str {
        "AESGCM"
    }

    fn set(&mut self, key: &[u8; 32]) {
        self.0 = Some(Aes256Gcm::new(key.into()));
    }

    /// The trait has no way to fail. `snow` sets the key before and gives room for the tag; if it did not, the
    /// message would come out empty and the peer would refuse it.
    fn encrypt(&self, nonce: u64, associated: &[u8], plaintext: &[u8], out: &mut [u8]) -> usize {
        let Some(cipher) = &self.0 else { return 0 };
        let Some((body, tag_out)) = out.split_at_mut_checked(plaintext.len()) else { return 0 };
        let Some(tag_out) = tag_out.get_mut(..crypto::TAG) else { return 0 };
        body.copy_from_slice(plaintext);
        let Ok(tag) = cipher.encrypt_inout_detached(&noise_nonce(nonce), associated, body.into()) else {
            return 0;
        };
        tag_out.copy_from_slice(&tag);
        plaintext.len() + crypto::TAG
    }

    fn decrypt(
        &self,
        nonce: u64,
        associated: &[u8],
        ciphertext: &[u8],
        out: &mut [u8],
    ) -> Result<usize, snow::Error> {
        let cipher = self.0.as_ref().ok_or(snow::Error::Decrypt)?;
        let (body, tag) = ciphertext.split_last_chunk::<{ crypto::TAG }>().ok_or(snow::Error::Decrypt)?;
        let out = out.get_mut(..body.len()).ok_or(snow::Error::Decrypt)?;
        out.copy_from_slice(body);
        cipher
            .decrypt_inout_detached(&noise_nonce(nonce), associated, out.into(), &Tag::from(*tag))
            .map_err(|_| snow::Error::Decrypt)?;
        Ok(body.len())
    }
}

/// 32 zero bits and the counter, big endian (Noise revision 34, §12.4).
fn noise_nonce(counter: u64) -> Nonce<aes_gcm::aead::consts::U12> {
    let [a, b, c, d, e, f, g, h] = counter.to_be_bytes();
    Nonce::from([0, 0, 0, 0, a, b, c, d, e, f, g, h])
}
