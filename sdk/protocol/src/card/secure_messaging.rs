//! CommMode.Full: commands and answers that are encrypted and authenticated (spec §14.10).

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::apdu::{self, Command};
use super::cipher::{self, BLOCK};
use crate::crypto;
use crate::error::Error;

/// The keys and counters of an authenticated card.
pub struct CardSession {
    encryption: Zeroizing<[u8; 16]>,
    mac: Zeroizing<[u8; 16]>,
    transaction: [u8; 4],
    counter: u16,
}

impl CardSession {
    pub(super) const fn new(
        encryption: Zeroizing<[u8; 16]>,
        mac: Zeroizing<[u8; 16]>,
        transaction: [u8; 4],
    ) -> Self {
        Self { encryption, mac, transaction, counter: 0 }
    }

    /// A command whose `header` is open and whose `data` is sealed; both are authenticated.
    ///
    /// # Errors
    ///
    /// [`Error::Exhausted`] when the session's 65,535 commands are used up, [`Error::InvalidArgument`] for too much data.
    pub fn command(self, instruction: u8, header: &[u8], data: &[u8]) -> Result<(Exchange, Command), Error> {
        // The answer is counted one higher.
        let answered = self.counter.checked_add(1).ok_or(Error::Exhausted)?;
        let sealed = if data.is_empty() { Zeroizing::default() } else { self.sealed(data)? };
        let counter = self.counter.to_le_bytes();
        let tag = cipher::truncated_cmac(
            &self.mac,
            &[&[instruction], &counter, &self.transaction, header, &sealed],
        );
        let command = Command::new(instruction, &[header, &sealed, &tag])?;
        Ok((Exchange(Self { counter: answered, ..self }), command))
    }

    /// The first `N` bytes of a file.
    ///
    /// # Errors
    ///
    /// As [`CardSession::command`].
    pub fn read<const N: usize>(self, file: u8) -> Result<(Exchange, Command), Error> {
        self.command(apdu::READ_DATA, &apdu::read_header::<N>(file), &[])
    }

    fn sealed(&self, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let blocks = data.len() / BLOCK + 1;
        // Of the right size from the start: growing would leave a copy behind.
        let mut sealed = Zeroizing::new(Vec::with_capacity(blocks * BLOCK));
        sealed.extend_from_slice(data);
        sealed.push(0x80);
        sealed.resize(blocks * BLOCK, 0);
        cipher::encrypt(&self.encryption, self.initial([0xa5, 0x5a]), &mut sealed)?;
        Ok(sealed)
    }

    /// The initial vector of this direction and counter.
    fn initial(&self, [a, b]: [u8; 2]) -> [u8; 16] {
        let [t0, t1, t2, t3] = self.transaction;
        let [low, high] = self.counter.to_le_bytes();
        cipher::encrypt_block(&self.encryption, [a, b, t0, t1, t2, t3, low, high, 0, 0, 0, 0, 0, 0, 0, 0])
    }
}

#[cfg(test)]
impl CardSession {
    /// A session in the middle.
    pub(super) fn at(encryption: [u8; 16], mac: [u8; 16], transaction: [u8; 4], counter: u16) -> Self {
        Self { encryption: Zeroizing::new(encryption), mac: Zeroizing::new(mac), transaction, counter }
    }

    /// Both keys and TI.
    pub(super) fn secrets(&self) -> ([u8; 16], [u8; 16], [u8; 4]) {
        (*self.encryption, *self.mac, self.transaction)
    }
}

impl fmt::Debug for CardSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CardSession")
    }
}

/// A command has gone to the card. Its answer carries the session on, or ends it.
#[derive(Debug)]
pub struct Exchange(CardSession);

impl Exchange {
    /// The data of the card's answer.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthentic`] or [`Error::Malformed`] for an answer that the card of this session did not give to this command. The
    /// session is over, and its keys have been wiped.
    pub fn receive(self, response: &[u8]) -> Result<(CardSession, Zeroizing<Vec<u8>>), Error> {
        let session = self.0;
        let data = apdu::data_of(response, apdu::OPERATION_OK)?;
        let (sealed, tag) = data.split_last_chunk::<8>().ok_or(Error::Malformed("answer of a card"))?;
        let counter = session.counter.to_le_bytes();
        let message: [&[u8]; 4] = [&[apdu::OPERATION_OK], &counter, &session.transaction, sealed];
        if !crypto::same(tag, &cipher::truncated_cmac(&session.mac, &message)) {
            return Err(Error::NotAuthentic);
        }
        let mut plain = Zeroizing::new(sealed.to_vec());
        if !sealed.is_empty() {
            cipher::decrypt(&session.encryption, session.initial([0x5a, 0xa5]), &mut plain)?;
            remove_padding(&mut plain)?;
        }
        Ok((session, plain))
    }
}

/// Takes `80 00 …` off the last block. What comes here is authentic, so nothing can be learned from the time that it takes.
fn remove_padding(plain: &mut Vec<u8>) -> Result<(), Error> {
    let end = plain.iter().rposition(|byte| *byte != 0).filter(|end| plain.len() - end <= BLOCK);
    match end {
        Some(end) if plain.get(end) == Some(&0x80) => {
            plain.truncate(end);
            Ok(())
        }
        _ => Err(Error::Malformed("padding of a card's answer")),
    }
}
