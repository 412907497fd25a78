//! A new doorcode in the place of one that has become known.

use std::collections::BTreeSet;

use thumbturn_protocol::ids::{DoorId, HolderId};

use super::require_person;
use crate::office::audit::Subject;
use crate::office::model::DoorType;
use crate::office::permission::Need;
use crate::office::task::{DoorTask, Reason};
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, lists, store};

/// Gives the actor another doorcode for the door of a flat. Those of other doors change with their Keys only. A door without a network takes the
/// old one until its update: gives the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetDoorcode {
    /// The actor, at this property.
    pub person: HolderId,
    /// Where.
    pub door: DoorId,
}

impl Sealed for ResetDoorcode {}

impl UseCase for ResetDoorcode {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "reset doorcode";

    fn need(&self) -> Need {
        Need::Oneself(self.person)
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (place, now) = ((work.property(), self.door), work.now);
        require_person(&mut work.view, self.person).await?;
        let known = store::code::of(work.connection(), place, self.person).await?;
        known.ok_or(Error::NotFound(Thing::Doorcode))?;
        let door = store::door::find(work.connection(), place.0, self.door).await?;
        if door.is_none_or(|door| door.kind != DoorType::Residence) {
            return Err(Invalid::CommunalDoorcode.into());
        }
        store::code::retire(work.connection(), place, self.person, now).await?;
        lists::reconcile(work, &BTreeSet::from([self.person]), Some(Reason::CodeReset)).await
    }
}
