//! From what a door's log says to what a manager reads: who it was, what that person was at the door then, and whether managers may ever see
//! it. Decided once, when it is noted; what changes later hides more, and reveals nothing.

mod attribution;
mod telling;

use thumbturn_protocol::event::{Event, LoggedEvent};
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::record::ActuatorResult;
use thumbturn_protocol::time::UnixSeconds;

use self::attribution::attributed;
use self::telling::{Told, told};
use super::error::Error;
use super::store;
use super::store::activity::{ActivityRecord, Whose};
use super::store::door::Door;
use super::work::Work;

/// Notes what a door's log has that is new: events of one life of the door by rising number, each at most once. Where a door has been out of
/// reach for so long that an event is beyond retention, nobody is named.
pub(crate) async fn note(work: &mut Work<'_>, door: &Door, events: &[LoggedEvent]) -> Result<(), Error> {
    let (property, revision, now) = (work.property(), work.revision(), work.now);
    let horizon = store::retention::horizon(work.connection(), property, now).await?;
    let mut records: Vec<ActivityRecord> = Vec::new();
    for logged in events {
        if let Event::Actuator { operation, result } = logged.event {
            if drove(&mut records, operation, result) {
                continue;
            }
            let place = (property, door.id);
            if store::activity::set_bolt(work.connection(), place, operation, result).await? {
                continue;
            }
        }
        let Some(told) = told(&logged.event) else { continue };
        records.push(record(work, door, logged, &told).await?);
    }
    let place = (property, door.id);
    let first = store::activity::next_place(work.connection(), place, revision).await?;
    for (number, record) in (first..).zip(&mut records) {
        if record.at <= horizon {
            forget(record);
        }
        store::activity::insert(work.connection(), place, record, (revision, number)).await?;
    }
    Ok(())
}

async fn record(
    work: &mut Work<'_>,
    door: &Door,
    logged: &LoggedEvent,
    told: &Told,
) -> Result<ActivityRecord, Error> {
    // A door whose clock is ahead would keep what it tells longer than others.
    let at = logged.time.at.min(work.now);
    let latest = if logged.time.unsure { work.now } else { at };
    let whose = attributed(work, door, told.mark, (at, latest)).await?;
    let (bolt, operation) = match logged.event {
        Event::Actuator { result, .. } => (Some(result), None),
        Event::Operation(accepted) => (None, Some(accepted.operation)),
        Event::Keyed { operation, .. } => (None, Some(operation)),
        _ => (None, None),
    };
    Ok(ActivityRecord {
        event: logged.sequence,
        at,
        is_unsure: logged.time.unsure,
        method: told.method,
        happening: told.happening,
        bolt,
        operation,
        credential: told.credential(),
        daily: told.daily(),
        whose,
    })
}

/// Whether one of these is the newest entry of an operation: it is told what the bolt did.
fn drove(records: &mut [ActivityRecord], operation: OperationId, bolt: ActuatorResult) -> bool {
    let mut newest = records.iter_mut().rev();
    let Some(record) = newest.find(|record| record.operation == Some(operation)) else { return false };
    record.bolt = Some(bolt);
    record.operation = None;
    true
}

/// R-506, before it was ever stored.
fn forget(record: &mut ActivityRecord) {
    let (is_guest, is_visible) = (record.whose.is_guest, record.whose.is_visible);
    record.whose = Whose { is_guest, is_visible, is_anonymous: true, ..Whose::default() };
    record.at = hour_of(record.at);
    (record.operation, record.credential, record.daily) = (None, None, None);
}

/// Seconds of an hour.
const HOUR: u64 = 3_600;

const fn hour_of(instant: UnixSeconds) -> UnixSeconds {
    instant.minus(instant.seconds() % HOUR)
}
