//! A person with a phone that runs the phone core.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::courier::{CourierEvent, End, Inbox};
use thumbturn_phone::driver::{PassError, Unlocked, Unlocker};
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
use thumbturn_phone::unlock::{Opened, Progress, UnlockError};
use thumbturn_phone::vault::Vault;
use thumbturn_phone::wallet::{Wallet, WalletError};
use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};

use crate::phone::SimulatedPhone;
use crate::random::SeededRandom;

/// A person and the phone. Clones are handles to the same one.
#[derive(Clone)]
pub struct Resident {
    name: String,
    phone: SimulatedPhone,
    holder: HolderId,
    storage: TestingStorage,
    keystore: Arc<TestingKeyStore>,
    random: SharedRandom,
    app: Arc<Mutex<App>>,
}

/// What lives as long as the app runs.
struct App {
    radio: Arc<Radio>,
    vault: Arc<Vault>,
}

impl Resident {
    pub(super) fn enrol(name: &str, phone: SimulatedPhone, holder: HolderId) -> Result<Self, WalletError> {
        let (storage, keystore) = (TestingStorage::new(), Arc::new(TestingKeyStore::new()));
        let random = SharedRandom::from(phone.random());
        let app = App::start(&phone, &storage, &keystore, &random);
        app.vault.enrol(&mut random.clone())?;
        let app = Arc::new(Mutex::new(app));
        Ok(Self { name: name.to_owned(), phone, holder, storage, keystore, random, app })
    }

    /// What people call him.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The phone's body: place, adapter, platform.
    #[must_use]
    pub const fn phone(&self) -> &SimulatedPhone {
        &self.phone
    }

    /// The person, as grants name him.
    #[must_use]
    pub const fn holder(&self) -> HolderId {
        self.holder
    }

    /// What the phone keeps when the app is not running: for backups, restored copies and cut writes.
    #[must_use]
    pub const fn storage(&self) -> &TestingStorage {
        &self.storage
    }

    /// The platform's keystore.
    #[must_use]
    pub fn keystore(&self) -> &TestingKeyStore {
        &self.keystore
    }

    /// The phone's random source.
    #[must_use]
    pub fn random(&self) -> SharedRandom {
        self.random.clone()
    }

    /// The wallet, opening the vault if it is closed.
    ///
    /// # Errors
    ///
    /// As [`Vault::wallet`].
    pub fn wallet(&self) -> Result<Arc<Wallet>, WalletError> {
        self.vault().wallet(&mut self.random())
    }

    /// What the phone carries as a courier, opening the vault if it is closed.
    ///
    /// # Errors
    ///
    /// As [`Vault::inbox`].
    pub fn inbox(&self) -> Result<Arc<Inbox>, WalletError> {
        self.vault().inbox(&mut self.random())
    }

    /// The vault that wallet and inbox lie in, for a `Synchroniser`.
    #[must_use]
    pub fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.app().vault)
    }

    /// The radio that everything in the app shares.
    #[must_use]
    pub fn radio(&self) -> Arc<Radio> {
        Arc::clone(&self.app().radio)
    }

    /// Opens a door, as the app does at a tap.
    ///
    /// # Errors
    ///
    /// See [`UnlockError`].
    pub async fn unlock(
        &self,
        door: DoorId,
        cancel: &CancelHandle,
        progress: &EventQueue<Progress>,
    ) -> Result<Opened, UnlockError> {
        self.unlocker().unlock(door, cancel, progress).await
    }

    /// The same, and keeps the connection for a delivery.
    ///
    /// # Errors
    ///
    /// See [`UnlockError`].
    pub async fn unlock_first(
        &self,
        door: DoorId,
        cancel: &CancelHandle,
        progress: &EventQueue<Progress>,
    ) -> Result<Unlocked, UnlockError> {
        self.unlocker().unlock_first(door, cancel, progress).await
    }

    /// Delivers to a door without opening it, as an app does in the background.
    ///
    /// # Errors
    ///
    /// See [`PassError`].
    pub async fn pass_by(
        &self,
        door: DoorId,
        cancel: &CancelHandle,
        events: &EventQueue<CourierEvent>,
    ) -> Result<End, PassError> {
        self.unlocker().pass_by(door, cancel, events).await
    }

    fn unlocker(&self) -> Unlocker {
        let app = self.app();
        Unlocker::new(Arc::clone(&app.radio), Arc::clone(&app.vault), Policy::DEFAULT)
    }

    /// The app is killed and started again: its radio falls silent, nothing but the storage is left.
    pub fn restart_app(&self) {
        self.phone.vanish();
        *self.app() = App::start(&self.phone, &self.storage, &self.keystore, &self.random);
    }

    fn app(&self) -> MutexGuard<'_, App> {
        self.app.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    fn start(
        phone: &SimulatedPhone,
        storage: &TestingStorage,
        keystore: &Arc<TestingKeyStore>,
        random: &SharedRandom,
    ) -> Self {
        let medium = storage.clone();
        let keystore: Arc<TestingKeyStore> = Arc::clone(keystore);
        let vault = Vault::new(Box::new(move || Ok(Box::new(medium.clone()))), keystore);
        let radio = Radio::new(phone.link(), phone.timer(), Box::new(random.clone()));
        Self { radio: Arc::new(radio), vault: Arc::new(vault) }
    }
}

impl fmt::Debug for Resident {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Resident").field("phone", &self.phone.index()).finish_non_exhaustive()
    }
}

/// A seeded source that several owners draw from in turn.
#[derive(Clone, Debug)]
pub struct SharedRandom(Arc<Mutex<SeededRandom>>);

impl From<SeededRandom> for SharedRandom {
    fn from(random: SeededRandom) -> Self {
        Self(Arc::new(Mutex::new(random)))
    }
}

impl SecureRandom for SharedRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes(bytes);
        Ok(())
    }
}
