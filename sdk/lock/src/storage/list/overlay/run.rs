//! Writing a run: settings, rows in portions, commit.

use crate::flash::{Flash, PROGRAM_PAGE};
use crate::storage::StorageError;
use crate::storage::checksum::checksum;
use crate::storage::list::ListError;
use crate::storage::list::row::{ROW, ROW_KEY, key_of, seal};

use thumbturn_protocol::update::edition::Edition;
use zeroize::Zeroizing;

use super::{Commit, Overlay, position};

/// A run that is being written.
#[derive(Debug)]
pub(in crate::storage::list) struct Run {
    /// Rows that it will have.
    changes: u16,
    written: u16,
    settings_length: u16,
    settings_check: u32,
    last_key: Option<[u8; ROW_KEY]>,
}

impl Overlay {
    /// Begins a run with its settings. There has to be room.
    pub(in crate::storage::list) fn begin_run<F: Flash>(
        &mut self,
        flash: &mut F,
        changes: u16,
        settings: Option<&[u8]>,
    ) -> Result<(), ListError> {
        self.abandon_run();
        let settings = settings.unwrap_or_default();
        let settings_length = u16::try_from(settings.len()).map_err(|_| StorageError::TooLong)?;
        self.append(flash, settings)?;
        let settings_check = checksum(&[settings]);
        self.run = Some(Run { changes, written: 0, settings_length, settings_check, last_key: None });
        Ok(())
    }

    /// Writes the next rows, which go on where the last ones ended. After an error the run is gone.
    pub(in crate::storage::list) fn append_rows<F: Flash>(
        &mut self,
        flash: &mut F,
        rows: &[[u8; ROW]],
    ) -> Result<(), ListError> {
        let mut run = self.run.take().ok_or(ListError::NotBegun)?;
        let result = self.write_rows(flash, &mut run, rows);
        self.run = Some(run);
        if result.is_err() {
            self.abandon_run();
        }
        result
    }

    /// Makes the run count: one append. After an error the run is gone.
    pub(in crate::storage::list) fn commit_run<F: Flash>(
        &mut self,
        flash: &mut F,
        edition: Edition,
        digest: [u8; 32],
        rows: u32,
    ) -> Result<(), ListError> {
        let run = self.run.take().ok_or(ListError::NotBegun)?;
        let Run { changes, settings_length, settings_check, .. } = run;
        if run.written != changes {
            self.abandon_run();
            return Err(ListError::Unusable);
        }
        let commit = Commit { edition, rows, digest, changes, settings_length, settings_check };
        let place = self.ring.append(flash, &commit.encode()?)?;
        self.count(position(place), commit);
        Ok(())
    }

    /// Gives up the run that is being written, if there is one.
    pub(in crate::storage::list) fn abandon_run(&mut self) {
        self.run = None;
        self.fingerprints.clear(self.end..self.next_position());
    }

    pub(in crate::storage::list) const fn is_writing(&self) -> bool {
        self.run.is_some()
    }

    fn write_rows<F: Flash>(
        &mut self,
        flash: &mut F,
        run: &mut Run,
        rows: &[[u8; ROW]],
    ) -> Result<(), ListError> {
        let count = u16::try_from(rows.len()).map_err(|_| StorageError::TooLong)?;
        run.written = run.written.checked_add(count).ok_or(StorageError::TooLong)?;
        if run.written > run.changes {
            return Err(ListError::Unusable);
        }
        for row in rows {
            if run.last_key.replace(key_of(row)) >= Some(key_of(row)) {
                return Err(ListError::Unusable);
            }
        }
        let mut left = rows;
        while !left.is_empty() {
            let (page, rest) = left.split_at(self.ring.slots_in_page().min(left.len()));
            self.write_page(flash, page)?;
            left = rest;
        }
        Ok(())
    }

    /// Writes rows that fill at most one program page.
    fn write_page<F: Flash>(&mut self, flash: &mut F, rows: &[[u8; ROW]]) -> Result<(), ListError> {
        let mut page = Zeroizing::new([0; PROGRAM_PAGE]);
        let first = self.next_position();
        for (slot, row) in page.as_chunks_mut::<ROW>().0.iter_mut().zip(rows) {
            *slot = *row;
            if !seal(slot) {
                return Err(ListError::Unusable);
            }
        }
        self.ring.append_slots(flash, page.get(..rows.len() * ROW).unwrap_or_default())?;
        for (offset, row) in rows.iter().enumerate() {
            self.fingerprints.set(first + offset, &key_of(row));
        }
        Ok(())
    }

    /// Appends bytes in whole slots.
    fn append<F: Flash>(&mut self, flash: &mut F, bytes: &[u8]) -> Result<(), ListError> {
        let mut left = bytes;
        while !left.is_empty() {
            let (part, rest) = left.split_at((self.ring.slots_in_page() * ROW).min(left.len()));
            let mut page = Zeroizing::new([0; PROGRAM_PAGE]);
            page.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
            let whole = part.len().next_multiple_of(ROW);
            self.ring.append_slots(flash, page.get(..whole).unwrap_or_default())?;
            left = rest;
        }
        Ok(())
    }
}
