//! The people of the story: a property's authority, and phones that run the phone core.

use std::error::Error;
use std::sync::Arc;

use thumbturn_manager::authority::task::Task;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::Claimer;
use thumbturn_phone::courier::{End, Inbox, UploadObject};
use thumbturn_phone::driver::{Unlocked, Unlocker};
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
use thumbturn_phone::unlock::UnlockError;
use thumbturn_phone::vault::Vault;
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::ids::{ClaimSecret, DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::authority::{Authority, DoorList, GrantTerms};
use thumbturn_simulator::random::SeededRandom;

use crate::air::Air;

/// What the label of the door says (`examples/door-firmware`).
const CLAIM_SECRET: [u8; 16] = [0x4d; 16];
/// Seconds that the bolt stays drawn.
const RELOCK_SECONDS: u8 = 2;
/// Steps of an unlock or a delivery that are kept.
const STEPS: usize = 512;

/// A property with one door, and the books of its list.
#[derive(Debug)]
pub(crate) struct Property {
    authority: Authority,
    pub(crate) door: DoorId,
    pub(crate) list: DoorList,
    seed: u64,
}

/// A resident with a phone and a grant.
pub(crate) struct Resident {
    pub(crate) holder: HolderId,
    unlocker: Unlocker,
    vault: Arc<Vault>,
    random: SeededRandom,
}

impl Property {
    /// An installer claims the door.
    pub(crate) async fn claim(air: &Air) -> Result<Self, Box<dyn Error>> {
        let mut authority = Authority::new(SeededRandom::new(1))?;
        let now = now(air)?;
        let zone = Zone::fixed(UtcOffset::UTC);
        let mut configuration = authority.configure(DoorKind::Residence, zone, now)?;
        configuration.relock_seconds = RELOCK_SECONDS;
        let radio = Radio::new(air.link(), Arc::new(air.clock()), Box::new(SeededRandom::new(2)));
        let claimer = Claimer::new(Arc::new(radio), Policy::DEFAULT);
        let (cancel, steps) = (CancelHandle::new(), EventQueue::new(STEPS));
        let secret = ClaimSecret::from_bytes(CLAIM_SECRET);
        let keys = claimer.claim(secret, configuration.clone(), &cancel, &steps).await?;
        authority.enter(&configuration, keys, now)?;
        let list = authority.list(configuration.door)?;
        Ok(Self { authority, door: configuration.door, list, seed: 2 })
    }

    /// A resident moves in.
    pub(crate) fn resident(&mut self, air: &Air) -> Result<Resident, Box<dyn Error>> {
        self.seed += 1;
        let mut random = SeededRandom::new(self.seed);
        let radio = Radio::new(air.link(), Arc::new(air.clock()), Box::new(random.clone()));
        let files = TestingStorage::new();
        let vault =
            Vault::new(Box::new(move || Ok(Box::new(files.clone()))), Arc::new(TestingKeyStore::new()));
        let (vault, now) = (Arc::new(vault), now(air)?);
        let wallet = vault.enrol(&mut random)?;
        wallet.trust(self.authority.trust_anchor(), &mut random)?;
        let holder = self.authority.new_holder()?;
        let terms = GrantTerms::resident(now);
        let grant = self.authority.issue(self.door, wallet.phone_id(), holder, &terms, now)?;
        wallet.import(&grant.to_bytes()?, &mut random)?;
        let unlocker = Unlocker::new(Arc::new(radio), Arc::clone(&vault), Policy::DEFAULT);
        Ok(Resident { holder, unlocker, vault, random })
    }

    /// The office gives a phone what the door lacks; its bytes.
    pub(crate) fn hand_out(&mut self, air: &Air, courier: &mut Resident) -> Result<usize, Box<dyn Error>> {
        let parcel = self.authority.update(&mut self.list, now(air)?)?.ok_or("the door lacks nothing")?;
        let bytes = parcel.to_bytes();
        courier.inbox()?.take_parcel(&bytes, &mut courier.random)?;
        Ok(bytes.len())
    }

    /// The office reads the receipts that a phone brings: whether the door signed that it has the newest list.
    pub(crate) fn is_confirmed(&mut self, air: &Air, courier: &mut Resident) -> Result<bool, Box<dyn Error>> {
        let (now, inbox) = (now(air)?, courier.inbox()?);
        let mut is_confirmed = false;
        for upload in inbox.to_upload() {
            if let UploadObject::Receipt(receipt) = &upload.object {
                let (_, confirmation) = self.authority.confirm(&mut self.list, receipt, now)?;
                let task = Task::List(self.list.version());
                is_confirmed |= confirmation.closes(&task);
            }
            inbox.uploaded(&[upload.id], &mut courier.random)?;
        }
        Ok(is_confirmed)
    }
}

impl Resident {
    /// A tap: opens the door and keeps the connection.
    pub(crate) async fn unlock(&self, door: DoorId) -> Result<Unlocked, UnlockError> {
        self.unlocker.unlock_first(door, &CancelHandle::new(), &EventQueue::new(STEPS)).await
    }

    fn inbox(&mut self) -> Result<Arc<Inbox>, Box<dyn Error>> {
        Ok(self.vault.inbox(&mut self.random)?)
    }
}

/// Brings what the phone carries, and takes along what the door has.
pub(crate) async fn deliver(unlocked: Unlocked) -> End {
    unlocked.deliver(&CancelHandle::new(), &EventQueue::new(STEPS)).await
}

fn now(air: &Air) -> Result<UnixSeconds, Box<dyn Error>> {
    air.clock().civil().ok_or_else(|| "a clock beyond the calendar".into())
}
