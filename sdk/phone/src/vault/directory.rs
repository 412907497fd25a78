//! A vault in a directory of the app: one file for each record, one lock file.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::vault::storage::{RECORD_LIMIT, StorageError, VaultRecord, VaultStorage};

const LOCK_FILE: &str = "lock";

/// Records as files of one directory, locked against other processes for as long as this value lives.
///
/// The operating system releases the lock when the process dies, however it dies.
#[derive(Debug)]
pub struct DirectoryStorage {
    directory: PathBuf,
    _lock: File,
}

impl DirectoryStorage {
    /// Opens (or makes) the vault directory.
    ///
    /// # Errors
    ///
    /// [`StorageError::InUse`] while another process, or another value in this process, has it open; [`StorageError::Failed`] with
    /// the operating system's code.
    pub fn open(directory: &Path) -> Result<Self, StorageError> {
        fs::create_dir_all(directory).map_err(failed)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(directory.join(LOCK_FILE))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory: directory.to_path_buf(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StorageError::InUse),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn path(&self, record: VaultRecord) -> PathBuf {
        self.directory.join(record.name())
    }

    fn draft_path(&self, record: VaultRecord) -> PathBuf {
        self.directory.join([record.name(), ".new"].concat())
    }

    /// Makes a rename durable. A directory cannot be opened as a file everywhere; where it cannot, the platform's
    /// rename is as durable as it gets.
    fn sync_directory(&self) {
        if let Ok(directory) = File::open(&self.directory) {
            let _ = directory.sync_all();
        }
    }
}

impl VaultStorage for DirectoryStorage {
    fn read(&self, record: VaultRecord) -> Result<Option<Vec<u8>>, StorageError> {
        let file = match File::open(self.path(record)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let limit = u64::try_from(RECORD_LIMIT).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    }

    fn replace(&mut self, record: VaultRecord, bytes: &[u8]) -> Result<(), StorageError> {
        let draft = self.draft_path(record);
        let mut file = File::create(&draft).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        drop(file);
        fs::rename(&draft, self.path(record)).map_err(failed)?;
        self.sync_directory();
        Ok(())
    }
}

/// iOS answers with a permission error while data protection keeps a file closed.
fn failed(error: io::Error) -> StorageError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => StorageError::Locked,
        _ => StorageError::Failed { code: error.raw_os_error() },
    }
}
