//! What becomes due by itself.

use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::work::Work;
use crate::office::{Error, lists, store};

use super::UseCase;
use super::sealed::Sealed;

/// Most people of one transaction.
const PEOPLE: u32 = 200;

/// Brings lists up to date with the clock. A row has one term and one week of hours; where several Keys of somebody add up to more, the
/// next comes when the one before is over. The host calls this every few minutes, until [`TimePassed::is_all`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassTime;

/// What became due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimePassed {
    /// Doors that somebody has to update.
    pub tasks: Vec<DoorTask>,
    /// False: there is more, call again.
    pub is_all: bool,
}

impl Sealed for PassTime {}

impl UseCase for PassTime {
    type Answer = TimePassed;
    const NAME: &'static str = "pass time";

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<TimePassed, Error> {
        let (property, now) = (work.property(), work.now);
        let due = store::person::due(work.connection(), property, now, PEOPLE).await?;
        let is_all = u32::try_from(due.len()).is_ok_and(|count| count < PEOPLE);
        Ok(TimePassed { tasks: lists::reconcile(work, &due, None).await?, is_all })
    }
}
