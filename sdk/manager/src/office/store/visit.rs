//! Hours in which phones brought news from doors. Not whose: who comes to a door when is nobody's business here.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::statement::sql;

const HOUR: u64 = 3_600;
/// Seconds for which visits are kept and count: 28 days, four of each weekday.
const COUNTED: u64 = 28 * 86_400;

/// The visits to a door that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VisitsRecord {
    /// In how many different hours somebody came.
    pub(crate) hours: u32,
    /// Of how many seconds.
    pub(crate) of_seconds: u64,
}

/// Notes that a phone brought news from a door, and forgets what does not count any more.
pub(crate) async fn note(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    at: UnixSeconds,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("INSERT INTO visit (property_id, door_id, hour) VALUES ($1, $2, $3) \
         ON CONFLICT (property_id, door_id, hour) DO NOTHING")
    .with(property)
    .with(door)
    .with(at.seconds() / HOUR)
    .run(connection)
    .await?;
    sql("DELETE FROM visit WHERE property_id = $1 AND door_id = $2 AND hour < $3")
        .with(property)
        .with(door)
        .with(now.minus(COUNTED).seconds() / HOUR)
        .run(connection)
        .await?;
    Ok(())
}

/// The visits of the last 28 days, or since the claim if that is shorter; `None`: no device is on the door.
pub(crate) async fn count(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    now: UnixSeconds,
) -> Result<Option<VisitsRecord>, StoreError> {
    let row = sql("SELECT claimed_at, (SELECT COUNT(*) FROM visit WHERE visit.property_id = door_life.property_id \
                   AND visit.door_id = door_life.door_id AND visit.hour >= $3 AND visit.hour >= door_life.claimed_at / 3600) AS hours \
                   FROM door_life WHERE property_id = $1 AND door_id = $2 AND ended_at IS NULL")
        .with(property)
        .with(door)
        .with(now.minus(COUNTED).seconds() / HOUR)
        .one(connection)
        .await?;
    row.map(|row| {
        let of_seconds = now.since(row.get("claimed_at")?).min(COUNTED);
        Ok(VisitsRecord { hours: row.get("hours")?, of_seconds })
    })
    .transpose()
}
