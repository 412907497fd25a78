//! AN10922 (spec §14.7).

use thumbturn_protocol::card::{CardMaster, CardToken, DoorClass, READ_KEY};

use super::formula;
use crate::cast;
use crate::error::{Error, agree};
use crate::json::{Fields, vector};

const MASTER_128: [u8; 16] = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();
/// UID ‖ AID ‖ "NXP Abu".
const INPUT: [u8; 17] =
    [0x04, 0x78, 0x2e, 0x21, 0x80, 0x1d, 0x80, 0x30, 0x42, 0xf5, 0x4e, 0x58, 0x50, 0x20, 0x41, 0x62, 0x75];
const KEY_128: [u8; 16] = 0xa8dd_63a3_b89d_54b3_7ca8_0247_3fda_9175_u128.to_be_bytes();
/// Of the UID alone: shorter than a block, where a CMAC would take one block.
const KEY_OF_UID: [u8; 16] = 0x4fd3_3647_53b8_1429_80e8_203c_75ad_83be_u128.to_be_bytes();
const CMAC_OF_UID: [u8; 16] = 0xb317_9e2d_918a_c519_0815_983b_054b_63ad_u128.to_be_bytes();
const KEY_192: [u8; 24] = [
    0xce, 0x39, 0xc8, 0xe1, 0xcd, 0x82, 0xd9, 0xa7, 0xbe, 0xdb, 0xe9, 0xd7, 0x4a, 0xf5, 0x9b, 0x23, 0x17,
    0x67, 0x55, 0xee, 0x75, 0x86, 0xe1, 0x2c,
];
const KEY_256: [u8; 32] = [
    0x4f, 0xc6, 0xee, 0xc8, 0x20, 0xb4, 0xc5, 0x43, 0x14, 0x99, 0x0b, 0x86, 0x11, 0x66, 0x2d, 0xb6, 0x95,
    0xe7, 0x88, 0x09, 0x82, 0xc0, 0x00, 0x1e, 0x60, 0x67, 0x48, 0x83, 0x46, 0x10, 0x0a, 0xed,
];

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let (uid, _) = INPUT.split_at(7);
    let constant_and_uid = [&[0x01], uid].concat();
    agree(&formula::cmac(&MASTER_128, &constant_and_uid), &CMAC_OF_UID, "the CMAC that AN10922 is not")?;
    let master_192 = [MASTER_128.as_slice(), &[1, 2, 3, 4, 5, 6, 7, 8]].concat();
    let master_256 =
        [MASTER_128.as_slice(), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0]].concat();
    let whole: Vec<u8> = (1..=31).collect();
    Ok(vec![
        published("AES-128", &MASTER_128, &INPUT, &KEY_128)?,
        published("AES-128, an input below one block", &MASTER_128, uid, &KEY_OF_UID)?
            .with("cmac", CMAC_OF_UID),
        published("AES-192", &master_192, &INPUT, &KEY_192)?,
        published("AES-256", &master_256, &INPUT, &KEY_256)?,
        made("AES-128, two whole blocks", &MASTER_128, &whole)?,
        made("AES-128, one byte", &MASTER_128, &[0x2a])?,
        card_key("a card at common doors", DoorClass::Common, READ_KEY)?,
        card_key("the same card at residence doors", DoorClass::Residence, READ_KEY)?,
        card_key("its key for changes", DoorClass::Residence, 0)?,
    ])
}

fn published(name: &str, master: &[u8], input: &[u8], key: &[u8]) -> Result<Fields, Error> {
    agree(&derive(master, input)?.as_slice(), &key, "a published diversified key")?;
    made(name, master, input)
}

fn made(name: &str, master: &[u8], input: &[u8]) -> Result<Fields, Error> {
    Ok(vector(name, "14.7", "an10922")
        .with("master", master)
        .with("input", input)
        .with("key", derive(master, input)?))
}

fn card_key(name: &str, class: DoorClass, key_number: u8) -> Result<Fields, Error> {
    let (master, token) = (cast::bytes::<16>("card master"), cast::bytes::<8>("card token"));
    let input = [token.as_slice(), &class.application(), &[class.code(), key_number], b"Thumbturn"].concat();
    let key = derive(&master, &input)?;
    let from_product = CardMaster::from_bytes(master).card_key(CardToken(token), class, key_number)?;
    agree(&from_product.as_bytes().as_slice(), &key.as_slice(), "a card key")?;
    Ok(vector(name, "14.7", "card-key")
        .with("master", master)
        .with("token", token)
        .with("application", class.application())
        .with("class", class.code())
        .with("key_number", key_number)
        .with("input", input)
        .with("key", key))
}

/// A key as long as the master.
fn derive(master: &[u8], input: &[u8]) -> Result<Vec<u8>, Error> {
    let part = |constant| mac(master, constant, input);
    match master.len() {
        16 => Ok(part(0x01)?.to_vec()),
        24 => {
            let (first, second) = (part(0x11)?, part(0x12)?);
            let [head, middle] = halves(&first)?;
            let [other, tail] = halves(&second)?;
            Ok([head, crate::formula::xor(middle, other), tail].concat())
        }
        _ => Ok([part(0x41)?, part(0x42)?].concat()),
    }
}

fn halves(block: &[u8; 16]) -> Result<[[u8; 8]; 2], Error> {
    exactly_two(block.as_chunks::<8>().0)
}

fn exactly_two(halves: &[[u8; 8]]) -> Result<[[u8; 8]; 2], Error> {
    halves.try_into().map_err(|_| Error::Disagree("a length"))
}

/// The last block of `constant ‖ input`, padded to two blocks, one subkey in the last.
fn mac(master: &[u8], constant: u8, input: &[u8]) -> Result<[u8; 16], Error> {
    let mut message = [&[constant], input].concat();
    let whole = message.len() == 32;
    if !whole {
        message.push(0x80);
        message.resize(32, 0);
    }
    let first = doubled(formula::encrypt_block(master, [0; 16])?);
    let subkey = if whole { first } else { doubled(first) };
    let (head, tail) = message.split_at(16);
    let middle = formula::encrypt_block(master, formula::exactly(head)?)?;
    let last = crate::formula::xor(crate::formula::xor(formula::exactly(tail)?, middle), subkey);
    formula::encrypt_block(master, last)
}

/// One bit to the left; the bit that falls out comes back as 87.
fn doubled(block: [u8; 16]) -> [u8; 16] {
    let number = u128::from_be_bytes(block);
    let carried = if number >> 127 == 1 { 0x87 } else { 0 };
    ((number << 1) ^ carried).to_be_bytes()
}
