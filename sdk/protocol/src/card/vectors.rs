//! `tests/vectors/`: `base.json`, `an10922.json`, `ev2.json`, `commmode.json`, `sun.json`.

extern crate std;

use std::string::String;
use std::vec::Vec;

use ::aes::cipher::KeyInit;
use ::aes::{Aes128, Aes192, Aes256};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::sun::{CardData, ReadCounter, SunKey};
use super::*;
use crate::hexadecimal::Hexadecimal;

#[derive(Deserialize)]
struct Vectors<T> {
    vectors: Vec<T>,
}

fn read<T: DeserializeOwned>(text: &str) -> Vec<T> {
    serde_json::from_str::<Vectors<T>>(text).unwrap().vectors
}

fn array<const N: usize>(bytes: &Hexadecimal) -> [u8; N] {
    bytes.0.as_slice().try_into().unwrap()
}

/// A random source that was drawn from already.
struct Drawn<'a>(&'a Hexadecimal);

impl SecureRandom for Drawn<'_> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        bytes.copy_from_slice(&self.0.0);
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Base {
    Cmac {
        key: Hexadecimal,
        message: Hexadecimal,
        mac: Hexadecimal,
    },
    /// No part of the product: the generator and the second implementation check them.
    Hotp,
    Totp,
}

#[test]
fn cmacs_are_those_of_rfc_4493() {
    let vectors = read::<Base>(include_str!("../../../../tests/vectors/base.json"));
    let macs = vectors.into_iter().filter_map(|vector| match vector {
        Base::Cmac { key, message, mac } => Some((key, message, mac)),
        Base::Hotp | Base::Totp => None,
    });
    let checked = macs.map(|(key, message, mac)| {
        assert_eq!(*cipher::cmac(&array(&key), &[&message.0]), array(&mac));
        let (head, tail) = message.0.split_at(message.0.len() / 3);
        assert_eq!(*cipher::cmac(&array(&key), &[head, tail]), array(&mac));
    });
    assert_eq!(checked.count(), 4);
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Diversification {
    An10922 {
        name: String,
        master: Hexadecimal,
        input: Hexadecimal,
        key: Hexadecimal,
    },
    CardKey {
        name: String,
        master: Hexadecimal,
        token: Hexadecimal,
        application: Hexadecimal,
        class: u8,
        key_number: u8,
        key: Hexadecimal,
    },
}

#[test]
fn diversified_keys_are_those_of_the_vectors() {
    let vectors = read::<Diversification>(include_str!("../../../../tests/vectors/an10922.json"));
    assert_eq!(vectors.len(), 9);
    for vector in vectors {
        match vector {
            Diversification::An10922 { name, master, input, key } => {
                assert_eq!(diversified(&master.0, &input.0), key.0, "{name}");
            }
            Diversification::CardKey { name, master, token, application, class, key_number, key } => {
                let classes = [DoorClass::Common, DoorClass::Residence];
                let class = classes.into_iter().find(|known| known.code() == class).unwrap();
                assert_eq!(class.application(), array(&application), "{name}");
                let master = CardMaster::from_bytes(array(&master));
                let made = master.card_key(CardToken(array(&token)), class, key_number).unwrap();
                assert_eq!(made.as_bytes(), &array(&key), "{name}");
            }
        }
    }
}

/// Doors need AES-128 alone; the longer keys show that the block function is the published one.
fn diversified(master: &[u8], input: &[u8]) -> Vec<u8> {
    let part = |constant: u8| match master.len() {
        16 => diversification::derive(&Aes128::new_from_slice(master).unwrap(), constant, input),
        24 => diversification::derive(&Aes192::new_from_slice(master).unwrap(), constant, input),
        _ => diversification::derive(&Aes256::new_from_slice(master).unwrap(), constant, input),
    };
    match master.len() {
        16 => diversification::aes128(master.try_into().unwrap(), input).unwrap().to_vec(),
        24 => {
            let (first, second) = (part(0x11).unwrap(), part(0x12).unwrap());
            let middle = first[8..].iter().zip(&second[..8]).map(|(a, b)| a ^ b);
            first[..8].iter().copied().chain(middle).chain(second[8..].iter().copied()).collect()
        }
        _ => [*part(0x41).unwrap(), *part(0x42).unwrap()].concat(),
    }
}

#[derive(Deserialize)]
struct Ev2 {
    name: String,
    key: Hexadecimal,
    key_number: u8,
    rnd_a: Hexadecimal,
    transaction: Hexadecimal,
    challenge_command: Hexadecimal,
    challenge: Hexadecimal,
    proof_command: Hexadecimal,
    card_proof: Hexadecimal,
    encryption_key: Hexadecimal,
    mac_key: Hexadecimal,
}

#[test]
fn authentications_are_those_of_the_vectors() {
    let vectors = read::<Ev2>(include_str!("../../../../tests/vectors/ev2.json"));
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let key = CardKey::from_bytes(array(&vector.key));
        let (first, command) =
            FirstAuthentication::start(&key, vector.key_number, &mut Drawn(&vector.rnd_a)).unwrap();
        assert_eq!(command.as_bytes(), vector.challenge_command.0, "{}", vector.name);
        let challenge = [vector.challenge.0.as_slice(), &[0x91, 0xaf]].concat();
        let (second, command) = first.challenged(&challenge).unwrap();
        assert_eq!(command.as_bytes(), vector.proof_command.0, "{}", vector.name);
        let proof = [vector.card_proof.0.as_slice(), &[0x91, 0x00]].concat();
        let session = second.finish(&proof).unwrap();
        let expected = (array(&vector.encryption_key), array(&vector.mac_key), array(&vector.transaction));
        assert_eq!(session.secrets(), expected, "{}", vector.name);
    }
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Messaging {
    FullExchangeWithCard {
        encryption_key: Hexadecimal,
        mac_key: Hexadecimal,
        transaction: Hexadecimal,
        counter: u16,
        instruction: Hexadecimal,
        header: Hexadecimal,
        data: Hexadecimal,
        command: Hexadecimal,
        answer_data: Hexadecimal,
        answer: Hexadecimal,
    },
    CardReading {
        name: String,
        application: Hexadecimal,
        token: Hexadecimal,
        version: u8,
        key: Hexadecimal,
        rnd_a: Hexadecimal,
        commands: Vec<Hexadecimal>,
        answers: Vec<Hexadecimal>,
    },
}

#[test]
fn exchanges_are_those_of_the_vectors() {
    let vectors = read::<Messaging>(include_str!("../../../../tests/vectors/commmode.json"));
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        match vector {
            Messaging::FullExchangeWithCard {
                encryption_key,
                mac_key,
                transaction,
                counter,
                instruction,
                header,
                data,
                command: expected,
                answer_data,
                answer,
            } => {
                let (encryption, mac) = (array(&encryption_key), array(&mac_key));
                let session = CardSession::at(encryption, mac, array(&transaction), counter);
                let [instruction] = array(&instruction);
                let (exchange, command) = session.command(instruction, &header.0, &data.0).unwrap();
                assert_eq!(command.as_bytes(), expected.0);
                let (_, received) = exchange.receive(&answer.0).unwrap();
                assert_eq!(*received, answer_data.0);
            }
            Messaging::CardReading { name, application, token, version, key, rnd_a, commands, answers } => {
                let classes = [DoorClass::Common, DoorClass::Residence];
                let class =
                    classes.into_iter().find(|class| class.application() == array(&application)).unwrap();
                let key = CardKey::from_bytes(array(&key));
                let mut said = commands.iter();
                let mut check =
                    |command: Command| assert_eq!(command.as_bytes(), said.next().unwrap().0, "{name}");
                let mut heard = answers.iter().map(|answer| answer.0.as_slice());
                let mut next = || heard.next().unwrap();
                let (reading, command) = Reading::start(class).unwrap();
                check(command);
                let (reading, command) = reading.selected(next()).unwrap();
                check(command);
                let candidate = reading.token(next()).unwrap();
                assert_eq!(candidate.token(), CardToken(array(&token)), "{name}");
                let (reading, command) =
                    candidate.authenticate(&key, CardVersion(version), &mut Drawn(&rnd_a)).unwrap();
                check(command);
                let (reading, command) = reading.challenged(next()).unwrap();
                check(command);
                let (reading, command) = reading.confirmed(next()).unwrap();
                check(command);
                let presented = reading.presented(next()).unwrap();
                assert_eq!(presented.version(), CardVersion(version), "{name}");
            }
        }
    }
}

#[derive(Deserialize)]
struct Sun {
    name: String,
    meta_key: Hexadecimal,
    file_key: Hexadecimal,
    uid: Hexadecimal,
    counter: u32,
    encryption_key: Hexadecimal,
    mac_key: Hexadecimal,
    e: Hexadecimal,
    c: Hexadecimal,
}

#[test]
fn links_are_those_of_the_vectors() {
    let vectors = read::<Sun>(include_str!("../../../../tests/vectors/sun.json"));
    assert_eq!(vectors.len(), 2);
    for Sun { name, meta_key, file_key, uid, counter, encryption_key, mac_key, e, c } in vectors {
        let file_key = SunKey::from_bytes(array(&file_key));
        let opened = CardData::open(&SunKey::from_bytes(array(&meta_key)), &array(&e)).unwrap();
        assert_eq!(opened.uid(), array(&uid), "{name}");
        assert_eq!(opened.file_encryption_key(&file_key), array(&encryption_key), "{name}");
        assert_eq!(opened.file_mac_key(&file_key), array(&mac_key), "{name}");
        let counter = ReadCounter::new(counter).unwrap();
        let tap = opened.verify(&file_key, &array(&c), ReadCounter::new(counter.count() - 1)).unwrap();
        assert_eq!(tap.counter(), counter, "{name}");
    }
}
