//! Keys, and the doors in them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::batch::Among;
use super::statement::{Record, sql};
use crate::access::KeyDoor;
use crate::ids::KeyId;

/// A Key without its doors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRecord {
    pub(crate) id: KeyId,
    pub(crate) name: String,
    pub(crate) is_managed_by_system: bool,
}

/// Adds a Key without doors; false where another has its name.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    key: KeyId,
    name: &str,
) -> Result<bool, StoreError> {
    let inserted =
        sql("INSERT INTO door_key (property_id, key_id, name, managed_by_system) VALUES ($1, $2, $3, 0) \
                        ON CONFLICT (property_id, name) DO NOTHING")
        .with(property)
        .with(key)
        .with(name)
        .run(connection)
        .await?;
    Ok(inserted == 1)
}

/// A Key by its identifier.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    property: PropertyId,
    key: KeyId,
) -> Result<Option<KeyRecord>, StoreError> {
    let row =
        sql("SELECT key_id, name, managed_by_system FROM door_key WHERE property_id = $1 AND key_id = $2")
            .with(property)
            .with(key)
            .one(connection)
            .await?;
    row.as_ref().map(read).transpose()
}

/// All Keys of a property, by name.
pub(crate) async fn all(
    connection: &mut AnyConnection,
    property: PropertyId,
) -> Result<Vec<KeyRecord>, StoreError> {
    let rows =
        sql("SELECT key_id, name, managed_by_system FROM door_key WHERE property_id = $1 ORDER BY name")
            .with(property)
            .all(connection)
            .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Record) -> Result<KeyRecord, StoreError> {
    Ok(KeyRecord {
        id: row.get("key_id")?,
        name: row.get("name")?,
        is_managed_by_system: row.get("managed_by_system")?,
    })
}

const NAMED: Among = Among::new("SELECT key_id, name FROM door_key WHERE property_id = $1 AND name IN", "");
const EXISTING: Among = Among::new("SELECT key_id FROM door_key WHERE property_id = $1 AND key_id IN", "");
const DOORS: Among = Among::new(
    "SELECT key_id, door_id, hours, doorcodes FROM door_of_key WHERE property_id = $1 AND key_id IN",
    " ORDER BY key_id, door_id",
);

/// The Keys with these very names.
pub(crate) async fn named(
    connection: &mut AnyConnection,
    property: PropertyId,
    names: &[&str],
) -> Result<BTreeMap<String, KeyId>, StoreError> {
    let rows = NAMED.all(connection, &[property.into()], names).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("key_id")?))).collect()
}

/// Those of some Keys that are there.
pub(crate) async fn existing(
    connection: &mut AnyConnection,
    property: PropertyId,
    keys: &[KeyId],
) -> Result<BTreeSet<KeyId>, StoreError> {
    let rows = EXISTING.all(connection, &[property.into()], keys).await?;
    rows.iter().map(|row| row.get("key_id")).collect()
}

/// Puts these doors in the place of a Key's.
pub(crate) async fn set_doors(
    connection: &mut AnyConnection,
    property: PropertyId,
    key: KeyId,
    doors: &[KeyDoor],
) -> Result<(), StoreError> {
    sql("DELETE FROM door_of_key WHERE property_id = $1 AND key_id = $2")
        .with(property)
        .with(key)
        .run(connection)
        .await?;
    for door in doors {
        sql("INSERT INTO door_of_key (property_id, key_id, door_id, hours, doorcodes) VALUES ($1, $2, $3, $4, $5)")
            .with(property)
            .with(key)
            .with(door.door)
            .with(&door.hours)
            .with(door.doorcodes)
            .run(connection)
            .await?;
    }
    Ok(())
}

/// The doors of a Key.
pub(crate) async fn doors(
    connection: &mut AnyConnection,
    property: PropertyId,
    key: KeyId,
) -> Result<Vec<KeyDoor>, StoreError> {
    Ok(doors_of(connection, property, &[key]).await?.remove(&key).unwrap_or_default())
}

/// The doors of several Keys.
pub(crate) async fn doors_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    keys: &[KeyId],
) -> Result<BTreeMap<KeyId, Vec<KeyDoor>>, StoreError> {
    let mut doors: BTreeMap<KeyId, Vec<KeyDoor>> = BTreeMap::new();
    for row in DOORS.all(connection, &[property.into()], keys).await? {
        let door =
            KeyDoor { door: row.get("door_id")?, hours: row.get("hours")?, doorcodes: row.get("doorcodes")? };
        doors.entry(row.get("key_id")?).or_default().push(door);
    }
    Ok(doors)
}

/// Everybody who holds a Key now or is to hold it later, and the guests whom these people let in.
pub(crate) async fn holders(
    connection: &mut AnyConnection,
    property: PropertyId,
    key: KeyId,
    now: UnixSeconds,
) -> Result<BTreeSet<HolderId>, StoreError> {
    let rows = sql("SELECT holder_id FROM key_grant WHERE property_id = $1 AND key_id = $2 AND ended_at IS NULL \
                    AND (ends_at IS NULL OR ends_at > $3) \
                    UNION SELECT guest_grant.guest_id FROM guest_grant JOIN key_grant ON key_grant.property_id = guest_grant.property_id \
                    AND key_grant.holder_id = guest_grant.granter_id WHERE key_grant.property_id = $1 AND key_grant.key_id = $2 \
                    AND guest_grant.ended_at IS NULL AND (guest_grant.ends_at IS NULL OR guest_grant.ends_at > $3)")
        .with(property)
        .with(key)
        .with(now)
        .all(connection)
        .await?;
    rows.iter().map(|row| row.get("holder_id")).collect()
}

/// Forgets a Key that nobody holds any more.
pub(crate) async fn delete(
    connection: &mut AnyConnection,
    property: PropertyId,
    key: KeyId,
) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM door_of_key WHERE property_id = $1 AND key_id = $2",
        "DELETE FROM property_manager_key WHERE property_id = $1 AND key_id = $2",
        "DELETE FROM door_key WHERE property_id = $1 AND key_id = $2",
    ] {
        sql(statement).with(property).with(key).run(connection).await?;
    }
    Ok(())
}
