//! The card's side of AuthenticateEV2First and of CommMode.Full.

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use cmac::{Cmac, Mac};
use thumbturn_protocol::random::{SecureRandom, random_bytes};

use super::status::Status;

/// A reader was challenged.
#[derive(Debug)]
pub(super) struct Challenge {
    key_number: u8,
    key: [u8; 16],
    rnd_b: [u8; 16],
    /// What the reader says it can do, filled up with zeros.
    capabilities: [u8; 6],
}

impl Challenge {
    /// With what goes to the reader.
    pub(super) fn new(
        key_number: u8,
        key: [u8; 16],
        capabilities: &[u8],
        random: &mut dyn SecureRandom,
    ) -> Result<(Self, [u8; 16]), Status> {
        let rnd_b = random_bytes(random).map_err(|_| Status::Integrity)?;
        let mut padded = [0; 6];
        padded.iter_mut().zip(capabilities).for_each(|(to, from)| *to = *from);
        Ok((Self { key_number, key, rnd_b, capabilities: padded }, encipher(&key, [0; 16], rnd_b)))
    }

    /// The reader's answer: E(RndA ‖ RndB′).
    pub(super) fn confirm(
        self,
        data: &[u8],
        random: &mut dyn SecureRandom,
    ) -> Result<(u8, Channel, [u8; 32]), Status> {
        let ([first, second], []) = data.as_chunks::<16>() else { return Err(Status::Length) };
        let rnd_a = decipher(&self.key, [0; 16], *first);
        let mut turned = decipher(&self.key, *first, *second);
        turned.rotate_right(1);
        if turned != self.rnd_b {
            return Err(Status::Authentication);
        }
        let transaction: [u8; 4] = random_bytes(random).map_err(|_| Status::Integrity)?;
        let mut turned = rnd_a;
        turned.rotate_left(1);
        let proof = [transaction.as_slice(), &turned, &[0; 6], &self.capabilities].concat();
        let mut encrypted = [0; 32];
        let mut before = [0; 16];
        for (block, out) in proof.as_chunks::<16>().0.iter().zip(encrypted.as_chunks_mut::<16>().0) {
            before = encipher(&self.key, before, *block);
            *out = before;
        }
        let channel = Channel {
            encryption: self.session_key(&rnd_a, [0xa5, 0x5a]),
            mac: self.session_key(&rnd_a, [0x5a, 0xa5]),
            transaction,
            counter: 0,
        };
        Ok((self.key_number, channel, encrypted))
    }

    /// CMAC over label, counter 1, 128 bits, and the two random numbers as AN12196 mixes them.
    fn session_key(&self, rnd_a: &[u8; 16], label: [u8; 2]) -> [u8; 16] {
        let [a0, a1, a2, a3, a4, a5, a6, a7, a_rest @ ..] = *rnd_a;
        let [b0, b1, b2, b3, b4, b5, b_rest @ ..] = self.rnd_b;
        let mixed = [a2 ^ b0, a3 ^ b1, a4 ^ b2, a5 ^ b3, a6 ^ b4, a7 ^ b5];
        let vector = [label.as_slice(), &[0, 1, 0, 0x80], &[a0, a1], &mixed, &b_rest, &a_rest].concat();
        cmac(&self.key, &vector)
    }
}

/// An authenticated reader.
#[derive(Debug)]
pub(super) struct Channel {
    encryption: [u8; 16],
    mac: [u8; 16],
    transaction: [u8; 4],
    counter: u16,
}

impl Channel {
    /// A command without data.
    pub(super) fn accept(&mut self, instruction: u8, header: &[u8], tag: &[u8]) -> Result<(), Status> {
        if self.command_tag(instruction, header, &[]) != tag {
            return Err(Status::Integrity);
        }
        self.counter = self.counter.saturating_add(1);
        Ok(())
    }

    /// The data of a command.
    pub(super) fn open(&mut self, instruction: u8, header: &[u8], data: &[u8]) -> Result<Vec<u8>, Status> {
        let (sealed, tag) = data.split_last_chunk::<8>().ok_or(Status::Length)?;
        if self.command_tag(instruction, header, sealed) != *tag {
            return Err(Status::Integrity);
        }
        let mut plain = Vec::new();
        let mut before = self.initial([0xa5, 0x5a]);
        for block in sealed.as_chunks::<16>().0 {
            plain.extend(decipher(&self.encryption, before, *block));
            before = *block;
        }
        while plain.pop_if(|byte| *byte == 0).is_some() {}
        if plain.pop() != Some(0x80) {
            return Err(Status::Integrity);
        }
        self.counter = self.counter.saturating_add(1);
        Ok(plain)
    }

    /// An answer with data, to the command that was counted last.
    pub(super) fn sealed(&self, plain: &[u8]) -> Vec<u8> {
        let mut padded = plain.to_vec();
        padded.push(0x80);
        while !padded.len().is_multiple_of(16) {
            padded.push(0);
        }
        let mut answer = Vec::new();
        let mut before = self.initial([0x5a, 0xa5]);
        for block in padded.as_chunks::<16>().0 {
            before = encipher(&self.encryption, before, *block);
            answer.extend(before);
        }
        answer.extend(self.answer_tag(&answer));
        answer
    }

    /// An answer without data.
    pub(super) fn empty(&self) -> Vec<u8> {
        self.answer_tag(&[]).to_vec()
    }

    fn command_tag(&self, instruction: u8, header: &[u8], sealed: &[u8]) -> [u8; 8] {
        let counter = self.counter.to_le_bytes();
        half(cmac(
            &self.mac,
            &[&[instruction], counter.as_slice(), &self.transaction, header, sealed].concat(),
        ))
    }

    fn answer_tag(&self, sealed: &[u8]) -> [u8; 8] {
        let counter = self.counter.to_le_bytes();
        half(cmac(&self.mac, &[&[0], counter.as_slice(), &self.transaction, sealed].concat()))
    }

    fn initial(&self, label: [u8; 2]) -> [u8; 16] {
        let mut block = [0; 16];
        let content = label.into_iter().chain(self.transaction).chain(self.counter.to_le_bytes());
        block.iter_mut().zip(content).for_each(|(to, from)| *to = from);
        encipher(&self.encryption, [0; 16], block)
    }
}

/// One block of CBC.
fn encipher(key: &[u8; 16], before: [u8; 16], block: [u8; 16]) -> [u8; 16] {
    let mut block = (u128::from_be_bytes(block) ^ u128::from_be_bytes(before)).to_be_bytes().into();
    Aes128::new(key.into()).encrypt_block(&mut block);
    block.into()
}

/// One block of CBC, backwards.
fn decipher(key: &[u8; 16], before: [u8; 16], block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    Aes128::new(key.into()).decrypt_block(&mut block);
    (u128::from_be_bytes(block.into()) ^ u128::from_be_bytes(before)).to_be_bytes()
}

fn cmac(key: &[u8; 16], message: &[u8]) -> [u8; 16] {
    Cmac::<Aes128>::new(key.into()).chain_update(message).finalize().into_bytes().into()
}

/// Every second byte.
fn half(mac: [u8; 16]) -> [u8; 8] {
    let [_, a, _, b, _, c, _, d, _, e, _, f, _, g, _, h] = mac;
    [a, b, c, d, e, f, g, h]
}
