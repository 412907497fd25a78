//! A keystore that keeps its key in plain memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::vault::keystore::{DataKey, KeyStore, KeyStoreError};

/// A keystore without any protection: the "wrapped" key is masked with a fixed byte string.
///
/// It outlives the vaults of a simulated phone, can be locked as before the first unlock after boot, and can lose its key.
#[derive(Debug, Default)]
pub struct TestingKeyStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    epoch: u64,
    locked: bool,
    generation: u8,
    calls: u32,
}

impl TestingKeyStore {
    /// A keystore as a new phone has it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Locks it, as between boot and first unlock, or unlocks it.
    pub fn set_locked(&self, locked: bool) {
        self.state().locked = locked;
    }

    /// Loses the wrapping key for good.
    pub fn lose_key(&self) {
        let mut state = self.state();
        state.generation = state.generation.wrapping_add(1);
    }

    /// How often it was called.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.state().calls
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn available(&self) -> Result<MutexGuard<'_, State>, KeyStoreError> {
        let mut state = self.state();
        state.calls = state.calls.saturating_add(1);
        if state.locked { Err(KeyStoreError::Locked) } else { Ok(state) }
    }
}

impl KeyStore for TestingKeyStore {
    fn wrap_key(&self, key: &DataKey) -> Result<Vec<u8>, KeyStoreError> {
        let generation = self.available()?.generation;
        let masked = key.as_bytes().iter().map(|byte| byte ^ 0xa5);
        Ok(core::iter::once(generation).chain(masked).collect())
    }

    fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyStoreError> {
        let state = self.available()?;
        let (&generation, masked) = wrapped.split_first().ok_or(KeyStoreError::Lost)?;
        if generation != state.generation {
            return Err(KeyStoreError::Lost);
        }
        let masked: [u8; 32] = masked.try_into().map_err(|_| KeyStoreError::Lost)?;
        Ok(DataKey::from_bytes(masked.map(|byte| byte ^ 0xa5)))
    }

    fn epoch(&self) -> Result<u64, KeyStoreError> {
        Ok(self.available()?.epoch)
    }

    fn raise_epoch(&self, epoch: u64) -> Result<(), KeyStoreError> {
        let mut state = self.available()?;
        state.epoch = state.epoch.max(epoch);
        Ok(())
    }
}
