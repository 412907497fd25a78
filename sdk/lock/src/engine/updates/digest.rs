//! The digest of a list that is being made, row by row (spec §10.6).

use thumbturn_protocol::update::digest::{ListDigest, ListDigester, ListKey};
use thumbturn_protocol::update::row::{ROW, Row};

use crate::storage::list::RowCheck;

/// Sums up a list.
pub(super) struct Sum {
    digester: ListDigester,
    digest: ListDigest,
    rows: u32,
}

impl Sum {
    /// Begins with a list of so many rows.
    pub(super) fn new(key: &ListKey, digest: ListDigest, rows: u32) -> Self {
        Self { digester: key.digester(), digest, rows }
    }

    pub(super) fn add_row(&mut self, row: &[u8; ROW]) {
        self.digest = self.digest.plus(&self.digester.row(row));
        self.rows = self.rows.saturating_add(1);
    }

    pub(super) fn take_row(&mut self, row: &[u8; ROW]) {
        self.digest = self.digest.minus(&self.digester.row(row));
        self.rows = self.rows.saturating_sub(1);
    }

    pub(super) fn add_settings(&mut self, settings: &[u8]) {
        self.digest = self.digest.plus(&self.digester.settings(settings));
    }

    pub(super) fn take_settings(&mut self, settings: &[u8]) {
        self.digest = self.digest.minus(&self.digester.settings(settings));
    }

    /// Whether it is what an update promised.
    pub(super) fn is(&self, digest: &ListDigest, rows: u32) -> bool {
        self.digest == *digest && self.rows == rows
    }
}

/// Checks the rows of a snapshot against what its head promised.
pub(super) struct SnapshotCheck {
    pub(super) sum: Sum,
    pub(super) digest: ListDigest,
    pub(super) rows: u32,
}

impl RowCheck for SnapshotCheck {
    fn row(&mut self, row: &[u8; ROW]) -> bool {
        self.sum.add_row(row);
        Row::parse(row).is_ok()
    }

    fn is_complete(&mut self) -> bool {
        self.sum.is(&self.digest, self.rows)
    }
}
