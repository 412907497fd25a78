//! The schedules of a door: rows name their hours by number (spec §10.2).

use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::limits::{SCHEDULE_WINDOWS, UPDATE_SCHEDULES};
use thumbturn_protocol::update::row::ScheduleNumber;

use super::doors::Doors;
use crate::access::WeeklyHours;
use crate::office::error::{Error, Invalid};
use crate::office::store;
use crate::office::work::Work;

/// Hours that a door knows by a number.
pub(super) struct Numbered {
    number: u8,
    hours: WeeklyHours,
    /// Whether a row names it, or is going to. One that no row names any more is given to other hours by the next transaction.
    is_used: bool,
}

/// Those of a door.
pub(super) async fn at(work: &mut Work<'_>, door: DoorId) -> Result<Vec<Numbered>, Error> {
    let property = work.property();
    let known = store::list::schedules(work.connection(), property, door).await?;
    Ok(known.into_iter().map(|(number, hours, is_used)| Numbered { number, hours, is_used }).collect())
}

/// The hours that a row of a door names by a number.
pub(super) async fn hours(
    work: &mut Work<'_>,
    doors: &mut Doors,
    door: DoorId,
    named: Option<ScheduleNumber>,
) -> Result<WeeklyHours, Error> {
    let Some(named) = named else { return Ok(WeeklyHours::Always) };
    let known = doors.schedules(work, door).await?;
    let hours = known.iter().find(|known| known.number == named.number());
    Ok(hours.map_or(WeeklyHours::Always, |known| known.hours.clone()))
}

/// The number of these hours at a door; `None`: always.
pub(super) async fn number(
    work: &mut Work<'_>,
    doors: &mut Doors,
    door: DoorId,
    hours: &WeeklyHours,
) -> Result<Option<ScheduleNumber>, Error> {
    let WeeklyHours::Within(windows) = hours else { return Ok(None) };
    if windows.len() > SCHEDULE_WINDOWS {
        return Err(Invalid::TooManyHours.into());
    }
    let known = doors.schedules(work, door).await?;
    if let Some(same) = known.iter_mut().find(|known| known.hours == *hours) {
        same.is_used = true;
        return Ok(ScheduleNumber::new(same.number));
    }
    let is_free = |number: &u8| known.iter().all(|known| known.number != *number || !known.is_used);
    let last = u8::try_from(UPDATE_SCHEDULES).unwrap_or(u8::MAX);
    let number = (1..=last).find(is_free).ok_or(Invalid::TooManyHours)?;
    known.retain(|known| known.number != number);
    known.push(Numbered { number, hours: hours.clone(), is_used: true });
    let (property, revision) = (work.property(), work.revision());
    store::list::set_schedule(work.connection(), (property, door), (number, hours), revision).await?;
    Ok(ScheduleNumber::new(number))
}
