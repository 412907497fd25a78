//! The doorcodes that somebody has.

use thumbturn_protocol::code::Doorcode;
use thumbturn_protocol::ids::{DoorId, HolderId};

use super::require_person;
use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, lists, store};

/// The permanent doorcodes of the actor, by door. For the person alone: not for managers, and not for the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MyDoorcodes {
    /// The actor, at this property.
    pub person: HolderId,
}

/// A doorcode of the actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorcodeLine {
    /// Where.
    pub door: DoorId,
    /// Its digits.
    pub code: Doorcode,
}

impl Sealed for MyDoorcodes {}

impl Question for MyDoorcodes {
    type Answer = Vec<DoorcodeLine>;

    fn need(&self) -> Need {
        Need::Oneself(self.person)
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<DoorcodeLine>, Error> {
        require_person(view, self.person).await?;
        let property = view.property();
        let mut lines = Vec::new();
        for (door, record) in store::code::of_holders(view.connection(), property, &[self.person]).await? {
            lines.push(DoorcodeLine { door, code: lists::open_code(view, (property, door), &record)? });
        }
        Ok(lines)
    }
}
