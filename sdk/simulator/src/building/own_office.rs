//! Doors and people of another authority than the building's own: of an office that a story or a test brings along.

use std::sync::Arc;

use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::Claimer;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::Policy;
use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::keys::DoorPublicKeys;

use super::{Building, BuildingDoor, BuildingError, DOOR_SPACING, PROGRESS, Resident};
use crate::door::{SimulatedDoor, SimulatedDoorSettings};
use crate::profile::PhoneProfile;
use crate::radio::place::Place;

impl Building {
    /// Builds a factory-fresh door in. A place at the origin is taken for none: the door then stands in line with the others.
    pub fn build_in(&mut self, name: &str, mut settings: SimulatedDoorSettings) -> SimulatedDoor {
        if settings.station.place == Place::default() {
            settings.station.place = Place::metres(self.doors.saturating_mul(DOOR_SPACING), 0);
        }
        self.doors = self.doors.saturating_add(1);
        SimulatedDoor::new(&self.world, name, settings)
    }

    /// Claims a factory-fresh door over the air with what its authority has prepared, as an installer with a phone does. The keys that the
    /// door has made are for the books of that authority.
    ///
    /// # Errors
    ///
    /// [`BuildingError::Claim`].
    pub fn claim_prepared(
        &self,
        name: &str,
        door: SimulatedDoor,
        configuration: &DoorConfiguration,
    ) -> Result<(BuildingDoor, DoorPublicKeys), BuildingError> {
        self.installer.stand(door.place().beside());
        let claimer = Claimer::new(Arc::clone(&self.radio), Policy::DEFAULT);
        let keys = self.world.block_on(async {
            let (cancel, progress) = (CancelHandle::new(), EventQueue::new(PROGRESS));
            claimer.claim(door.claim_secret(), configuration.clone(), &cancel, &progress).await
        })??;
        Ok((BuildingDoor::new(name, configuration.door, door), keys))
    }

    /// A person with an enrolled phone that holds nothing and trusts no property yet. `holder` is the person as the authority names him.
    ///
    /// # Errors
    ///
    /// [`BuildingError`].
    pub fn add_person(
        &self,
        name: &str,
        profile: PhoneProfile,
        holder: HolderId,
    ) -> Result<Resident, BuildingError> {
        let phone = self.world.add_phone(name, profile, Place::default());
        Ok(Resident::enrol(name, phone, holder)?)
    }
}
