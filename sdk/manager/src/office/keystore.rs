//! What the host's keystore does for an office: keeps the one key that wraps the data key of each property.

use core::fmt;

use thumbturn_protocol::random::{RandomFailed, SecureRandom, random_bytes};
use zeroize::Zeroizing;

/// The key that seals what is secret in the store of one property: doorcodes, card keys, signing keys. In memory while the process lives;
/// in the store only as the keystore wrapped it.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A data key from its bytes, as the keystore unwrapped them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn generate(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
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

/// Why the host's keystore did not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// It is not reachable now; the same call works later.
    #[error("the keystore is locked or out of reach: try again")]
    Locked,
    /// It has not got the key that wrapped this: the store was copied to another host.
    #[error(
        "the keystore cannot unwrap the key of this property: run on the host that made it, or restore its keystore"
    )]
    Lost,
}

/// The host's keystore: a server's key management service, a platform's Keychain or Android Keystore. Called once for each property and
/// process.
pub trait KeyStore: Send + Sync {
    /// Wraps a data key. The result is at most 1,024 bytes.
    ///
    /// # Errors
    ///
    /// See [`KeyStoreError`].
    fn wrap_key(&self, key: &DataKey) -> Result<Vec<u8>, KeyStoreError>;

    /// Unwraps what [`KeyStore::wrap_key`] gave.
    ///
    /// # Errors
    ///
    /// See [`KeyStoreError`].
    fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyStoreError>;
}
