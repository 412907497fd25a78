//! The keys that a property signs and opens with, by generation.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{Generation, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::statement::{Record, sql};

/// The keys of a generation, sealed.
pub(crate) struct GenerationRecord {
    pub(crate) generation: Generation,
    /// Of the portfolio's root.
    pub(crate) root_key: [u8; 32],
    pub(crate) sealed: Vec<u8>,
}

/// Keeps the keys of a generation that has none; false where it has.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    record: &GenerationRecord,
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    let inserted = sql("INSERT INTO generation_key (property_id, generation, root_key, sealed, made_at) VALUES ($1, $2, $3, $4, $5) \
                        ON CONFLICT (property_id, generation) DO NOTHING")
        .with(property)
        .with(record.generation.0)
        .with(record.root_key)
        .with(record.sealed.as_slice())
        .with(now)
        .run(connection)
        .await?;
    Ok(inserted == 1)
}

/// The newest generation.
pub(crate) async fn newest(
    connection: &mut AnyConnection,
    property: PropertyId,
) -> Result<Option<GenerationRecord>, StoreError> {
    let row = sql("SELECT generation, root_key, sealed FROM generation_key WHERE property_id = $1 AND pending = 0 ORDER BY generation DESC LIMIT 1")
        .with(property)
        .one(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Keeps keys until the root has announced them; those that waited before are forgotten.
pub(crate) async fn set_pending(
    connection: &mut AnyConnection,
    property: PropertyId,
    record: &GenerationRecord,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("DELETE FROM generation_key WHERE property_id = $1 AND pending = 1")
        .with(property)
        .run(connection)
        .await?;
    sql("INSERT INTO generation_key (property_id, generation, root_key, sealed, made_at, pending) VALUES ($1, $2, $3, $4, $5, 1)")
        .with(property)
        .with(record.generation.0)
        .with(record.root_key)
        .with(record.sealed.as_slice())
        .with(now)
        .run(connection)
        .await?;
    Ok(())
}

/// The keys that wait.
pub(crate) async fn pending(
    connection: &mut AnyConnection,
    property: PropertyId,
) -> Result<Option<GenerationRecord>, StoreError> {
    let row =
        sql("SELECT generation, root_key, sealed FROM generation_key WHERE property_id = $1 AND pending = 1")
            .with(property)
            .one(connection)
            .await?;
    row.as_ref().map(read).transpose()
}

/// The root has announced the keys that waited.
pub(crate) async fn announce(
    connection: &mut AnyConnection,
    property: PropertyId,
    announcement: &[u8],
    revision: u64,
) -> Result<(), StoreError> {
    sql("UPDATE generation_key SET pending = 0, announcement = $1, announced = $2 WHERE property_id = $3 AND pending = 1")
        .with(announcement)
        .with(revision)
        .with(property)
        .run(connection)
        .await?;
    Ok(())
}

/// The newest announcement, where it was taken after a revision.
pub(crate) async fn announced_since(
    connection: &mut AnyConnection,
    property: PropertyId,
    since: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sql(
        "SELECT announcement FROM generation_key WHERE property_id = $1 AND pending = 0 AND announced > $2 \
                   AND announcement IS NOT NULL ORDER BY generation DESC LIMIT 1",
    )
    .with(property)
    .with(since)
    .one(connection)
    .await?;
    row.map(|row| row.get("announcement")).transpose()
}

/// One generation.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    property: PropertyId,
    generation: Generation,
) -> Result<Option<GenerationRecord>, StoreError> {
    let row = sql(
        "SELECT generation, root_key, sealed FROM generation_key WHERE property_id = $1 AND generation = $2",
    )
    .with(property)
    .with(generation.0)
    .one(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Record) -> Result<GenerationRecord, StoreError> {
    Ok(GenerationRecord {
        generation: Generation(row.get("generation")?),
        root_key: row.get("root_key")?,
        sealed: row.get("sealed")?,
    })
}
