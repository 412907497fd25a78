//! A property with doors, Keys and a manager, in a store of its own.

use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeSet;

use thumbturn_manager::access::{KeyDoor, Role, WeeklyHours};
use thumbturn_manager::ids::{AccountId, KeyId, PortfolioId};
use thumbturn_manager::office::calendar::ZoneRules;
use thumbturn_manager::office::keystore::{DataKey, KeyStore, KeyStoreError};
use thumbturn_manager::office::model::{Contact, DoorType, EmailAddress, Name, PersonName};
use thumbturn_manager::office::permission::{KeyManagement, Permissions};
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, Giver, IssueDailyCode};
use thumbturn_manager::office::use_case::door::AddDoor;
use thumbturn_manager::office::use_case::guests::InviteGuest;
use thumbturn_manager::office::use_case::key::CreateKey;
use thumbturn_manager::office::use_case::manager::SetPermissions;
use thumbturn_manager::office::use_case::people::{InvitePerson, Invited};
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::use_case::sync::Exchange;
use thumbturn_manager::office::use_case::{Question, UseCase};
use thumbturn_manager::office::{Actor, Error, Host, Office, Store};
use thumbturn_protocol::code::{DailyKind, Doorcode};
use thumbturn_protocol::ids::{DoorId, HolderId, PhoneId, PropertyId};
use thumbturn_protocol::keys::PhoneKeys;
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::sync::{Cursor, SyncAnswer, SyncRequest};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::Row;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use crate::address::Address;
use crate::claimed::ClaimedDoor;

/// Monday, 5 January 2026, 00:00 UTC.
pub(crate) const MONDAY: u64 = 1_767_571_200;
pub(crate) const DAY: u64 = 86_400;

/// A keystore that hides nothing: what is tested is not its strength.
pub(crate) struct OpenKeyStore;

impl KeyStore for OpenKeyStore {
    fn wrap_key(&self, key: &DataKey) -> Result<Vec<u8>, KeyStoreError> {
        Ok(key.as_bytes().to_vec())
    }

    fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyStoreError> {
        wrapped.try_into().map(DataKey::from_bytes).map_err(|_| KeyStoreError::Lost)
    }
}

/// One zone, always an hour east of UTC.
pub(crate) struct WinterOfBerlin;

impl ZoneRules for WinterOfBerlin {
    fn zone(&self, name: &str, _: UnixSeconds) -> Option<Zone> {
        (name == "Europe/Berlin").then(|| Zone::fixed(UtcOffset::new(3_600).unwrap()))
    }
}

/// What an office asks of its host.
pub(crate) fn host() -> Host {
    Host { keystore: Box::new(OpenKeyStore), zones: Box::new(WinterOfBerlin) }
}

/// Numbers that do not repeat within a test. Not random, and nobody minds.
pub(crate) struct Counting {
    next: u64,
    /// The next three bytes that are asked for, and no others: a doorcode.
    code: Option<[u8; 3]>,
}

static SEEDS: AtomicU64 = AtomicU64::new(1);

impl Counting {
    /// The same numbers for the same seed.
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self { next: seed << 24, code: None }
    }

    /// One of the first so many numbers.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes).unwrap();
        u64::from_be_bytes(bytes) % end
    }

    /// Begins elsewhere than all others of this process, and of other processes on the same database.
    pub(crate) fn new() -> Self {
        let process = u64::from(std::process::id());
        Self { next: (process << 40) ^ (SEEDS.fetch_add(1, Ordering::Relaxed) << 24), code: None }
    }

    /// The next doorcode that is drawn is this one.
    pub(crate) fn draws_next(&mut self, code: &Doorcode) {
        let [_, bytes @ ..] = code.number().to_be_bytes();
        self.code = Some(bytes);
    }
}

impl SecureRandom for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        if let Some(code) = self.code.take_if(|code| code.len() == bytes.len()) {
            bytes.copy_from_slice(&code);
            return Ok(());
        }
        for byte in bytes.chunks_mut(8) {
            self.next = self.next.wrapping_add(1);
            // SplitMix64.
            let mut mixed = self.next.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let drawn = (mixed ^ (mixed >> 31)).to_be_bytes();
            byte.copy_from_slice(&drawn[..byte.len()]);
        }
        Ok(())
    }
}

/// A property whose store goes when it is dropped.
pub(crate) struct Setting {
    pub(crate) office: Office,
    pub(crate) portfolio: PortfolioId,
    pub(crate) store: Store,
    pub(crate) address: Address,
    pub(crate) property: PropertyId,
    /// Portfolio Manager.
    pub(crate) manager: AccountId,
    pub(crate) now: UnixSeconds,
    pub(crate) random: Counting,
    _folder: Option<tempfile::TempDir>,
}

impl Setting {
    async fn new(address: Address, folder: Option<tempfile::TempDir>) -> Self {
        Self::with_random(address, folder, Counting::new()).await
    }

    /// Whose identifiers are those of `random`.
    pub(crate) async fn with_random(
        address: Address,
        folder: Option<tempfile::TempDir>,
        mut random: Counting,
    ) -> Self {
        let store = address.open().await;
        let office = Office::new(store.clone(), host());
        let now = UnixSeconds::new(MONDAY).unwrap();
        let (email, name) = (unique("pat", &mut random), PersonName::parse("Pat", "Manager").unwrap());
        let (portfolio, manager) = office
            .found(&Name::parse("Portfolio").unwrap(), (&email, &name), now, &mut random)
            .await
            .unwrap();
        let actor = Actor::Account(manager);
        let property = office.open_property(actor, portfolio, &draft(), now, &mut random).await.unwrap();
        Self { office, store, address, portfolio, property, manager, now, random, _folder: folder }
    }

    /// Goes on with another property of the portfolio.
    pub(crate) async fn open_another(&mut self) {
        let (actor, draft) = (Actor::Account(self.manager), draft());
        let opened = self.office.open_property(actor, self.portfolio, &draft, self.now, &mut self.random);
        self.property = opened.await.unwrap();
    }

    pub(crate) async fn try_do<U: UseCase>(&mut self, use_case: &U) -> Result<U::Answer, Error> {
        let actor = Actor::Account(self.manager);
        self.office.perform(actor, self.property, use_case, self.now, &mut self.random).await
    }

    pub(crate) async fn do_it<U: UseCase>(&mut self, use_case: &U) -> U::Answer {
        self.try_do(use_case).await.unwrap()
    }

    pub(crate) async fn ask<Q: Question>(&self, question: &Q) -> Q::Answer {
        self.office.ask(Actor::Account(self.manager), self.property, question, self.now).await.unwrap()
    }

    pub(crate) async fn actor(&self, person: HolderId) -> Actor {
        Actor::Account(self.office.account_of(self.property, person).await.unwrap())
    }

    /// What a person does who is no manager.
    pub(crate) async fn try_as<U: UseCase>(
        &mut self,
        person: HolderId,
        use_case: &U,
    ) -> Result<U::Answer, Error> {
        let actor = self.actor(person).await;
        self.office.perform(actor, self.property, use_case, self.now, &mut self.random).await
    }

    pub(crate) async fn ask_as<Q: Question>(
        &self,
        person: HolderId,
        question: &Q,
    ) -> Result<Q::Answer, Error> {
        self.office.ask(self.actor(person).await, self.property, question, self.now).await
    }

    pub(crate) async fn rows(&self, door: DoorId) -> Vec<Row> {
        self.office.door_list(self.property, door).await.unwrap().rows
    }

    /// Makes somebody a manager of these Keys.
    pub(crate) async fn manager_of(&mut self, who: &str, keys: &[KeyId]) -> Actor {
        let keys = KeyManagement::Specific(keys.iter().copied().collect());
        let appoint = SetPermissions {
            email: self.email(who),
            name: PersonName::parse(who, "Moss").unwrap(),
            permissions: Permissions { keys, ..Permissions::default() },
        };
        Actor::Account(self.do_it(&appoint).await)
    }

    /// Lets a guest in at these doors, now and without end, with doorcodes.
    pub(crate) fn guest(&self, granter: HolderId, who: &str, doors: &[DoorId]) -> InviteGuest {
        InviteGuest {
            granter,
            email: self.email(who),
            name: PersonName::parse(who, "Moss").unwrap(),
            doors: doors.iter().copied().collect(),
            doorcodes: true,
            start: None,
            end: None,
            service: None,
        }
    }

    /// A code for the whole day, sent by text message.
    pub(crate) fn daily_code(&self, giver: Giver, door: DoorId, day: CodeDay) -> IssueDailyCode {
        let recipient = Contact::parse(None, Some("+49 30 123456")).unwrap();
        IssueDailyCode { giver, door, day, kind: DailyKind::WholeDay, recipient, service: None }
    }

    pub(crate) async fn door(&mut self, name: &str, kind: DoorType) -> DoorId {
        self.do_it(&AddDoor { name: Name::parse(name).unwrap(), kind, is_connected: false }).await
    }

    /// Puts a device on a door.
    pub(crate) async fn claim(&mut self, door: DoorId) {
        ClaimedDoor::new(self, door).await;
    }

    /// One more phone of somebody.
    pub(crate) async fn phone(&mut self, person: HolderId) -> PhoneId {
        let invitation = self.do_it(&InvitePhone { person }).await;
        let keys = PhoneKeys::generate(&mut self.random).unwrap().public();
        self.try_as(person, &EnrolPhone { invitation, keys }).await.unwrap()
    }

    /// A phone that has nothing yet is online.
    pub(crate) async fn online(&mut self, person: HolderId, phone: PhoneId) -> Result<SyncAnswer, Error> {
        let request = SyncRequest::new(phone, Cursor(0)).unwrap();
        self.try_as(person, &Exchange { request }).await
    }

    /// A Key for these doors, at any hour, with doorcodes.
    pub(crate) async fn key(&mut self, name: &str, doors: &[DoorId]) -> KeyId {
        let doors = doors.iter().map(|door| always(*door)).collect();
        self.do_it(&CreateKey { name: Name::parse(name).unwrap(), doors }).await
    }

    /// Invites a resident who may share, now and without end.
    pub(crate) async fn invite(&mut self, who: &str, keys: &[KeyId]) -> Invited {
        let invitation = self.invitation(who, keys);
        self.do_it(&invitation).await
    }

    pub(crate) fn invitation(&mut self, who: &str, keys: &[KeyId]) -> InvitePerson {
        InvitePerson {
            email: self.email(who),
            name: PersonName::parse(who, "Moss").unwrap(),
            unit: None,
            keys: keys.iter().copied().collect::<BTreeSet<_>>(),
            role: Role::Resident,
            may_share: true,
            start: None,
            end: None,
        }
    }

    /// The same address for the same person of this property, and no other.
    pub(crate) fn email(&self, who: &str) -> EmailAddress {
        let own: String = self.property.0.iter().map(|byte| format!("{byte:02x}")).collect();
        EmailAddress::parse(&format!("{who}-{own}@example.com")).unwrap()
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now = self.now.plus(seconds);
    }
}

fn draft() -> PropertyDraft {
    PropertyDraft {
        name: Name::parse("Elm Street 1").unwrap(),
        zone: "Europe/Berlin".to_owned(),
        retention_days: 730,
    }
}

pub(crate) fn always(door: DoorId) -> KeyDoor {
    KeyDoor { door, hours: WeeklyHours::Always, doorcodes: true }
}

/// Berlin in winter.
pub(crate) fn berlin() -> Zone {
    Zone::fixed(UtcOffset::new(3_600).unwrap())
}

pub(crate) fn unique(who: &str, random: &mut Counting) -> EmailAddress {
    let mut bytes = [0; 8];
    random.fill(&mut bytes).unwrap();
    EmailAddress::parse(&format!("{who}-{:016x}@example.com", u64::from_be_bytes(bytes))).unwrap()
}

/// Runs a story on SQLite, and on Postgres where `THUMBTURN_POSTGRES` has the URL of an empty database.
pub(crate) fn on_every_engine(story: impl AsyncFn(Setting)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::File(folder.path().join("an office.db"));
        story(Setting::new(address, Some(folder)).await).await;
        #[cfg(feature = "postgres")]
        if let Some(url) = postgres() {
            story(Setting::new(Address::Postgres(url), None).await).await;
        }
    });
}

/// Where the real Postgres is that `cargo xtask ci office` starts.
#[cfg(feature = "postgres")]
pub(crate) fn postgres() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the address of a server that the task has just started")]
    std::env::var("THUMBTURN_POSTGRES").ok()
}
