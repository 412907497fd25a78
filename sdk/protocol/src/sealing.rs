//! Sealing to a public key: HPKE base mode with the one suite of this protocol (spec §10.4, RFC 9180).
//!
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The info of a context is a label and what the context is bound to.

use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::keys::{ExchangeKey, ExchangeKeyPair};
use crate::labels::Label;
use crate::random::{RandomFailed, SecureRandom};

type SuiteKem = hpke::kem::X25519HkdfSha256;
type SuiteKdf = hpke::kdf::HkdfSha256;
type SuiteAead = hpke::aead::AesGcm256;

/// HPKE's `enc`: the sender's ephemeral public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encapsulation(pub [u8; 32]);

/// The context of whoever seals.
pub(crate) struct Sealing(hpke::aead::AeadCtxS<SuiteAead, SuiteKdf, SuiteKem>);

/// The context of whoever opens.
pub(crate) struct Opening(hpke::aead::AeadCtxR<SuiteAead, SuiteKdf, SuiteKem>);

/// `SetupBaseS`: three scalar multiplications. `info` is the label's text followed by `bound`.
pub(crate) fn setup_sender(
    recipient: &ExchangeKey,
    label: Label,
    bound: &[u8],
    random: &mut dyn SecureRandom,
) -> Result<(Encapsulation, Sealing), Error> {
    let public = <SuiteKem as Kem>::PublicKey::from_bytes(&recipient.0).map_err(|_| Error::InvalidKey)?;
    let mut source = Source { random, failed: None };
    let setup = hpke::setup_sender_with_rng::<SuiteAead, SuiteKdf, SuiteKem>(
        &OpModeS::Base,
        &public,
        &info(label, bound),
        &mut source,
    );
    // Before anything is used that came from a source that failed.
    if let Some(failed) = source.failed {
        return Err(failed.into());
    }
    let (encapsulated, context) = setup.map_err(|_| Error::InvalidKey)?;
    Ok((Encapsulation(encapsulated.to_bytes().into()), Sealing(context)))
}

/// `SetupBaseR`: two scalar multiplications. An encapsulation that gives an all-zero secret is not authentic.
pub(crate) fn setup_receiver(
    recipient: &ExchangeKeyPair,
    encapsulation: &Encapsulation,
    label: Label,
    bound: &[u8],
) -> Result<Opening, Error> {
    let secret =
        <SuiteKem as Kem>::PrivateKey::from_bytes(recipient.secret()).map_err(|_| Error::InvalidKey)?;
    let encapsulated =
        <SuiteKem as Kem>::EncappedKey::from_bytes(&encapsulation.0).map_err(|_| Error::NotAuthentic)?;
    hpke::setup_receiver(&OpModeR::Base, &secret, &encapsulated, &info(label, bound))
        .map(Opening)
        .map_err(|_| Error::NotAuthentic)
}

fn info(label: Label, bound: &[u8]) -> Vec<u8> {
    [label.text().as_bytes(), bound].concat()
}

impl Sealing {
    /// The next message of the context, without associated data: ciphertext, then the tag of 16 bytes.
    pub(crate) fn seal(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.0.seal(message, &[]).map_err(|_| Error::InvalidArgument("message too long to seal"))
    }

    /// A secret of 32 bytes that both ends of the context derive.
    pub(crate) fn export(&self, label: Label) -> Result<Zeroizing<[u8; 32]>, Error> {
        export_into(|context, secret| self.0.export(context, secret), label)
    }
}

impl Opening {
    /// Opens the next message of the context.
    pub(crate) fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        self.0.open(sealed, &[]).map_err(|_| Error::NotAuthentic)
    }

    /// A secret of 32 bytes that both ends of the context derive.
    pub(crate) fn export(&self, label: Label) -> Result<Zeroizing<[u8; 32]>, Error> {
        export_into(|context, secret| self.0.export(context, secret), label)
    }
}

fn export_into(
    export: impl FnOnce(&[u8], &mut [u8]) -> Result<(), hpke::HpkeError>,
    label: Label,
) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut secret = Zeroizing::new([0; 32]);
    export(label.text().as_bytes(), &mut *secret).map_err(|_| Error::InvalidArgument("exported secret"))?;
    Ok(secret)
}

/// Our random source in the shape that the crate asks for, which cannot say that it failed: it remembers.
struct Source<'a> {
    random: &'a mut dyn SecureRandom,
    failed: Option<RandomFailed>,
}

impl Source<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        if let Err(failed) = self.random.fill(bytes) {
            self.failed = Some(failed);
        }
    }
}

impl TryRng for Source<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.take()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.take()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Source<'_> {}

impl fmt::Debug for Sealing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealing")
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Opening")
    }
}

#[cfg(test)]
mod tests;
