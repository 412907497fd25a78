//! The Noise handshakes, by `snow` over this project's own generation of each primitive (spec §1.4).
//!
//! `snow` asks a resolver for its primitives. Ours brings three things that its own cannot: it works without std, it takes the
//! ephemeral key pair as an argument (drawn and multiplied while the phone still discovers services), and it remembers
//! the public half of the static key, which `snow` would compute anew in each handshake.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use sha2::{Digest, Sha256};
use snow::params::{CipherChoice, DHChoice, HashChoice, NoiseParams};
use snow::resolvers::CryptoResolver;
use snow::types;
use snow::{Builder, HandshakeState};
use zeroize::Zeroizing;

use crate::crypto;
use crate::error::Error;
use crate::keys::{ExchangeKey, ExchangeKeyPair};
use crate::labels::Label;
use crate::session::SessionSecret;

/// What a Noise message adds to its payload at most: ephemeral key, static key with tag, tag.
const OVERHEAD: usize = 32 + 32 + crypto::TAG + crypto::TAG;

/// A key pair for one handshake. Made ahead of time, used once, never stored.
#[derive(Debug)]
pub struct Ephemeral(ExchangeKeyPair);

impl Ephemeral {
    /// Draws a new ephemeral key pair. One base-point multiplication.
    pub fn generate(
        random: &mut dyn crate::random::SecureRandom,
    ) -> Result<Self, crate::random::RandomFailed> {
        ExchangeKeyPair::generate(random).map(Self)
    }
}

/// Which handshake, and what its sides know before it.
pub(crate) enum Pattern<'a> {
    /// The phone's side of the full handshake.
    FullInitiator { local: &'a ExchangeKeyPair, door: ExchangeKey },
    /// The door's side of the full handshake.
    FullResponder { local: &'a ExchangeKeyPair },
    /// The claimer's side of a claim.
    ClaimInitiator { psk: &'a [u8; 32] },
    /// The door's side of a claim.
    ClaimResponder { psk: &'a [u8; 32] },
}

/// A handshake in progress.
pub(crate) struct Handshake(HandshakeState);

impl Handshake {
    /// Starts a handshake.
    pub(crate) fn start(pattern: &Pattern<'_>, prologue: &[u8], ephemeral: Ephemeral) -> Result<Self, Error> {
        Self::build(pattern, prologue, ephemeral).map(Self).map_err(|_| Error::InvalidArgument("handshake"))
    }

    fn build(
        pattern: &Pattern<'_>,
        prologue: &[u8],
        ephemeral: Ephemeral,
    ) -> Result<HandshakeState, snow::Error> {
        let parameters: NoiseParams = match pattern {
            Pattern::FullInitiator { .. } | Pattern::FullResponder { .. } => {
                "Noise_IK_25519_AESGCM_SHA256".parse()?
            }
            Pattern::ClaimInitiator { .. } | Pattern::ClaimResponder { .. } => {
                "Noise_NNpsk0_25519_AESGCM_SHA256".parse()?
            }
        };
        let local = match pattern {
            Pattern::FullInitiator { local, .. } | Pattern::FullResponder { local } => Some(Pair::of(local)),
            Pattern::ClaimInitiator { .. } | Pattern::ClaimResponder { .. } => None,
        };
        let resolver = Box::new(Resolver { ephemeral: Pair::of(&ephemeral.0), local });
        let builder = Builder::with_resolver(parameters, resolver).prologue(prologue)?;
        match pattern {
            Pattern::FullInitiator { local, door } => {
                builder.local_private_key(local.secret())?.remote_public_key(&door.0)?.build_initiator()
            }
            Pattern::FullResponder { local } => builder.local_private_key(local.secret())?.build_responder(),
            Pattern::ClaimInitiator { psk } => builder.psk(0, psk)?.build_initiator(),
            Pattern::ClaimResponder { psk } => builder.psk(0, psk)?.build_responder(),
        }
    }

    /// Writes the next message.
    pub(crate) fn write(&mut self, payload: &[u8]) -> Result<Vec<u8>, Error> {
        let mut message = vec![0; payload.len() + OVERHEAD];
        let length = self.0.write_message(payload, &mut message).map_err(refused)?;
        message.truncate(length);
        Ok(message)
    }

    /// Reads the next message. The payload holds secrets.
    pub(crate) fn read(&mut self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut payload = Zeroizing::new(vec![0; message.len()]);
        let length = self.0.read_message(message, &mut payload).map_err(refused)?;
        payload.truncate(length);
        Ok(payload)
    }

    /// The peer's static key, once a message has brought it.
    pub(crate) fn remote_static(&self) -> Option<ExchangeKey> {
        self.0.get_remote_static()?.try_into().ok().map(ExchangeKey)
    }

    /// The session secret of a finished handshake: `KDF(h, label, k1 ‖ k2)`.
    ///
    /// The raw keys of the split are used for this derivation alone; `snow`'s own transport is never entered.
    pub(crate) fn session_secret(mut self, label: Label) -> Result<SessionSecret, Error> {
        if !self.0.is_handshake_finished() {
            return Err(Error::InvalidArgument("handshake not finished"));
        }
        let (first, second) = self.0.dangerously_get_raw_split();
        let (first, second) = (Zeroizing::new(first), Zeroizing::new(second));
        let secret = crypto::kdf(self.0.get_handshake_hash(), label, &[first.as_slice(), second.as_slice()]);
        Ok(SessionSecret::new(secret))
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Handshake")
    }
}

/// Nothing of `snow`'s reasons may matter to a caller beyond these two.
fn refused(error: snow::Error) -> Error {
    match error {
        snow::Error::Dh => Error::InvalidKey,
        _ => Error::NotAuthentic,
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

struct Resolver {
    ephemeral: Pair,
    local: Option<Pair>,
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

#[cfg(test)]
mod tests;
