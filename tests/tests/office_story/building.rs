//! A property in an office, with one claimed door, and the world around it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use thumbturn_manager::access::{KeyDoor, Role, WeeklyHours};
use thumbturn_manager::ids::{AccountId, KeyId};
use thumbturn_manager::office::calendar::ZoneRules;
use thumbturn_manager::office::keystore::{DataKey, KeyStore, KeyStoreError};
use thumbturn_manager::office::model::{Contact, DoorType, EmailAddress, Name, PersonName};
use thumbturn_manager::office::use_case::UseCase;
use thumbturn_manager::office::use_case::authority::{Claimed, MakeKeys, PrepareClaim};
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, Giver, IssueDailyCode};
use thumbturn_manager::office::use_case::door::{AddDoor, OpenTasks};
use thumbturn_manager::office::use_case::key::CreateKey;
use thumbturn_manager::office::use_case::people::{InvitePerson, Invited};
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::use_case::sync::Exchange;
use thumbturn_manager::office::{Actor, Error, Host, Office, Store};
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::Claimer;
use thumbturn_phone::courier::Synced;
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::sync::{SyncError, Synchroniser, Transport, TransportError};
use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
use thumbturn_phone::unlock::UnlockError;
use thumbturn_phone::vault::Vault;
use thumbturn_protocol::code::DailyKind;
use thumbturn_protocol::ids::{DoorId, PhoneId, PropertyId};
use thumbturn_protocol::keys::SigningKeyPair;
use thumbturn_protocol::sync::SyncRequest;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::Row;
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::door::{SimulatedDoor, SimulatedDoorSettings};
use thumbturn_simulator::phone::SimulatedPhone;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::world::World;
use tokio::runtime::Runtime;

struct OpenKeyStore;

impl KeyStore for OpenKeyStore {
    fn wrap_key(&self, key: &DataKey) -> Result<Vec<u8>, KeyStoreError> {
        Ok(key.as_bytes().to_vec())
    }

    fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyStoreError> {
        wrapped.try_into().map(DataKey::from_bytes).map_err(|_| KeyStoreError::Lost)
    }
}

/// Knows no summer.
struct Utc;

impl ZoneRules for Utc {
    fn zone(&self, name: &str, _: UnixSeconds) -> Option<Zone> {
        (name == "Etc/UTC").then(|| Zone::fixed(UtcOffset::UTC))
    }
}

/// A property with one claimed door, and the world around it.
pub(crate) struct Building {
    pub(crate) world: World,
    flat: SimulatedDoor,
    pub(crate) door: DoorId,
    key: KeyId,
    pub(crate) office: Office,
    pub(crate) property: PropertyId,
    /// Of the portfolio, kept offline.
    pub(crate) root: SigningKeyPair,
    pub(crate) runtime: Runtime,
    pub(crate) random: SeededRandom,
    pub(crate) now: UnixSeconds,
    _folder: tempfile::TempDir,
}

/// Somebody's phone.
pub(crate) struct Phone {
    _simulated: SimulatedPhone,
    pub(crate) id: PhoneId,
    pub(crate) vault: Arc<Vault>,
    pub(crate) line: Arc<Line>,
    unlocker: Unlocker,
    synchroniser: Synchroniser,
}

/// The way from a phone to the office: in the same process, through the very bytes that a network would carry.
pub(crate) struct Line {
    office: Office,
    account: AccountId,
    pub(crate) now: Mutex<UnixSeconds>,
    random: Mutex<SeededRandom>,
    /// How many answers get lost on the way.
    pub(crate) lost: Mutex<usize>,
}

#[async_trait::async_trait]
impl Transport for Line {
    async fn exchange(&self, property: PropertyId, request: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let request = SyncRequest::from_bytes(&request).map_err(|_| TransportError::Refused)?;
        let (now, mut random) = (*self.now.lock().unwrap(), self.random.lock().unwrap().clone());
        let (actor, exchange) = (Actor::Account(self.account), Exchange { request });
        let answer = self.office.perform(actor, property, &exchange, now, &mut random).await;
        *self.random.lock().unwrap() = random;
        let answer = answer.map_err(|_| TransportError::Refused)?.to_bytes();
        let mut lost = self.lost.lock().unwrap();
        if *lost > 0 {
            *lost -= 1;
            return Err(TransportError::Offline);
        }
        answer.map_err(|_| TransportError::Refused)
    }
}

impl Building {
    pub(crate) fn new(seed: u64) -> Self {
        let world = World::new(seed);
        let flat = SimulatedDoor::new(&world, "Flat 1", SimulatedDoorSettings::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let now = UnixSeconds::new(1_772_438_400).unwrap();
        let mut random = SeededRandom::new(seed);
        let (office, property) = runtime.block_on(async {
            let store = Store::open_file(&folder.path().join("office.db")).await.unwrap();
            let office = Office::new(store, Host { keystore: Box::new(OpenKeyStore), zones: Box::new(Utc) });
            let name = Name::parse("Elm Street 1").unwrap();
            let pat = PersonName::parse("Pat", "Manager").unwrap();
            let email = EmailAddress::parse("pat@example.com").unwrap();
            let (portfolio, _) = office.found(&name, (&email, &pat), now, &mut random).await.unwrap();
            let draft = PropertyDraft { name, zone: "Etc/UTC".to_owned(), retention_days: 730 };
            let opened = office.open_property(Actor::Host, portfolio, &draft, now, &mut random).await;
            (office, opened.unwrap())
        });
        let (door, key) = (DoorId([0; 8]), KeyId([0; 16]));
        let root = SigningKeyPair::generate(&mut random).unwrap();
        let mut building =
            Self { world, flat, door, key, office, property, root, runtime, random, now, _folder: folder };
        building.furnish();
        building
    }

    /// A door with a Key, claimed by an installer's phone.
    fn furnish(&mut self) {
        let root_key = self.root.public();
        self.host(&MakeKeys { root_key });
        let name = || Name::parse("Flat 1").unwrap();
        self.door = self.host(&AddDoor { name: name(), kind: DoorType::Residence, is_connected: false });
        let doors = vec![KeyDoor { door: self.door, hours: WeeklyHours::Always, doorcodes: true }];
        self.key = self.host(&CreateKey { name: name(), doors });
        let zone = Zone::fixed(UtcOffset::UTC);
        let configuration = self.host(&PrepareClaim { door: self.door, zone, relock_seconds: 5 });
        let phone = self.world.add_phone("installer's", PhoneProfile::android(), self.flat.place().beside());
        let radio = Arc::new(Radio::new(phone.link(), phone.timer(), Box::new(phone.random())));
        let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
        let claimer = Claimer::new(radio, Policy::DEFAULT);
        let claim = claimer.claim(self.flat.claim_secret(), configuration.clone(), &cancel, &progress);
        let keys = self.world.block_on(claim).unwrap().unwrap();
        self.host(&Claimed { configuration, keys });
    }

    pub(crate) fn host<U: UseCase>(&mut self, use_case: &U) -> U::Answer {
        self.try_as(Actor::Host, use_case).unwrap()
    }

    pub(crate) fn try_as<U: UseCase>(&mut self, actor: Actor, use_case: &U) -> Result<U::Answer, Error> {
        let performed = self.office.perform(actor, self.property, use_case, self.now, &mut self.random);
        self.runtime.block_on(performed)
    }

    pub(crate) fn invite(&mut self, who: &str) -> Invited {
        self.invite_from(who, self.now)
    }

    pub(crate) fn invite_from(&mut self, who: &str, start: UnixSeconds) -> Invited {
        let invitation = InvitePerson {
            email: EmailAddress::parse(&format!("{who}@example.com")).unwrap(),
            name: PersonName::parse(who, "Moss").unwrap(),
            unit: None,
            keys: BTreeSet::from([self.key]),
            role: Role::Resident,
            may_share: true,
            start: Some(start),
            end: None,
        };
        self.host(&invitation)
    }

    /// One more phone of somebody, with its credentials.
    pub(crate) fn phone(&mut self, who: &Invited) -> Phone {
        let simulated = self.world.add_phone("a phone", PhoneProfile::ios(), self.flat.place().beside());
        let radio = Arc::new(Radio::new(simulated.link(), simulated.timer(), Box::new(simulated.random())));
        let (files, keystore) = (TestingStorage::new(), Arc::new(TestingKeyStore::new()));
        let vault = Arc::new(Vault::new(Box::new(move || Ok(Box::new(files.clone()))), keystore));
        let wallet = vault.enrol(&mut self.random).unwrap();
        let invitation = self.host(&InvitePhone { person: who.person });
        let actor = Actor::Account(who.account);
        let enrol = EnrolPhone { invitation, keys: wallet.public_keys() };
        let id = self.try_as(actor, &enrol).unwrap();
        assert_eq!(id, wallet.phone_id());
        let unlocker = Unlocker::new(radio, Arc::clone(&vault), Policy::DEFAULT);
        let line = Arc::new(Line {
            office: self.office.clone(),
            account: who.account,
            now: Mutex::new(self.now),
            random: Mutex::new(SeededRandom::new(u64::from_be_bytes(who.person.0))),
            lost: Mutex::new(0),
        });
        let transport: Arc<dyn Transport> = Arc::clone(&line) as _;
        let random = Box::new(simulated.random());
        let synchroniser = Synchroniser::new(Arc::clone(&vault), transport, simulated.timer(), random);
        let phone = Phone { _simulated: simulated, id, vault, line, unlocker, synchroniser };
        self.sync(&phone);
        phone
    }

    pub(crate) fn unlock(&self, phone: &Phone) -> Result<(), UnlockError> {
        let (cancel, progress, events) = (CancelHandle::new(), EventQueue::new(64), EventQueue::new(64));
        self.world.run_for(std::time::Duration::from_secs(15));
        let unlocked =
            self.world.block_on(phone.unlocker.unlock_first(self.door, &cancel, &progress)).unwrap()?;
        self.world.block_on(unlocked.deliver(&cancel, &events)).unwrap();
        Ok(())
    }

    /// The phone is online for a moment.
    pub(crate) fn sync(&self, phone: &Phone) -> Synced {
        self.try_sync(phone).unwrap()
    }

    pub(crate) fn try_sync(&self, phone: &Phone) -> Result<Synced, SyncError> {
        *phone.line.now.lock().unwrap() = self.now;
        self.runtime.block_on(phone.synchroniser.sync(self.property))
    }

    pub(crate) fn open_tasks(&self) -> usize {
        let asked = self.office.ask(Actor::Host, self.property, &OpenTasks, self.now);
        self.runtime.block_on(asked).unwrap().len()
    }

    pub(crate) fn doorcode(&self, who: &Invited) -> Option<String> {
        let list = self.runtime.block_on(self.office.door_list(self.property, self.door)).unwrap();
        list.rows.iter().find_map(|row| match row {
            Row::Doorcode(code, terms) if terms.holder() == who.person => Some(code.text().to_string()),
            _ => None,
        })
    }

    /// What a guest of somebody types on a day.
    pub(crate) fn daily_code(&mut self, who: &Invited, day: CodeDay) -> String {
        let recipient = Contact::parse(None, Some("+49 30 123456")).unwrap();
        let (giver, kind) = (Giver::Holder(who.person), DailyKind::WholeDay);
        let issue = IssueDailyCode { giver, door: self.door, day, kind, recipient, service: None };
        self.try_as(Actor::Account(who.account), &issue).unwrap().code.text().to_string()
    }

    /// Time passes, for the door and for the office.
    pub(crate) fn sleep(&mut self, seconds: u64) {
        self.world.run_for(std::time::Duration::from_secs(seconds));
        self.now = self.now.plus(seconds);
    }

    /// Whether the bolt moves when somebody types.
    pub(crate) fn opens_by_code(&self, code: &str) -> bool {
        let before = self.flat.bolt_movements().len();
        self.world.run_for(std::time::Duration::from_secs(30));
        self.flat.press(code);
        self.world.run_for(std::time::Duration::from_secs(2));
        self.flat.bolt_movements().len() > before
    }
}
