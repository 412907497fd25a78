//! AuthenticateEV2First (spec §14.9): two published runs.

use super::formula;
use crate::error::{Error, agree};
use crate::json::{Fields, vector};

/// What a card and a reader drew and said, and what both must compute.
pub(crate) struct Run {
    pub(crate) key: [u8; 16],
    pub(crate) key_number: u8,
    pub(crate) rnd_a: [u8; 16],
    pub(crate) rnd_b: [u8; 16],
    pub(crate) transaction: [u8; 4],
}

/// Both session keys, encryption first.
pub(crate) struct SessionKeys {
    pub(crate) vectors: [[u8; 32]; 2],
    pub(crate) encryption: [u8; 16],
    pub(crate) mac: [u8; 16],
}

impl Run {
    pub(crate) fn challenge(&self) -> Result<Vec<u8>, Error> {
        formula::encrypt(&self.key, [0; 16], &self.rnd_b)
    }

    pub(crate) fn reader_proof(&self) -> Result<Vec<u8>, Error> {
        formula::encrypt(&self.key, [0; 16], &[self.rnd_a, formula::turned(self.rnd_b)].concat())
    }

    pub(crate) fn card_proof(&self) -> Result<Vec<u8>, Error> {
        let plain = [self.transaction.as_slice(), &formula::turned(self.rnd_a), &[0; 12]].concat();
        formula::encrypt(&self.key, [0; 16], &plain)
    }

    pub(crate) fn keys(&self) -> Result<SessionKeys, Error> {
        let [a0, a1, a2, a3, a4, a5, a6, a7, a_rest @ ..] = self.rnd_a;
        let [b0, b1, b2, b3, b4, b5, b_rest @ ..] = self.rnd_b;
        let mixed = crate::formula::xor([a2, a3, a4, a5, a6, a7], [b0, b1, b2, b3, b4, b5]);
        let body = [[0x00, 0x01, 0x00, 0x80].as_slice(), &[a0, a1], &mixed, &b_rest, &a_rest].concat();
        let vectors = [
            formula::exactly(&[[0xa5, 0x5a].as_slice(), &body].concat())?,
            formula::exactly(&[[0x5a, 0xa5].as_slice(), &body].concat())?,
        ];
        let [one, two] = &vectors;
        let (encryption, mac) = (formula::cmac(&self.key, one), formula::cmac(&self.key, two));
        Ok(SessionKeys { vectors, encryption, mac })
    }

    pub(crate) fn commands(&self) -> Result<[Vec<u8>; 2], Error> {
        Ok([
            [[0x90, 0x71, 0, 0, 2].as_slice(), &[self.key_number, 0], &[0]].concat(),
            [[0x90, 0xaf, 0, 0, 32].as_slice(), &self.reader_proof()?, &[0]].concat(),
        ])
    }
}

/// The first run of AN12196.
pub(crate) fn first_run() -> Run {
    Run {
        key: [0; 16],
        key_number: 0,
        rnd_a: 0x13c5_db8a_5930_439f_c3de_f9a4_c675_360f_u128.to_be_bytes(),
        rnd_b: 0xb9e2_fc78_9b64_bf23_7ccc_aa20_ec7e_6e48_u128.to_be_bytes(),
        transaction: [0x9d, 0x00, 0xc4, 0xdf],
    }
}

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let first = first_run();
    agree(
        &first.challenge()?.as_slice(),
        &&0xa04c_1242_13c1_86f2_2399_d33a_c2a3_0215_u128.to_be_bytes()[..],
        "E(RndB)",
    )?;
    agree(
        &first.reader_proof()?,
        &halves(0x35c3_e05a_752e_0144_bac0_de51_c1f2_2c56, 0xb344_08a2_3d8a_ea26_6cab_947e_a8e0_118d),
        "the reader's proof",
    )?;
    agree(
        &first.card_proof()?,
        &halves(0x3fa6_4db5_446d_1f34_cd6e_a311_167f_5e49, 0x85b8_9690_c04a_05f1_7fa7_ab2f_0812_0663),
        "the card's proof",
    )?;
    let keys = first.keys()?;
    agree(
        &keys.vectors[0].to_vec(),
        &halves(0xa55a_0001_0080_13c5_6268_a548_d8fb_bf23, 0x7ccc_aa20_ec7e_6e48_c3de_f9a4_c675_360f),
        "SV1",
    )?;
    agree(&keys.encryption, &0x1309_c877_509e_5a21_5007_ff0e_d19c_a564_u128.to_be_bytes(), "KENC")?;
    agree(&keys.mac, &0x4c66_26f5_e72e_a694_2021_3929_5c7a_7fc7_u128.to_be_bytes(), "KMAC")?;

    // Of the second run the card's proof is not published with its TI: this one is ours.
    let key = [0; 16];
    let challenge = 0xb875_ceb0_e66a_6c5c_d008_98dc_371f_92d1_u128.to_be_bytes();
    let second = Run {
        key,
        key_number: 3,
        rnd_a: 0xb98f_4c50_cf1c_2e08_4fd1_50e3_3992_b048_u128.to_be_bytes(),
        rnd_b: formula::exactly(&formula::decrypt(&key, [0; 16], &challenge))?,
        transaction: [0x76, 0x14, 0x28, 0x1a],
    };
    agree(
        &second.reader_proof()?,
        &halves(0xff03_06e4_7dfb_c500_87c4_d8a7_8e88_e62d, 0xe1e8_be45_7aa4_77c7_07e2_f087_4916_a8b1),
        "the reader's proof",
    )?;
    let keys = second.keys()?;
    agree(&keys.encryption, &0x7a93_d657_1e4b_180f_ca6a_c90c_9a74_88d4_u128.to_be_bytes(), "KENC")?;
    agree(&keys.mac, &0xfc4a_f159_b62e_549b_5812_394c_ab19_18cc_u128.to_be_bytes(), "KMAC")?;
    Ok(vec![shown("AN12196, key 0", &first)?, shown("AN12196, key 3", &second)?])
}

fn halves(first: u128, second: u128) -> Vec<u8> {
    [first.to_be_bytes(), second.to_be_bytes()].concat()
}

fn shown(name: &str, run: &Run) -> Result<Fields, Error> {
    let [challenge_command, proof_command] = run.commands()?;
    let keys = run.keys()?;
    let [one, two] = keys.vectors;
    Ok(vector(name, "14.9", "ev2-first")
        .with("key", run.key)
        .with("key_number", run.key_number)
        .with("rnd_a", run.rnd_a)
        .with("rnd_b", run.rnd_b)
        .with("transaction", run.transaction)
        .with("challenge_command", challenge_command)
        .with("challenge", run.challenge()?)
        .with("proof_command", proof_command)
        .with("card_proof", run.card_proof()?)
        .with("sv1", one)
        .with("sv2", two)
        .with("encryption_key", keys.encryption)
        .with("mac_key", keys.mac))
}
