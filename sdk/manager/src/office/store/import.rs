//! Files that people are imported from, and what was done of them.

use std::collections::BTreeSet;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::batch::{Among, Rows};
use super::statement::{Record, sql};
use crate::access::Role;
use crate::ids::{AccountId, KeyId};
use crate::office::calendar::End;

const ADDED: u8 = 0;
const SENT: u8 = 1;

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchState {
    Adding,
    Added,
    Sent,
}

impl BatchState {
    const fn code(self) -> u8 {
        match self {
            Self::Adding => 0,
            Self::Added => 1,
            Self::Sent => 2,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        [Self::Adding, Self::Added, Self::Sent].into_iter().find(|state| state.code() == code)
    }
}

/// Notes how far a file has come, which may have been uploaded before.
pub(crate) async fn upload(
    connection: &mut AnyConnection,
    (property, digest): (PropertyId, [u8; 32]),
    (state, size): (BatchState, usize),
    (by, now): (Option<AccountId>, UnixSeconds),
) -> Result<(), StoreError> {
    sql("INSERT INTO import_batch (property_id, digest, state, size, uploaded_by, uploaded_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (property_id, digest) DO UPDATE SET state = excluded.state, uploaded_by = excluded.uploaded_by, \
         uploaded_at = excluded.uploaded_at")
        .with(property)
        .with(digest)
        .with(state.code())
        .with(u64::try_from(size).unwrap_or(u64::MAX))
        .with(by)
        .with(now)
        .run(connection)
        .await?;
    Ok(())
}

/// Notes that everything of a file was sent, where that is so.
pub(crate) async fn finish(
    connection: &mut AnyConnection,
    (property, digest): (PropertyId, [u8; 32]),
) -> Result<(), StoreError> {
    sql("UPDATE import_batch SET state = $1 WHERE property_id = $2 AND digest = $3 AND state = $4 AND NOT EXISTS \
         (SELECT 1 FROM import_row WHERE import_row.property_id = $2 AND import_row.digest = $3 AND import_row.state = $5)")
        .with(BatchState::Sent.code())
        .with(property)
        .with(digest)
        .with(BatchState::Added.code())
        .with(ADDED)
        .run(connection)
        .await?;
    Ok(())
}

/// How far a file has come, how many rows it has, and how many of them wait.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    (property, digest): (PropertyId, [u8; 32]),
) -> Result<Option<(BatchState, u64, u64)>, StoreError> {
    let row = sql("SELECT state, size FROM import_batch WHERE property_id = $1 AND digest = $2")
        .with(property)
        .with(digest)
        .one(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let waiting = sql(
        "SELECT COUNT(*) AS waiting FROM import_row WHERE property_id = $1 AND digest = $2 AND state = $3",
    )
    .with(property)
    .with(digest)
    .with(ADDED)
    .one(connection)
    .await?;
    let waiting = waiting.ok_or(StoreError::Damaged("import_row"))?.get("waiting")?;
    let state = BatchState::from_code(row.get("state")?).ok_or(StoreError::Damaged("state"))?;
    Ok(Some((state, row.get("size")?, waiting)))
}

/// A row whose contact was added.
pub(crate) struct RowRecord {
    pub(crate) content: [u8; 16],
    pub(crate) line: u32,
    pub(crate) holder: HolderId,
    pub(crate) welcome: bool,
    pub(crate) keys: Vec<KeyId>,
    pub(crate) role: Role,
    pub(crate) may_share: bool,
    pub(crate) start: Option<UnixSeconds>,
    pub(crate) end: Option<End>,
}

const SENT_AMONG: Among =
    Among::new("SELECT content FROM import_row WHERE property_id = $1 AND state = $2 AND content IN", "");
const TAKE_BACK: Among = Among::new(
    "DELETE FROM import_row WHERE property_id = $1 AND state = $2 AND holder_id IN",
    " RETURNING holder_id, welcome",
);
/// What waits may say the same and be somebody else's: a person whose address was another then.
const INSERT: Rows<13> = Rows::new(
    "INSERT INTO import_row (property_id, content, digest, line, holder_id, welcome, keys, resident, may_share, starts_at, ends_at, \
     last_day, state) VALUES",
    " ON CONFLICT (property_id, content) DO UPDATE SET digest = excluded.digest, line = excluded.line, \
     holder_id = excluded.holder_id, welcome = excluded.welcome, keys = excluded.keys, starts_at = excluded.starts_at, \
     ends_at = excluded.ends_at, last_day = excluded.last_day",
);
const NOTE_SENT: Among =
    Among::new("UPDATE import_row SET state = $2 WHERE property_id = $1 AND content IN", "");

/// Those of these contents whose rows were sent.
pub(crate) async fn sent_among(
    connection: &mut AnyConnection,
    property: PropertyId,
    contents: &[[u8; 16]],
) -> Result<BTreeSet<[u8; 16]>, StoreError> {
    let rows = SENT_AMONG.all(connection, &[property.into(), SENT.into()], contents).await?;
    rows.iter().map(|row| row.get("content")).collect()
}

/// Forgets what waits for some people, in whatever file it was. Gives those of them who were to be welcomed.
pub(crate) async fn take_back(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
) -> Result<BTreeSet<HolderId>, StoreError> {
    let mut welcomes = BTreeSet::new();
    for row in TAKE_BACK.all(connection, &[property.into(), ADDED.into()], holders).await? {
        if row.get("welcome")? {
            welcomes.insert(row.get("holder_id")?);
        }
    }
    Ok(welcomes)
}

/// Adds rows that wait.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    (property, digest): (PropertyId, [u8; 32]),
    rows: &[RowRecord],
) -> Result<(), StoreError> {
    let row = |row: &RowRecord| {
        let keys: Vec<u8> = row.keys.iter().flat_map(|key| key.0).collect();
        [
            property.into(),
            row.content.into(),
            digest.into(),
            row.line.into(),
            row.holder.into(),
            row.welcome.into(),
            keys.into(),
            (row.role == Role::Resident).into(),
            row.may_share.into(),
            row.start.into(),
            row.end.map(|end| end.at).into(),
            row.end.and_then(|end| end.last_day).into(),
            ADDED.into(),
        ]
    };
    INSERT.run(connection, rows.iter().map(row).collect()).await
}

/// Rows of a file that wait, after a line, at most so many.
pub(crate) async fn waiting(
    connection: &mut AnyConnection,
    (property, digest): (PropertyId, [u8; 32]),
    (after, limit): (u32, usize),
) -> Result<Vec<(RowRecord, AccountId)>, StoreError> {
    let rows = sql("SELECT import_row.content, import_row.line, import_row.holder_id, import_row.welcome, import_row.keys, \
                    import_row.resident, import_row.may_share, import_row.starts_at, import_row.ends_at, import_row.last_day, person.account_id \
                    FROM import_row JOIN person ON person.property_id = import_row.property_id \
                    AND person.holder_id = import_row.holder_id WHERE import_row.property_id = $1 AND import_row.digest = $2 \
                    AND import_row.state = $3 AND import_row.line > $4 ORDER BY import_row.line LIMIT $5")
        .with(property)
        .with(digest)
        .with(ADDED)
        .with(after)
        .with(u64::try_from(limit).unwrap_or(u64::MAX))
        .all(connection)
        .await?;
    rows.iter().map(|row| Ok((read(row)?, row.get("account_id")?))).collect()
}

fn read(row: &Record) -> Result<RowRecord, StoreError> {
    let (keys, rest) = row.get::<Vec<u8>>("keys").map(|keys| {
        let (keys, rest) = keys.as_chunks::<16>();
        (keys.iter().map(|key| KeyId(*key)).collect(), rest.len())
    })?;
    if rest > 0 {
        return Err(StoreError::Damaged("keys"));
    }
    let last_day = row.find("last_day")?;
    Ok(RowRecord {
        content: row.get("content")?,
        line: row.get("line")?,
        holder: row.get("holder_id")?,
        welcome: row.get("welcome")?,
        keys,
        role: if row.get("resident")? { Role::Resident } else { Role::NonResident },
        may_share: row.get("may_share")?,
        start: row.find("starts_at")?,
        end: row.find("ends_at")?.map(|at| End { at, last_day }),
    })
}

/// Notes that rows were sent.
pub(crate) async fn note_sent(
    connection: &mut AnyConnection,
    property: PropertyId,
    contents: &[[u8; 16]],
) -> Result<(), StoreError> {
    NOTE_SENT.run(connection, &[property.into(), SENT.into()], contents).await
}
