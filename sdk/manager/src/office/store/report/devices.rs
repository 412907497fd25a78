//! What the report of devices says.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time::UnixSeconds;

use crate::ids::AccountId;
use crate::office::model::DoorType;
use crate::office::store::StoreError;
use crate::office::store::statement::{Record, sql};

/// A door, and what its device said last.
pub(crate) struct DeviceRecord {
    pub(crate) door: String,
    pub(crate) kind: DoorType,
    pub(crate) is_connected: bool,
    pub(crate) has_device: bool,
    pub(crate) firmware: Option<u32>,
    /// Percent.
    pub(crate) battery: Option<u8>,
    pub(crate) heard_at: Option<UnixSeconds>,
    /// Of the task that is open.
    pub(crate) reasons: Option<u16>,
}

/// Doors by name, after one, at most so many. `scope`: in Keys that this account manages only.
pub(crate) async fn devices(
    connection: &mut AnyConnection,
    (property, scope): (PropertyId, Option<AccountId>),
    (after, limit): (&str, u32),
) -> Result<Vec<DeviceRecord>, StoreError> {
    let rows = sql("SELECT door.name, door.kind, door.connected, door_life.firmware, door_life.battery, door_life.heard_at, \
                    CASE WHEN door_life.door_key IS NULL THEN 0 ELSE 1 END AS has_device, door_task.reasons FROM door \
                    LEFT JOIN door_life ON door_life.property_id = door.property_id AND door_life.door_id = door.door_id \
                    AND door_life.ended_at IS NULL \
                    LEFT JOIN door_task ON door_task.property_id = door.property_id AND door_task.door_id = door.door_id \
                    AND door_task.state = 0 \
                    WHERE door.property_id = $1 AND ($2 = 1 OR EXISTS (SELECT 1 FROM door_of_key JOIN property_manager_key \
                    ON property_manager_key.property_id = door_of_key.property_id AND property_manager_key.key_id = door_of_key.key_id \
                    WHERE door_of_key.property_id = door.property_id AND door_of_key.door_id = door.door_id \
                    AND property_manager_key.account_id = $3)) \
                    AND door.name > $4 ORDER BY door.name LIMIT $5")
        .with(property)
        .with(scope.is_none())
        .with(scope)
        .with(after)
        .with(limit)
        .all(connection)
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Record) -> Result<DeviceRecord, StoreError> {
    Ok(DeviceRecord {
        door: row.get("name")?,
        kind: DoorType::from_code(row.get("kind")?).ok_or(StoreError::Damaged("kind"))?,
        is_connected: row.get("connected")?,
        has_device: row.get("has_device")?,
        firmware: row.find("firmware")?,
        battery: row.find("battery")?,
        heard_at: row.find("heard_at")?,
        reasons: row.find("reasons")?,
    })
}
