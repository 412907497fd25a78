//! Every rule of §10.1, and one byte string for each row.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::code::CodeLength;
use crate::deny::DenySubject;
use crate::ids::{HolderId, PhoneId, Serial, ShareId};
use crate::time::UnixSeconds;

fn instant(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds).unwrap()
}

fn terms() -> Terms {
    let terms = Terms::new(HolderId([1; 8]), Serial(7), CredentialNumber(9));
    let terms = terms.during(instant(1_772_438_400), Some(instant(1_772_524_800))).unwrap();
    terms.within(ScheduleNumber::new(3).unwrap()).for_staff()
}

fn card() -> Row {
    let key = CardKey::from_bytes([0xcc; 16]);
    Row::Card(Card { token: CardToken([2; 8]), key, lowest_version: CardVersion(4) }, terms())
}

fn code(digits: u8, number: u32) -> Doorcode {
    Doorcode::from_number(number, CodeLength::new(digits).unwrap()).unwrap()
}

fn doorcode() -> Row {
    Row::Doorcode(code(7, 12_345), terms())
}

fn deny(subject: DenySubject) -> Row {
    Row::Deny(DenyEntry { subject, void_before: Serial(0x0102_0304) })
}

fn all_kinds() -> Vec<Row> {
    [
        doorcode(),
        card(),
        deny(DenySubject::Holder(HolderId([3; 8]))),
        deny(DenySubject::Phone(PhoneId([4; 16]))),
        deny(DenySubject::Share(ShareId([5; 8]))),
        deny(DenySubject::EverybodyButStaff),
    ]
    .into()
}

fn changed(row: &Row, at: usize, to: u8) -> [u8; ROW] {
    let mut bytes = *row.to_bytes();
    assert_ne!(bytes[at], to);
    bytes[at] = to;
    bytes
}

/// The layout, byte by byte.
#[test]
fn a_doorcode_row_is_laid_out_as_the_specification_says() {
    let bytes = doorcode().to_bytes();
    assert_eq!(bytes[..17], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0x30, 0x39]);
    assert_eq!(bytes[17], 2);
    assert_eq!(bytes[18..26], [1; 8]);
    assert_eq!(bytes[26..30], [0, 0, 0, 7]);
    assert_eq!(bytes[30..35], 1_772_438_400_u64.to_be_bytes()[3..]);
    assert_eq!(bytes[35..40], 1_772_524_800_u64.to_be_bytes()[3..]);
    assert_eq!(bytes[40..42], [3, 0]);
    assert_eq!(bytes[42..58], [0; 16]);
    assert_eq!(bytes[58..64], [0, 0, 0, 9, 0, 0]);
}

#[test]
fn a_card_row_has_version_and_key_too() {
    let bytes = card().to_bytes();
    assert_eq!(bytes[..17], [1, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[40..42], [3, 4]);
    assert_eq!(bytes[42..58], [0xcc; 16]);
}

#[test]
fn a_deny_row_has_a_serial_and_no_end() {
    let bytes = deny(DenySubject::EverybodyButStaff).to_bytes();
    assert_eq!(bytes[..17], [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(
        bytes[17..40],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff]
    );
    assert_eq!(bytes[40..], [0; 24]);
}

#[test]
fn every_kind_of_row_comes_back_and_its_key_is_its_first_17_bytes() {
    let mut keys = Vec::new();
    for row in all_kinds() {
        let bytes = row.to_bytes();
        assert_eq!(Row::parse(&bytes).as_ref(), Ok(&row));
        assert_eq!(row.key().as_bytes()[..], bytes[..ROW_KEY]);
        let removal = Change::Remove(row.key());
        assert_eq!(Change::parse(&removal.to_bytes()).as_ref(), Ok(&removal));
        assert!(Row::parse(&removal.to_bytes()).is_err(), "a list holds no removed row");
        keys.push(row.key());
    }
    assert!(keys.is_sorted_by(|earlier, later| earlier < later), "kinds are ordered by their number");
}

/// Each byte of each kind, set to each value: accepted are those that encode back, and no others.
#[test]
fn no_byte_that_a_kind_does_not_use_may_differ() {
    let unused = |row: &Row| -> Vec<usize> {
        match row {
            Row::Doorcode(..) => (1..12).chain(41..58).chain(62..64).collect(),
            Row::Card(..) => (9..17).chain(62..64).collect(),
            Row::Deny(entry) => {
                let id = match entry.subject {
                    DenySubject::Phone(_) => 17,
                    DenySubject::Holder(_) | DenySubject::Share(_) => 9,
                    DenySubject::EverybodyButStaff => 1,
                };
                (id..17).chain(17..26).chain(30..64).collect()
            }
        }
    };
    for row in all_kinds() {
        for at in 0..ROW {
            for value in (0..=255).filter(|value| *value != row.to_bytes()[at]) {
                let bytes = changed(&row, at, value);
                match Change::parse(&bytes) {
                    Ok(other) => {
                        assert_eq!(*other.to_bytes(), bytes);
                        assert!(!unused(&row).contains(&at), "{row:?}: byte {at} = {value}");
                    }
                    Err(error) => assert_eq!(error, Error::Malformed(NAME)),
                }
            }
        }
    }
}

#[test]
fn unknown_kinds_and_flags_are_refused() {
    for kind in 6..=255 {
        assert!(Change::parse(&changed(&card(), 0, kind)).is_err(), "kind {kind}");
    }
    for flags in (0..=255).filter(|flags| ![0, 2].contains(flags)) {
        assert!(Change::parse(&changed(&card(), 17, flags)).is_err(), "flags {flags}");
    }
}

#[test]
fn a_removed_row_is_zero_after_its_flags() {
    let removal = *Change::Remove(card().key()).to_bytes();
    assert_eq!(removal[17], 1);
    for at in 17..ROW {
        let mut bytes = removal;
        bytes[at] ^= 2;
        assert!(Change::parse(&bytes).is_err(), "byte {at}");
    }
}

#[test]
fn a_code_has_four_to_seven_digits_and_no_more_than_stated() {
    for (digits, number) in [(4, 0), (4, 9_999), (7, 0), (7, 9_999_999)] {
        assert!(Row::parse(&Row::Doorcode(code(digits, number), terms()).to_bytes()).is_ok());
    }
    for (digits, number) in [(3, 1), (8, 1), (0, 0), (255, 1), (4, 10_000), (7, 10_000_000), (7, u32::MAX)] {
        let mut key = [0; ROW_KEY];
        key[12] = digits;
        key[13..].copy_from_slice(&number.to_be_bytes());
        assert!(RowKey::parse(&key).is_err(), "{digits} {number}");
    }
}

#[test]
fn terms_begin_before_they_end() {
    let terms = Terms::new(HolderId([1; 8]), Serial(7), CredentialNumber(9));
    for (from, to) in
        [(5, Some(5)), (6, Some(5)), (0, Some(0)), (5, Some((1 << 40) - 1)), ((1 << 40) - 1, None)]
    {
        assert!(terms.during(instant(from), to.map(instant)).is_err(), "{from} {to:?}");
    }
    let latest = terms.during(instant((1 << 40) - 2), None).unwrap();
    assert_eq!(latest.not_after(), None);
    let row = Row::Doorcode(code(4, 1), terms.during(instant(5), Some(instant(6))).unwrap());
    for (at, value) in [(34, 6), (34, 7)] {
        assert!(Row::parse(&changed(&row, at, value)).is_err());
    }
}

#[test]
fn a_schedule_is_one_of_64() {
    assert!(Row::parse(&changed(&card(), 40, 64)).is_ok());
    assert!(Row::parse(&changed(&card(), 40, 65)).is_err());
    assert_eq!(ScheduleNumber::new(0), None);
    assert_eq!(ScheduleNumber::new(65), None);
    let always = Row::parse(&changed(&card(), 40, 0)).unwrap();
    assert_eq!(always.terms().unwrap().schedule(), None);
}

#[test]
fn nothing_prints_more_than_its_kind() {
    extern crate std;
    use std::format;
    assert_eq!(format!("{:?}", doorcode()), "Row(Doorcode)");
    assert_eq!(format!("{:?}", Change::Set(card())), "Set(Row(Card))");
    assert_eq!(format!("{:?}", Change::Remove(card().key())), "Remove(RowKey(Card))");
    assert_eq!(format!("{:?}", code(4, 1234)), "Doorcode");
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let numbers = any::<([u8; 8], u32, u32, bool)>();
    (numbers, 0..1_u64 << 40, 1..1_u64 << 39, any::<bool>(), 0..=64_u8).prop_map(
        |((holder, serial, credential, staff), from, length, ends, schedule)| {
            let from = from.min((1 << 40) - 3);
            let end = ends.then(|| instant((from + length).min((1 << 40) - 2)));
            let terms = Terms::new(HolderId(holder), Serial(serial), CredentialNumber(credential));
            let terms = terms.during(instant(from), end).unwrap();
            let terms = ScheduleNumber::new(schedule).map_or(terms, |schedule| terms.within(schedule));
            if staff { terms.for_staff() } else { terms }
        },
    )
}

pub(crate) fn any_row() -> impl Strategy<Value = Row> {
    let codes = (4..=7_u8, any::<u32>())
        .prop_map(|(digits, number)| code(digits, number % 10_u32.pow(digits.into())));
    let cards = any::<([u8; 8], [u8; 16], u8)>().prop_map(|(token, key, version)| Card {
        token: CardToken(token),
        key: CardKey::from_bytes(key),
        lowest_version: CardVersion(version),
    });
    let subjects = prop_oneof![
        any::<[u8; 8]>().prop_map(|id| DenySubject::Holder(HolderId(id))),
        any::<[u8; 16]>().prop_map(|id| DenySubject::Phone(PhoneId(id))),
        any::<[u8; 8]>().prop_map(|id| DenySubject::Share(ShareId(id))),
        Just(DenySubject::EverybodyButStaff),
    ];
    prop_oneof![
        (codes, any_terms()).prop_map(|(code, terms)| Row::Doorcode(code, terms)),
        (cards, any_terms()).prop_map(|(card, terms)| Row::Card(card, terms)),
        (subjects, any::<u32>())
            .prop_map(|(subject, serial)| Row::Deny(DenyEntry { subject, void_before: Serial(serial) })),
    ]
}

proptest! {
    #[test]
    fn any_row_comes_back(row in any_row()) {
        prop_assert_eq!(Row::parse(&row.to_bytes()), Ok(row.clone()));
        prop_assert_eq!(RowKey::parse(row.key().as_bytes()), Ok(row.key()));
    }

    #[test]
    fn any_bytes_are_one_row_or_none(
        row in any_row(),
        changes in proptest::collection::vec((0..ROW, any::<u8>()), 0..4),
    ) {
        let mut bytes = *row.to_bytes();
        for (at, value) in changes {
            bytes[at] = value;
        }
        if let Ok(change) = Change::parse(&bytes) {
            prop_assert_eq!(*change.to_bytes(), bytes);
        }
    }
}
