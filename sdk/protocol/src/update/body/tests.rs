//! Bodies there and back, and everything that makes one unusable.

extern crate std;
use std::sync::OnceLock;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::codec;
use crate::deny::{DenyEntry, DenySubject};
use crate::ids::{HolderId, ListVersion, Serial};
use crate::update::example::{card, cards, door_sealing, list_key, sealed, settings, snapshot, verified};
use crate::update::header::UpdateHeader;
use crate::update::parcel::Parcel;
use crate::update::row::tests::any_row;
use crate::update::row::{Change, ROW, Row, ScheduleNumber};
use crate::update::seal::BodyKey;
use crate::update::size::BodySize;

/// The plain chunks, as the door opens them.
fn plain(parcel: &Parcel) -> Vec<Vec<u8>> {
    let key = BodyKey::recover(&verified(parcel), &door_sealing()).unwrap();
    let open = |(chunk, number): (&[u8], u16)| {
        let mut chunk = chunk.to_vec();
        key.open(number, &mut chunk).unwrap();
        chunk
    };
    parcel.chunks().zip(0..).map(open).collect()
}

/// Reads a whole body.
fn read(header: &UpdateHeader, chunks: &[Vec<u8>]) -> Result<(Head, Vec<Change>), Error> {
    let mut reader = BodyReader::new(header);
    let (mut head, mut changes) = (None, Vec::new());
    for chunk in chunks {
        let piece = reader.read(chunk)?;
        if let Some(first) = piece.head {
            assert!(head.replace(first).is_none(), "one head");
        }
        changes.extend(piece.changes.iter().map(|row| Change::parse(row).unwrap()));
    }
    reader.finish()?;
    Ok((head.unwrap(), changes))
}

fn set(rows: &[Row]) -> Vec<Change> {
    rows.iter().cloned().map(Change::Set).collect()
}

fn delta(changes: &[Change]) -> Delta<'_> {
    static KEY: OnceLock<ListKey> = OnceLock::new();
    let digest = ListDigest::from_bytes([0xdd; 32]);
    Delta { list_key: KEY.get_or_init(list_key), digest, rows: 7, changes, settings: None }
}

/// A plain body as somebody else would lay it out, cut into chunks, and its header.
fn forged(kind: UpdateKind, head: &[u8], rows: &[[u8; ROW]], size: u32) -> (UpdateHeader, Vec<Vec<u8>>) {
    let length = u16::try_from(head.len()).unwrap();
    let mut body = [length.to_be_bytes().as_slice(), head].concat();
    body.resize(body.len().next_multiple_of(ROW), 0);
    body.extend(rows.as_flattened());
    body.resize(usize::try_from(size).unwrap(), 0);
    let model = verified(&sealed(&snapshot(&[]).0));
    let header = UpdateHeader { kind, size: BodySize::new(size).unwrap(), ..*model };
    (header, body.chunks(4_032).map(<[u8]>::to_vec).collect())
}

const DELTA: UpdateKind = UpdateKind::Delta { from: ListVersion(3) };

fn head(rows: u32, changes: u32, with_settings: bool) -> Vec<u8> {
    let settings = with_settings.then(settings);
    let digest = ListDigest::EMPTY;
    codec::encode(&Head { version: 1, list_key: list_key(), digest, rows, changes, settings }).unwrap()
}

#[test]
fn a_snapshot_holds_all_rows_settings_and_their_digest() {
    for count in [0, 1, 61, 62, 63, 64, 126, 127, 500] {
        let rows = cards(count);
        let (body, digest) = snapshot(&rows);
        let parcel = sealed(&body);
        let (head, changes) = read(&verified(&parcel), &plain(&parcel)).unwrap();
        assert_eq!(changes, set(&rows));
        assert_eq!((head.rows, head.changes), (count, count));
        assert_eq!(head.list_key, list_key());
        let digester = list_key().digester();
        let settings = head.settings.unwrap().to_bytes().unwrap();
        assert_eq!(settings, self::settings().to_bytes().unwrap());
        let sum = ListDigest::EMPTY.plus(&digester.settings(&settings));
        let sum = rows.iter().fold(sum, |sum, row| sum.plus(&digester.row(&row.to_bytes())));
        assert_eq!((head.digest, digest), (sum, sum));
    }
}

#[test]
fn a_delta_brings_rows_and_removals_and_perhaps_settings() {
    let changes = vec![
        Change::Set(card(1)),
        Change::Remove(card(2).key()),
        Change::Set(Row::Deny(DenyEntry {
            subject: DenySubject::Holder(HolderId([3; 8])),
            void_before: Serial(5),
        })),
    ];
    let settings = settings();
    for settings in [None, Some(&settings)] {
        let body = Body::delta(&Delta { settings, ..delta(&changes) }, ListVersion(3)).unwrap();
        assert_eq!(body.size().bytes(), if settings.is_some() { 512 } else { 256 });
        let parcel = sealed(&body);
        let (head, read) = read(&verified(&parcel), &plain(&parcel)).unwrap();
        assert_eq!(read, changes);
        assert_eq!((head.rows, head.changes), (7, 3));
        assert_eq!(head.digest, ListDigest::from_bytes([0xdd; 32]));
        assert_eq!(head.settings.is_some(), settings.is_some());
        assert_eq!(verified(&parcel).kind, DELTA);
    }
}

#[test]
fn twenty_thousand_rows_are_a_snapshot_and_one_more_is_none() {
    let rows = cards(20_000);
    let parcel = sealed(&snapshot(&rows).0);
    assert_eq!(parcel.size().chunks(), 318);
    assert_eq!(read(&verified(&parcel), &plain(&parcel)).unwrap().1.len(), 20_000);
    let more = Body::snapshot(&list_key(), &settings(), &cards(20_001));
    assert_eq!(more.map(|_| ()), Err(Error::InvalidArgument("more rows than a list has")));
}

#[test]
fn a_delta_holds_1919_rows_with_the_least_head_and_no_more() {
    let changes = set(&cards(1_920));
    let largest = Body::delta(&delta(&changes[..1_919]), ListVersion(3)).unwrap();
    assert_eq!(largest.size(), BodySize::LONGEST_DELTA);
    assert!(read(&verified(&sealed(&largest)), &plain(&sealed(&largest))).is_ok());
    assert!(Body::delta(&delta(&changes), ListVersion(3)).is_err());
}

#[test]
fn rows_that_do_not_rise_are_neither_built_nor_read() {
    for rows in [vec![card(2), card(1)], vec![card(1), card(1)]] {
        assert!(Body::snapshot(&list_key(), &settings(), &rows).is_err());
        assert!(Body::delta(&delta(&set(&rows)), ListVersion(3)).is_err());
        let raw: Vec<_> = rows.iter().map(|row| *row.to_bytes()).collect();
        let (header, chunks) = forged(DELTA, &head(2, 2, false), &raw, 256);
        assert!(read(&header, &chunks).is_err());
    }
    // Across chunks too.
    let mut raw: Vec<_> = cards(70).iter().map(|row| *row.to_bytes()).collect();
    let good = forged(DELTA, &head(70, 70, false), &raw, 4_608);
    assert_eq!(good.1.len(), 2);
    assert!(read(&good.0, &good.1).is_ok());
    raw.swap(61, 62);
    let (header, chunks) = forged(DELTA, &head(70, 70, false), &raw, 4_608);
    assert!(read(&header, &chunks).is_err());
}

#[test]
fn a_row_whose_schedule_is_missing_is_not_built() {
    let with = |number| {
        let Row::Card(card, terms) = card(1) else { unreachable!() };
        Row::Card(card, terms.within(ScheduleNumber::new(number).unwrap()))
    };
    assert!(Body::snapshot(&list_key(), &settings(), &[with(1)]).is_ok());
    assert!(Body::snapshot(&list_key(), &settings(), &[with(2)]).is_err());
}

#[test]
fn a_snapshot_has_settings_all_rows_and_no_removals() {
    let row = *card(1).to_bytes();
    let removal = *Change::Remove(card(1).key()).to_bytes();
    let snapshot = |head: &[u8], rows: &[[u8; ROW]]| {
        let (header, chunks) = forged(UpdateKind::Snapshot, head, rows, 512);
        read(&header, &chunks).map(|_| ())
    };
    assert_eq!(snapshot(&head(1, 1, true), &[row]), Ok(()));
    let refused = Err(Error::Malformed(NAME));
    assert_eq!(snapshot(&head(1, 1, false), &[row]), refused, "no settings");
    assert_eq!(snapshot(&head(2, 1, true), &[row]), refused, "not all rows");
    assert_eq!(snapshot(&head(0, 1, true), &[row]), refused, "more rows than the list has");
    assert_eq!(snapshot(&head(1, 1, true), &[removal]), refused, "a removal");
    let (header, chunks) = forged(DELTA, &head(1, 1, true), &[removal], 512);
    assert!(read(&header, &chunks).is_ok(), "a delta may remove");
}

#[test]
fn counts_that_do_not_fit_are_refused() {
    let row = *card(1).to_bytes();
    for (rows, changes) in [(0, 0), (0, 2), (0, 20_001), (20_001, 1), (u32::MAX, 1), (0, u32::MAX)] {
        let (header, chunks) = forged(DELTA, &head(rows, changes, false), &[row], 256);
        assert!(read(&header, &chunks).is_err(), "{rows} {changes}");
    }
    let (header, chunks) = forged(DELTA, &head(20_000, 1, false), &[row], 256);
    assert!(read(&header, &chunks).is_ok());
}

#[test]
fn an_unknown_version_and_a_head_that_is_none_are_refused() {
    let good = head(0, 0, false);
    for (why, head) in [
        ("version", [&[2], &good[1..]].concat()),
        ("cut", good[..good.len() - 1].to_vec()),
        ("grown", [good.as_slice(), &[0]].concat()),
        ("empty", Vec::new()),
    ] {
        let (header, chunks) = forged(DELTA, &head, &[], 256);
        assert!(read(&header, &chunks).is_err(), "{why}");
    }
    for length in [0, 60, 62, 254, 255, 4_031, 65_535_u16] {
        let (header, mut chunks) = forged(DELTA, &good, &[], 256);
        chunks[0][..2].copy_from_slice(&length.to_be_bytes());
        let expected = usize::from(length) == good.len();
        assert_eq!(read(&header, &chunks).is_ok(), expected, "{length}");
    }
}

/// Each zero of the padding, in the head's and after the rows, set.
#[test]
fn padding_is_zero() {
    let row = *card(1).to_bytes();
    let head = head(1, 1, false);
    let (header, chunks) = forged(DELTA, &head, &[row], 4_608);
    assert!(read(&header, &chunks).is_ok());
    let body = chunks.concat();
    let rows_at = (2 + head.len()).next_multiple_of(ROW);
    for at in (2 + head.len()..rows_at).chain(rows_at + ROW..body.len()) {
        let mut changed = body.clone();
        changed[at] = 0x80;
        let chunks: Vec<_> = changed.chunks(4_032).map(<[u8]>::to_vec).collect();
        assert!(read(&header, &chunks).is_err(), "byte {at}");
    }
}

#[test]
fn chunks_come_in_order_whole_and_all() {
    let parcel = sealed(&snapshot(&cards(200)).0);
    let (header, chunks) = (verified(&parcel), plain(&parcel));
    assert_eq!(chunks.len(), 4);
    assert!(read(&header, &chunks).is_ok());
    for count in 0..4 {
        assert!(read(&header, &chunks[..count]).is_err(), "{count} chunks");
    }
    let with = |order: &[usize]| order.iter().map(|at| chunks[*at].clone()).collect::<Vec<_>>();
    for order in [&[1, 0, 2, 3][..], &[0, 2, 1, 3], &[0, 0, 1, 2], &[0, 1, 2, 3, 3]] {
        assert!(read(&header, &with(order)).is_err(), "{order:?}");
    }
    for at in 0..4 {
        let mut cut = chunks.clone();
        cut[at].pop();
        assert!(read(&header, &cut).is_err(), "chunk {at}");
    }
}

#[test]
fn after_an_error_nothing_is_read_any_more() {
    let parcel = sealed(&snapshot(&cards(200)).0);
    let (header, chunks) = (verified(&parcel), plain(&parcel));
    let mut reader = BodyReader::new(&header);
    reader.read(&chunks[0]).unwrap();
    assert!(reader.read(&chunks[1][1..]).is_err());
    assert!(reader.read(&chunks[1]).is_err());
    assert_eq!(reader.finish(), Err(Error::Malformed(NAME)));
}

#[test]
fn nothing_secret_gets_into_print() {
    let (body, _) = snapshot(&cards(1));
    let parcel = sealed(&body);
    let (head, _) = read(&verified(&parcel), &plain(&parcel)).unwrap();
    let text = std::format!("{body:?} {head:?} {parcel:?}");
    assert!(text.contains("Body(Snapshot, BodySize(256))") && text.contains("list_key: ListKey,"), "{text}");
    assert!(!text.contains("[8, 8") && !text.contains("[6, 6"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_rows_come_back_in_both_kinds(mut rows in proptest::collection::vec(any_row(), 0..150)) {
        let bound = ScheduleNumber::new(1).unwrap();
        rows.retain(|row| row.terms().and_then(|terms| terms.schedule()).is_none_or(|number| number <= bound));
        rows.sort_by_key(Row::key);
        rows.dedup_by_key(|row| row.key());
        let (body, _) = snapshot(&rows);
        let parcel = sealed(&body);
        prop_assert_eq!(read(&verified(&parcel), &plain(&parcel)).unwrap().1, set(&rows));
        let changes = set(&rows);
        let parcel = sealed(&Body::delta(&delta(&changes), ListVersion(3)).unwrap());
        prop_assert_eq!(read(&verified(&parcel), &plain(&parcel)).unwrap().1, changes);
    }

    /// Read and written again, whatever was accepted is the same bytes.
    #[test]
    fn an_accepted_body_is_the_one_body_of_its_content(
        count in 0..70_u32,
        changes in proptest::collection::vec((0..256_usize, any::<u8>()), 0..3),
    ) {
        let rows: Vec<_> = cards(count).iter().map(|row| *row.to_bytes()).collect();
        let encoded = head(count, count, false);
        let size = (64 + rows.len() * 64).next_multiple_of(256);
        let (header, mut chunks) = forged(DELTA, &encoded, &rows, u32::try_from(size).unwrap());
        for (at, value) in changes {
            chunks[0][at] = value;
        }
        if let Ok((head, changes)) = read(&header, &chunks) {
            let rows: Vec<_> = changes.iter().map(|change| *change.to_bytes()).collect();
            let again = forged(DELTA, &codec::encode(&head).unwrap(), &rows, u32::try_from(size).unwrap()).1;
            prop_assert_eq!(again, chunks);
        }
    }
}
