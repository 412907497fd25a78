//! Applying a delta: rows in slices, digest, one commit (spec §10.4 to §10.6).

use alloc::vec::Vec;

use thumbturn_protocol::signed::Verified;
use thumbturn_protocol::update::body::{BodyReader, Head};
use thumbturn_protocol::update::digest::{ListDigest, ListKey};
use thumbturn_protocol::update::header::UpdateHeader;
use thumbturn_protocol::update::row::{Change, ROW};
use thumbturn_protocol::update::seal::BodyKey;
use zeroize::Zeroizing;

use super::Engine;
use super::applying::{Slice, Stopped};
use super::digest::Sum;
use crate::platform::Platform;
use crate::storage::list::{ListError, ParcelKind};
use crate::work::Work;

/// Rows of one slice: each is looked up before it is written, which takes up to 5 ms.
const SLICE: usize = 8;

/// How far a delta is applied.
pub(super) struct DeltaWork {
    header: Verified<UpdateHeader>,
    /// None: the whole body was read.
    reader: Option<BodyReader>,
    key: Option<BodyKey>,
    /// The head, until the overlay has room for what it announces.
    head: Option<Head>,
    promise: Option<Promise>,
    /// The next chunk to open.
    chunk: u16,
    /// Rows of the chunk before it that are not written yet.
    rows: Zeroizing<Vec<[u8; ROW]>>,
    written: usize,
}

/// What the head promised, and what the rows came to so far.
struct Promise {
    digest: ListDigest,
    rows: u32,
    sum: Sum,
}

impl DeltaWork {
    pub(super) fn new(header: Verified<UpdateHeader>) -> Self {
        Self {
            reader: Some(BodyReader::new(&header)),
            header,
            key: None,
            head: None,
            promise: None,
            chunk: 0,
            rows: Zeroizing::new(Vec::new()),
            written: 0,
        }
    }
}

impl<P: Platform> Engine<P> {
    /// One slice: the key, a chunk, the beginning, some rows, or the end.
    pub(super) fn step_delta(&mut self, work: &mut DeltaWork) -> Result<Slice, Stopped> {
        if work.key.is_none() {
            let identity = self.identity.as_ref().ok_or(Stopped::Broken)?;
            self.work.add(Work::RECOVER_KEY);
            work.key = Some(BodyKey::recover(&work.header, &identity.keys.sealing)?);
        } else if work.head.is_some() {
            self.begin_delta(work)?;
        } else if work.written < work.rows.len() {
            self.write_rows(work)?;
        } else if work.chunk < work.header.size.chunks() {
            self.open_delta_chunk(work)?;
        } else {
            return finished(work);
        }
        Ok(Slice::More)
    }

    /// The switch.
    pub(super) fn commit_delta(&mut self, work: &DeltaWork) -> Result<(), ListError> {
        let promise = work.promise.as_ref().ok_or(ListError::NotBegun)?;
        let (list, flash) = self.storage.list()?;
        list.commit_delta(flash, work.header.edition(), *promise.digest.as_bytes(), promise.rows)
    }

    fn open_delta_chunk(&mut self, work: &mut DeltaWork) -> Result<(), Stopped> {
        let key = work.key.as_ref().ok_or(Stopped::Broken)?;
        let (list, flash) = self.storage.list().map_err(ListError::from)?;
        let mut chunk = list.read_chunk(flash, ParcelKind::Delta, usize::from(work.chunk))?;
        self.work.add(Work::sealed_bytes(chunk.len()));
        key.open(work.chunk, &mut chunk)?;
        let piece = work.reader.as_mut().ok_or(Stopped::Broken)?.read(&chunk)?;
        work.rows = Zeroizing::new(piece.changes.to_vec());
        work.written = 0;
        work.head = piece.head;
        work.chunk = work.chunk.saturating_add(1);
        Ok(())
    }

    /// The list key must be right; then the overlay makes room.
    fn begin_delta(&mut self, work: &mut DeltaWork) -> Result<(), Stopped> {
        let Some(head) = &work.head else { return Ok(()) };
        let (list, flash) = self.storage.list().map_err(ListError::from)?;
        let key = list.list_key().map(|key| ListKey::from_bytes(*key));
        let key = key.filter(|key| *key == head.list_key).ok_or(Stopped::Broken)?;
        let digest = list.digest().map(ListDigest::from_bytes).ok_or(Stopped::Broken)?;
        let mut sum = Sum::new(&key, digest, list.rows());
        let settings = head.settings.as_ref().map(thumbturn_protocol::update::settings::Settings::to_bytes);
        let settings = settings.transpose()?;
        if let Some(settings) = &settings {
            let before = list.settings(flash)?.ok_or(Stopped::Broken)?;
            sum.take_settings(&before);
            sum.add_settings(settings);
            self.work.add(Work::hashed_bytes(before.len() + settings.len()));
        }
        let changes = u16::try_from(head.changes).map_err(|_| Stopped::Broken)?;
        list.begin_delta(flash, changes, settings.as_deref().map(Vec::as_slice))?;
        work.promise = Some(Promise { digest: head.digest, rows: head.rows, sum });
        work.head = None;
        Ok(())
    }

    fn write_rows(&mut self, work: &mut DeltaWork) -> Result<(), Stopped> {
        let promise = work.promise.as_mut().ok_or(Stopped::Broken)?;
        let end = work.rows.len().min(work.written.saturating_add(SLICE));
        let rows = work.rows.get(work.written..end).unwrap_or_default();
        let (list, flash) = self.storage.list().map_err(ListError::from)?;
        for row in rows {
            let change = Change::parse(row)?;
            if let Some(before) = list.find(flash, change.key().as_bytes())? {
                promise.sum.take_row(&before);
                self.work.add(Work::macs(2));
            }
            if matches!(change, Change::Set(_)) {
                promise.sum.add_row(row);
                self.work.add(Work::macs(2));
            }
        }
        list.append_delta(flash, rows)?;
        work.written = end;
        Ok(())
    }
}

/// All rows are written: are they what was promised?
fn finished(work: &mut DeltaWork) -> Result<Slice, Stopped> {
    let promise = work.promise.as_ref().ok_or(Stopped::Broken)?;
    if let Some(reader) = work.reader.take() {
        reader.finish()?;
    }
    if !promise.sum.is(&promise.digest, promise.rows) {
        return Err(Stopped::Broken);
    }
    Ok(Slice::Ready(work.header.edition()))
}
