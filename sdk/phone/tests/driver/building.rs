//! A building for the driver's tests: real doors, simulated air, phones with real wallets.

use std::sync::Arc;
use std::time::Duration;

use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::{ClaimError, Claimer};
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
use thumbturn_phone::unlock::{Opened, Progress, UnlockError};
use thumbturn_phone::vault::Vault;
use thumbturn_phone::vault::storage::{StorageError, VaultStorage};
use thumbturn_phone::wallet::Wallet;
use thumbturn_protocol::claim::{DoorConfiguration, DoorKind};
use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::authority::{Authority, GrantTerms};
use thumbturn_simulator::door::{SimulatedDoor, SimulatedDoorSettings};
use thumbturn_simulator::phone::SimulatedPhone;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::world::World;

/// A Monday noon.
pub(crate) const NOW: UnixSeconds = match UnixSeconds::new(1_772_452_800) {
    Some(now) => now,
    None => UnixSeconds::ZERO,
};

/// Everything that the phone of one person is.
pub(crate) struct Person {
    pub(crate) phone: SimulatedPhone,
    pub(crate) radio: Arc<Radio>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) wallet: Arc<Wallet>,
    pub(crate) unlocker: Unlocker,
    pub(crate) storage: TestingStorage,
    pub(crate) keystore: Arc<TestingKeyStore>,
    pub(crate) progress: EventQueue<Progress>,
    pub(crate) holder: HolderId,
    pub(crate) random: SeededRandom,
}

/// A property with its doors.
pub(crate) struct Building {
    pub(crate) world: World,
    pub(crate) authority: Authority,
    pub(crate) doors: Vec<(SimulatedDoor, DoorId)>,
    /// What the doors were claimed with.
    pub(crate) configurations: Vec<DoorConfiguration>,
    pub(crate) random: SeededRandom,
}

impl Building {
    /// A property without doors.
    pub(crate) fn empty(seed: u64, radio: RadioSettings) -> Self {
        Self {
            world: World::with_radio(seed, radio),
            authority: Authority::new(SeededRandom::new(seed)).unwrap(),
            doors: Vec::new(),
            configurations: Vec::new(),
            random: SeededRandom::new(seed.wrapping_add(1)),
        }
    }

    /// A property with one claimed residence door in perfect air.
    pub(crate) fn with_door(seed: u64) -> Self {
        let mut building = Self::empty(seed, RadioSettings::perfect());
        building.add_door();
        building
    }

    /// Builds a door in and claims it with the driver.
    pub(crate) fn add_door(&mut self) -> usize {
        let name = format!("door {}", self.doors.len());
        let door = SimulatedDoor::new(&self.world, &name, SimulatedDoorSettings::default());
        let configuration = self.configuration();
        let installer = self.person("installer", PhoneProfile::android());
        let keys = self.claim(&installer, &door, &configuration).unwrap();
        self.authority.enter(&configuration, keys, NOW).unwrap();
        self.world.run_for(Duration::from_secs(70));
        self.doors.push((door, configuration.door));
        self.configurations.push(configuration);
        self.doors.len() - 1
    }

    pub(crate) fn configuration(&mut self) -> DoorConfiguration {
        self.authority.configure(DoorKind::Residence, Zone::fixed(UtcOffset::UTC), NOW).unwrap()
    }

    pub(crate) fn claim(
        &self,
        installer: &Person,
        door: &SimulatedDoor,
        configuration: &DoorConfiguration,
    ) -> Result<DoorPublicKeys, ClaimError> {
        let claimer = Claimer::new(Arc::clone(&installer.radio), Policy::DEFAULT);
        let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
        let claim = claimer.claim(door.claim_secret(), configuration.clone(), &cancel, &progress);
        self.world.block_on(claim).unwrap()
    }

    /// Somebody with an enrolled phone two metres from the doors.
    pub(crate) fn person(&mut self, name: &str, profile: PhoneProfile) -> Person {
        let phone = self.world.add_phone(name, profile, Place::metres(2, 0));
        let storage = TestingStorage::new();
        let keystore = Arc::new(TestingKeyStore::new());
        let shared = storage.clone();
        let open =
            Box::new(move || -> Result<Box<dyn VaultStorage>, StorageError> { Ok(Box::new(shared.clone())) });
        let vault = Arc::new(Vault::new(open, keystore.clone()));
        let mut random = SeededRandom::new(self.random.below(u64::MAX));
        let wallet = vault.enrol(&mut random).unwrap();
        wallet.trust(self.authority.trust_anchor(), &mut random).unwrap();
        let radio = Arc::new(Radio::new(phone.link(), phone.timer(), Box::new(phone.random())));
        let unlocker = Unlocker::new(Arc::clone(&radio), Arc::clone(&vault), Policy::DEFAULT);
        let holder = self.authority.new_holder().unwrap();
        let progress = EventQueue::new(256);
        Person { phone, radio, vault, wallet, unlocker, storage, keystore, progress, holder, random }
    }

    /// Somebody with a grant for the first door.
    pub(crate) fn resident(&mut self, profile: PhoneProfile) -> Person {
        let mut person = self.person("resident", profile);
        self.grant(&mut person, 0, &GrantTerms::resident(NOW));
        person
    }

    pub(crate) fn grant(&mut self, person: &mut Person, door: usize, terms: &GrantTerms) {
        let door = self.doors[door].1;
        let credential =
            self.authority.issue(door, person.wallet.phone_id(), person.holder, terms, NOW).unwrap();
        person.wallet.import(&credential.to_bytes().unwrap(), &mut person.random).unwrap();
    }

    pub(crate) fn door(&self) -> &SimulatedDoor {
        &self.doors[0].0
    }

    pub(crate) fn id(&self) -> DoorId {
        self.doors[0].1
    }

    /// One press at the first door.
    pub(crate) fn unlock(&self, person: &Person) -> Result<Opened, UnlockError> {
        self.unlock_at(person, self.id())
    }

    pub(crate) fn unlock_at(&self, person: &Person, door: DoorId) -> Result<Opened, UnlockError> {
        let cancel = CancelHandle::new();
        self.world.block_on(person.unlocker.unlock(door, &cancel, &person.progress)).unwrap()
    }

    /// One press that is taken back after `delay`.
    pub(crate) fn unlock_and_cancel(&self, person: &Person, delay: Duration) -> Result<Opened, UnlockError> {
        let cancel = CancelHandle::new();
        let handle = cancel.clone();
        self.world.at(self.world.now().plus(delay), move |_| handle.cancel());
        self.world.block_on(person.unlocker.unlock(self.id(), &cancel, &person.progress)).unwrap()
    }

    pub(crate) fn movements(&self) -> usize {
        self.door().bolt_movements().len()
    }
}

impl Person {
    pub(crate) fn steps(&self) -> Vec<Progress> {
        core::iter::from_fn(|| self.progress.try_pop()).collect()
    }
}
