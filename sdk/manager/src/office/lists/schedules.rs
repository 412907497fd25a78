//! The schedules of a door: rows name their hours by number (spec §10.2).

use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::limits::{SCHEDULE_WINDOWS, UPDATE_SCHEDULES};
use thumbturn_protocol::update::row::ScheduleNumber;

use crate::access::WeeklyHours;
use crate::office::error::{Error, Invalid};
use crate::office::store;
use crate::office::work::Work;

/// The number of these hours at a door; `None`: always.
pub(super) async fn number(
    work: &mut Work<'_>,
    door: DoorId,
    hours: &WeeklyHours,
) -> Result<Option<ScheduleNumber>, Error> {
    let WeeklyHours::Within(windows) = hours else { return Ok(None) };
    if windows.len() > SCHEDULE_WINDOWS {
        return Err(Invalid::TooManyHours.into());
    }
    let (property, revision) = (work.property(), work.revision());
    let known = store::list::schedules(work.connection(), property, door).await?;
    if let Some((number, ..)) = known.iter().find(|(_, known, _)| known == hours) {
        return Ok(ScheduleNumber::new(*number));
    }
    let is_free = |number: &u8| known.iter().all(|(known, _, used)| known != number || !used);
    let last = u8::try_from(UPDATE_SCHEDULES).unwrap_or(u8::MAX);
    let number = (1..=last).find(is_free).ok_or(Invalid::TooManyHours)?;
    store::list::set_schedule(work.connection(), (property, door), (number, hours), revision).await?;
    Ok(ScheduleNumber::new(number))
}
