//! Lives of doors: what was claimed, which versions left for it, what it said.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, DoorKeyId, Generation, ListVersion, PropertyId, ReceiptNumber};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::batch::Rows;
use super::statement::{Record, Value, sql};
use crate::authority::list_book::StoredLeft;

/// A life of a door.
pub(crate) struct LifeRecord {
    pub(crate) door: DoorId,
    pub(crate) door_key: DoorKeyId,
    /// Session, sealing and receipt key.
    pub(crate) public_keys: [u8; 96],
    pub(crate) certificate: Vec<u8>,
    pub(crate) generation: Generation,
    pub(crate) sealed_settings: Vec<u8>,
    /// The revision that changed them.
    pub(crate) settings_changed: u64,
    pub(crate) versions: VersionsRecord,
    pub(crate) receipt: ReceiptNumber,
}

/// What is known of versions, beside those that left.
pub(crate) struct VersionsRecord {
    pub(crate) sealed_list_key: Vec<u8>,
    pub(crate) version: ListVersion,
    pub(crate) confirmed: Option<ListVersion>,
    pub(crate) snapshot_wanted: bool,
    pub(crate) settings_touched: ListVersion,
    pub(crate) remembered: ListVersion,
}

/// What a receipt says beside the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) receipt: ReceiptNumber,
    pub(crate) generation: Generation,
    pub(crate) battery: u8,
    pub(crate) firmware: u32,
    /// The revision whose denials the door has, where that is known now.
    pub(crate) denials: Option<u64>,
}

/// A life of a door: its property, the door, its keys.
pub(crate) type LifeId = (PropertyId, DoorId, DoorKeyId);

/// Begins a life; any before it has ended.
pub(crate) async fn begin(
    connection: &mut AnyConnection,
    property: PropertyId,
    life: &LifeRecord,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    end(connection, (property, life.door), now).await?;
    sql("INSERT INTO door_life (property_id, door_id, door_key, public_keys, certificate, generation, claimed_at, sealed_settings, \
         settings_changed, sealed_list_key, list_version, confirmed_version, snapshot_wanted, settings_touched, remembered, \
         receipt_number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0)")
        .with(property)
        .with(life.door)
        .with(life.door_key.0)
        .with(life.public_keys)
        .with(life.certificate.as_slice())
        .with(life.generation.0)
        .with(now)
        .with(life.sealed_settings.as_slice())
        .with(life.settings_changed)
        .with(life.versions.sealed_list_key.as_slice())
        .with(life.versions.version.0)
        .with(number(life.versions.confirmed))
        .with(life.versions.snapshot_wanted)
        .with(life.versions.settings_touched.0)
        .with(life.versions.remembered.0)
        .run(connection)
        .await?;
    Ok(())
}

/// Ends the life of a door, and what left for it. What people may open stays.
pub(crate) async fn end(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE door_life SET ended_at = $1 WHERE property_id = $2 AND door_id = $3 AND ended_at IS NULL")
        .with(now)
        .with(property)
        .with(door)
        .run(connection)
        .await?;
    for statement in [
        "UPDATE list_row SET touched = 0, left_once = 0, held_until = 0 WHERE property_id = $1 AND door_id = $2",
        "DELETE FROM list_row WHERE property_id = $1 AND door_id = $2 AND present = 0",
        "DELETE FROM doorcode WHERE property_id = $1 AND door_id = $2 AND retired_at IS NOT NULL",
        "DELETE FROM parcel WHERE property_id = $1 AND door_id = $2",
        "UPDATE door SET left_revision = 0 WHERE property_id = $1 AND door_id = $2",
    ] {
        sql(statement).with(property).with(door).run(connection).await?;
    }
    Ok(())
}

/// The life of a door that has not ended.
pub(crate) async fn live(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<Option<LifeRecord>, StoreError> {
    let row = sql("SELECT door_id, door_key, public_keys, certificate, generation, sealed_settings, settings_changed, \
                   sealed_list_key, list_version, confirmed_version, snapshot_wanted, settings_touched, remembered, receipt_number \
                   FROM door_life \
                   WHERE property_id = $1 AND door_id = $2 AND ended_at IS NULL")
        .with(property)
        .with(door)
        .one(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

/// A life of a door, also one that has ended.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
) -> Result<Option<LifeRecord>, StoreError> {
    let row = sql("SELECT door_id, door_key, public_keys, certificate, generation, sealed_settings, settings_changed, \
                   sealed_list_key, list_version, confirmed_version, snapshot_wanted, settings_touched, remembered, receipt_number \
                   FROM door_life WHERE property_id = $1 AND door_id = $2 AND door_key = $3")
        .with(property)
        .with(door)
        .with(key.0)
        .one(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The devices that are on doors now: what is certified of each.
pub(crate) async fn all_live(
    connection: &mut AnyConnection,
    property: PropertyId,
) -> Result<Vec<LifeRecord>, StoreError> {
    let rows = sql("SELECT door_id, door_key, public_keys, certificate, generation, sealed_settings, settings_changed, \
                    sealed_list_key, list_version, confirmed_version, snapshot_wanted, settings_touched, remembered, receipt_number \
                    FROM door_life WHERE property_id = $1 AND ended_at IS NULL")
        .with(property)
        .all(connection)
        .await?;
    rows.iter().map(read).collect()
}

/// Puts a certificate in the place of the one before.
pub(crate) async fn set_certificate(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    certificate: &[u8],
) -> Result<(), StoreError> {
    sql("UPDATE door_life SET certificate = $1 WHERE property_id = $2 AND door_id = $3 AND door_key = $4")
        .with(certificate)
        .with(property)
        .with(door)
        .with(key.0)
        .run(connection)
        .await?;
    Ok(())
}

/// Whether a device is or was on a door.
pub(crate) async fn has_been(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<bool, StoreError> {
    let row = sql("SELECT 1 AS found FROM door_life WHERE property_id = $1 AND door_id = $2 LIMIT 1")
        .with(property)
        .with(door)
        .one(connection)
        .await?;
    Ok(row.is_some())
}

/// Sets a door to something else, from this revision on.
pub(crate) async fn set_settings(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    (sealed, revision): (&[u8], u64),
) -> Result<(), StoreError> {
    sql("UPDATE door_life SET sealed_settings = $1, settings_changed = $2 WHERE property_id = $3 AND door_id = $4 AND door_key = $5")
        .with(sealed)
        .with(revision)
        .with(property)
        .with(door)
        .with(key.0)
        .run(connection)
        .await?;
    Ok(())
}

fn read(row: &Record) -> Result<LifeRecord, StoreError> {
    Ok(LifeRecord {
        door: row.get("door_id")?,
        door_key: DoorKeyId(row.get("door_key")?),
        public_keys: row.get("public_keys")?,
        certificate: row.get("certificate")?,
        generation: Generation(row.get("generation")?),
        sealed_settings: row.get("sealed_settings")?,
        settings_changed: row.get("settings_changed")?,
        versions: VersionsRecord {
            sealed_list_key: row.get("sealed_list_key")?,
            version: ListVersion(row.get("list_version")?),
            confirmed: row.find("confirmed_version")?.map(ListVersion),
            snapshot_wanted: row.get("snapshot_wanted")?,
            settings_touched: ListVersion(row.get("settings_touched")?),
            remembered: ListVersion(row.get("remembered")?),
        },
        receipt: ReceiptNumber(row.get("receipt_number")?),
    })
}

/// The versions that left for a life of a door.
pub(crate) async fn left(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
) -> Result<Vec<StoredLeft>, StoreError> {
    let rows = sql("SELECT version, digest, origin FROM list_left WHERE property_id = $1 AND door_id = $2 AND door_key = $3")
        .with(property)
        .with(door)
        .with(key.0)
        .all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let version = ListVersion(row.get("version")?);
            Ok(StoredLeft { version, digest: row.get("digest")?, origin: row.get("origin")? })
        })
        .collect()
}

const INSERT_LEFT: Rows<6> =
    Rows::new("INSERT INTO list_left (property_id, door_id, door_key, version, digest, origin) VALUES", "");

/// Keeps what is known of versions.
pub(crate) async fn set_versions(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    versions: &VersionsRecord,
    left: &[StoredLeft],
) -> Result<(), StoreError> {
    sql("UPDATE door_life SET sealed_list_key = $1, list_version = $2, confirmed_version = $3, snapshot_wanted = $4, \
         settings_touched = $5, remembered = $6 WHERE property_id = $7 AND door_id = $8 AND door_key = $9")
        .with(versions.sealed_list_key.as_slice())
        .with(versions.version.0)
        .with(number(versions.confirmed))
        .with(versions.snapshot_wanted)
        .with(versions.settings_touched.0)
        .with(versions.remembered.0)
        .with(property)
        .with(door)
        .with(key.0)
        .run(connection)
        .await?;
    sql("DELETE FROM list_left WHERE property_id = $1 AND door_id = $2 AND door_key = $3")
        .with(property)
        .with(door)
        .with(key.0)
        .run(connection)
        .await?;
    let row = |left: &StoredLeft| {
        let (version, digest, origin) = (left.version.0.into(), left.digest.into(), left.origin.into());
        [property.into(), door.into(), key.0.into(), version, digest, origin]
    };
    INSERT_LEFT.run(connection, left.iter().map(row).collect()).await
}

/// Keeps what a receipt said.
pub(crate) async fn heard(
    connection: &mut AnyConnection,
    (property, door, key): LifeId,
    heard: Heard,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE door_life SET receipt_number = $1, battery = $2, firmware = $3, heard_at = $4, \
         denied_revision = COALESCE($5, denied_revision), generation = CASE WHEN generation < $6 THEN $6 ELSE generation END \
         WHERE property_id = $7 AND door_id = $8 AND door_key = $9")
    .with(heard.receipt.0)
    .with(heard.battery)
    .with(heard.firmware)
    .with(now)
    .with(Value::Number(heard.denials.map(|revision| i64::try_from(revision).unwrap_or(i64::MAX))))
    .with(heard.generation.0)
    .with(property)
    .with(door)
    .with(key.0)
    .run(connection)
    .await?;
    Ok(())
}

pub(crate) fn number(version: Option<ListVersion>) -> Value {
    Value::Number(version.map(|version| version.0.into()))
}
