//! A building in a few lines: doors that are claimed over the air, people with phones, grants, taps.
//!
//! ```
//! use thumbturn_simulator::building::{Building, BuildingError};
//!
//! fn main() -> Result<(), BuildingError> {
//!     let mut building = Building::new(7)?;
//!     let entrance = building.add_door("Entrance")?;
//!     let ann = building.add_resident("Ann")?;
//!     building.grant(&ann, &entrance)?;
//!
//!     let first = building.unlock(&ann, &entrance)?;
//!     assert!(first.is_open());
//!     assert_eq!(first.round_trips(), 1);
//!     println!("{}", first.trace());
//!     Ok(())
//! }
//! ```

mod delivery;
mod door;
mod error;
mod own_office;
mod resident;
mod settings;
mod visit;

use std::sync::Arc;

use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::Radio;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;
use thumbturn_protocol::zone::Zone;

pub use self::delivery::Delivery;
pub use self::door::BuildingDoor;
pub use self::error::BuildingError;
pub use self::resident::{Resident, SharedRandom};
pub use self::settings::{BuildingSettings, DoorPlan};
pub use self::visit::{Milestones, Visit};
use crate::authority::{Authority, GrantTerms};
use crate::door::SimulatedDoor;
use crate::phone::SimulatedPhone;
use crate::profile::PhoneProfile;
use crate::radio::place::Place;
use crate::random::Purpose;
use crate::trace::Trace;
use crate::world::World;

/// Metres between two doors that are added without a place.
const DOOR_SPACING: i32 = 8;
/// Progress steps that a run keeps.
pub(crate) const PROGRESS: usize = 64;

/// A property with its doors, its people and the air between them.
#[derive(Debug)]
pub struct Building {
    world: World,
    authority: Authority,
    start: UnixSeconds,
    zone: Zone,
    installer: SimulatedPhone,
    radio: Arc<Radio>,
    doors: i32,
}

impl Building {
    /// A building in ordinary air, on a Monday morning in UTC.
    ///
    /// # Errors
    ///
    /// [`BuildingError`], which a seeded random source never gives.
    pub fn new(seed: u64) -> Result<Self, BuildingError> {
        Self::with(BuildingSettings { seed, ..BuildingSettings::default() })
    }

    /// A building with these settings.
    ///
    /// # Errors
    ///
    /// As [`Building::new`].
    pub fn with(settings: BuildingSettings) -> Result<Self, BuildingError> {
        let world = World::with_radio(settings.seed, settings.radio);
        let authority = Authority::new(world.random(Purpose::Authority))?;
        let installer = world.add_phone("installer", PhoneProfile::android(), Place::default());
        let radio = Arc::new(Radio::new(installer.link(), installer.timer(), Box::new(installer.random())));
        Ok(Self { world, authority, start: settings.start, zone: settings.zone, installer, radio, doors: 0 })
    }

    /// The world that it is in: time, faults, traces.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The property's authority.
    pub const fn authority(&mut self) -> &mut Authority {
        &mut self.authority
    }

    /// What every honest clock shows now.
    #[must_use]
    pub fn now(&self) -> UnixSeconds {
        self.start.plus(self.world.now().micros() / 1_000_000)
    }

    /// Everything that happened so far; prints as a timeline.
    #[must_use]
    pub fn timeline(&self) -> Trace {
        self.world.trace()
    }

    /// Builds a residence door in and claims it over the air.
    ///
    /// # Errors
    ///
    /// [`BuildingError::Claim`] when the air is too bad for that.
    pub fn add_door(&mut self, name: &str) -> Result<BuildingDoor, BuildingError> {
        self.add_door_with(name, DoorPlan::default())
    }

    /// Builds a door in as planned and claims it over the air.
    ///
    /// # Errors
    ///
    /// As [`Building::add_door`].
    pub fn add_door_with(&mut self, name: &str, plan: DoorPlan) -> Result<BuildingDoor, BuildingError> {
        let door = self.build_in(name, plan.settings.clone());
        self.claim(name, door, &plan)
    }

    /// Claims a factory-fresh door over the air, as an installer with a phone does.
    ///
    /// # Errors
    ///
    /// [`BuildingError::Claim`].
    pub fn claim(
        &mut self,
        name: &str,
        door: SimulatedDoor,
        plan: &DoorPlan,
    ) -> Result<BuildingDoor, BuildingError> {
        let mut configuration = self.authority.configure(plan.kind, self.zone.clone(), self.now())?;
        configuration.relock_seconds = plan.relock_seconds;
        configuration.list_version = plan.list_version;
        configuration.deny.clone_from(&plan.deny);
        let (door, keys) = self.claim_prepared(name, door, &configuration)?;
        self.authority.enter(&configuration, keys, self.now())?;
        Ok(door)
    }

    /// A person with an enrolled phone that trusts this property, holding nothing yet.
    ///
    /// # Errors
    ///
    /// [`BuildingError`].
    pub fn add_resident(&mut self, name: &str) -> Result<Resident, BuildingError> {
        self.add_resident_with(name, PhoneProfile::android())
    }

    /// The same, with this phone.
    ///
    /// # Errors
    ///
    /// [`BuildingError`].
    pub fn add_resident_with(
        &mut self,
        name: &str,
        profile: PhoneProfile,
    ) -> Result<Resident, BuildingError> {
        let holder = self.authority.new_holder()?;
        let resident = self.add_person(name, profile, holder)?;
        let mut random = resident.random();
        resident.wallet()?.trust(self.authority.trust_anchor(), &mut random)?;
        Ok(resident)
    }

    /// Grants a person a door: unlock and share, at any hour, with a lease of a week.
    ///
    /// # Errors
    ///
    /// [`BuildingError`].
    pub fn grant(&mut self, resident: &Resident, door: &BuildingDoor) -> Result<(), BuildingError> {
        let terms = GrantTerms::resident(self.now());
        self.grant_with(resident, door, &terms)
    }

    /// Grants a person a door on these terms, and puts the grant into the phone's wallet.
    ///
    /// # Errors
    ///
    /// [`BuildingError`].
    pub fn grant_with(
        &mut self,
        resident: &Resident,
        door: &BuildingDoor,
        terms: &GrantTerms,
    ) -> Result<(), BuildingError> {
        let credential = self.issue(resident, resident.holder(), door, terms)?;
        resident.wallet()?.import(&credential.to_bytes()?, &mut resident.random())?;
        Ok(())
    }

    /// Issues a grant for a person's phone without delivering it.
    ///
    /// # Errors
    ///
    /// [`BuildingError`].
    pub fn issue(
        &mut self,
        resident: &Resident,
        holder: HolderId,
        door: &BuildingDoor,
        terms: &GrantTerms,
    ) -> Result<Credential, BuildingError> {
        let (phone, now) = (resident.wallet()?.phone_id(), self.now());
        Ok(self.authority.issue(door.id(), phone, holder, terms, now)?)
    }

    /// A holder shares a door with a guest, from phone to phone, offline.
    ///
    /// # Errors
    ///
    /// [`BuildingError::Share`], [`BuildingError::Import`].
    pub fn share(
        &self,
        host: &Resident,
        guest: &Resident,
        door: &BuildingDoor,
        validity: Validity,
    ) -> Result<(), BuildingError> {
        let guest_wallet = guest.wallet()?;
        let invitation =
            host.wallet()?.share(door.id(), guest_wallet.phone_id(), validity, &mut host.random())?;
        guest_wallet.import(&invitation.bytes, &mut guest.random())?;
        Ok(())
    }

    /// A person walks up to a door, taps, and waits for the outcome.
    ///
    /// # Errors
    ///
    /// [`BuildingError::Stalled`] when the outcome never comes, which is a defect of the phone core. A refusal is no error: it
    /// is the outcome of the visit.
    pub fn unlock(&self, resident: &Resident, door: &BuildingDoor) -> Result<Visit, BuildingError> {
        resident.phone().stand(door.place().beside());
        self.unlock_from_afar(resident, door)
    }

    /// A person taps where he stands, and waits for the outcome.
    ///
    /// # Errors
    ///
    /// As [`Building::unlock`].
    pub fn unlock_from_afar(&self, resident: &Resident, door: &BuildingDoor) -> Result<Visit, BuildingError> {
        let (started, mark, meter) = (self.world.now(), self.world.mark(), door.door().meter());
        let progress = EventQueue::new(PROGRESS);
        let outcome = self.world.block_on(resident.unlock(door.id(), &CancelHandle::new(), &progress))?;
        let finished = self.world.now();
        let trace = self.world.trace_after(mark);
        let meter = door.door().meter().since(&meter);
        Ok(Visit::new(resident, door, started, finished, outcome, trace, meter))
    }
}
