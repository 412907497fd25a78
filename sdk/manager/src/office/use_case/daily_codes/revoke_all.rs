//! Taking all daily codes of a door back at once.

use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::time::UnixSeconds;

use super::DailyCodeRevoked;
use crate::office::audit::Subject;
use crate::office::daily::{CodeEdition, DailyCodes, earliest_day};
use crate::office::permission::Need;
use crate::office::store::door::Door;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, books, lists, store};

/// Takes back all daily codes of a door, those for 15 minutes among them, whoever gave them: the door computes others from its update on, and
/// takes the old ones until then. What is given from now on works after the update only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeAllDailyCodes {
    /// Where.
    pub door: DoorId,
}

impl Sealed for RevokeAllDailyCodes {}

impl UseCase for RevokeAllDailyCodes {
    type Answer = DailyCodeRevoked;
    const NAME: &'static str = "revoke all daily codes";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    fn subject(&self) -> Subject {
        Subject::Door(self.door)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<DailyCodeRevoked, Error> {
        let (place, now) = ((work.property(), self.door), work.now);
        let mut door = store::door::find(work.connection(), place.0, self.door)
            .await?
            .ok_or(Error::NotFound(Thing::Door))?;
        let last = store::daily_code::last_day(work.connection(), place, earliest_day(now)).await?;
        let end = last.map(|day| work.end_of_day_at(&door, day)).transpose()?;
        let next = door.codes.next();
        begin_edition(work, &mut door, next).await?;
        if let Some(life) = store::life::live(work.connection(), place.0, self.door).await? {
            let codes = DailyCodes::of(&*work.secrets()?, &door).into_settings();
            books::change_settings(work, &life, |settings| settings.daily_codes = Some(codes)).await?;
        }
        let end = end.unwrap_or(UnixSeconds::ZERO);
        Ok(DailyCodeRevoked { task: lists::deny_daily_codes(work, self.door, end).await? })
    }
}

/// From now on the codes of a door are those of another edition; what was given out is void.
pub(in crate::office::use_case) async fn begin_edition(
    work: &mut Work<'_>,
    door: &mut Door,
    edition: CodeEdition,
) -> Result<(), Error> {
    let place = (work.property(), door.id);
    door.codes = edition;
    store::door::set_codes(work.connection(), place, edition).await?;
    Ok(store::daily_code::void(work.connection(), place).await?)
}
