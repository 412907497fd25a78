//! Who lives behind which private door, and did: what happened is judged by what somebody was then.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::batch::{Among, Rows};
use super::statement::sql;
use crate::access::Term;

/// Somebody at a door.
pub(crate) type Place = (PropertyId, HolderId, DoorId);

const OF_HOLDERS: Among = Among::new(
    "SELECT holder_id, door_id, starts_at, ends_at FROM residence WHERE property_id = $1 AND (ends_at IS NULL OR ends_at > $2) \
     AND holder_id IN",
    " ORDER BY holder_id, door_id, starts_at",
);
const SET: Rows<5> = Rows::new(
    "INSERT INTO residence (property_id, holder_id, door_id, starts_at, ends_at) VALUES",
    " ON CONFLICT (property_id, holder_id, door_id, starts_at) DO UPDATE SET ends_at = excluded.ends_at",
);

/// The periods of people that are not over, by person, door and start.
pub(crate) async fn of(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
    now: UnixSeconds,
) -> Result<Vec<((HolderId, DoorId), Term)>, StoreError> {
    let rows = OF_HOLDERS.all(connection, &[property.into(), now.into()], holders).await?;
    rows.iter()
        .map(|row| {
            let term = Term::new(row.get("starts_at")?, row.find("ends_at")?);
            let term = term.map_err(|_| StoreError::Damaged("residence"))?;
            Ok(((row.get("holder_id")?, row.get("door_id")?), term))
        })
        .collect()
}

/// Forgets what has not begun, and ends what has.
pub(crate) async fn end(
    connection: &mut AnyConnection,
    (property, holder, door): Place,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM residence WHERE property_id = $1 AND holder_id = $2 AND door_id = $3 AND starts_at >= $4",
        "UPDATE residence SET ends_at = $4 WHERE property_id = $1 AND holder_id = $2 AND door_id = $3 \
         AND (ends_at IS NULL OR ends_at > $4)",
    ] {
        sql(statement).with(property).with(holder).with(door).with(now).run(connection).await?;
    }
    Ok(())
}

/// Adds periods, or changes when those with their starts end.
pub(crate) async fn set(
    connection: &mut AnyConnection,
    property: PropertyId,
    periods: &[((HolderId, DoorId), Term)],
) -> Result<(), StoreError> {
    let row = |((holder, door), term): &((HolderId, DoorId), Term)| {
        [property.into(), (*holder).into(), (*door).into(), term.start().into(), term.end().into()]
    };
    SET.run(connection, periods.iter().map(row).collect()).await
}

/// Whether somebody lived behind a door at any instant from one to another, both included.
pub(crate) async fn lived(
    connection: &mut AnyConnection,
    (property, holder, door): Place,
    (from, to): (UnixSeconds, UnixSeconds),
) -> Result<bool, StoreError> {
    let row = sql("SELECT 1 AS found FROM residence WHERE property_id = $1 AND holder_id = $2 AND door_id = $3 AND starts_at <= $4 \
                   AND (ends_at IS NULL OR ends_at > $5) LIMIT 1")
    .with(property)
    .with(holder)
    .with(door)
    .with(to)
    .with(from)
    .one(connection)
    .await?;
    Ok(row.is_some())
}
