//! A book as a store keeps it: its versions in one place, its rows one by one, so that a change writes what it changes.

use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::update::digest::{ListDigest, ListKey};
use thumbturn_protocol::update::row::Change;
use thumbturn_protocol::update::settings::Settings;

use super::{Left, ListBook, Origin};

/// All of a book.
pub(crate) struct StoredBook {
    pub(crate) versions: Versions,
    pub(crate) settings: Settings,
    /// Changes that have not left.
    pub(crate) settings_pending: bool,
    pub(crate) rows: Vec<StoredRow>,
}

/// What a book knows of versions.
pub(crate) struct Versions {
    pub(crate) list_key: ListKey,
    pub(crate) version: ListVersion,
    pub(crate) confirmed: Option<ListVersion>,
    pub(crate) snapshot_wanted: bool,
    pub(crate) settings_touched: ListVersion,
    pub(crate) remembered: ListVersion,
    pub(crate) left: Vec<StoredLeft>,
}

/// A version as it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredLeft {
    pub(crate) version: ListVersion,
    pub(crate) digest: [u8; 32],
    pub(crate) origin: u8,
}

/// A row that the door is to have, or one that it is to remove.
pub(crate) struct StoredRow {
    pub(crate) change: Change,
    /// At which version it left last; 0: never.
    pub(crate) touched: ListVersion,
    /// Whether it changed since.
    pub(crate) is_pending: bool,
}

impl Origin {
    const fn code(self) -> u8 {
        match self {
            Self::Claim => 0,
            Self::Delta => 1,
            Self::Snapshot => 2,
        }
    }

    const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Claim,
            1 => Self::Delta,
            _ => Self::Snapshot,
        }
    }
}

impl ListBook {
    /// The book that was stored.
    pub(crate) fn restored(stored: StoredBook) -> Self {
        let StoredBook { versions, settings, settings_pending, rows } = stored;
        let left = versions.left.iter().map(|left| {
            let digest = ListDigest::from_bytes(left.digest);
            (left.version, Left { digest, origin: Origin::from_code(left.origin) })
        });
        let mut book = Self {
            rows: std::collections::BTreeMap::new(),
            settings,
            key: versions.list_key,
            version: versions.version,
            left: left.collect(),
            confirmed: versions.confirmed,
            snapshot_wanted: versions.snapshot_wanted,
            touched: std::collections::BTreeMap::new(),
            settings_touched: versions.settings_touched,
            remembered: versions.remembered,
            pending: std::collections::BTreeSet::new(),
            settings_pending,
        };
        for row in rows {
            let key = row.change.key();
            if row.touched > book.remembered {
                book.touched.insert(key.clone(), row.touched);
            }
            if row.is_pending {
                book.pending.insert(key.clone());
            }
            if let Change::Set(row) = row.change {
                book.rows.insert(key, row);
            }
        }
        book
    }

    /// What a store keeps of it beside its rows.
    pub(crate) fn versions(&self) -> Versions {
        let left = self.left.iter().map(|(version, left)| StoredLeft {
            version: *version,
            digest: *left.digest.as_bytes(),
            origin: left.origin.code(),
        });
        Versions {
            list_key: ListKey::from_bytes(*self.key.as_bytes()),
            version: self.version,
            confirmed: self.confirmed,
            snapshot_wanted: self.snapshot_wanted,
            settings_touched: self.settings_touched,
            remembered: self.remembered,
            left: left.collect(),
        }
    }
}
