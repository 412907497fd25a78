//! The newest update of each door: sealed once, so that one phone goes on with what another has begun.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, DoorKeyId, ListVersion, PropertyId, UpdateId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::life::number;
use super::statement::{Value, sql};

/// An update that waits for phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ParcelRecord {
    /// Which; none: one of an older program, which did not note it.
    pub(crate) id: Option<UpdateId>,
    pub(crate) door_key: DoorKeyId,
    pub(crate) to: ListVersion,
    /// What the door was known to have.
    pub(crate) confirmed: Option<ListVersion>,
    pub(crate) apply_until: UnixSeconds,
    /// Its length in bytes.
    pub(crate) length: usize,
    /// The revision that sealed it.
    pub(crate) sealed: u64,
}

/// Puts an update in the place of the one before.
pub(crate) async fn set(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    parcel: &ParcelRecord,
    content: &[u8],
) -> Result<(), StoreError> {
    sql("INSERT INTO parcel (property_id, door_id, door_key, to_version, confirmed_version, apply_until, content, update_id, sealed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (property_id, door_id) DO UPDATE SET door_key = excluded.door_key, \
         to_version = excluded.to_version, confirmed_version = excluded.confirmed_version, apply_until = excluded.apply_until, \
         content = excluded.content, update_id = excluded.update_id, sealed = excluded.sealed")
        .with(property)
        .with(door)
        .with(parcel.door_key.0)
        .with(parcel.to.0)
        .with(number(parcel.confirmed))
        .with(parcel.apply_until)
        .with(content)
        .with(Value::Bytes(parcel.id.map(|id| id.0.to_vec())))
        .with(parcel.sealed)
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
    let row = sql("SELECT update_id, door_key, to_version, confirmed_version, apply_until, LENGTH(content) AS length, sealed FROM parcel \
                   WHERE property_id = $1 AND door_id = $2")
    .with(property)
    .with(door)
    .one(connection)
    .await?;
    row.map(|row| {
        Ok(ParcelRecord {
            id: row.find("update_id")?.map(UpdateId),
            door_key: DoorKeyId(row.get("door_key")?),
            to: ListVersion(row.get("to_version")?),
            confirmed: row.find("confirmed_version")?.map(ListVersion),
            apply_until: row.get("apply_until")?,
            length: usize::try_from(row.get::<u32>("length")?).map_err(|_| StoreError::Damaged("content"))?,
            sealed: row.get("sealed")?,
        })
    })
    .transpose()
}

/// What a phone takes of it.
pub(crate) async fn content(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<Vec<u8>, StoreError> {
    let row = sql("SELECT content FROM parcel WHERE property_id = $1 AND door_id = $2")
        .with(property)
        .with(door)
        .one(connection)
        .await?;
    row.ok_or(StoreError::Damaged("parcel"))?.get("content")
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

/// No update that left serves any more.
pub(crate) async fn drop_all(connection: &mut AnyConnection, property: PropertyId) -> Result<(), StoreError> {
    sql("DELETE FROM parcel WHERE property_id = $1").with(property).run(connection).await?;
    Ok(())
}
