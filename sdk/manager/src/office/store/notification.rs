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
