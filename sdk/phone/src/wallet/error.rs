//! Why a wallet could not be opened or changed.

use thumbturn_protocol::random::RandomFailed;

use crate::vault::keystore::KeyStoreError;
use crate::vault::sealing::SealError;
use crate::vault::storage::StorageError;

/// Why a wallet could not be opened or changed. Each variant is one thing that an app does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// There is no wallet: enrol.
    #[error("this phone is not enrolled")]
    NotEnrolled,
    /// There is a wallet already, perhaps a damaged one: giving it up must be asked for ([`crate::vault::Vault::replace`]).
    #[error("this phone is enrolled already")]
    AlreadyEnrolled,
    /// The device was not unlocked since it booted: try again later.
    #[error("the vault is locked until the device is unlocked")]
    Locked,
    /// Another process of the app has it open: try again when that has closed it.
    #[error("another process uses the vault")]
    InUse,
    /// The keystore's key is gone, or the records are damaged: enrol again.
    #[error("the vault is lost")]
    Lost,
    /// A newer version of the app wrote it: update the app.
    #[error("the vault is from a newer version of the app")]
    TooNew,
    /// The wallet holds as much as it may: remove something.
    #[error("the wallet is full")]
    Full,
    /// Storage or keystore failed with this code of the platform; trying again may help.
    #[error("storage failed with code {code:?}")]
    Storage {
        /// The platform's code, for logs.
        code: Option<i32>,
    },
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

impl From<StorageError> for WalletError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Locked => Self::Locked,
            StorageError::InUse => Self::InUse,
            StorageError::Failed { code } => Self::Storage { code },
        }
    }
}

impl From<KeyStoreError> for WalletError {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Locked => Self::Locked,
            KeyStoreError::Lost => Self::Lost,
            KeyStoreError::Failed { code } => Self::Storage { code: Some(code) },
        }
    }
}

impl From<SealError> for WalletError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Damaged => Self::Lost,
            SealError::TooNew => Self::TooNew,
        }
    }
}
