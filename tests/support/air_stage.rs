//! One door and many phones in simulated air: the real engine, the real phone core, and the books of the door's list.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use thumbturn_lock::storage::list::{ListStore, ParcelKind};
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::Claimer;
use thumbturn_phone::courier::{Carried, CourierEvent, End};
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::link::ConnectionId;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
use thumbturn_phone::vault::Vault;
use thumbturn_protocol::claim::{DoorConfiguration, DoorKind};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{DoorId, HolderId, Serial};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::Row;
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::authority::{Authority, DoorList, GrantTerms};
use thumbturn_simulator::clock::Instant;
use thumbturn_simulator::door::{SimulatedDoor, SimulatedDoorSettings};
use thumbturn_simulator::phone::SimulatedPhone;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::trace::{Happening, Trace};
use thumbturn_simulator::world::{Task, World};

use crate::flash_image::FlashImage;
use crate::property::at;

/// Steps of a run that are kept.
const STEPS: usize = 256;
/// Time in which a door prepares its flash for whatever comes: 320 blocks and more.
const PREPARATION: Duration = Duration::from_secs(60);

/// A claimed door in the air, its authority, and what the authority wants its list to be.
pub struct AirStage {
    /// Time, air and traces.
    pub world: World,
    /// Signs everything.
    pub authority: Authority,
    /// The list of the door in the authority's books.
    pub list: DoorList,
    /// What the door was told.
    pub configuration: DoorConfiguration,
    /// The door.
    pub door: SimulatedDoor,
    seed: u64,
}

/// A person's phone with the whole phone core on it.
pub struct AirPhone {
    /// Its radio and its place.
    pub phone: SimulatedPhone,
    vault: Arc<Vault>,
    unlocker: Unlocker,
    random: SeededRandom,
}

/// What became of an unlock with the delivery behind it.
#[derive(Debug)]
pub struct Delivered {
    /// How the delivery ended; `None`: the door did not open.
    pub end: Option<End>,
    /// What the person could see of it, and when.
    pub events: Vec<(Instant, CourierEvent)>,
    /// Everything that happened meanwhile.
    pub trace: Trace,
}

impl AirStage {
    /// A residence door that was claimed over the air, a minute ago.
    ///
    /// # Panics
    ///
    /// When the air is too bad for a claim.
    #[must_use]
    pub fn new(seed: u64, radio: RadioSettings) -> Self {
        let world = World::with_radio(seed, RadioSettings::perfect());
        let mut authority = Authority::new(SeededRandom::new(seed)).expect("a seeded source");
        let zone = Zone::fixed(UtcOffset::UTC);
        let mut configuration =
            authority.configure(DoorKind::Residence, zone, at(0)).expect("a seeded source");
        configuration.relock_seconds = 5;
        let door = SimulatedDoor::new(&world, "door", SimulatedDoorSettings::default());
        let installer = world.add_phone("installer", PhoneProfile::android(), door.place().beside());
        let air = Radio::new(installer.link(), installer.timer(), Box::new(installer.random()));
        let claimer = Claimer::new(Arc::new(air), Policy::DEFAULT);
        let (cancel, progress) = (CancelHandle::new(), EventQueue::new(STEPS));
        let claiming = claimer.claim(door.claim_secret(), configuration.clone(), &cancel, &progress);
        let keys = world.block_on(claiming).expect("an outcome").expect("a claim");
        authority.enter(&configuration, keys, at(0)).expect("the door is certified");
        let list = authority.list_of(&configuration).expect("a seeded source");
        world.run_for(PREPARATION);
        world.change_radio(|settings| *settings = radio);
        Self { world, authority, list, configuration, door, seed }
    }

    /// What honest clocks show.
    #[must_use]
    pub fn now(&self) -> UnixSeconds {
        at(i64::try_from(self.world.now().micros() / 1_000_000).expect("a short story"))
    }

    /// A resident's phone beside the door, with a grant for it.
    ///
    /// # Panics
    ///
    /// Never: a seeded source does not fail.
    pub fn phone(&mut self, profile: PhoneProfile) -> AirPhone {
        self.phone_with(profile, &GrantTerms::resident(at(0)))
    }

    /// The same, with a grant of these terms.
    ///
    /// # Panics
    ///
    /// For terms that no door would accept.
    pub fn phone_with(&mut self, profile: PhoneProfile, terms: &GrantTerms) -> AirPhone {
        self.seed += 1;
        let phone = self.world.add_phone("phone", profile, self.door.place().beside());
        let mut random = phone.random();
        let (storage, keystore) = (TestingStorage::new(), Arc::new(TestingKeyStore::new()));
        let vault = Arc::new(Vault::new(Box::new(move || Ok(Box::new(storage.clone()))), keystore));
        let wallet = vault.enrol(&mut random).expect("a vault");
        wallet.trust(self.authority.trust_anchor(), &mut random).expect("a vault");
        let holder = self.authority.new_holder().expect("a seeded source");
        let door = self.configuration.door;
        let credential = self.authority.issue(door, wallet.phone_id(), holder, terms, self.now());
        let credential = credential.expect("sensible terms").to_bytes().expect("a credential");
        wallet.import(&credential, &mut random).expect("a credential for this phone");
        let radio = Arc::new(Radio::new(phone.link(), phone.timer(), Box::new(phone.random())));
        let unlocker = Unlocker::new(radio, Arc::clone(&vault), Policy::DEFAULT);
        AirPhone { phone, vault, unlocker, random }
    }

    /// A parcel with the whole list.
    ///
    /// # Panics
    ///
    /// For a list that no door would take.
    pub fn snapshot(&mut self) -> Parcel {
        let now = self.now();
        self.authority.snapshot(&mut self.list, now).expect("a sensible list")
    }

    /// A parcel with what is wanted and was not in the parcel before.
    ///
    /// # Panics
    ///
    /// For a list that no door would take.
    pub fn delta(&mut self) -> Parcel {
        let (from, now) = (self.list.version(), self.now());
        self.authority.delta(&mut self.list, from, now).expect("a sensible list")
    }

    /// Denies so many strangers who were not denied before.
    pub fn deny_strangers(&mut self, count: u32) {
        let before = u32::try_from(self.list.rows().count()).expect("a list");
        for number in before..before + count {
            let mut holder = [0; 8];
            holder[..4].copy_from_slice(&number.to_be_bytes());
            let subject = DenySubject::Holder(HolderId(holder));
            self.list.set(Row::Deny(DenyEntry { subject, void_before: Serial(1) }));
        }
    }

    /// A phone taps, and delivers until it or the door has enough.
    ///
    /// # Panics
    ///
    /// When the phone core never comes to an end.
    pub fn visit(&self, phone: &AirPhone) -> Delivered {
        let mark = self.world.mark();
        let (steps, seen) = (Arc::new(EventQueue::new(STEPS)), Arc::new(Mutex::new(Vec::new())));
        let watching = self.world.spawn({
            let (world, steps, seen) = (self.world.clone(), Arc::clone(&steps), Arc::clone(&seen));
            async move {
                loop {
                    let step: CourierEvent = steps.pop().await;
                    seen.lock().expect("a living story").push((world.now(), step));
                }
            }
        });
        let delivering = phone.unlock_and_deliver(self.configuration.door, &steps);
        let end = self.world.block_on(delivering).expect("an end");
        self.world.run_for(Duration::from_micros(1));
        watching.abort();
        let events = core::mem::take(&mut *seen.lock().expect("a living story"));
        Delivered { end, events, trace: self.world.trace_after(mark) }
    }

    /// A phone taps and delivers beside everything else.
    pub fn begin_visit(&self, phone: AirPhone) -> Task<Option<End>> {
        let (door, steps) = (self.configuration.door, EventQueue::new(STEPS));
        self.world.spawn(async move { phone.unlock_and_deliver(door, &steps).await })
    }

    /// The list as the door has it in its flash.
    ///
    /// # Panics
    ///
    /// When the flash cannot be read.
    #[must_use]
    pub fn list_in_flash(&self) -> ListStore {
        ListStore::open(&mut FlashImage(self.door.flash_image())).expect("a chip that works")
    }

    /// Chunks of a parcel that the door has staged.
    #[must_use]
    pub fn staged_chunks(&self, parcel: &Parcel) -> usize {
        let list = self.list_in_flash();
        let staged =
            [ParcelKind::Delta, ParcelKind::Snapshot].into_iter().filter_map(|kind| list.staged(kind));
        staged.filter(|staged| staged.parcel.update == parcel.id().0).map(|staged| staged.chunks).sum()
    }

    /// Whether the door has what the authority wants.
    ///
    /// # Panics
    ///
    /// For settings that no door would take.
    #[must_use]
    pub fn is_up_to_date(&self) -> bool {
        let digest = *self.list.digest().expect("sensible settings").as_bytes();
        let list = self.list_in_flash();
        (list.version(), list.digest()) == (self.list.version(), Some(digest))
    }
}

impl AirPhone {
    /// Gives the phone an update to carry.
    ///
    /// # Panics
    ///
    /// When it does not take it.
    pub fn carry(&mut self, parcel: &Parcel) {
        let inbox = self.vault.inbox(&mut self.random).expect("an open vault");
        inbox.limit_parcels(usize::MAX);
        let carried = inbox.take_parcel(&parcel.to_bytes(), &mut self.random);
        assert_eq!(carried.expect("an authentic parcel"), Carried::Yes);
    }

    async fn unlock_and_deliver(&self, door: DoorId, steps: &EventQueue<CourierEvent>) -> Option<End> {
        let (intent, progress) = (CancelHandle::new(), EventQueue::new(STEPS));
        let unlocked = self.unlocker.unlock_first(door, &intent, &progress).await.ok()?;
        Some(unlocked.deliver(&CancelHandle::new(), steps).await)
    }
}

impl Delivered {
    /// The connection of the delivery: the last one.
    #[must_use]
    pub fn connection(&self) -> Option<ConnectionId> {
        self.trace.records().iter().rev().find_map(|record| match record.what {
            Happening::Connected { connection, .. } => Some(connection),
            _ => None,
        })
    }

    /// The last connection of a phone.
    #[must_use]
    pub fn connection_of(&self, person: &AirPhone) -> Option<ConnectionId> {
        self.trace.records().iter().rev().find_map(|record| match record.what {
            Happening::Connected { connection, phone, .. } if phone == person.phone.index() => {
                Some(connection)
            }
            _ => None,
        })
    }

    /// When a step was first seen.
    #[must_use]
    pub fn at(&self, step: CourierEvent) -> Option<Instant> {
        self.events.iter().find(|(_, seen)| *seen == step).map(|(at, _)| *at)
    }
}
