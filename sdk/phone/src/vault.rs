//! The sealed vault: how a wallet lies at rest, and who may open it.
//!
//! A vault is two records behind [`storage::VaultStorage`], sealed with AES-256-GCM under a data key that the platform's
//! [`keystore::KeyStore`] wraps. [`Vault`] is the handle an app keeps: it opens the wallet at first need, since an app
//! that is woken in the background before the device was unlocked cannot open it yet.

pub mod directory;
pub mod keystore;
pub(crate) mod sealing;
pub mod storage;

use core::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use thumbturn_protocol::random::SecureRandom;

use crate::courier::Inbox;
use crate::vault::directory::DirectoryStorage;
use crate::vault::keystore::KeyStore;
use crate::vault::storage::{StorageError, VaultStorage};
use crate::wallet::{Wallet, WalletError};

/// Opens the storage of a vault; called again after it failed.
pub type OpenStorage = Box<dyn Fn() -> Result<Box<dyn VaultStorage>, StorageError> + Send + Sync>;

/// A vault that is opened at first need and stays open.
pub struct Vault {
    open_storage: OpenStorage,
    keystore: Arc<dyn KeyStore>,
    wallet: Mutex<Option<Arc<Wallet>>>,
    /// Taken after `wallet` by whoever takes both.
    inbox: Mutex<Option<Arc<Inbox>>>,
}

impl Vault {
    /// A vault that is still closed. Nothing is read yet.
    #[must_use]
    pub fn new(open_storage: OpenStorage, keystore: Arc<dyn KeyStore>) -> Self {
        Self { open_storage, keystore, wallet: Mutex::new(None), inbox: Mutex::new(None) }
    }

    /// A vault in a directory, which is made when it is missing; see [`DirectoryStorage`]. Nothing is read yet.
    #[must_use]
    pub fn in_directory(directory: impl Into<PathBuf>, keystore: Arc<dyn KeyStore>) -> Self {
        let directory = directory.into();
        Self::new(Box::new(move || Ok(Box::new(DirectoryStorage::open(&directory)?))), keystore)
    }

    /// The wallet, opening the vault if it is closed.
    ///
    /// # Errors
    ///
    /// [`WalletError::NotEnrolled`] when there is none; else as [`Wallet::open`]. A failure changes nothing: ask again.
    pub fn wallet(&self, random: &mut dyn SecureRandom) -> Result<Arc<Wallet>, WalletError> {
        let mut slot = self.wallet.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wallet) = &*slot {
            return Ok(Arc::clone(wallet));
        }
        let wallet = Arc::new(Wallet::open((self.open_storage)()?, Arc::clone(&self.keystore), random)?);
        *slot = Some(Arc::clone(&wallet));
        Ok(wallet)
    }

    /// What this phone carries, opening the vault if it is closed.
    ///
    /// # Errors
    ///
    /// As [`Vault::wallet`].
    pub fn inbox(&self, random: &mut dyn SecureRandom) -> Result<Arc<Inbox>, WalletError> {
        let wallet = self.wallet(random)?;
        let mut slot = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        // One of a wallet that was replaced meanwhile is none.
        if let Some(inbox) = slot.as_ref().filter(|inbox| inbox.is_of(&wallet)) {
            return Ok(Arc::clone(inbox));
        }
        let inbox = Arc::new(Inbox::open(wallet)?);
        *slot = Some(Arc::clone(&inbox));
        Ok(inbox)
    }

    /// Makes a new wallet with new device keys.
    ///
    /// # Errors
    ///
    /// [`WalletError::AlreadyEnrolled`] when there is one; [`Vault::replace`] gives that one up on purpose.
    pub fn enrol(&self, random: &mut dyn SecureRandom) -> Result<Arc<Wallet>, WalletError> {
        let mut slot = self.wallet.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_some() {
            return Err(WalletError::AlreadyEnrolled);
        }
        let wallet = Arc::new(Wallet::enrol((self.open_storage)()?, Arc::clone(&self.keystore), random)?);
        *slot = Some(Arc::clone(&wallet));
        Ok(wallet)
    }

    /// Makes a new wallet in place of whatever is there: the way out of [`WalletError::Lost`]. All credentials are gone.
    ///
    /// # Errors
    ///
    /// As [`Wallet::replace`]; [`StorageError::InUse`] while somebody still holds the old wallet.
    pub fn replace(&self, random: &mut dyn SecureRandom) -> Result<Arc<Wallet>, WalletError> {
        let mut slot = self.wallet.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = None;
        self.forget_inbox();
        let wallet = Arc::new(Wallet::replace((self.open_storage)()?, Arc::clone(&self.keystore), random)?);
        *slot = Some(Arc::clone(&wallet));
        Ok(wallet)
    }

    /// Closes the vault; another process may open it once nobody in this one holds the wallet or the inbox.
    pub fn close(&self) {
        self.forget_inbox();
        *self.wallet.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Vault {
    fn forget_inbox(&self) {
        *self.inbox.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vault")
    }
}
