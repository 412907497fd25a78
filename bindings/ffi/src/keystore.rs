//! The platform's keystore.

use std::sync::Arc;

use thumbturn_phone::vault::keystore as core;

/// Why the keystore did not serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeyStoreError {
    /// The device was not unlocked since it booted.
    #[error("the keystore is locked until the device is unlocked")]
    Locked,
    /// The wrapping key is gone for good.
    #[error("the keystore has lost its key")]
    Lost,
    /// The platform failed for another reason.
    #[error("the keystore failed with code {code}")]
    Failed {
        /// The platform's code, for logs.
        code: i32,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeyStoreError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { code: i32::MIN }
    }
}

impl From<KeyStoreError> for core::KeyStoreError {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Locked => Self::Locked,
            KeyStoreError::Lost => Self::Lost,
            KeyStoreError::Failed { code } => Self::Failed { code },
        }
    }
}

/// Keychain, Android Keystore or the like: keeps one key, and one number outside of every backup.
#[uniffi::export(with_foreign)]
pub trait KeyStore: Send + Sync {
    /// Wraps a 32-byte data key under a key that never leaves the device. At most 1,024 bytes.
    fn wrap_key(&self, key: Vec<u8>) -> Result<Vec<u8>, KeyStoreError>;

    /// Unwraps what `wrap_key` gave.
    fn unwrap_key(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, KeyStoreError>;

    /// The number; 0 before it was first raised.
    fn epoch(&self) -> Result<u64, KeyStoreError>;

    /// Raises the number; a lower value changes nothing.
    fn raise_epoch(&self, epoch: u64) -> Result<(), KeyStoreError>;
}

/// The core's view of a foreign keystore.
pub(crate) struct ForeignKeyStore(pub(crate) Arc<dyn KeyStore>);

impl core::KeyStore for ForeignKeyStore {
    fn wrap_key(&self, key: &core::DataKey) -> Result<Vec<u8>, core::KeyStoreError> {
        Ok(self.0.wrap_key(key.as_bytes().to_vec())?)
    }

    fn unwrap_key(&self, wrapped: &[u8]) -> Result<core::DataKey, core::KeyStoreError> {
        let key = self.0.unwrap_key(wrapped.to_vec())?;
        key.try_into().map(core::DataKey::from_bytes).map_err(|_| core::KeyStoreError::Lost)
    }

    fn epoch(&self) -> Result<u64, core::KeyStoreError> {
        Ok(self.0.epoch()?)
    }

    fn raise_epoch(&self, epoch: u64) -> Result<(), core::KeyStoreError> {
        Ok(self.0.raise_epoch(epoch)?)
    }
}
