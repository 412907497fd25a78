//! Doors, and what they are yet to learn.

use thumbturn_protocol::ids::DoorId;

use crate::office::audit::Subject;
use crate::office::daily::CodeEdition;
use crate::office::model::{DoorType, Name};
use crate::office::permission::Need;
use crate::office::store;
use crate::office::task::{DoorTask, Reasons};
use crate::office::work::{View, Work};
use crate::office::{Error, Thing};

use super::sealed::Sealed;
use super::{Question, UseCase};

/// Adds a door. It may be put into Keys and given to people before any device is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddDoor {
    /// Its name, which no other door of the property has.
    pub name: Name,
    /// What kind of door it is.
    pub kind: DoorType,
    /// Whether it is reached without anybody's phone: by cable, Wi-Fi or a hub.
    pub is_connected: bool,
}

impl Sealed for AddDoor {}

impl UseCase for AddDoor {
    type Answer = DoorId;
    const NAME: &'static str = "add door";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<DoorId, Error> {
        let (property, id) = (work.property(), DoorId::random(work.random)?);
        let name = self.name.as_str().to_owned();
        let (kind, is_connected) = (self.kind, self.is_connected);
        let (zone, codes) = (None, CodeEdition::FIRST);
        let door = store::door::Door { id, name, kind, zone, is_connected, left: 0, codes };
        if !store::door::insert(work.connection(), property, &door).await? {
            return Err(Error::NameTaken(Thing::Door));
        }
        work.concerns(Subject::Door(id));
        Ok(id)
    }
}

/// The door update tasks that are open, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenTasks;

impl Sealed for OpenTasks {}

impl Question for OpenTasks {
    type Answer = Vec<DoorTask>;

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<DoorTask>, Error> {
        let property = view.property();
        let records = store::task::all_open(view.connection(), property).await?;
        let task = |record: &store::task::TaskRecord| DoorTask {
            door: record.door,
            reasons: Reasons::from_bits(record.reasons),
            due: record.due,
            revocation: None,
        };
        Ok(records.iter().map(task).collect())
    }
}

/// A door of the property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorLine {
    /// Which.
    pub door: DoorId,
    /// Its name.
    pub name: String,
    /// What kind of door it is.
    pub kind: DoorType,
    /// Whether it is reached without anybody's phone.
    pub is_connected: bool,
}

/// All doors of the property, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListDoors;

impl Sealed for ListDoors {}

impl Question for ListDoors {
    type Answer = Vec<DoorLine>;

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<DoorLine>, Error> {
        let property = view.property();
        let doors = store::door::all(view.connection(), property).await?;
        let line = |door: store::door::Door| DoorLine {
            door: door.id,
            name: door.name,
            kind: door.kind,
            is_connected: door.is_connected,
        };
        Ok(doors.into_iter().map(line).collect())
    }
}
