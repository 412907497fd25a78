//! The outbox: who is to be told what. Sending is the host's.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::PropertyId;

use super::StoreError;
use super::statement::sql;
use crate::ids::AccountId;

/// Puts a message into the outbox.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    (revision, place): (u64, u32),
    account: AccountId,
    (kind, content): (&str, &str),
) -> Result<(), StoreError> {
    sql("INSERT INTO notification (property_id, revision, place, account_id, kind, content) VALUES ($1, $2, $3, $4, $5, $6)")
        .with(property)
        .with(revision)
        .with(place)
        .with(account)
        .with(kind)
        .with(content)
        .run(connection)
        .await?;
    Ok(())
}

/// Everything in the outbox, in the order in which it came.
#[cfg(feature = "testing")]
pub(crate) async fn all(
    connection: &mut AnyConnection,
    property: PropertyId,
) -> Result<Vec<(AccountId, String)>, StoreError> {
    let rows =
        sql("SELECT account_id, kind FROM notification WHERE property_id = $1 ORDER BY revision, place")
            .with(property)
            .all(connection)
            .await?;
    rows.iter().map(|row| Ok((row.get("account_id")?, row.get("kind")?))).collect()
}
