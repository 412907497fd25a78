//! What lies in the same vault as the wallet, under its data key: the courier's records.

use std::sync::Arc;

use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::random::SecureRandom;
use zeroize::Zeroizing;

use crate::vault::sealing::{self, SealedRecord};
use crate::vault::storage::VaultRecord;
use crate::wallet::anchor::TrustAnchor;
use crate::wallet::pass::Pass;
use crate::wallet::{Wallet, WalletError};

impl Wallet {
    /// The content of a record; `None` when it was never written.
    ///
    /// # Errors
    ///
    /// [`WalletError::Lost`] for a damaged record or one of another wallet; see [`WalletError`].
    pub(crate) fn read_sealed(&self, record: VaultRecord) -> Result<Option<Zeroizing<Vec<u8>>>, WalletError> {
        let state = self.state();
        let Some(bytes) = state.storage.read(record)? else { return Ok(None) };
        Ok(Some(SealedRecord::parse(record, &bytes)?.open(&state.data_key)?))
    }

    /// Replaces a record as a whole and durably.
    ///
    /// # Errors
    ///
    /// See [`WalletError`]; the old record is still there, unless the power went.
    pub(crate) fn write_sealed(
        &self,
        record: VaultRecord,
        content: &[u8],
        random: &mut dyn SecureRandom,
    ) -> Result<(), WalletError> {
        let mut state = self.state();
        let bytes = sealing::seal(record, &state.data_key, &[], content, random)?;
        Ok(state.storage.replace(record, &bytes)?)
    }

    /// Whose word about a property's doors this wallet takes.
    pub(crate) fn anchor(&self, property: PropertyId) -> Option<TrustAnchor> {
        self.state().contents.anchors.iter().find(|anchor| anchor.property == property).cloned()
    }

    /// All passes, in the order of import.
    pub(crate) fn all_passes(&self) -> Vec<Arc<Pass>> {
        self.state().contents.passes.clone()
    }
}
