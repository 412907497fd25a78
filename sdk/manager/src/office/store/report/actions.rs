//! What the report of managers' actions says.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time::UnixSeconds;

use crate::office::store::StoreError;
use crate::office::store::statement::{Record, sql};

/// An entry of the audit log, and who it was.
pub(crate) struct ActionRecord {
    pub(crate) revision: u64,
    pub(crate) at: UnixSeconds,
    /// Whether it was somebody, and not the host itself.
    pub(crate) is_somebodys: bool,
    /// `None`: the host itself, or somebody who was deleted.
    pub(crate) email: Option<String>,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) is_done: bool,
}

/// Entries after a revision, oldest first, at most so many.
pub(crate) async fn actions(
    connection: &mut AnyConnection,
    property: PropertyId,
    (after, limit): (Option<u64>, u32),
) -> Result<Vec<ActionRecord>, StoreError> {
    let rows =
        sql("SELECT audit.revision, audit.at, audit.action, audit.subject, audit.done, account.email, \
                    CASE WHEN audit.account_id IS NULL THEN 0 ELSE 1 END AS is_somebodys \
                    FROM audit LEFT JOIN account ON account.account_id = audit.account_id \
                    WHERE audit.property_id = $1 AND audit.revision >= $2 ORDER BY audit.revision LIMIT $3")
        .with(property)
        .with(after.map_or(0, |revision| revision.saturating_add(1)))
        .with(limit)
        .all(connection)
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Record) -> Result<ActionRecord, StoreError> {
    Ok(ActionRecord {
        revision: row.get("revision")?,
        at: row.get("at")?,
        is_somebodys: row.get("is_somebodys")?,
        email: row.find("email")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        is_done: row.get("done")?,
    })
}
