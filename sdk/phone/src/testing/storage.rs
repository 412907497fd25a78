//! Vault storage in memory, with power cuts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::vault::storage::{StorageError, VaultRecord, VaultStorage};

/// Vault records in memory. Clones share them, so that a simulated phone finds them again after a restart.
#[derive(Clone, Debug, Default)]
pub struct TestingStorage {
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    records: BTreeMap<VaultRecord, Vec<u8>>,
    writes: u32,
    cut_at: Option<Cut>,
    failing: Option<StorageError>,
}

/// When the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Before(u32),
    After(u32),
}

impl TestingStorage {
    /// Empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many writes were asked for.
    #[must_use]
    pub fn writes(&self) -> u32 {
        self.state().writes
    }

    /// The power goes just before the write with this number (the first is 1) reaches the medium.
    pub fn cut_power_before_write(&self, number: u32) {
        self.state().cut_at = Some(Cut::Before(number));
    }

    /// The power goes just after the write with this number reached the medium: the writer never learns that it did.
    pub fn cut_power_after_write(&self, number: u32) {
        self.state().cut_at = Some(Cut::After(number));
    }

    /// The power is back: writes are counted from 1 again.
    pub fn restore_power(&self) {
        let mut state = self.state();
        state.cut_at = None;
        state.writes = 0;
    }

    /// Every call fails with `error` from now on, or works again.
    pub fn fail_with(&self, error: Option<StorageError>) {
        self.state().failing = error;
    }

    /// The bytes of a record at rest.
    #[must_use]
    pub fn record(&self, record: VaultRecord) -> Option<Vec<u8>> {
        self.state().records.get(&record).cloned()
    }

    /// Puts bytes at rest, as somebody with access to the medium could.
    pub fn set_record(&self, record: VaultRecord, bytes: Option<Vec<u8>>) {
        let mut state = self.state();
        match bytes {
            Some(bytes) => state.records.insert(record, bytes),
            None => state.records.remove(&record),
        };
    }

    /// A copy of all records, as a backup makes it.
    #[must_use]
    pub fn backup(&self) -> Self {
        let copy = State { records: self.state().records.clone(), ..State::default() };
        Self { state: Arc::new(Mutex::new(copy)) }
    }

    /// Puts the records of a backup in place of the present ones.
    pub fn restore(&self, backup: &Self) {
        let records = backup.state().records.clone();
        self.state().records = records;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const POWER_CUT: StorageError = StorageError::Failed { code: None };

impl VaultStorage for TestingStorage {
    fn read(&self, record: VaultRecord) -> Result<Option<Vec<u8>>, StorageError> {
        let state = self.state();
        match state.failing {
            Some(error) => Err(error),
            None => Ok(state.records.get(&record).cloned()),
        }
    }

    fn replace(&mut self, record: VaultRecord, bytes: &[u8]) -> Result<(), StorageError> {
        let mut state = self.state();
        if let Some(error) = state.failing {
            return Err(error);
        }
        state.writes = state.writes.saturating_add(1);
        let number = state.writes;
        // After the cut nothing reaches the medium any more.
        if matches!(state.cut_at, Some(Cut::Before(at)) if number >= at)
            || matches!(state.cut_at, Some(Cut::After(at)) if number > at)
        {
            return Err(POWER_CUT);
        }
        state.records.insert(record, bytes.to_vec());
        if state.cut_at == Some(Cut::After(number)) {
            return Err(POWER_CUT);
        }
        Ok(())
    }
}
