//! The time zone of a property.

use super::{check_zone, set_clock};
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, lists, store};

/// Puts a property into another time zone, and with it all its doors that have none of their own: their hours and daily codes follow after their
/// updates. Gives the tasks. What ends with a local day does so in the new zone after [`MoveEnds`](super::MoveEnds): perform it next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetZone {
    /// IANA zone, such as `Europe/Berlin`.
    pub zone: String,
}

impl Sealed for SetZone {}

impl UseCase for SetZone {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "set zone";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let property = work.property();
        check_zone(work, &self.zone)?;
        store::property::set_zone(work.connection(), property, &self.zone).await?;
        work.view.property.zone.clone_from(&self.zone);
        for door in store::door::all(work.connection(), property).await? {
            if door.zone.is_none() {
                set_clock(work, &door).await?;
            }
        }
        Ok(lists::tasks(work))
    }
}
