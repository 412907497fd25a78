//! The host's keystore: a file with one random key of 32 bytes, which its owner alone may read.
//!
//! Whoever has this file and the store has every doorcode; whoever has lost it has lost them. Keep a copy of it, and not beside the
//! copies of the store. A server with a key management service has no use for this file: it implements `KeyStore` over that.

use std::path::Path;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use thumbturn_manager::office::keystore::{DataKey, KeyStore, KeyStoreError};
use thumbturn_protocol::random::random_bytes;
use zeroize::Zeroizing;

use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::secret_file::{self, Secret};

/// Associated data of every wrapped key, and of nothing else.
const LABEL: &[u8] = b"thumbturn office 1 host keystore";
const NONCE: usize = 12;
const TAG: usize = 16;

/// What to do where there is none.
const MISSING: &str = "begin with `found`, name the file with --keystore, or restore it from its copy";

/// The key of the file.
pub(crate) struct FileKeyStore(Secret);

impl FileKeyStore {
    /// Reads the file.
    pub(crate) fn open(file: &Path) -> Result<Self, Failure> {
        Ok(Self(secret_file::read(file, MISSING)?))
    }

    /// Reads the file, and makes it first where there is none.
    pub(crate) fn open_or_make(file: &Path) -> Result<Self, Failure> {
        secret_file::make(file)?;
        Self::open(file)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.0).into())
    }
}

impl KeyStore for FileKeyStore {
    fn wrap_key(&self, key: &DataKey) -> Result<Vec<u8>, KeyStoreError> {
        let nonce: [u8; NONCE] = random_bytes(&mut SystemRandom).map_err(|_| KeyStoreError::Locked)?;
        let mut content = Zeroizing::new(*key.as_bytes());
        let tag = self
            .cipher()
            .encrypt_inout_detached(&Nonce::from(nonce), LABEL, content.as_mut_slice().into())
            .map_err(|_| KeyStoreError::Locked)?;
        Ok([nonce.as_slice(), content.as_slice(), tag.as_slice()].concat())
    }

    fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyStoreError> {
        let (nonce, rest) = wrapped.split_first_chunk::<NONCE>().ok_or(KeyStoreError::Lost)?;
        let (content, tag) = rest.split_last_chunk::<TAG>().ok_or(KeyStoreError::Lost)?;
        let mut key: Zeroizing<[u8; 32]> =
            content.try_into().map(Zeroizing::new).map_err(|_| KeyStoreError::Lost)?;
        self.cipher()
            .decrypt_inout_detached(&Nonce::from(*nonce), LABEL, key.as_mut_slice().into(), &Tag::from(*tag))
            .map_err(|_| KeyStoreError::Lost)?;
        Ok(DataKey::from_bytes(*key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_unwraps() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let keystore = FileKeyStore::open_or_make(&file).unwrap();
        let wrapped = keystore.wrap_key(&DataKey::from_bytes([7; 32])).unwrap();
        let again = FileKeyStore::open(&file).unwrap();
        assert_eq!(again.unwrap_key(&wrapped).unwrap().as_bytes(), &[7; 32]);
        let other = FileKeyStore::open_or_make(&folder.path().join("other")).unwrap();
        assert_eq!(other.unwrap_key(&wrapped).unwrap_err(), KeyStoreError::Lost);
        assert_eq!(again.unwrap_key(&wrapped[1..]).unwrap_err(), KeyStoreError::Lost);
    }
}
