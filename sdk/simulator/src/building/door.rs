//! A door that was claimed for the building's property.

use thumbturn_protocol::ids::DoorId;

use crate::door::SimulatedDoor;
use crate::radio::place::Place;

/// A claimed door. Clones are handles to the same door.
#[derive(Clone, Debug)]
pub struct BuildingDoor {
    name: String,
    id: DoorId,
    door: SimulatedDoor,
}

impl BuildingDoor {
    pub(super) fn new(name: &str, id: DoorId, door: SimulatedDoor) -> Self {
        Self { name: name.to_owned(), id, door }
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its id in the property.
    #[must_use]
    pub const fn id(&self) -> DoorId {
        self.id
    }

    /// The door itself: its body, its power, its flash.
    #[must_use]
    pub const fn door(&self) -> &SimulatedDoor {
        &self.door
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place {
        self.door.place()
    }
}
