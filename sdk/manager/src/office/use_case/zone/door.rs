//! The time zone of one door.

use thumbturn_protocol::ids::DoorId;

use super::{check_zone, set_clock};
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, lists, store};

/// Puts one door into a time zone of its own, or back into that of its property: its hours and daily codes follow after its update. Gives
/// the task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetDoorZone {
    /// Which door.
    pub door: DoorId,
    /// IANA zone, such as `Atlantic/Azores`; `None`: that of the property.
    pub zone: Option<String>,
}

impl Sealed for SetDoorZone {}

impl UseCase for SetDoorZone {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "set zone of door";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    fn subject(&self) -> Subject {
        Subject::Door(self.door)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let property = work.property();
        let door = store::door::find(work.connection(), property, self.door).await?;
        let mut door = door.ok_or(Error::NotFound(Thing::Door))?;
        if let Some(zone) = &self.zone {
            check_zone(work, zone)?;
        }
        door.zone.clone_from(&self.zone);
        store::door::set_zone(work.connection(), (property, door.id), door.zone.as_deref()).await?;
        set_clock(work, &door).await?;
        Ok(lists::tasks(work))
    }
}
