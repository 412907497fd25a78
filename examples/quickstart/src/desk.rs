//! The desk of the property's manager: the manager core over a store in a folder of its own, which goes with the story.
//!
//! What staff and residents do here they do through use cases, as in any host of `thumbturn_manager::office`. A real host has a server or an app
//! around them, a keystore of its platform, and the time and the randomness of its machine.

mod clock;
mod error;
mod import;
mod keystore;
mod line;
mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;

use tempfile::TempDir;
use thumbturn_manager::access::KeyDoor;
use thumbturn_manager::ids::{AccountId, KeyId};
use thumbturn_manager::office::model::{EmailAddress, PersonName};
use thumbturn_manager::office::use_case::authority::{MakeKeys, SealUpdate, SealedUpdate};
use thumbturn_manager::office::use_case::door::{AddDoor, OpenTasks};
use thumbturn_manager::office::use_case::key::CreateKey;
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::use_case::unit::AddUnit;
use thumbturn_manager::office::use_case::{Question, UseCase};
use thumbturn_manager::office::{Actor, Error, Host, Office, Store};
use thumbturn_phone::courier::Synced;
use thumbturn_phone::sync::Synchroniser;
use thumbturn_phone::wallet::TrustAnchor;
use thumbturn_protocol::claim::PropertyKeys;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::keys::SigningKeyPair;
use thumbturn_simulator::building::{Resident, SharedRandom};
use thumbturn_simulator::random::SeededRandom;
use tokio::runtime::Runtime;

use self::keystore::StoryKeyStore;
use self::line::Line;
use self::zones::Zones;
use crate::building_file::{Plan, PlannedDoor};

pub(crate) use self::clock::Clock;
pub(crate) use self::error::DeskError;
pub(crate) use self::import::Imported;

/// First name, last name and address of the manager.
pub(crate) const MANAGER: (&str, &str, &str) = ("Pat", "Weber", "pat@example.com");
/// Days for which activity is kept.
const RETENTION: u32 = 730;
/// Sets the office's randomness apart from that of the world.
const APART: u64 = 0x6f66_6669_6365;

/// The office of one property, and its manager, who acts unless somebody else is named.
pub(crate) struct Desk {
    office: Office,
    store: Store,
    property: PropertyId,
    keys: PropertyKeys,
    manager: AccountId,
    clock: Clock,
    random: SharedRandom,
    runtime: Runtime,
    /// How phones reach it, by whose they are.
    lines: BTreeMap<HolderId, Synchroniser>,
    _folder: TempDir,
}

/// What the plan is in the office, in the order of the plan.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    pub(crate) doors: Vec<DoorId>,
    pub(crate) keys: Vec<KeyId>,
}

impl Desk {
    /// Founds an office with the property of the plan.
    pub(crate) fn found(plan: &Plan, clock: Clock) -> Result<Self, DeskError> {
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let random = SharedRandom::from(SeededRandom::new(plan.seed ^ APART));
        let store = runtime.block_on(Store::open_file(&folder.path().join("office.db")))?;
        let host = Host { keystore: Box::new(StoryKeyStore), zones: Box::new(Zones) };
        let office = Office::new(store.clone(), host);
        let (first, last, email) = MANAGER;
        let (email, name) = (email_address(email)?, person_name(first, last)?);
        let draft = PropertyDraft {
            name: plan.name.clone(),
            zone: plan.zone.name().to_owned(),
            retention_days: RETENTION,
        };
        // Kept offline, in a safe, and brought out only to announce other keys: it is not in the office, and nothing of the story needs it.
        let root_key = SigningKeyPair::generate(&mut random.clone()).map_err(Error::from)?.public();
        let (property, manager, keys) = runtime.block_on(async {
            let (now, mut random) = (clock.now(), random.clone());
            let founded = office.found(&plan.name, (&email, &name), now, &mut random).await?;
            let (portfolio, manager) = founded;
            let actor = Actor::Account(manager);
            let property = office.open_property(actor, portfolio, &draft, now, &mut random).await?;
            let make = MakeKeys { root_key };
            let keys = office.perform(actor, property, &make, now, &mut random).await?;
            Ok::<_, Error>((property, manager, keys))
        })?;
        let lines = BTreeMap::new();
        Ok(Self { office, store, property, keys, manager, clock, random, runtime, lines, _folder: folder })
    }

    /// Enters units, doors and Keys.
    pub(crate) fn furnish(&self, plan: &Plan) -> Result<Inventory, DeskError> {
        let mut inventory = Inventory::default();
        for name in plan.units.iter().cloned() {
            self.perform(&AddUnit { name, floor: None, external_id: None })?;
        }
        for PlannedDoor { name, kind, .. } in plan.doors.iter().cloned() {
            inventory.doors.push(self.perform(&AddDoor { name, kind, is_connected: false })?);
        }
        for key in &plan.keys {
            let doors = key.doors.iter().filter_map(|door| inventory.doors.get(*door));
            let doors = doors.map(|door| KeyDoor { door: *door, hours: key.hours.clone(), doorcodes: true });
            let key = CreateKey { name: key.name.clone(), doors: doors.collect() };
            inventory.keys.push(self.perform(&key)?);
        }
        Ok(inventory)
    }

    /// The manager does something.
    pub(crate) fn perform<U: UseCase>(&self, use_case: &U) -> Result<U::Answer, DeskError> {
        self.perform_as(self.manager, use_case)
    }

    /// Somebody who is signed in does something.
    pub(crate) fn perform_as<U: UseCase>(
        &self,
        account: AccountId,
        use_case: &U,
    ) -> Result<U::Answer, DeskError> {
        let (actor, now, mut random) = (Actor::Account(account), self.clock.now(), self.random.clone());
        let performed = self.office.perform(actor, self.property, use_case, now, &mut random);
        Ok(self.runtime.block_on(performed)?)
    }

    /// The manager looks something up.
    pub(crate) fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, DeskError> {
        self.ask_as(self.manager, question)
    }

    /// Somebody who is signed in looks something up.
    pub(crate) fn ask_as<Q: Question>(
        &self,
        account: AccountId,
        question: &Q,
    ) -> Result<Q::Answer, DeskError> {
        let asked = self.office.ask(Actor::Account(account), self.property, question, self.clock.now());
        Ok(self.runtime.block_on(asked)?)
    }

    /// The account with an address. Who signs in as whom is the host's to make sure; here, nobody pretends.
    pub(crate) fn account(&self, email: &EmailAddress) -> Result<AccountId, DeskError> {
        self.runtime.block_on(self.office.account(email))?.ok_or(DeskError::NoAccount)
    }

    /// Enrols somebody's phone, and gives it a line to the office.
    pub(crate) fn enrol(&mut self, resident: &Resident, account: AccountId) -> Result<(), DeskError> {
        let invitation = self.perform(&InvitePhone { person: resident.holder() })?;
        let keys = resident.wallet()?.public_keys();
        self.perform_as(account, &EnrolPhone { invitation, keys })?;
        let line = Line {
            office: self.office.clone(),
            account,
            clock: self.clock.clone(),
            random: self.random.clone(),
        };
        let (vault, timer) = (resident.vault(), resident.phone().timer());
        let line = Synchroniser::new(vault, Arc::new(line), timer, Box::new(resident.random()));
        self.lines.insert(resident.holder(), line);
        Ok(())
    }

    /// A phone is online for a moment: hands in what it took along, and fetches what is new.
    pub(crate) fn sync(&self, resident: &Resident) -> Result<Synced, DeskError> {
        let line = self.lines.get(&resident.holder()).ok_or(DeskError::NoAccount)?;
        Ok(self.runtime.block_on(line.sync(self.property))?)
    }

    /// The update that waits for a door.
    pub(crate) fn update(&self, door: DoorId) -> Result<SealedUpdate, DeskError> {
        self.perform(&SealUpdate { door })?.ok_or(DeskError::NothingToBring)
    }

    /// Whether somebody is to go to a door.
    pub(crate) fn has_task(&self, door: DoorId) -> Result<bool, DeskError> {
        Ok(self.ask(&OpenTasks)?.iter().any(|task| task.door == door))
    }

    /// What a phone must know to trust the property, when no office has told it.
    pub(crate) fn anchor(&self) -> TrustAnchor {
        let PropertyKeys { property, generation, root_key, signing_key, .. } = self.keys;
        TrustAnchor::new(property, generation, root_key, signing_key)
    }
}

impl Drop for Desk {
    /// Closes the store before its folder goes.
    fn drop(&mut self) {
        self.runtime.block_on(self.store.close());
    }
}

/// An address, as an office takes it.
pub(crate) fn email_address(text: &str) -> Result<EmailAddress, DeskError> {
    Ok(EmailAddress::parse(text).map_err(Error::from)?)
}

/// A name, as an office takes it.
pub(crate) fn person_name(first: &str, last: &str) -> Result<PersonName, DeskError> {
    Ok(PersonName::parse(first, last).map_err(Error::from)?)
}
