//! The Noise handshakes, by `snow` over this project's own generation of each primitive (spec §1.4).

mod resolver;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use snow::params::NoiseParams;
use snow::{Builder, HandshakeState};
use zeroize::Zeroizing;

use crate::crypto;
use crate::error::Error;
use crate::keys::{ExchangeKey, ExchangeKeyPair};
use crate::labels::Label;
use crate::session::SessionSecret;

use resolver::Resolver;

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
            Pattern::FullInitiator { local, .. } | Pattern::FullResponder { local } => Some(*local),
            Pattern::ClaimInitiator { .. } | Pattern::ClaimResponder { .. } => None,
        };
        let resolver = Box::new(Resolver::new(&ephemeral.0, local));
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

#[cfg(test)]
mod tests;
