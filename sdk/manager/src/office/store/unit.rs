//! Units.

use std::collections::BTreeMap;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::PropertyId;

use super::StoreError;
use super::batch::Among;
use super::statement::{Record, sql};
use crate::ids::UnitId;

/// Adds a unit; false where another has its name.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    unit: UnitId,
    name: &str,
    (floor, external): (Option<&str>, Option<&str>),
) -> Result<bool, StoreError> {
    let inserted =
        sql("INSERT INTO unit (property_id, unit_id, name, floor, external_id) VALUES ($1, $2, $3, $4, $5) \
                        ON CONFLICT (property_id, name) DO NOTHING")
        .with(property)
        .with(unit)
        .with(name)
        .with(floor)
        .with(external)
        .run(connection)
        .await?;
    Ok(inserted == 1)
}

/// Whether it is there.
pub(crate) async fn exists(
    connection: &mut AnyConnection,
    property: PropertyId,
    unit: UnitId,
) -> Result<bool, StoreError> {
    let row = sql("SELECT 1 AS found FROM unit WHERE property_id = $1 AND unit_id = $2")
        .with(property)
        .with(unit)
        .one(connection)
        .await?;
    Ok(row.is_some())
}

const NAMED: Among = Among::new("SELECT unit_id, name FROM unit WHERE property_id = $1 AND name IN", "");

/// The units with these very names.
pub(crate) async fn named_among(
    connection: &mut AnyConnection,
    property: PropertyId,
    names: &[&str],
) -> Result<BTreeMap<String, UnitId>, StoreError> {
    let rows = NAMED.all(connection, &[property.into()], names).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("unit_id")?))).collect()
}

/// A unit by its name.
pub(crate) struct UnitRecord {
    pub(crate) floor: Option<String>,
    pub(crate) external_id: Option<String>,
}

/// The unit with this very name.
pub(crate) async fn named(
    connection: &mut AnyConnection,
    property: PropertyId,
    name: &str,
) -> Result<Option<UnitRecord>, StoreError> {
    let row = sql("SELECT floor, external_id FROM unit WHERE property_id = $1 AND name = $2")
        .with(property)
        .with(name)
        .one(connection)
        .await?;
    let unit =
        |row: Record| Ok(UnitRecord { floor: row.find("floor")?, external_id: row.find("external_id")? });
    row.map(unit).transpose()
}
