//! The audit log of a property: append-only, each entry chained to the one before.

use sha2::{Digest, Sha256};
use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::PropertyId;

use super::StoreError;
use super::statement::{Record, sql};
use crate::ids::AccountId;
use crate::office::audit::Entry;

/// What every chain begins with, and no other hash of this program.
const LABEL: &[u8] = b"thumbturn office 1 audit";

/// Appends an entry. The transaction holds the lock of the property, so none comes between.
pub(crate) async fn append(
    connection: &mut AnyConnection,
    property: PropertyId,
    entry: &Entry,
) -> Result<(), StoreError> {
    let before = head(connection, property).await?;
    sql("INSERT INTO audit (property_id, revision, at, account_id, action, subject, done, head) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .with(property)
    .with(entry.revision)
    .with(entry.at)
    .with(entry.account)
    .with(entry.action.as_str())
    .with(entry.subject.as_str())
    .with(entry.done)
    .with(next(before, property, entry))
    .run(connection)
    .await?;
    Ok(())
}

async fn head(connection: &mut AnyConnection, property: PropertyId) -> Result<[u8; 32], StoreError> {
    let row = sql("SELECT head FROM audit WHERE property_id = $1 ORDER BY revision DESC LIMIT 1")
        .with(property)
        .one(connection)
        .await?;
    row.map_or(Ok([0; 32]), |row| row.get("head"))
}

/// Entries after a revision, oldest first, at most so many.
pub(crate) async fn after(
    connection: &mut AnyConnection,
    property: PropertyId,
    revision: Option<u64>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sql("SELECT revision, at, account_id, action, subject, done FROM audit \
                    WHERE property_id = $1 AND revision >= $2 ORDER BY revision LIMIT $3")
    .with(property)
    .with(revision.map_or(0, |revision| revision.saturating_add(1)))
    .with(limit)
    .all(connection)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Record) -> Result<Entry, StoreError> {
    Ok(Entry {
        revision: row.get("revision")?,
        at: row.get("at")?,
        account: row.find("account_id")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        done: row.get("done")?,
    })
}

/// Whether every entry is as it was written, and none is missing between two. The newest ones could still have been cut off: keep a head
/// elsewhere to see that. Gives the newest.
pub(crate) async fn verify(
    connection: &mut AnyConnection,
    property: PropertyId,
) -> Result<[u8; 32], StoreError> {
    let mut chained = [0; 32];
    let mut at = 0_u64;
    loop {
        let rows = sql("SELECT revision, at, account_id, action, subject, done, head FROM audit \
                        WHERE property_id = $1 AND revision >= $2 ORDER BY revision LIMIT $3")
        .with(property)
        .with(at)
        .with(PAGE)
        .all(connection)
        .await?;
        if rows.is_empty() {
            return Ok(chained);
        }
        for row in rows {
            let entry = read(&row)?;
            chained = next(chained, property, &entry);
            at = entry.revision.saturating_add(1);
            if row.get::<[u8; 32]>("head")? != chained {
                return Err(StoreError::Damaged("audit"));
            }
        }
    }
}

const PAGE: u32 = 1_000;

fn next(before: [u8; 32], property: PropertyId, entry: &Entry) -> [u8; 32] {
    let account = |account: AccountId| [&[1][..], &account.0].concat();
    let mut digest = Sha256::new_with_prefix(LABEL)
        .chain_update(before)
        .chain_update(property.0)
        .chain_update(entry.revision.to_be_bytes())
        .chain_update(entry.at.seconds().to_be_bytes())
        .chain_update(entry.account.map_or_else(|| vec![0], account))
        .chain_update([u8::from(entry.done)]);
    for text in [&entry.action, &entry.subject] {
        digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(text);
    }
    digest.finalize().into()
}
