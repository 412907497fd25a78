//! Logs of doors: which events are here, the heads of their chains, and what the doors may free.

use core::ops::RangeInclusive;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, EventNumber, PropertyId};
use thumbturn_protocol::log::LogHead;
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::life::LifeId;
use super::statement::{Record, sql};
use crate::authority::door_log::{StoredHead, StoredLog};

const HEAD_ONLY: u8 = 0;
const HERE: u8 = 1;

/// How far the log of a life of a door has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) whole: u32,
    pub(crate) acknowledged: u32,
}

/// How far it has come; nothing has come of one that is not known.
pub(crate) async fn progress(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
) -> Result<Progress, StoreError> {
    let row = sql(
        "SELECT whole, acknowledged FROM door_log WHERE property_id = $1 AND door_id = $2 AND door_key = $3",
    )
    .with(property)
    .with(door)
    .with(key.0)
    .one(connection)
    .await?;
    row.map_or(Ok(Progress::default()), |row| {
        Ok(Progress { whole: row.get("whole")?, acknowledged: row.get("acknowledged")? })
    })
}

/// A log from the last acknowledged event on, and around the events from one number to another.
pub(crate) async fn around(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    progress: Progress,
    (first, last): (u32, u32),
) -> Result<StoredLog, StoreError> {
    let rows = sql("SELECT number, state, head FROM door_event WHERE property_id = $1 AND door_id = $2 AND door_key = $3 \
                    AND (number >= $4 OR number BETWEEN $5 AND $6) ORDER BY number")
    .with(property)
    .with(door)
    .with(key.0)
    .with(progress.acknowledged)
    .with(first.saturating_sub(1))
    .with(last)
    .all(connection)
    .await?;
    let known = rows.iter().map(read).collect::<Result<_, _>>()?;
    let rows = sql("SELECT first, last FROM door_gap WHERE property_id = $1 AND door_id = $2 AND door_key = $3 AND last > $4")
        .with(property)
        .with(door)
        .with(key.0)
        .with(progress.whole)
        .all(connection)
        .await?;
    let gone = rows.iter().map(|row| Ok(row.get("first")?..=row.get("last")?));
    Ok(StoredLog { whole: progress.whole, known, gone: gone.collect::<Result<_, StoreError>>()? })
}

fn read(row: &Record) -> Result<StoredHead, StoreError> {
    Ok(StoredHead {
        number: EventNumber(row.get("number")?),
        is_here: row.get::<u8>("state")? != HEAD_ONLY,
        head: row.find("head")?.map(LogHead),
    })
}

/// Keeps an event and the head after it. One that is here already stays as it is, also when retention has taken its content.
pub(crate) async fn keep_event(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    (number, head): (EventNumber, LogHead),
    (content, at): (&[u8], UnixSeconds),
) -> Result<(), StoreError> {
    sql("INSERT INTO door_event (property_id, door_id, door_key, number, state, head, content, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (property_id, door_id, door_key, number) DO UPDATE SET state = excluded.state, content = excluded.content, \
         at = excluded.at, head = COALESCE(door_event.head, excluded.head) WHERE door_event.state = 0")
    .with(property)
    .with(door)
    .with(key.0)
    .with(number.0)
    .with(HERE)
    .with(head.0)
    .with(content)
    .with(at)
    .run(connection)
    .await?;
    Ok(())
}

/// Keeps the head after an event.
pub(crate) async fn keep_head(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    (number, head): (EventNumber, LogHead),
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("INSERT INTO door_event (property_id, door_id, door_key, number, state, head, at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (property_id, door_id, door_key, number) DO UPDATE SET head = excluded.head WHERE door_event.head IS NULL")
    .with(property)
    .with(door)
    .with(key.0)
    .with(number.0)
    .with(HEAD_ONLY)
    .with(head.0)
    .with(now)
    .run(connection)
    .await?;
    Ok(())
}

/// Keeps that a run of events is gone from the door.
pub(crate) async fn keep_gap(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    gone: RangeInclusive<u32>,
) -> Result<(), StoreError> {
    sql("INSERT INTO door_gap (property_id, door_id, door_key, first, last) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (property_id, door_id, door_key, first) DO UPDATE SET last = excluded.last WHERE door_gap.last < excluded.last")
    .with(property)
    .with(door)
    .with(key.0)
    .with(*gone.start())
    .with(*gone.end())
    .run(connection)
    .await?;
    Ok(())
}

/// Keeps how far a log has come.
pub(crate) async fn advance(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    progress: Progress,
    revision: u64,
) -> Result<(), StoreError> {
    sql("INSERT INTO door_log (property_id, door_id, door_key, whole, acknowledged, changed) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (property_id, door_id, door_key) DO UPDATE SET \
         changed = CASE WHEN excluded.acknowledged > door_log.acknowledged THEN excluded.changed ELSE door_log.changed END, \
         whole = excluded.whole, acknowledged = excluded.acknowledged")
    .with(property)
    .with(door)
    .with(key.0)
    .with(progress.whole)
    .with(progress.acknowledged)
    .with(revision)
    .run(connection)
    .await?;
    Ok(())
}

/// Notes that a door has contradicted itself: somebody should look at it.
pub(crate) async fn note_fork(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("INSERT INTO door_log (property_id, door_id, door_key, whole, acknowledged, changed, forked_at) VALUES ($1, $2, $3, 0, 0, 0, $4) \
         ON CONFLICT (property_id, door_id, door_key) DO UPDATE SET forked_at = COALESCE(door_log.forked_at, excluded.forked_at)")
    .with(property)
    .with(door)
    .with(key.0)
    .with(now)
    .run(connection)
    .await?;
    Ok(())
}

/// What a life of a door may free.
pub(crate) struct Freed {
    pub(crate) number: EventNumber,
    pub(crate) head: LogHead,
}

/// What the present device of a door may free, where that was learnt after a revision.
pub(crate) async fn freed_since(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    since: u64,
) -> Result<Option<Freed>, StoreError> {
    let row = sql("SELECT door_event.number AS number, door_event.head AS head FROM door_life \
                   JOIN door_log ON door_log.property_id = door_life.property_id AND door_log.door_id = door_life.door_id \
                   AND door_log.door_key = door_life.door_key \
                   JOIN door_event ON door_event.property_id = door_log.property_id AND door_event.door_id = door_log.door_id \
                   AND door_event.door_key = door_log.door_key AND door_event.number = door_log.acknowledged \
                   WHERE door_life.property_id = $1 AND door_life.door_id = $2 AND door_life.ended_at IS NULL \
                   AND door_log.changed > $3 AND door_event.head IS NOT NULL")
    .with(property)
    .with(door)
    .with(since)
    .one(connection)
    .await?;
    row.map(|row| Ok(Freed { number: EventNumber(row.get("number")?), head: LogHead(row.get("head")?) }))
        .transpose()
}

/// All events that are here, salted, by their numbers.
#[cfg(feature = "testing")]
pub(crate) async fn contents(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
    let rows = sql(
        "SELECT number, content FROM door_event WHERE property_id = $1 AND door_id = $2 AND door_key = $3 \
                    AND content IS NOT NULL ORDER BY number",
    )
    .with(property)
    .with(door)
    .with(key.0)
    .all(connection)
    .await?;
    rows.iter().map(|row| Ok((row.get("number")?, row.get("content")?))).collect()
}

/// Whether a door has contradicted itself.
#[cfg(feature = "testing")]
pub(crate) async fn is_forked(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
) -> Result<bool, StoreError> {
    let row = sql("SELECT 1 AS found FROM door_log WHERE property_id = $1 AND door_id = $2 AND door_key = $3 AND forked_at IS NOT NULL")
        .with(property)
        .with(door)
        .with(key.0)
        .one(connection)
        .await?;
    Ok(row.is_some())
}
