//! Where a vault's records lie: a small trait, so that files, memory and an app's own store serve alike.

/// The records of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VaultRecord {
    /// Device keys, trust anchors and credentials. Rewritten when one of them changes, never during an unlock.
    Wallet,
    /// Tickets and their counters, at most 6 KiB. Rewritten during each unlock, before a request leaves.
    Tickets,
    /// What this phone carries between doors and their authority, without the updates: at most 1 MiB. Rewritten when something
    /// was collected or handed in.
    Inbox,
    /// The updates that it carries to doors. Rewritten when one comes or goes.
    Parcels,
    /// Up to where it has what its authorities have for it. Rewritten after each exchange that brought something.
    Cursors,
}

impl VaultRecord {
    /// The record's name, for a file or a row.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Tickets => "tickets",
            Self::Inbox => "inbox",
            Self::Parcels => "parcels",
            Self::Cursors => "cursors",
        }
    }
}

/// The longest record in bytes. A longer one was not written by this crate and is not read into memory.
pub const RECORD_LIMIT: usize = 2 * 1024 * 1024;

/// Why a record could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The platform gives no access before the device was unlocked once after boot.
    #[error("storage is locked until the device is unlocked")]
    Locked,
    /// Another process (an app extension, a second copy of the app) has the vault open.
    #[error("another process uses the vault")]
    InUse,
    /// The platform refused, with its code where it gave one.
    #[error("storage failed with code {code:?}")]
    Failed {
        /// `errno` or the platform's own code, for logs.
        code: Option<i32>,
    },
}

/// Reads and replaces the records of one vault. Whoever holds it is the only writer.
pub trait VaultStorage: Send {
    /// The record's bytes; `None` when it was never written.
    ///
    /// # Errors
    ///
    /// [`StorageError::Locked`] when the same call works later; else see [`StorageError`]. A record that was never
    /// written is no error.
    fn read(&self, record: VaultRecord) -> Result<Option<Vec<u8>>, StorageError>;

    /// Replaces the record as a whole and durably: after a crash or power cut at any instant the record is the old one
    /// or the new one, and once this returned `Ok` it is the new one.
    ///
    /// # Errors
    ///
    /// As [`VaultStorage::read`]; the old record is still there.
    fn replace(&mut self, record: VaultRecord, bytes: &[u8]) -> Result<(), StorageError>;
}
