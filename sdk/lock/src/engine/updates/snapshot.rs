//! Applying a snapshot: its head, then every row where it lies, then one switch (spec §10.4 to §10.6).

use thumbturn_protocol::signed::Verified;
use thumbturn_protocol::update::body::BodyReader;
use thumbturn_protocol::update::digest::ListDigest;
use thumbturn_protocol::update::header::UpdateHeader;

use super::Engine;
use super::applying::{Slice, Stopped};
use super::digest::{SnapshotCheck, Sum};
use crate::platform::Platform;
use crate::storage::list::{Checked, GoodSnapshot, ListError, ParcelKind, SnapshotHead};
use crate::work::Work;

/// Bytes of the number that tells the head's length.
const HEAD_LENGTH: usize = 2;
/// HMAC blocks of a slice: 63 rows of two each.
const SLICE_MACS: u32 = 126;

/// How far a snapshot is checked.
pub(super) struct SnapshotWork {
    header: Verified<UpdateHeader>,
    check: Option<SnapshotCheck>,
    good: Option<GoodSnapshot>,
}

impl SnapshotWork {
    pub(super) const fn new(header: Verified<UpdateHeader>) -> Self {
        Self { header, check: None, good: None }
    }
}

impl<P: Platform> Engine<P> {
    /// One slice: the head, or the rows of one chunk.
    pub(super) fn step_snapshot(&mut self, work: &mut SnapshotWork) -> Result<Slice, Stopped> {
        let Some(check) = &mut work.check else {
            work.check = Some(self.begin_snapshot(&work.header)?);
            return Ok(Slice::More);
        };
        if work.good.is_some() {
            return Ok(Slice::Ready(work.header.edition()));
        }
        let (list, flash) = self.storage.list().map_err(ListError::from)?;
        self.work.add(Work::macs(SLICE_MACS));
        if let Checked::Good(good) = list.check_snapshot(flash, check)? {
            work.good = Some(good);
        }
        Ok(Slice::More)
    }

    /// The switch.
    pub(super) fn commit_snapshot(&mut self, work: &SnapshotWork) -> Result<(), ListError> {
        let good = work.good.as_ref().ok_or(ListError::NotBegun)?;
        let (list, flash) = self.storage.list()?;
        list.commit_snapshot(flash, good)
    }

    fn begin_snapshot(&mut self, header: &Verified<UpdateHeader>) -> Result<SnapshotCheck, Stopped> {
        let (list, flash) = self.storage.list().map_err(ListError::from)?;
        let chunk = list.read_chunk(flash, ParcelKind::Snapshot, 0)?;
        let length = chunk.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length)));
        let head = BodyReader::new(header).read(&chunk)?.head.ok_or(Stopped::Broken)?;
        let settings = head.settings.as_ref().ok_or(Stopped::Broken)?.to_bytes()?;
        // RAM for one chunk at a time.
        drop(chunk);
        // The settings are the last of the head's fields.
        let settings_at = length.and_then(|length| (HEAD_LENGTH + length).checked_sub(settings.len()));
        let mut sum = Sum::new(&head.list_key, ListDigest::EMPTY, 0);
        sum.add_settings(&settings);
        self.work.add(Work::hashed_bytes(settings.len()));
        let of_store = SnapshotHead {
            list_key: *head.list_key.as_bytes(),
            digest: *head.digest.as_bytes(),
            rows: head.rows,
            settings_at: settings_at.and_then(|at| u32::try_from(at).ok()).ok_or(Stopped::Broken)?,
            settings_length: u16::try_from(settings.len()).map_err(|_| Stopped::Broken)?,
        };
        list.begin_snapshot(flash, of_store)?;
        Ok(SnapshotCheck { sum, digest: head.digest, rows: head.rows })
    }
}
