//! What the platform's keystore does for a vault: keeps one key, and one number that never falls.

use core::fmt;

use thumbturn_protocol::random::{RandomFailed, SecureRandom, random_bytes};
use zeroize::Zeroizing;

/// The key that seals a vault. In memory while the process lives; at rest only as the platform's keystore wrapped it.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A data key from its bytes, as the keystore unwrapped them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new data key, made when a phone enrols.
    ///
    /// # Errors
    ///
    /// [`RandomFailed`] when the random source fails.
    pub fn generate(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        random_bytes(random).map(Self::from_bytes)
    }

    /// The bytes, for the keystore to wrap.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DataKey")
    }
}

/// Why the platform's keystore did not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// The device was not unlocked since it booted; the same call works later.
    #[error("the keystore is locked until the device is unlocked")]
    Locked,
    /// The wrapping key is gone for good: the lock screen was removed, the device restored or reset.
    #[error("the keystore has lost its key")]
    Lost,
    /// The platform failed for another reason; `code` is its own.
    #[error("the keystore failed with code {code}")]
    Failed {
        /// The platform's code, for logs.
        code: i32,
    },
}

/// The platform's keystore: Keychain, Android Keystore, a desktop's secret service.
///
/// It is called when a vault is opened or made and after an unlock, never between a tap and its request.
pub trait KeyStore: Send + Sync {
    /// Wraps the data key under a key that never leaves the device. The result (≤ 1,024 bytes) is stored with the vault.
    ///
    /// # Errors
    ///
    /// See [`KeyStoreError`].
    fn wrap_key(&self, key: &DataKey) -> Result<Vec<u8>, KeyStoreError>;

    /// Unwraps what [`KeyStore::wrap_key`] gave.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Lost`] for anything else, upon which the person enrols again; [`KeyStoreError::Locked`] when the same call
    /// works later.
    fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyStoreError>;

    /// A number beside the key, outside of every backup; 0 before it was first raised.
    ///
    /// A vault whose number is lower was restored from a copy (spec §8.3).
    ///
    /// # Errors
    ///
    /// See [`KeyStoreError`].
    fn epoch(&self) -> Result<u64, KeyStoreError>;

    /// Raises the number to `epoch`; a lower value than the present one changes nothing.
    ///
    /// # Errors
    ///
    /// See [`KeyStoreError`]; the number is then as it was.
    fn raise_epoch(&self, epoch: u64) -> Result<(), KeyStoreError>;
}
