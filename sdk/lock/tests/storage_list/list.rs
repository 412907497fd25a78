//! A list in memory, as the authority has it, and the parcels that it makes.

use std::collections::BTreeMap;

use thumbturn_lock::storage::list::{Parcel, ParcelKind, ROW, ROW_KEY, RowCheck, SnapshotHead};
use thumbturn_protocol::ids::{Generation, ListVersion};
use thumbturn_protocol::update::edition::Edition;

pub(crate) type Key = [u8; ROW_KEY];
pub(crate) type Row = [u8; ROW];

/// Bytes of the head before the settings.
const HEAD_BEFORE_SETTINGS: usize = 57;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) version: u32,
    pub(crate) rows: BTreeMap<Key, Row>,
    pub(crate) settings: Vec<u8>,
}

impl List {
    pub(crate) fn new(version: u32, rows: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let rows = rows.into_iter().map(|(number, value)| (key(number), row(number, value))).collect();
        Self { version, rows, settings: settings(version, 200) }
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        let sum = self.rows.values().fold(fold(&self.settings), |sum, row| sum.wrapping_add(fold(row)));
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&sum.to_be_bytes());
        digest
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let mut head = vec![0x11; HEAD_BEFORE_SETTINGS];
        head.extend(&self.settings);
        let mut body = (head.len() as u16).to_be_bytes().to_vec();
        body.extend(head);
        body.resize(body.len().next_multiple_of(ROW), 0);
        self.rows.values().for_each(|row| body.extend(row));
        body.resize(body.len().next_multiple_of(256), 0);
        body
    }

    pub(crate) fn head(&self) -> SnapshotHead {
        SnapshotHead {
            list_key: self.list_key(),
            digest: self.digest(),
            rows: self.rows.len() as u32,
            settings_at: 2 + HEAD_BEFORE_SETTINGS as u32,
            settings_length: self.settings.len() as u16,
        }
    }

    pub(crate) fn list_key(&self) -> [u8; 16] {
        [self.version as u8; 16]
    }

    pub(crate) fn snapshot(&self) -> Parcel {
        Parcel {
            kind: ParcelKind::Snapshot,
            update: update_id(1, self.version),
            to: edition(self.version),
            size: self.body().len() as u32,
        }
    }

    /// What a door checks while it applies the snapshot.
    pub(crate) fn check(&self) -> DigestCheck {
        DigestCheck { sum: fold(&self.settings), digest: self.digest() }
    }

    /// The list after some rows were set to a value or removed.
    pub(crate) fn changed(&self, version: u32, delta: &Delta) -> Self {
        let mut list = Self { version, ..self.clone() };
        for (number, value) in &delta.rows {
            match value {
                Some(value) => list.rows.insert(key(*number), row(*number, *value)),
                None => list.rows.remove(&key(*number)),
            };
        }
        if let Some(length) = delta.settings {
            list.settings = settings(version, length);
        }
        list
    }
}

/// A version of the first generation.
pub(crate) const fn edition(version: u32) -> Edition {
    Edition { generation: Generation(1), version: ListVersion(version) }
}

/// Rows by number, with their new value or none; and the length of new settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delta {
    pub(crate) rows: BTreeMap<u32, Option<u32>>,
    pub(crate) settings: Option<usize>,
}

impl Delta {
    pub(crate) fn one(number: u32, value: u32) -> Self {
        Self { rows: BTreeMap::from([(number, Some(value))]), settings: None }
    }

    pub(crate) fn sorted_rows(&self) -> Vec<Row> {
        let change = |(number, value): (&u32, &Option<u32>)| match value {
            Some(value) => row(*number, *value),
            None => removed(*number),
        };
        let mut rows: Vec<Row> = self.rows.iter().map(change).collect();
        rows.sort_unstable();
        rows
    }
}

pub(crate) struct DigestCheck {
    sum: u64,
    digest: [u8; 32],
}

impl RowCheck for DigestCheck {
    fn row(&mut self, row: &Row) -> bool {
        self.sum = self.sum.wrapping_add(fold(row));
        row[0] == 1
    }

    fn is_complete(&mut self) -> bool {
        self.digest[..8] == self.sum.to_be_bytes()
    }
}

pub(crate) fn update_id(kind: u8, version: u32) -> [u8; 8] {
    let mut id = [kind; 8];
    id[4..].copy_from_slice(&version.to_be_bytes());
    id
}

/// A card whose token is spread like random ones.
pub(crate) fn key(number: u32) -> Key {
    let mut key = [0; ROW_KEY];
    key[0] = 1;
    key[1..5].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
    key[5..9].copy_from_slice(&number.to_be_bytes());
    key
}

pub(crate) fn row(number: u32, value: u32) -> Row {
    let mut row = [0; ROW];
    row[..ROW_KEY].copy_from_slice(&key(number));
    for (index, byte) in row[18..62].iter_mut().enumerate() {
        *byte = value.wrapping_mul(0x9e37_79b9).to_le_bytes()[index % 4] ^ index as u8;
    }
    row
}

pub(crate) fn removed(number: u32) -> Row {
    let mut row = [0; ROW];
    row[..ROW_KEY].copy_from_slice(&key(number));
    row[ROW_KEY] = 1;
    row
}

fn settings(version: u32, length: usize) -> Vec<u8> {
    (0..length).map(|index| (version as u8).wrapping_mul(31) ^ index as u8).collect()
}

fn fold(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
