//! AuthenticateEV2First, the reader's side (spec §14.9): card and reader prove that they hold the same key.

use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use super::CardKey;
use super::apdu::{self, Command};
use super::cipher;
use super::secure_messaging::CardSession;
use crate::crypto;
use crate::error::Error;
use crate::random::{SecureRandom, random_bytes};

/// A card was asked for its challenge.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct FirstAuthentication {
    key: Zeroizing<[u8; 16]>,
    rnd_a: [u8; 16],
}

impl FirstAuthentication {
    /// Asks the card for its challenge under `key`, its key number `key_number`.
    ///
    /// # Errors
    ///
    /// When the random source fails.
    pub fn start(
        key: &CardKey,
        key_number: u8,
        random: &mut dyn SecureRandom,
    ) -> Result<(Self, Command), Error> {
        let rnd_a = random_bytes(random)?;
        // LenCap 0: no capabilities of the reader.
        let command = Command::new(apdu::AUTHENTICATE_EV2_FIRST, &[&[key_number, 0]])?;
        Ok((Self { key: Zeroizing::new(*key.as_bytes()), rnd_a }, command))
    }

    /// Answers the card's challenge and challenges it.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] or [`Error::NotAuthentic`] for an answer that no card with the key gives. The attempt is over.
    pub fn challenged(self, response: &[u8]) -> Result<(Challenged, Command), Error> {
        let mut rnd_b = Zeroizing::new(apdu::exactly::<16>(response, apdu::MORE)?);
        cipher::decrypt(&self.key, [0; 16], rnd_b.as_mut_slice())?;
        let mut proof = Zeroizing::new([self.rnd_a, cipher::rotated(*rnd_b)].concat());
        cipher::encrypt(&self.key, [0; 16], &mut proof)?;
        let command = Command::new(apdu::ADDITIONAL_FRAME, &[&proof])?;
        Ok((Challenged { key: self.key.clone(), rnd_a: self.rnd_a, rnd_b: *rnd_b }, command))
    }
}

impl fmt::Debug for FirstAuthentication {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FirstAuthentication")
    }
}

/// The card has been challenged and must prove that it has the key.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct Challenged {
    key: Zeroizing<[u8; 16]>,
    rnd_a: [u8; 16],
    rnd_b: [u8; 16],
}

impl Challenged {
    /// Checks the card's proof; both have session keys then.
    ///
    /// # Errors
    ///
    /// As [`FirstAuthentication::challenged`]; everything secret has been wiped when this returns.
    pub fn finish(self, response: &[u8]) -> Result<CardSession, Error> {
        let mut proof = Zeroizing::new(apdu::exactly::<32>(response, apdu::OPERATION_OK)?);
        cipher::decrypt(&self.key, [0; 16], proof.as_mut_slice())?;
        // TI ‖ RndA′ ‖ the card's capabilities ‖ those that the reader said, which were none.
        let (transaction, rest) =
            proof.split_first_chunk::<4>().ok_or(Error::Malformed("answer of a card"))?;
        let (rnd_a, capabilities) =
            rest.split_first_chunk::<16>().ok_or(Error::Malformed("answer of a card"))?;
        let (_, said) = capabilities.split_first_chunk::<6>().ok_or(Error::Malformed("answer of a card"))?;
        let rnd_a_is_ours = crypto::same(rnd_a, &cipher::rotated(self.rnd_a));
        if !(rnd_a_is_ours & crypto::same(said, &[0; 6])) {
            return Err(Error::NotAuthentic);
        }
        let (encryption, mac) = self.session_keys();
        Ok(CardSession::new(encryption, mac, *transaction))
    }

    fn session_keys(&self) -> (Zeroizing<[u8; 16]>, Zeroizing<[u8; 16]>) {
        let vector = |prefix: [u8; 2]| {
            let (a, b) = (&self.rnd_a, &self.rnd_b);
            let mut bytes = Zeroizing::new([0; 32]);
            let head = prefix.into_iter().chain([0x00, 0x01, 0x00, 0x80]);
            let mixed = a.iter().skip(2).take(6).zip(b.iter()).map(|(left, right)| left ^ right);
            let body = a.iter().copied().take(2).chain(mixed).chain(b.iter().copied().skip(6));
            for (to, from) in bytes.iter_mut().zip(head.chain(body).chain(a.iter().copied().skip(8))) {
                *to = from;
            }
            cipher::cmac(&self.key, &[bytes.as_slice()])
        };
        (vector([0xa5, 0x5a]), vector([0x5a, 0xa5]))
    }
}

impl fmt::Debug for Challenged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Challenged")
    }
}
