//! A keystore in a file next to the vault that it should protect. **For testing**: a phone's platform has a real one.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use thumbturn_phone::vault::keystore::{DataKey, KeyStore, KeyStoreError};
use thumbturn_protocol::random::random_bytes;

use super::file;
use super::hexadecimal::Hexadecimal;
use crate::entropy::SystemRandom;

/// The key of one vault, and the number that never falls, in one file.
pub(crate) struct KeyFile {
    path: PathBuf,
    content: Mutex<Content>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Content {
    /// What this file is, for whoever opens it.
    notice: String,
    /// Names the key: the vault keeps this in the place of a wrapped key.
    name: Hexadecimal,
    key: Hexadecimal,
    epoch: u64,
}

impl KeyFile {
    /// The keystore in this file, which may not be there yet.
    pub(crate) fn open(path: PathBuf) -> Result<Self, crate::failure::Failure> {
        let content = file::read_json(&path)?.unwrap_or_default();
        Ok(Self { path, content: Mutex::new(content) })
    }

    fn write(&self, content: &mut MutexGuard<'_, Content>, next: Content) -> Result<(), KeyStoreError> {
        file::replace_json(&self.path, &next).map_err(|_| KeyStoreError::Failed { code: 1 })?;
        **content = next;
        Ok(())
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyStore for KeyFile {
    fn wrap_key(&self, key: &DataKey) -> Result<Vec<u8>, KeyStoreError> {
        let mut content = self.content();
        let name: [u8; 8] = random_bytes(&mut SystemRandom).map_err(|_| KeyStoreError::Failed { code: 2 })?;
        let next = Content {
            notice: "the key of the test phone beside it, in the clear: for testing only".to_owned(),
            name: Hexadecimal(name.to_vec()),
            key: Hexadecimal(key.as_bytes().to_vec()),
            epoch: content.epoch,
        };
        self.write(&mut content, next)?;
        Ok(name.to_vec())
    }

    fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyStoreError> {
        let content = self.content();
        if content.name.0.is_empty() || content.name.0 != wrapped {
            return Err(KeyStoreError::Lost);
        }
        content.key.0.as_slice().try_into().map(DataKey::from_bytes).map_err(|_| KeyStoreError::Lost)
    }

    fn epoch(&self) -> Result<u64, KeyStoreError> {
        Ok(self.content().epoch)
    }

    fn raise_epoch(&self, epoch: u64) -> Result<(), KeyStoreError> {
        let mut content = self.content();
        if epoch <= content.epoch {
            return Ok(());
        }
        let next = Content { epoch, ..content.clone() };
        self.write(&mut content, next)
    }
}
