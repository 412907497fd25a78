//! The wallet: device keys, credentials and tickets, sealed at rest (spec §2.3, §3.7, §6.1, §8.3).
//!
//! All methods are synchronous and short; none of them waits for a network, and only opening, enrolling and settling
//! call the platform's keystore.

mod anchor;
mod document;
mod error;
mod import;
pub(crate) mod pass;
mod refresh;
pub(crate) mod reservation;
mod sealed;
#[cfg(test)]
mod tests;
mod tickets;

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_protocol::advertisement::{Advertisement, Hint};
use thumbturn_protocol::grant::Grant;
use thumbturn_protocol::ids::{DoorId, PhoneId};
use thumbturn_protocol::keys::{PhoneKeys, PhonePublicKeys};
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::share::Share;

pub use self::anchor::TrustAnchor;
use self::document::Document;
pub use self::error::WalletError;
pub use self::import::ImportError;
use self::pass::Pass;
use self::tickets::TicketTable;
use crate::vault::keystore::{DataKey, KeyStore};
use crate::vault::sealing::{self, SealError, SealedRecord};
use crate::vault::storage::{VaultRecord, VaultStorage};

/// Longest wrapped data key in bytes.
const WRAPPED_KEY: usize = 1_024;

/// One phone's wallet. Shared by reference; every change is durable before it is visible.
pub struct Wallet {
    keys: Arc<PhoneKeys>,
    phone_id: PhoneId,
    state: Mutex<State>,
}

/// What changes in a wallet.
pub(crate) struct State {
    storage: Box<dyn VaultStorage>,
    keystore: Arc<dyn KeyStore>,
    data_key: DataKey,
    wrapped_key: Vec<u8>,
    contents: Contents,
    /// Rises whenever `contents` change.
    revision: u64,
    tickets: TicketTable,
}

/// What the wallet record holds besides the device keys. Changed as a copy, which takes its place once it is durable.
#[derive(Clone, Default)]
struct Contents {
    anchors: Vec<TrustAnchor>,
    passes: Vec<Arc<Pass>>,
}

/// One way to open one door, for a list in an app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldCredential {
    /// The door.
    pub door: DoorId,
    /// The phone's own grant, or the granter's when there is a share.
    pub grant: Grant,
    /// The guest's share.
    pub share: Option<Share>,
}

impl Wallet {
    /// Makes a wallet with new device keys.
    ///
    /// # Errors
    ///
    /// [`WalletError::AlreadyEnrolled`] when the storage holds a wallet, even a damaged one.
    pub fn enrol(
        storage: Box<dyn VaultStorage>,
        keystore: Arc<dyn KeyStore>,
        random: &mut dyn SecureRandom,
    ) -> Result<Self, WalletError> {
        if storage.read(VaultRecord::Wallet)?.is_some() {
            return Err(WalletError::AlreadyEnrolled);
        }
        Self::replace(storage, keystore, random)
    }

    /// Makes a wallet with new device keys in place of whatever the storage holds.
    ///
    /// # Errors
    ///
    /// See [`WalletError`]; what the storage held is still there unless the write itself failed half way.
    pub fn replace(
        storage: Box<dyn VaultStorage>,
        keystore: Arc<dyn KeyStore>,
        random: &mut dyn SecureRandom,
    ) -> Result<Self, WalletError> {
        let data_key = DataKey::generate(random)?;
        let wrapped_key = keystore.wrap_key(&data_key)?;
        if wrapped_key.len() > WRAPPED_KEY {
            return Err(WalletError::Storage { code: None });
        }
        let keys = PhoneKeys::generate(random)?;
        let mut state = State {
            storage,
            keystore,
            data_key,
            wrapped_key,
            contents: Contents::default(),
            revision: 0,
            tickets: TicketTable::default(),
        };
        state.commit(&keys, Contents::default(), random)?;
        state.adopt_epoch(random)?;
        Ok(Self::new(keys, state))
    }

    /// Opens the wallet that the storage holds.
    ///
    /// A wallet that was restored from a copy is opened without its tickets (spec §8.3), and so is one whose ticket
    /// record is damaged: that costs each door one full handshake.
    ///
    /// # Errors
    ///
    /// [`WalletError::NotEnrolled`], [`WalletError::Locked`], [`WalletError::Lost`] and the others.
    pub fn open(
        storage: Box<dyn VaultStorage>,
        keystore: Arc<dyn KeyStore>,
        random: &mut dyn SecureRandom,
    ) -> Result<Self, WalletError> {
        let bytes = storage.read(VaultRecord::Wallet)?.ok_or(WalletError::NotEnrolled)?;
        let record = SealedRecord::parse(VaultRecord::Wallet, &bytes)?;
        let wrapped_key = record.open_part().to_vec();
        let data_key = keystore.unwrap_key(&wrapped_key)?;
        let document = Document::decode(&record.open(&data_key)?)?;
        let passes = document
            .credentials
            .into_iter()
            .map(|credential| Pass::from_vault(credential).map(Arc::new))
            .collect::<Result<_, _>>()
            .map_err(|_| WalletError::Lost)?;
        let tickets = read_tickets(storage.as_ref(), &data_key)?;
        let contents = Contents { anchors: document.anchors, passes };
        let mut state = State { storage, keystore, data_key, wrapped_key, contents, revision: 0, tickets };
        state.adopt_epoch(random)?;
        Ok(Self::new(document.keys, state))
    }

    fn new(keys: PhoneKeys, state: State) -> Self {
        let phone_id = keys.public().id();
        Self { keys: Arc::new(keys), phone_id, state: Mutex::new(state) }
    }

    /// This phone's id: what a grant or share must name.
    #[must_use]
    pub const fn phone_id(&self) -> PhoneId {
        self.phone_id
    }

    /// This phone's public keys: what the authority needs to enrol it.
    #[must_use]
    pub fn public_keys(&self) -> PhonePublicKeys {
        self.keys.public()
    }

    /// The properties that this wallet trusts.
    #[must_use]
    pub fn anchors(&self) -> Vec<TrustAnchor> {
        self.state().contents.anchors.clone()
    }

    /// Everything that this wallet holds, in the order of import.
    #[must_use]
    pub fn credentials(&self) -> Vec<HeldCredential> {
        self.state()
            .contents
            .passes
            .iter()
            .map(|pass| HeldCredential {
                door: pass.door(),
                grant: pass.grant.clone(),
                share: pass.share.clone(),
            })
            .collect()
    }

    /// How many tickets it holds.
    #[must_use]
    pub fn tickets(&self) -> usize {
        self.state().tickets.len()
    }

    pub(crate) fn keys(&self) -> &Arc<PhoneKeys> {
        &self.keys
    }

    /// The passes for a door, those to try first in front.
    pub(crate) fn passes(&self, door: DoorId) -> Vec<Arc<Pass>> {
        self.state().passes_of(door)
    }

    /// The door that advertises so, if this wallet opens it.
    pub(crate) fn resolve(&self, advertisement: &Advertisement) -> Option<(DoorId, Hint)> {
        let state = self.state();
        state.contents.passes.iter().find_map(|pass| {
            let hint = advertisement.resolve(&pass.credential.tag_key)?;
            Some((pass.door(), hint))
        })
    }

    /// Changes whenever credentials come or go.
    pub(crate) fn revision(&self) -> u64 {
        self.state().revision
    }

    /// A panicked caller cannot leave the state half changed (it is changed after the write, at once), so a poisoned lock is taken over.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The passes for a door: the phone's own grant, then shares, the newest first.
    fn passes_of(&self, door: DoorId) -> Vec<Arc<Pass>> {
        let mut passes: Vec<_> =
            self.contents.passes.iter().rev().filter(|pass| pass.door() == door).cloned().collect();
        passes.sort_by_key(|pass| pass.share.is_some());
        passes
    }

    /// Writes the wallet record with `contents`, which then take the place of the present ones.
    fn commit(
        &mut self,
        keys: &PhoneKeys,
        contents: Contents,
        random: &mut dyn SecureRandom,
    ) -> Result<(), WalletError> {
        let credentials = contents.passes.iter().map(|pass| &pass.credential);
        let content = document::encode(keys, &contents.anchors, credentials)?;
        let bytes = sealing::seal(VaultRecord::Wallet, &self.data_key, &self.wrapped_key, &content, random)?;
        self.storage.replace(VaultRecord::Wallet, &bytes)?;
        self.contents = contents;
        self.revision = self.revision.saturating_add(1);
        Ok(())
    }

    fn write_tickets(&mut self, random: &mut dyn SecureRandom) -> Result<(), WalletError> {
        let content = self.tickets.encode()?;
        let bytes = sealing::seal(VaultRecord::Tickets, &self.data_key, &[], &content, random)?;
        Ok(self.storage.replace(VaultRecord::Tickets, &bytes)?)
    }

    /// Drops the tickets of a vault that is older than the keystore knows, and makes older copies of this one known.
    fn adopt_epoch(&mut self, random: &mut dyn SecureRandom) -> Result<(), WalletError> {
        let epoch = self.keystore.epoch()?;
        if self.tickets.epoch < epoch {
            self.tickets.clear();
            self.tickets.epoch = epoch;
        }
        if self.raise_epoch(random).is_err() {
            // Tickets that may be copies are not used, and a full disk must not keep a resident out: full handshakes
            // need no record.
            self.tickets.clear();
        }
        Ok(())
    }

    /// Writes the tickets under a higher epoch, then raises the keystore's.
    ///
    /// In this order, since a crash between the two must not make the newest record look like a copy.
    fn raise_epoch(&mut self, random: &mut dyn SecureRandom) -> Result<(), WalletError> {
        self.tickets.epoch = self.tickets.epoch.saturating_add(1);
        self.write_tickets(random)?;
        Ok(self.keystore.raise_epoch(self.tickets.epoch)?)
    }
}

/// The ticket record; damaged or missing it is an empty one, since tickets are made anew by any full handshake.
fn read_tickets(storage: &dyn VaultStorage, key: &DataKey) -> Result<TicketTable, WalletError> {
    let Some(bytes) = storage.read(VaultRecord::Tickets)? else { return Ok(TicketTable::default()) };
    let read = |bytes: &[u8]| -> Result<TicketTable, SealError> {
        TicketTable::decode(&SealedRecord::parse(VaultRecord::Tickets, bytes)?.open(key)?)
    };
    Ok(read(&bytes).unwrap_or_default())
}

impl fmt::Debug for Wallet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Wallet").field("phone", &self.phone_id).finish_non_exhaustive()
    }
}
