//! Taking a daily code back.

use std::collections::BTreeSet;

use thumbturn_protocol::code::{DailyCode, DailyKind};
use thumbturn_protocol::ids::{DoorId, HolderId};

use super::Giver;
use crate::office::audit::Subject;
use crate::office::daily::earliest_day;
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::guests::require_over;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, bulletins, lists, store};

/// Takes back a code for a whole day. Codes for 15 minutes cannot be. A door without a network takes it until it has heard, or the day
/// is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeDailyCode {
    /// By whose right it was given.
    pub giver: Giver,
    /// Where.
    pub door: DoorId,
    /// Which.
    pub code: DailyCode,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyCodeRevoked {
    /// The door, where somebody has to update it before it refuses; `None`: it is reached without anybody.
    pub task: Option<DoorTask>,
}

impl Sealed for RevokeDailyCode {}

impl UseCase for RevokeDailyCode {
    type Answer = DailyCodeRevoked;
    const NAME: &'static str = "revoke daily code";

    fn need(&self) -> Need {
        self.giver.need()
    }

    fn subject(&self) -> Subject {
        Subject::Door(self.door)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<DailyCodeRevoked, Error> {
        let place = (work.property(), self.door);
        let given = store::daily_code::of_day(work.connection(), place, self.code.day).await?;
        let (granter, key) = match self.giver {
            Giver::Holder(holder) => (Some(holder), None),
            Giver::Staff(key) => (None, Some(key)),
        };
        let is_meant = |record: &&store::daily_code::DailyRecord| {
            record.code == self.code && record.granter == granter && record.key == key
        };
        let mut counts = given.iter().filter(|record| record.revoked.is_none() && !record.is_void);
        let record = counts.find(is_meant);
        let record = record.ok_or(Error::NotFound(Thing::DailyCode))?;
        if record.code.kind == DailyKind::FirstUse {
            return Err(Invalid::NotRevocable.into());
        }
        if let Some(holder) = granter {
            require_over(&mut work.view, holder, &BTreeSet::from([self.door])).await?;
        }
        Ok(DailyCodeRevoked { task: revoke(work, self.door, self.code).await? })
    }
}

async fn revoke(work: &mut Work<'_>, door: DoorId, code: DailyCode) -> Result<Option<DoorTask>, Error> {
    let (place, when) = ((work.property(), door), (work.revision(), work.now));
    store::daily_code::revoke(work.connection(), place, code, when).await?;
    bulletins::deny_daily_code(work, door, code).await?;
    let known = store::door::find(work.connection(), place.0, door).await?;
    let end = work.end_of_day_at(&known.ok_or(Error::NotFound(Thing::Door))?, code.day)?;
    lists::deny_daily_codes(work, door, end).await
}

/// Takes back what was given in a holder's name at doors where the holder may let nobody in any more.
pub(in crate::office::use_case) async fn drop_daily_codes(
    work: &mut Work<'_>,
    granter: HolderId,
    is_lost: impl Fn(DoorId) -> bool + Send,
) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let from = earliest_day(now);
    for record in store::daily_code::given_by(work.connection(), property, granter, from).await? {
        if is_lost(record.door) {
            revoke(work, record.door, record.code).await?;
        }
    }
    Ok(())
}
