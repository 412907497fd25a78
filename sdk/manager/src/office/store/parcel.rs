//! The newest update of each door: sealed once, so that one phone goes on with what another has begun.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, DoorKeyId, ListVersion, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::life::number;
use super::statement::sql;

/// An update that waits for phones.
pub(crate) struct ParcelRecord {
    pub(crate) door_key: DoorKeyId,
    pub(crate) to: ListVersion,
    /// What the door was known to have.
    pub(crate) confirmed: Option<ListVersion>,
    pub(crate) apply_until: UnixSeconds,
    pub(crate) content: Vec<u8>,
}

/// Puts an update in the place of the one before.
pub(crate) async fn set(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    parcel: &ParcelRecord,
) -> Result<(), StoreError> {
    sql("INSERT INTO parcel (property_id, door_id, door_key, to_version, confirmed_version, apply_until, content) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (property_id, door_id) DO UPDATE SET door_key = excluded.door_key, \
         to_version = excluded.to_version, confirmed_version = excluded.confirmed_version, apply_until = excluded.apply_until, \
         content = excluded.content")
        .with(property)
        .with(door)
        .with(parcel.door_key.0)
        .with(parcel.to.0)
        .with(number(parcel.confirmed))
        .with(parcel.apply_until)
        .with(parcel.content.as_slice())
        .run(connection)
        .await?;
    Ok(())
}

/// The update that waits for a door.
pub(crate) async fn of(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<Option<ParcelRecord>, StoreError> {
    let row = sql("SELECT door_key, to_version, confirmed_version, apply_until, content FROM parcel \
                   WHERE property_id = $1 AND door_id = $2")
    .with(property)
    .with(door)
    .one(connection)
    .await?;
    row.map(|row| {
        Ok(ParcelRecord {
            door_key: DoorKeyId(row.get("door_key")?),
            to: ListVersion(row.get("to_version")?),
            confirmed: row.find("confirmed_version")?.map(ListVersion),
            apply_until: row.get("apply_until")?,
            content: row.get("content")?,
        })
    })
    .transpose()
}

/// The door has it: nobody need carry it any more.
pub(crate) async fn drop_up_to(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    version: ListVersion,
) -> Result<(), StoreError> {
    sql("DELETE FROM parcel WHERE property_id = $1 AND door_id = $2 AND to_version <= $3")
        .with(property)
        .with(door)
        .with(version.0)
        .run(connection)
        .await?;
    Ok(())
}
