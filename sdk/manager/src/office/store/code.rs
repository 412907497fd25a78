//! Doorcodes by whose they are, and their length.

use std::collections::BTreeSet;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::CodeLength;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::list::{CodeRecord, read_code};
use super::statement::sql;
use crate::office::model::DoorType;

/// All doorcodes that a person has, by door.
pub(crate) async fn of_holder(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<Vec<(DoorId, CodeRecord)>, StoreError> {
    let rows =
        sql("SELECT door_id, credential, serial, holder_id, digits, fingerprint, sealed FROM doorcode \
                    WHERE property_id = $1 AND holder_id = $2 AND retired_at IS NULL ORDER BY door_id")
        .with(property)
        .with(holder)
        .all(connection)
        .await?;
    rows.iter().map(|row| Ok((row.get("door_id")?, read_code(row)?))).collect()
}

/// All doorcodes of a door, also those that it may still hold.
pub(crate) async fn at_door(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
) -> Result<Vec<CodeRecord>, StoreError> {
    let rows = sql("SELECT credential, serial, holder_id, digits, fingerprint, sealed FROM doorcode \
                    WHERE property_id = $1 AND door_id = $2")
    .with(property)
    .with(door)
    .all(connection)
    .await?;
    rows.iter().map(read_code).collect()
}

/// Who has a doorcode of another length than this at a door of a kind.
pub(crate) async fn holders(
    connection: &mut AnyConnection,
    property: PropertyId,
    kind: DoorType,
    digits: u8,
) -> Result<BTreeSet<HolderId>, StoreError> {
    let rows = sql("SELECT DISTINCT doorcode.holder_id FROM doorcode JOIN door ON door.property_id = doorcode.property_id \
                    AND door.door_id = doorcode.door_id WHERE doorcode.property_id = $1 AND door.kind = $2 \
                    AND doorcode.digits <> $3 AND doorcode.retired_at IS NULL")
    .with(property)
    .with(kind.code())
    .with(digits)
    .all(connection)
    .await?;
    rows.iter().map(|row| row.get("holder_id")).collect()
}

/// Takes all doorcodes of another length than this away, at doors of a kind.
pub(crate) async fn retire_all(
    connection: &mut AnyConnection,
    property: PropertyId,
    (kind, digits): (DoorType, u8),
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE doorcode SET retired_at = $1 WHERE property_id = $2 AND digits <> $3 AND retired_at IS NULL AND door_id IN \
         (SELECT door.door_id FROM door WHERE door.property_id = $2 AND door.kind = $4)")
    .with(now)
    .with(property)
    .with(digits)
    .with(kind.code())
    .run(connection)
    .await?;
    Ok(())
}

/// Sets how many digits new doorcodes of flats have.
pub(crate) async fn set_residence_length(
    connection: &mut AnyConnection,
    property: PropertyId,
    length: CodeLength,
) -> Result<(), StoreError> {
    sql("UPDATE property SET residence_code_length = $1 WHERE property_id = $2")
        .with(length.digits())
        .with(property)
        .run(connection)
        .await?;
    Ok(())
}
