//! Bulletins (spec §11.1, §11.2).

use proptest::prelude::*;
use thumbturn_protocol::bulletin::{
    Bulletin, BulletinDraft, BulletinHeader, BulletinReader, BulletinSubject, BulletinVersion,
    CompleteBulletin, Denial, ENTRY, Entry, Lookup,
};
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::{
    BulletinEpoch, CardToken, DoorId, Generation, HolderId, PhoneId, PropertyId, Serial, ShareId,
};
use thumbturn_protocol::signed::{Received, Signable, Verified};
use thumbturn_protocol::time::UnixSeconds;

use crate::objects::{all_damage_is_refused, there_and_back};
use crate::{cast, damage, strategies};

const VERSION: BulletinVersion =
    BulletinVersion { generation: Generation(1), epoch: BulletinEpoch(1_137_122) };

fn subject() -> impl Strategy<Value = BulletinSubject> {
    prop_oneof![
        any::<[u8; 8]>().prop_map(|id| BulletinSubject::Holder(HolderId(id))),
        any::<[u8; 16]>().prop_map(|id| BulletinSubject::Phone(PhoneId(id))),
        any::<[u8; 8]>().prop_map(|id| BulletinSubject::Share(ShareId(id))),
        any::<[u8; 8]>().prop_map(|id| BulletinSubject::Card(CardToken(id))),
        any::<([u8; 8], i32, u8, u16)>().prop_map(|(door, day, kind, slot)| BulletinSubject::DailyCode {
            door: DoorId(door),
            day,
            kind,
            slot
        }),
        Just(BulletinSubject::Everybody),
    ]
}

fn denial() -> impl Strategy<Value = Denial> {
    let until = proptest::option::of(strategies::instant());
    (subject(), strategies::number(), until).prop_map(|(subject, void_before, until)| Denial {
        subject,
        void_before: Serial(void_before),
        until,
    })
}

fn holder(number: u16) -> BulletinSubject {
    let [high, low] = number.to_be_bytes();
    BulletinSubject::Holder(HolderId([0, 0, 0, 0, 0, 0, high, low]))
}

fn forever(subject: BulletinSubject) -> Denial {
    Denial { subject, void_before: Serial(100), until: None }
}

fn draft(denials: Vec<Denial>) -> BulletinDraft {
    BulletinDraft { property: PropertyId([1; 8]), version: VERSION, issued: cast::now(), denials }
}

fn sign(denials: Vec<Denial>) -> Bulletin {
    draft(denials).sign(&cast::property()).unwrap()
}

fn of_holders(count: u16) -> Bulletin {
    sign((0..count).map(|number| forever(holder(number))).collect())
}

fn verified(bulletin: &Bulletin) -> Verified<BulletinHeader> {
    Received::from(bulletin.header.clone()).verify(&cast::property().public()).unwrap()
}

/// Hands over `entries` in records of `size`.
fn read(bulletin: &Bulletin, entries: &[Entry], size: usize) -> Result<CompleteBulletin, Error> {
    let mut reader = BulletinReader::new(verified(bulletin));
    let mut first = 0;
    for entries in entries.chunks(size) {
        reader.take(VERSION.epoch, first, entries)?;
        first += u16::try_from(entries.len()).unwrap();
        assert_eq!(reader.next(), Some(first));
    }
    reader.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_set_arrives_in_records_of_any_size(
        denials in proptest::collection::vec(denial(), 0..80),
        size in 1..=32_usize,
    ) {
        let mut denials = denials;
        let mut seen = Vec::new();
        denials.retain(|denial| !seen.contains(&denial.subject) && { seen.push(denial.subject); true });
        let bulletin = sign(denials);
        let complete = read(&bulletin, &bulletin.entries, size).unwrap();
        prop_assert_eq!(complete.header().version(), VERSION);
        there_and_back(&**complete.header())?;
    }

    #[test]
    fn every_entry_is_its_bytes(entry in strategies::entry()) {
        prop_assert_eq!(Entry::from_bytes(entry.to_bytes()), Ok(entry));
    }

    #[test]
    fn any_bytes_are_an_entry_exactly_if_their_end_is_zero(bytes: [u8; ENTRY], zero: bool) {
        let mut bytes = bytes;
        if zero {
            bytes[21..].fill(0);
        }
        match Entry::from_bytes(bytes) {
            Ok(entry) => prop_assert_eq!(entry.to_bytes(), bytes),
            Err(_) => prop_assert_ne!(&bytes[21..], &[0; 3]),
        }
    }

    /// The rule of spec §11.2, said once more without hashes.
    #[test]
    fn a_credential_is_denied_exactly_by_an_entry_of_one_of_its_subjects(
        denials in proptest::collection::vec((0..12_u16, 95..105_u32, 0..20_u64), 0..8),
        everybody in proptest::option::of((95..105_u32, 0..20_u64)),
        subjects in proptest::collection::vec(0..12_u16, 0..5),
        serial in 95..105_u32,
        now in proptest::option::of(0..20_u64),
    ) {
        let mut table = std::collections::BTreeMap::new();
        for (number, void_before, until) in denials {
            table.insert(number, (void_before, until));
        }
        let instant = |seconds| UnixSeconds::new(seconds).unwrap();
        let cuts = |(void_before, until): (u32, u64)| serial < void_before && now.is_none_or(|now| now < until);
        let expected = subjects.iter().any(|subject| table.get(subject).copied().is_some_and(cuts))
            || everybody.is_some_and(cuts);
        let named = table.into_iter().map(|(number, terms)| (holder(number), terms));
        let denials = named.chain(everybody.map(|terms| (BulletinSubject::Everybody, terms)));
        let bulletin = sign(denials.map(|(subject, (void_before, until))| {
            Denial { subject, void_before: Serial(void_before), until: Some(instant(until)) }
        }).collect());
        let subjects: Vec<_> = subjects.into_iter().map(holder).collect();
        let lookup = Lookup::new(PropertyId([1; 8]), VERSION, Serial(serial), &subjects).unwrap();
        let now = now.map(instant);
        prop_assert_eq!(lookup.is_denied_by(&bulletin.entries, now), expected);
        prop_assert_eq!(bulletin.entries.iter().any(|entry| lookup.is_denied_by_entry(entry, now)), expected);
    }
}

#[test]
fn every_damage_to_a_header_is_refused() {
    let bulletin = of_holders(2);
    assert_eq!(bulletin.header.as_bytes().len(), 124);
    all_damage_is_refused(&Received::from(bulletin.header), &cast::property().public());
}

/// Behind a good signature, as `peek_unverified` reads it.
#[test]
fn headers_that_contradict_themselves_are_refused() {
    let header = of_holders(2).header;
    let changed = |at: usize, bytes: &[u8]| {
        let mut header = header.as_bytes().to_vec();
        header[at..at + bytes.len()].copy_from_slice(bytes);
        Received::<BulletinHeader>::from_bytes(&header).unwrap().peek_unverified().map(|header| header.count)
    };
    let malformed = Err(Error::Malformed("bulletin header"));
    assert_eq!(changed(0, &[2]), Err(Error::UnsupportedVersion("bulletin header")));
    assert_eq!(changed(13, &[0; 4]), malformed, "epoch 0 stands for none");
    assert_eq!(changed(17, &[1]), malformed, "an instant above 2^40");
    assert_eq!(changed(25, &[1, 0]), Ok(256));
    assert_eq!(changed(25, &[1, 1]), malformed, "too many entries");
    assert_eq!(changed(27, &[1]), malformed);
}

#[test]
fn every_damage_to_an_entry_is_refused() {
    let bulletin = of_holders(3);
    let bytes: Vec<u8> = bulletin.entries.iter().flat_map(|entry| entry.to_bytes()).collect();
    for (bit, flipped) in damage::flips(&bytes) {
        let entries: Result<Vec<_>, _> =
            flipped.chunks(ENTRY).map(|entry| Entry::from_bytes(entry.try_into().unwrap())).collect();
        assert!(entries.and_then(|entries| read(&bulletin, &entries, 2)).is_err(), "bit {bit}");
    }
}

#[test]
fn entries_missing_doubled_swapped_or_added_never_complete_a_set() {
    let bulletin = of_holders(5);
    assert!(read(&bulletin, &bulletin.entries, 2).is_ok());
    for at in 0..5 {
        let (mut missing, mut doubled, mut swapped) =
            (bulletin.entries.clone(), bulletin.entries.clone(), bulletin.entries.clone());
        missing.remove(at);
        doubled.insert(at, bulletin.entries[at]);
        swapped.swap(at, (at + 1) % 5);
        for entries in [missing, doubled, swapped, bulletin.entries[..at].to_vec()] {
            assert!(read(&bulletin, &entries, 2).is_err());
        }
    }
    let longer = of_holders(6);
    assert!(read(&bulletin, &longer.entries, 2).is_err());
}

#[test]
fn a_reader_takes_nothing_more_after_an_error() {
    let bulletin = of_holders(4);
    let other = BulletinEpoch(VERSION.epoch.0 + 1);
    let wrong: [(BulletinEpoch, u16); 3] = [(other, 0), (VERSION.epoch, 1), (VERSION.epoch, u16::MAX)];
    for (epoch, first) in wrong {
        let mut reader = BulletinReader::new(verified(&bulletin));
        assert!(reader.take(epoch, first, &bulletin.entries).is_err());
        assert_eq!(reader.next(), None);
        assert!(reader.take(VERSION.epoch, 0, &bulletin.entries).is_err());
        assert!(reader.finish().is_err());
    }
}

#[test]
fn the_largest_set_fits_and_one_more_is_not_signed() {
    let largest = of_holders(256);
    assert!(read(&largest, &largest.entries, 32).is_ok());
    let more = draft((0..257).map(|number| forever(holder(number))).collect());
    assert!(more.sign(&cast::property()).is_err());
}

/// Signed by the property, but not what it meant: the number of entries and their hash do not fit.
#[test]
fn a_set_is_never_completed_with_another_number_of_entries_than_was_signed() {
    let bulletin = of_holders(4);
    let entries = |count: u16| of_holders(4).entries[..usize::from(count)].to_vec();
    for (signed, handed) in [(3, 4), (5, 4), (3, 3)] {
        let mut header = (*verified(&bulletin)).clone();
        header.count = signed;
        let lying = Bulletin { header: header.sign(&cast::property()).unwrap(), entries: Vec::new() };
        let mut reader = BulletinReader::new(verified(&lying));
        let taken = reader.take(VERSION.epoch, 0, &entries(handed));
        assert_eq!(taken.is_ok(), handed <= signed);
        assert!(reader.finish().is_err(), "{signed} {handed}");
    }
}

#[test]
fn an_empty_set_is_complete_at_once() {
    let empty = sign(Vec::new());
    assert!(read(&empty, &[], 32).is_ok());
    assert!(read(&empty, &of_holders(1).entries, 32).is_err());
}

#[test]
fn a_subject_named_twice_is_not_signed() {
    let twice = draft(vec![forever(holder(1)), Denial { void_before: Serial(7), ..forever(holder(1)) }]);
    assert_eq!(twice.sign(&cast::property()), Err(Error::InvalidArgument("a subject twice in a bulletin")));
}

#[test]
fn subjects_look_different_in_each_property_and_epoch() {
    let hash = |property, epoch| holder(1).hash(PropertyId([property; 8]), BulletinEpoch(epoch)).unwrap();
    assert_eq!(hash(1, 1), hash(1, 1));
    assert_ne!(hash(1, 1), hash(1, 2));
    assert_ne!(hash(1, 1), hash(2, 1));
    let id = [1, 2, 3, 4, 5, 6, 7, 8];
    let same_id = [
        BulletinSubject::Holder(HolderId(id)),
        BulletinSubject::Share(ShareId(id)),
        BulletinSubject::Card(CardToken(id)),
    ];
    let hashes: std::collections::HashSet<_> =
        same_id.iter().map(|subject| subject.hash(PropertyId([1; 8]), BulletinEpoch(1)).unwrap()).collect();
    assert_eq!(hashes.len(), 3);
}

#[test]
fn the_last_serial_voids_every_credential() {
    let hash = holder(1).hash(PropertyId([1; 8]), VERSION.epoch).unwrap();
    assert!(Entry::new(hash, Entry::EVERY_SERIAL).voids(Serial(u32::MAX)));
    assert!(Entry::new(hash, Serial(u32::MAX - 1)).voids(Serial(u32::MAX - 2)));
    assert!(!Entry::new(hash, Serial(u32::MAX - 1)).voids(Serial(u32::MAX - 1)));
}

#[test]
fn an_entry_without_end_never_ends_and_an_unsure_clock_ends_none() {
    let hash = holder(1).hash(PropertyId([1; 8]), VERSION.epoch).unwrap();
    let forever = Entry::new(hash, Serial(1));
    assert!(forever.is_in_force(Some(UnixSeconds::MAX)));
    let ending = forever.until(cast::now());
    assert!(ending.is_in_force(Some(UnixSeconds::new(cast::now().seconds() - 1).unwrap())));
    assert!(!ending.is_in_force(Some(cast::now())));
    assert!(ending.is_in_force(None));
}

#[test]
fn a_new_generation_counts_before_any_epoch() {
    let version = |generation, epoch| BulletinVersion {
        generation: Generation(generation),
        epoch: BulletinEpoch(epoch),
    };
    assert!(version(2, 1) > version(1, u32::MAX));
    assert!(version(1, 2) > version(1, 1));
    assert!(version(1, 1) > version(1, 0));
}
