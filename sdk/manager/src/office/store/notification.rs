//! The outbox: who is to be told what. Sending is the host's.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::PropertyId;

use super::StoreError;
use super::batch::Rows;
#[cfg(feature = "testing")]
use super::statement::sql;
use crate::ids::AccountId;

const INSERT: Rows<6> = Rows::new(
    "INSERT INTO notification (property_id, revision, place, account_id, kind, content) VALUES",
    "",
);

/// Puts messages into the outbox, each to somebody, with its kind and its content: from a place among those of a revision on.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    (revision, first): (u64, u32),
    messages: &[(AccountId, &str, String)],
) -> Result<(), StoreError> {
    let row = |(place, (account, kind, content)): (u32, &(AccountId, &str, String))| {
        let (kind, content) = ((*kind).into(), content.as_str().into());
        [property.into(), revision.into(), place.into(), (*account).into(), kind, content]
    };
    INSERT.run(connection, (first..).zip(messages).map(row).collect()).await
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
