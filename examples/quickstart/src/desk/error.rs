//! Why the office could not go on.

use thumbturn_manager::office::{Error, StoreError};
use thumbturn_phone::sync::SyncError;
use thumbturn_phone::wallet::WalletError;

use crate::mistake::Mistakes;

/// Why the office could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskError {
    /// The machine has no place for the store, or no room for a runtime.
    #[error("the office cannot be set up in the folder for temporary files: {0}")]
    Machine(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the office: {0}")]
    Office(#[from] Error),
    #[error("a phone's exchange with the office: {0}")]
    Sync(#[from] SyncError),
    #[error(transparent)]
    Wallet(#[from] WalletError),
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    #[error("nobody here has that address")]
    NoAccount,
    #[error("the door has everything already")]
    NothingToBring,
}
