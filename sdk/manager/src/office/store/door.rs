//! Doors.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::{CodeEpoch, CodeKeyGeneration};
use thumbturn_protocol::ids::{DoorId, PropertyId};

use super::StoreError;
use super::batch::Among;
use super::statement::{Record, sql};
use crate::office::daily::CodeEdition;
use crate::office::model::DoorType;

/// A door, as far as lists and tasks depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Door {
    pub(crate) id: DoorId,
    pub(crate) name: String,
    pub(crate) kind: DoorType,
    /// Its IANA time zone, where that is not the property's.
    pub(crate) zone: Option<String>,
    /// Whether it is reached without a phone.
    pub(crate) is_connected: bool,
    /// Up to here, changes of its list have left in a parcel.
    pub(crate) left: u64,
    /// By which its daily codes are computed.
    pub(crate) codes: CodeEdition,
}

/// Adds a door; false where another has its name.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: &Door,
) -> Result<bool, StoreError> {
    let inserted =
        sql("INSERT INTO door (property_id, door_id, name, kind, zone, connected, left_revision) \
                        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (property_id, name) DO NOTHING")
        .with(property)
        .with(door.id)
        .with(door.name.as_str())
        .with(door.kind.code())
        .with(door.zone.as_deref())
        .with(door.is_connected)
        .with(door.left)
        .run(connection)
        .await?;
    Ok(inserted == 1)
}

/// A door by its identifier.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<Option<Door>, StoreError> {
    let row = sql("SELECT door_id, name, kind, zone, connected, left_revision, code_generation, code_epoch FROM door WHERE property_id = $1 AND door_id = $2")
        .with(property)
        .with(door)
        .one(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

const AMONG: Among = Among::new(
    "SELECT door_id, name, kind, zone, connected, left_revision, code_generation, code_epoch FROM door \
     WHERE property_id = $1 AND door_id IN",
    "",
);

/// Those of some doors that are there.
pub(crate) async fn among(
    connection: &mut AnyConnection,
    property: PropertyId,
    doors: &[DoorId],
) -> Result<Vec<Door>, StoreError> {
    AMONG.all(connection, &[property.into()], doors).await?.iter().map(read).collect()
}

/// All doors of a property, by name.
pub(crate) async fn all(
    connection: &mut AnyConnection,
    property: PropertyId,
) -> Result<Vec<Door>, StoreError> {
    let rows = sql(
        "SELECT door_id, name, kind, zone, connected, left_revision, code_generation, code_epoch FROM door WHERE property_id = $1 ORDER BY name",
    )
    .with(property)
    .all(connection)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Record) -> Result<Door, StoreError> {
    Ok(Door {
        id: row.get("door_id")?,
        name: row.get("name")?,
        kind: DoorType::from_code(row.get("kind")?).ok_or(StoreError::Damaged("kind"))?,
        zone: row.find("zone")?,
        is_connected: row.get("connected")?,
        left: row.get("left_revision")?,
        codes: CodeEdition {
            generation: CodeKeyGeneration(row.get("code_generation")?),
            epoch: CodeEpoch(row.get("code_epoch")?),
        },
    })
}

/// Sets by which the daily codes of a door are computed.
pub(crate) async fn set_codes(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    codes: CodeEdition,
) -> Result<(), StoreError> {
    sql("UPDATE door SET code_generation = $1, code_epoch = $2 WHERE property_id = $3 AND door_id = $4")
        .with(codes.generation.0)
        .with(codes.epoch.0)
        .with(property)
        .with(door)
        .run(connection)
        .await?;
    Ok(())
}

/// Puts a door into a time zone of its own, or back into that of its property.
pub(crate) async fn set_zone(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    zone: Option<&str>,
) -> Result<(), StoreError> {
    sql("UPDATE door SET zone = $1 WHERE property_id = $2 AND door_id = $3")
        .with(zone)
        .with(property)
        .with(door)
        .run(connection)
        .await?;
    Ok(())
}
