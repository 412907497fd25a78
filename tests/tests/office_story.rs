//! The whole way of access: from a manager's invitation over a phone and a doorcode to a bolt that moves, and back to a bolt that does not.

use std::collections::BTreeSet;
use std::sync::Arc;

use thumbturn_manager::access::{KeyDoor, Role, WeeklyHours};
use thumbturn_manager::ids::{AccountId, KeyId};
use thumbturn_manager::office::calendar::ZoneRules;
use thumbturn_manager::office::keystore::{DataKey, KeyStore, KeyStoreError};
use thumbturn_manager::office::model::{Contact, DoorType, EmailAddress, Name, PersonName};
use thumbturn_manager::office::use_case::UseCase;
use thumbturn_manager::office::use_case::authority::{
    Claimed, MakeKeys, PrepareClaim, SealUpdate, TakeReceipt,
};
use thumbturn_manager::office::use_case::daily_codes::{
    CodeDay, Giver, IssueDailyCode, RevokeAllDailyCodes,
};
use thumbturn_manager::office::use_case::door::{AddDoor, OpenTasks};
use thumbturn_manager::office::use_case::key::CreateKey;
use thumbturn_manager::office::use_case::people::{InvitePerson, Invited, RevokeAll};
use thumbturn_manager::office::use_case::phone::{EnrolPhone, FetchCredentials, InvitePhone, RevokePhone};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::{Actor, Error, Host, Invalid, Office, Store};
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::Claimer;
use thumbturn_phone::courier::UploadObject;
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
use thumbturn_phone::unlock::UnlockError;
use thumbturn_phone::vault::Vault;
use thumbturn_phone::wallet::TrustAnchor;
use thumbturn_protocol::code::DailyKind;
use thumbturn_protocol::ids::{DoorId, PhoneId, PropertyId};
use thumbturn_protocol::keys::SigningKeyPair;
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
struct Building {
    world: World,
    flat: SimulatedDoor,
    door: DoorId,
    key: KeyId,
    office: Office,
    property: PropertyId,
    runtime: Runtime,
    random: SeededRandom,
    now: UnixSeconds,
    _folder: tempfile::TempDir,
}

/// Somebody's phone.
struct Phone {
    _simulated: SimulatedPhone,
    account: AccountId,
    id: PhoneId,
    vault: Arc<Vault>,
    unlocker: Unlocker,
}

impl Building {
    fn new(seed: u64) -> Self {
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
        let mut building =
            Self { world, flat, door, key, office, property, runtime, random, now, _folder: folder };
        building.furnish();
        building
    }

    /// A door with a Key, claimed by an installer's phone.
    fn furnish(&mut self) {
        let root = SigningKeyPair::generate(&mut self.random).unwrap();
        self.host(&MakeKeys { root_key: root.public() });
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

    fn host<U: UseCase>(&mut self, use_case: &U) -> U::Answer {
        self.try_as(Actor::Host, use_case).unwrap()
    }

    fn try_as<U: UseCase>(&mut self, actor: Actor, use_case: &U) -> Result<U::Answer, Error> {
        let performed = self.office.perform(actor, self.property, use_case, self.now, &mut self.random);
        self.runtime.block_on(performed)
    }

    fn invite(&mut self, who: &str) -> Invited {
        let invitation = InvitePerson {
            email: EmailAddress::parse(&format!("{who}@example.com")).unwrap(),
            name: PersonName::parse(who, "Moss").unwrap(),
            unit: None,
            keys: BTreeSet::from([self.key]),
            role: Role::Resident,
            may_share: true,
            start: None,
            end: None,
        };
        self.host(&invitation)
    }

    /// One more phone of somebody, with its credentials.
    fn phone(&mut self, who: &Invited) -> Phone {
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
        let phone = Phone { _simulated: simulated, account: who.account, id, vault, unlocker };
        self.fetch(&phone);
        phone
    }

    /// The phone is online: grants and what waits for the door.
    fn fetch(&mut self, phone: &Phone) {
        let actor = Actor::Account(phone.account);
        let news = self.try_as(actor, &FetchCredentials { phone: phone.id }).unwrap();
        let wallet = phone.vault.wallet(&mut self.random).unwrap();
        let keys = news.property;
        let anchor = TrustAnchor::new(keys.property, keys.generation, keys.root_key, keys.signing_key);
        wallet.trust(anchor, &mut self.random).unwrap();
        for credential in &news.credentials {
            let _ = wallet.import(credential, &mut self.random);
        }
        if let Some(update) = self.try_as(actor, &SealUpdate { door: self.door }).unwrap() {
            phone
                .vault
                .inbox(&mut self.random)
                .unwrap()
                .take_parcel(&update.parcel, &mut self.random)
                .unwrap();
        }
    }

    fn unlock(&self, phone: &Phone) -> Result<(), UnlockError> {
        let (cancel, progress, events) = (CancelHandle::new(), EventQueue::new(64), EventQueue::new(64));
        self.world.run_for(std::time::Duration::from_secs(15));
        let unlocked =
            self.world.block_on(phone.unlocker.unlock_first(self.door, &cancel, &progress)).unwrap()?;
        self.world.block_on(unlocked.deliver(&cancel, &events)).unwrap();
        Ok(())
    }

    /// The phone is online: what the door has said. Tells how many tasks that closed.
    fn hand_in(&mut self, phone: &Phone) -> usize {
        let inbox = phone.vault.inbox(&mut self.random).unwrap();
        let mut closed = 0;
        for upload in inbox.to_upload() {
            if let UploadObject::Receipt(receipt) = &upload.object {
                let take = TakeReceipt { receipt: receipt.as_bytes().to_vec() };
                let taken = self.try_as(Actor::Account(phone.account), &take).unwrap();
                closed += usize::from(taken.closed_task);
                inbox.uploaded(&[upload.id], &mut self.random).unwrap();
            }
        }
        closed
    }

    fn open_tasks(&self) -> usize {
        let asked = self.office.ask(Actor::Host, self.property, &OpenTasks, self.now);
        self.runtime.block_on(asked).unwrap().len()
    }

    fn doorcode(&self, who: &Invited) -> Option<String> {
        let list = self.runtime.block_on(self.office.door_list(self.property, self.door)).unwrap();
        list.rows.iter().find_map(|row| match row {
            Row::Doorcode(code, terms) if terms.holder() == who.person => Some(code.text().to_string()),
            _ => None,
        })
    }

    /// What a guest of somebody types on a day.
    fn daily_code(&mut self, who: &Invited, day: CodeDay) -> String {
        let recipient = Contact::parse(None, Some("+49 30 123456")).unwrap();
        let (giver, kind) = (Giver::Holder(who.person), DailyKind::WholeDay);
        let issue = IssueDailyCode { giver, door: self.door, day, kind, recipient, service: None };
        self.try_as(Actor::Account(who.account), &issue).unwrap().code.text().to_string()
    }

    /// Time passes, for the door and for the office.
    fn sleep(&mut self, seconds: u64) {
        self.world.run_for(std::time::Duration::from_secs(seconds));
        self.now = self.now.plus(seconds);
    }

    /// Whether the bolt moves when somebody types.
    fn opens_by_code(&self, code: &str) -> bool {
        let before = self.flat.bolt_movements().len();
        self.world.run_for(std::time::Duration::from_secs(30));
        self.flat.press(code);
        self.world.run_for(std::time::Duration::from_secs(2));
        self.flat.bolt_movements().len() > before
    }
}

/// F-037, F-051 to F-054, F-060, F-061, F-063 to F-067, F-119: no sync button anywhere. Ada's own phone brings her doorcode; Ben's phone
/// brings the door that she has moved out.
#[test]
fn people_come_and_go_and_every_unlock_carries_the_news() {
    let mut building = Building::new(1);
    let (ada, ben) = (building.invite("ada"), building.invite("ben"));
    assert_eq!(building.open_tasks(), 1, "one task for the door, whatever the number of people");
    let (adas, bens) = (building.phone(&ada), building.phone(&ben));
    let code = building.doorcode(&ada).unwrap();
    assert!(!building.opens_by_code(&code), "the door has not heard of it yet");

    building.unlock(&adas).unwrap();
    assert_eq!(building.hand_in(&adas), 1);
    assert_eq!(building.open_tasks(), 0);
    assert!(building.opens_by_code(&code));
    building.unlock(&bens).unwrap();
    building.hand_in(&bens);

    let tasks = building.host(&RevokeAll { person: ada.person });
    assert_eq!(tasks.len(), 1);
    // Her phone is offline, and knows nothing of it; the door neither.
    building.unlock(&adas).unwrap();
    building.fetch(&bens);
    building.unlock(&bens).unwrap();
    assert_eq!(building.hand_in(&bens), 1);
    assert_eq!(building.open_tasks(), 0);
    assert_eq!(building.unlock(&adas), Err(UnlockError::Denied));
    assert!(!building.opens_by_code(&code));
    building.unlock(&bens).unwrap();
}

/// A lost phone is revoked alone: the same person's other phone, and the doorcode, go on.
#[test]
fn a_lost_phone_takes_nothing_else_along() {
    let mut building = Building::new(2);
    let ada = building.invite("ada");
    let (lost, other) = (building.phone(&ada), building.phone(&ada));
    building.unlock(&lost).unwrap();
    building.unlock(&other).unwrap();
    let code = building.doorcode(&ada).unwrap();
    let own = Actor::Account(ada.account);
    let tasks = building.try_as(own, &RevokePhone { phone: lost.id }).unwrap();
    assert_eq!(tasks.len(), 1, "the door has to hear that its grant is void");
    building.fetch(&other);
    building.unlock(&other).unwrap();
    building.hand_in(&other);
    assert_eq!(building.unlock(&lost), Err(UnlockError::Denied));
    building.unlock(&other).unwrap();
    assert!(building.opens_by_code(&code));
    assert!(building.try_as(own, &FetchCredentials { phone: lost.id }).is_err());
}

/// F-038, R-133, R-404, R-408: a door that nobody reaches takes a code on its day and no other, and none of before once it has heard.
#[test]
fn a_daily_code_opens_on_its_day_until_all_are_taken_back() {
    let mut building = Building::new(5);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    let today = building.daily_code(&ada, CodeDay::Today);
    assert!(!building.opens_by_code(&today), "the door does not compute codes before its first update");
    building.unlock(&phone).unwrap();
    assert_eq!(building.hand_in(&phone), 1);
    assert!(building.opens_by_code(&today));
    let tomorrow = building.daily_code(&ada, CodeDay::Tomorrow);
    assert!(!building.opens_by_code(&tomorrow));

    building.sleep(86_400);
    assert!(!building.opens_by_code(&today));
    assert!(building.opens_by_code(&tomorrow));
    let revoke = RevokeAllDailyCodes { door: building.door };
    let task = building.host(&revoke).task.unwrap();
    let left = task.revocation.unwrap().bound.unwrap();
    assert_eq!(left.as_secs(), 16 * 3_600, "the codes of a day end with it");
    assert!(building.opens_by_code(&tomorrow), "the door has not heard");
    building.fetch(&phone);
    building.unlock(&phone).unwrap();
    assert_eq!(building.hand_in(&phone), 1);
    assert!(!building.opens_by_code(&tomorrow));
    let new = building.daily_code(&ada, CodeDay::Today);
    assert!(building.opens_by_code(&new));
}

/// An invitation serves one phone, of the person it was made for.
#[test]
fn an_invitation_serves_once_and_nobody_else() {
    let mut building = Building::new(3);
    let (ada, eve) = (building.invite("ada"), building.invite("eve"));
    let keys = |seed| {
        let pair = thumbturn_protocol::keys::PhoneKeys::generate(&mut SeededRandom::new(seed)).unwrap();
        pair.public()
    };
    let invitation = building.host(&InvitePhone { person: ada.person });
    let enrol = |keys| EnrolPhone { invitation: invitation.clone(), keys };
    let refused = building.try_as(Actor::Account(eve.account), &enrol(keys(1)));
    assert!(matches!(refused, Err(Error::Invalid(Invalid::Invitation))), "{refused:?}");
    let own = Actor::Account(ada.account);
    let enrolled = building.try_as(own, &enrol(keys(2))).unwrap();
    assert_eq!(building.try_as(own, &enrol(keys(2))).unwrap(), enrolled, "the answer was lost");
    let again = building.try_as(own, &enrol(keys(3)));
    assert!(matches!(again, Err(Error::Invalid(Invalid::Invitation))));
    building.now = building.now.plus(8 * 86_400);
    let late = building.host(&InvitePhone { person: ada.person });
    building.now = building.now.plus(8 * 86_400);
    let expired = building.try_as(own, &EnrolPhone { invitation: late, keys: keys(4) });
    assert!(matches!(expired, Err(Error::Invalid(Invalid::Invitation))));
}

/// The device on a door is replaced: people keep what they may open, and the old device's receipts count for nothing.
#[test]
fn a_receipt_of_another_life_is_refused() {
    let mut building = Building::new(4);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    building.unlock(&phone).unwrap();
    let inbox = phone.vault.inbox(&mut building.random).unwrap();
    let receipt = inbox.to_upload().into_iter().find_map(|upload| match upload.object {
        UploadObject::Receipt(receipt) => Some(receipt.as_bytes().to_vec()),
        _ => None,
    });
    let receipt = receipt.unwrap();
    for position in 0..receipt.len() {
        let mut changed = receipt.clone();
        changed[position] ^= 1;
        let taken = building.try_as(Actor::Account(ada.account), &TakeReceipt { receipt: changed });
        assert!(taken.is_err(), "byte {position}");
    }
    let take = TakeReceipt { receipt };
    assert!(building.try_as(Actor::Account(ada.account), &take).unwrap().is_new);
    assert!(!building.try_as(Actor::Account(ada.account), &take).unwrap().is_new, "another phone was faster");
    let zone = Zone::fixed(UtcOffset::UTC);
    let configuration = building.host(&PrepareClaim { door: building.door, zone, relock_seconds: 5 });
    let mut keys = thumbturn_protocol::keys::DoorPublicKeys {
        session_key: thumbturn_protocol::keys::ExchangeKey([1; 32]),
        sealing_key: thumbturn_protocol::keys::ExchangeKey([2; 32]),
        receipt_key: thumbturn_protocol::keys::VerifyingKey([3; 32]),
    };
    keys.session_key.0[0] = 9;
    building.host(&Claimed { configuration, keys });
    let foreign = building.try_as(Actor::Account(ada.account), &take);
    assert!(matches!(foreign, Err(Error::Invalid(Invalid::Foreign))));
    assert_eq!(building.open_tasks(), 1, "the new device knows nothing");
    assert!(building.doorcode(&ada).is_some());
}
