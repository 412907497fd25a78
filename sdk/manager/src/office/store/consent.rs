//! Express consent: to which text of a property somebody consented, and whether it still holds.

use std::collections::BTreeSet;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::statement::sql;

/// The version of the text that people of a property have to consent to; 0: none.
pub(crate) async fn wanted(connection: &mut AnyConnection, property: PropertyId) -> Result<u32, StoreError> {
    let row = sql("SELECT consent_version FROM property WHERE property_id = $1")
        .with(property)
        .one(connection)
        .await?;
    row.ok_or(StoreError::Damaged("property"))?.get("consent_version")
}

/// Sets that version. Whom it concerns is looked at again with the next passing of time, 200 people at once.
pub(crate) async fn want(
    connection: &mut AnyConnection,
    property: PropertyId,
    version: u32,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE property SET consent_version = $1 WHERE property_id = $2")
        .with(version)
        .with(property)
        .run(connection)
        .await?;
    sql("UPDATE person SET next_change_at = $1 WHERE property_id = $2 AND deleted_at IS NULL \
         AND (next_change_at IS NULL OR next_change_at > $1)")
    .with(now)
    .with(property)
    .run(connection)
    .await?;
    Ok(())
}

/// Those of these people whose consent is wanted and missing.
pub(crate) async fn missing(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &BTreeSet<HolderId>,
) -> Result<BTreeSet<HolderId>, StoreError> {
    let version = wanted(connection, property).await?;
    let mut missing = BTreeSet::new();
    if version == 0 {
        return Ok(missing);
    }
    for holder in holders {
        if given(connection, (property, *holder), version).await?.is_none() {
            missing.insert(*holder);
        }
    }
    Ok(missing)
}

/// When somebody consented to a text, unless that was withdrawn.
pub(crate) async fn given(
    connection: &mut AnyConnection,
    (property, holder): (PropertyId, HolderId),
    version: u32,
) -> Result<Option<UnixSeconds>, StoreError> {
    let row = sql("SELECT MIN(given_at) AS given_at FROM consent WHERE property_id = $1 AND holder_id = $2 AND version = $3 \
                   AND withdrawn_at IS NULL")
    .with(property)
    .with(holder)
    .with(version)
    .one(connection)
    .await?;
    row.map_or(Ok(None), |row| row.find("given_at"))
}

/// Notes that somebody consents. Whoever withdraws and consents again within a second has consented.
pub(crate) async fn give(
    connection: &mut AnyConnection,
    (property, holder): (PropertyId, HolderId),
    (version, channel): (u32, u8),
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("INSERT INTO consent (property_id, holder_id, version, given_at, channel) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (property_id, holder_id, version, given_at) DO UPDATE SET channel = excluded.channel, withdrawn_at = NULL")
    .with(property)
    .with(holder)
    .with(version)
    .with(now)
    .with(channel)
    .run(connection)
    .await?;
    Ok(())
}

/// Notes that somebody withdraws every consent given here.
pub(crate) async fn withdraw(
    connection: &mut AnyConnection,
    (property, holder): (PropertyId, HolderId),
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE consent SET withdrawn_at = $1 WHERE property_id = $2 AND holder_id = $3 AND withdrawn_at IS NULL")
        .with(now)
        .with(property)
        .with(holder)
        .run(connection)
        .await?;
    Ok(())
}
