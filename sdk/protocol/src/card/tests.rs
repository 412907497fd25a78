extern crate std;

use std::format;
use std::vec::Vec;

use proptest::prelude::*;

use super::sun::{CardData, ReadCounter, SunKey};
use super::*;

#[test]
fn secrets_print_their_name_and_tokens_are_shortened() {
    let token = CardToken([0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0]);
    assert_eq!(format!("{token:?}"), "CardToken(12345678)");
    let (master, key, sun) =
        (CardMaster::from_bytes([1; 16]), CardKey::from_bytes([2; 16]), SunKey::from_bytes([3; 16]));
    assert_eq!(format!("{master:?} {key:?} {sun:?}"), "CardMaster CardKey SunKey");
    let session = CardSession::at([4; 16], [5; 16], [6; 4], 0);
    assert_eq!(format!("{session:?}"), "CardSession");
    let (exchange, _) = session.read::<9>(SEALED_FILE).unwrap();
    assert_eq!(format!("{exchange:?}"), "Exchange(CardSession)");
}

#[test]
fn a_diversification_takes_one_to_thirty_one_bytes() {
    let derive = |length: usize| diversification::aes128(&[7; 16], &[1; 40][..length]);
    assert!(derive(0).is_err());
    assert!(derive(32).is_err());
    let keys: std::collections::HashSet<_> = (1..=31).map(|length| derive(length).unwrap()).collect();
    assert_eq!(keys.len(), 31);
}

#[test]
fn a_session_ends_before_its_counter_repeats() {
    let (exchange, _) =
        CardSession::at([4; 16], [5; 16], [6; 4], u16::MAX - 1).read::<9>(SEALED_FILE).unwrap();
    drop(exchange);
    let last = CardSession::at([4; 16], [5; 16], [6; 4], u16::MAX).read::<9>(SEALED_FILE);
    assert_eq!(last.err(), Some(Error::Exhausted));
}

/// What a card answers to the next command of a session with keys 4…, 5…, TI 6… and counter 0, whatever is inside.
fn authentic(blocks: &[u8]) -> Vec<u8> {
    let mut sealed = blocks.to_vec();
    let initial = cipher::encrypt_block(&[4; 16], [0x5a, 0xa5, 6, 6, 6, 6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    cipher::encrypt(&[4; 16], initial, &mut sealed).unwrap();
    let tag = cipher::truncated_cmac(&[5; 16], &[&[0, 1, 0, 6, 6, 6, 6], &sealed]);
    [sealed.as_slice(), &tag, &[0x91, 0x00]].concat()
}

fn received(answer: &[u8]) -> Result<Vec<u8>, Error> {
    let (exchange, _) = CardSession::at([4; 16], [5; 16], [6; 4], 0).read::<9>(SEALED_FILE)?;
    exchange.receive(answer).map(|(_, data)| data.to_vec())
}

#[test]
fn authentic_answers_have_one_padding() {
    let mut block = [0; 16];
    block[..3].copy_from_slice(&[7, 8, 0x80]);
    assert_eq!(received(&authentic(&block)), Ok([7, 8].to_vec()));
    assert_eq!(received(&authentic(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])), Ok([].to_vec()));
    block[15] = 1;
    assert!(received(&authentic(&block)).is_err());
    assert!(received(&authentic(&[0; 16])).is_err());
    // The mark belongs into the last block.
    let mut two = [0; 32];
    two[15] = 0x80;
    assert!(received(&authentic(&two)).is_err());
    two[16] = 0x80;
    assert_eq!(received(&authentic(&two)).unwrap().len(), 16);
}

#[test]
fn an_authentic_answer_of_part_of_a_block_is_refused() {
    let tag = cipher::truncated_cmac(&[5; 16], &[&[0, 1, 0, 6, 6, 6, 6], &[1, 2, 3]]);
    let answer = [[1, 2, 3].as_slice(), &tag, &[0x91, 0x00]].concat();
    assert_eq!(received(&answer), Err(Error::Malformed("length of a card's cryptogram")));
}

const META: SunKey = SunKey::from_bytes([0; 16]);
const LINK: [u8; 16] = 0xef96_3ff7_8286_58a5_99f3_0415_1067_1e88_u128.to_be_bytes();
const MAC: [u8; 8] = 0x94ee_d9ee_6533_7086_u64.to_be_bytes();

#[test]
fn a_link_is_believed_once() {
    let opened = CardData::open(&META, &LINK).unwrap();
    let verify = |last: Option<u32>| opened.verify(&META, &MAC, last.and_then(ReadCounter::new));
    assert_eq!(verify(None).unwrap().counter().count(), 61);
    assert!(verify(Some(60)).is_ok());
    assert_eq!(verify(Some(61)), Err(Error::NotAuthentic));
    assert_eq!(verify(Some(62)), Err(Error::NotAuthentic));
}

#[test]
fn a_link_of_another_layout_is_refused() {
    // The MAC does not cover the tag, so nothing else notices.
    let mut plain = LINK;
    cipher::decrypt(&[0; 16], [0; 16], &mut plain).unwrap();
    for tag in [0x87, 0x47, 0xc4, 0x00] {
        let mut link = plain;
        link[0] = tag;
        cipher::encrypt(&[0; 16], [0; 16], &mut link).unwrap();
        assert_eq!(CardData::open(&META, &link), Err(Error::NotAuthentic), "{tag:02x}");
    }
}

#[test]
fn every_flipped_bit_of_a_link_is_noticed() {
    for bit in 0..128 {
        let mut link = LINK;
        link[bit / 8] ^= 1 << (bit % 8);
        let believed = CardData::open(&META, &link).and_then(|data| data.verify(&META, &MAC, None));
        assert!(believed.is_err(), "bit {bit} of e");
    }
    let opened = CardData::open(&META, &LINK).unwrap();
    for bit in 0..64 {
        let mut mac = MAC;
        mac[bit / 8] ^= 1 << (bit % 8);
        assert!(opened.verify(&META, &mac, None).is_err(), "bit {bit} of c");
    }
    assert!(opened.verify(&SunKey::from_bytes([1; 16]), &MAC, None).is_err());
    assert!(ReadCounter::new(1 << 24).is_none());
}

proptest! {
    #[test]
    fn cbc_comes_back(key: [u8; 16], initial: [u8; 16], blocks in prop::collection::vec(any::<[u8; 16]>(), 0..6)) {
        let plain = blocks.concat();
        let mut bytes = plain.clone();
        cipher::encrypt(&key, initial, &mut bytes).unwrap();
        prop_assert!(plain.is_empty() || bytes != plain);
        cipher::decrypt(&key, initial, &mut bytes).unwrap();
        prop_assert_eq!(bytes, plain);
    }

    #[test]
    fn no_bytes_make_an_open_command_or_answer_panic(answer in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(received(&answer).is_err());
    }
}
