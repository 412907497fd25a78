//! The keystore of the story.

use thumbturn_manager::office::keystore::{DataKey, KeyStore, KeyStoreError};

/// Hides nothing: the store goes with the story, and its secrets come from a seed. A host wraps the key with the keystore of its platform, or with
/// a key management service.
pub(super) struct StoryKeyStore;

impl KeyStore for StoryKeyStore {
    fn wrap_key(&self, key: &DataKey) -> Result<Vec<u8>, KeyStoreError> {
        Ok(key.as_bytes().to_vec())
    }

    fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyStoreError> {
        wrapped.try_into().map(DataKey::from_bytes).map_err(|_| KeyStoreError::Lost)
    }
}
