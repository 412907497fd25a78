//! Why bytes, keys or peers were refused.

use crate::keys::SignerFailed;
use crate::random::RandomFailed;

/// The protocol crate's error. Told to the local caller, never to the peer (spec §4.6 is all that a peer learns).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes that no honest peer sends: wrong length, unknown field, not the one canonical encoding (spec §1.2).
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// A version of a structure that this implementation does not speak; usually the app must be updated.
    #[error("unsupported version of {0}")]
    UnsupportedVersion(&'static str),
    /// A signature, MAC, tag or handshake that does not verify: the peer lacks the key, or somebody changed the bytes.
    #[error("not authentic")]
    NotAuthentic,
    /// A public key that is not a valid point or gives an all-zero shared secret.
    #[error("invalid public key")]
    InvalidKey,
    /// The caller asked for something that the specification forbids; never caused by what a peer sent.
    #[error("invalid argument: {0}")]
    InvalidArgument(&'static str),
    /// A counter is at its maximum (spec §6.2, §7.1): start over with a full handshake.
    #[error("a counter is exhausted")]
    Exhausted,
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
    /// The signer did not sign.
    #[error(transparent)]
    Signer(#[from] SignerFailed),
}
