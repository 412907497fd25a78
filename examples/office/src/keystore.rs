//! The host's keystore: a file with one random key of 32 bytes, which its owner alone may read.
//!
//! Whoever has this file and the store has every doorcode; whoever has lost it has lost them. Keep a copy of it, and not beside the
//! copies of the store. A server with a key management service has no use for this file: it implements `KeyStore` over that.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use thumbturn_manager::office::keystore::{DataKey, KeyStore, KeyStoreError};
use thumbturn_protocol::random::random_bytes;
use zeroize::Zeroizing;

use crate::entropy::SystemRandom;
use crate::failure::Failure;

/// Associated data of every wrapped key, and of nothing else.
const LABEL: &[u8] = b"thumbturn office 1 host keystore";
const NONCE: usize = 12;
const TAG: usize = 16;

/// The key of the file.
pub(crate) struct FileKeyStore(Zeroizing<[u8; 32]>);

impl FileKeyStore {
    /// Reads the file.
    pub(crate) fn open(file: &Path) -> Result<Self, Failure> {
        owner_only(file)?;
        let bytes = Zeroizing::new(fs::read(file).map_err(|error| missing(file, &error))?);
        let key = bytes.as_slice().try_into().map_err(|_| {
            let what = format!("{} holds no key of 32 bytes", file.display());
            Failure::new("keystore", what, "restore it from its copy")
        })?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// Reads the file, and makes it first where there is none.
    pub(crate) fn open_or_make(file: &Path) -> Result<Self, Failure> {
        match new_file(file) {
            Ok(mut made) => {
                let key = random_bytes::<32>(&mut SystemRandom).map(Zeroizing::new).map_err(|_| {
                    Failure::new("random", "the operating system gives no random bytes", "restart it")
                })?;
                let written = made.write_all(key.as_slice()).and_then(|()| made.sync_all());
                written.map_err(|error| Failure::of_file(file, &error))?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::of_file(file, &error)),
        }
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

fn missing(file: &Path, error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::NotFound {
        return Failure::of_file(file, error);
    }
    let what = format!("there is no key of the host in {}", file.display());
    Failure::new(
        "keystore",
        what,
        "begin with `found`, name the file with --keystore, or restore it from its copy",
    )
}

#[cfg(unix)]
fn new_file(file: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)
}

#[cfg(not(unix))]
fn new_file(file: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(file)
}

#[cfg(unix)]
fn owner_only(file: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let found = fs::metadata(file).map_err(|error| missing(file, &error))?.permissions().mode();
    if found & 0o077 == 0 {
        return Ok(());
    }
    let what = format!("others may read the key of the host in {}", file.display());
    Err(Failure::new("keystore", what, format!("chmod 600 {}", file.display())))
}

#[cfg(not(unix))]
fn owner_only(_file: &Path) -> Result<(), Failure> {
    Ok(())
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

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        FileKeyStore::open_or_make(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(FileKeyStore::open(&file).is_err());
    }
}
