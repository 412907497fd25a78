//! What every door is to refuse, and the bulletin that says so.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{BulletinEpoch, Generation, PropertyId, Serial};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::batch::{Among, Rows};
use super::statement::sql;

/// Something that every door is to refuse.
pub(crate) struct DenialRecord {
    /// As the protocol encodes it.
    pub(crate) subject: Vec<u8>,
    /// Credentials below this serial; [`u32::MAX`]: all.
    pub(crate) void_before: Serial,
    pub(crate) until: UnixSeconds,
}

const DENY: Rows<5> = Rows::new(
    "INSERT INTO denial (property_id, subject, void_before, ends_at, changed) VALUES",
    " ON CONFLICT (property_id, subject) DO UPDATE SET void_before = excluded.void_before, ends_at = excluded.ends_at, \
     changed = excluded.changed WHERE denial.void_before < excluded.void_before OR denial.ends_at < excluded.ends_at",
);
const END: Among = Among::new(
    "UPDATE denial SET ends_at = $2, changed = $3 WHERE property_id = $1 AND ends_at > $2 AND subject IN",
    " RETURNING subject",
);

/// Adds denials of subjects, no two the same, or makes those that are there reach further. Nothing changes where one says the same already.
pub(crate) async fn deny(
    connection: &mut AnyConnection,
    property: PropertyId,
    denials: &[DenialRecord],
    revision: u64,
) -> Result<(), StoreError> {
    let row = |denial: &DenialRecord| {
        let (subject, void_before) = (denial.subject.as_slice().into(), denial.void_before.0.into());
        [property.into(), subject, void_before, denial.until.into(), revision.into()]
    };
    DENY.run(connection, denials.iter().map(row).collect()).await
}

/// Ends the denials of some subjects. Gives the subjects that were denied.
pub(crate) async fn end(
    connection: &mut AnyConnection,
    property: PropertyId,
    subjects: &[&[u8]],
    (revision, now): (u64, UnixSeconds),
) -> Result<Vec<Vec<u8>>, StoreError> {
    let ended = END.all(connection, &[property.into(), now.into(), revision.into()], subjects).await?;
    ended.iter().map(|row| row.get("subject")).collect()
}

/// All that doors are to refuse now, the latest first.
pub(crate) async fn denials(
    connection: &mut AnyConnection,
    property: PropertyId,
    (now, limit): (UnixSeconds, u32),
) -> Result<Vec<DenialRecord>, StoreError> {
    let rows =
        sql("SELECT subject, void_before, ends_at FROM denial WHERE property_id = $1 AND ends_at > $2 \
                    ORDER BY changed DESC, subject LIMIT $3")
        .with(property)
        .with(now)
        .with(limit)
        .all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let void_before = Serial(row.get("void_before")?);
            Ok(DenialRecord { subject: row.get("subject")?, void_before, until: row.get("ends_at")? })
        })
        .collect()
}

/// The newest revision that changed what doors are to refuse; 0: none.
pub(crate) async fn changed(connection: &mut AnyConnection, property: PropertyId) -> Result<u64, StoreError> {
    let row = sql("SELECT COALESCE(MAX(changed), 0) AS newest FROM denial WHERE property_id = $1")
        .with(property)
        .one(connection)
        .await?;
    row.ok_or(StoreError::Damaged("denial"))?.get("newest")
}

/// Forgets what has ended.
pub(crate) async fn drop_ended(
    connection: &mut AnyConnection,
    property: PropertyId,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("DELETE FROM denial WHERE property_id = $1 AND ends_at <= $2")
        .with(property)
        .with(now)
        .run(connection)
        .await?;
    Ok(())
}

/// The newest bulletin of a generation.
pub(crate) struct BulletinRecord {
    pub(crate) epoch: BulletinEpoch,
    /// That signed it.
    pub(crate) revision: u64,
    /// None: only its epoch is known, from a door.
    pub(crate) content: Option<Vec<u8>>,
}

pub(crate) async fn newest(
    connection: &mut AnyConnection,
    property: PropertyId,
    generation: Generation,
) -> Result<Option<BulletinRecord>, StoreError> {
    let row = sql("SELECT epoch, revision, content FROM bulletin WHERE property_id = $1 AND generation = $2")
        .with(property)
        .with(generation.0)
        .one(connection)
        .await?;
    row.map(|row| {
        let epoch = BulletinEpoch(row.get("epoch")?);
        Ok(BulletinRecord { epoch, revision: row.get("revision")?, content: row.find("content")? })
    })
    .transpose()
}

/// Puts a bulletin in the place of the one before.
pub(crate) async fn set(
    connection: &mut AnyConnection,
    property: PropertyId,
    generation: Generation,
    bulletin: &BulletinRecord,
) -> Result<(), StoreError> {
    sql("INSERT INTO bulletin (property_id, generation, epoch, revision, content) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (property_id, generation) DO UPDATE SET epoch = excluded.epoch, revision = excluded.revision, \
         content = excluded.content")
        .with(property)
        .with(generation.0)
        .with(bulletin.epoch.0)
        .with(bulletin.revision)
        .with(super::statement::Value::Bytes(bulletin.content.clone()))
        .run(connection)
        .await?;
    Ok(())
}
