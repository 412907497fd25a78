//! The record that makes a run count.

use serde::{Deserialize, Serialize};
use thumbturn_protocol::update::edition::Edition;

use crate::storage::list::row::ROW;
use crate::storage::{StorageError, layout, record};

/// What a run makes of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::storage::list) struct Commit {
    pub(in crate::storage::list) edition: Edition,
    /// Rows in the list.
    pub(in crate::storage::list) rows: u32,
    pub(in crate::storage::list) digest: [u8; 32],
    /// Rows of the run: the slots right before the commit.
    pub(super) changes: u16,
    /// Bytes of settings, in whole slots before the rows; 0 when the run has none.
    pub(super) settings_length: u16,
    pub(super) settings_check: u32,
}

/// Where settings lie in the overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::storage::list) struct RunSettings {
    pub(super) position: usize,
    pub(in crate::storage::list) length: u16,
    pub(in crate::storage::list) check: u32,
}

impl Commit {
    pub(super) fn encode(&self) -> Result<[u8; ROW], StorageError> {
        let mut slot = [0xff; ROW];
        record::encode(layout::OVERLAY.number, self, &mut slot)?;
        Ok(slot)
    }

    pub(super) fn decode(slot: &[u8; ROW]) -> Option<Self> {
        record::decode(layout::OVERLAY.number, slot)
    }

    /// Where the settings of the run lie whose commit is at `position`.
    pub(super) fn settings(&self, position: usize) -> Option<RunSettings> {
        let length = usize::from(self.settings_length);
        let before = usize::from(self.changes) + length.div_ceil(ROW);
        let settings = RunSettings {
            position: position.checked_sub(before)?,
            length: self.settings_length,
            check: self.settings_check,
        };
        (length > 0).then_some(settings)
    }
}
