//! What doors are to know: rows of lists, schedules.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, HolderId, ListVersion, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::statement::{Record, sql};
use super::{StoreError, code};
use crate::access::WeeklyHours;

/// A row of a door's list, sealed.
pub(crate) struct RowRecord {
    pub(crate) fingerprint: [u8; 16],
    pub(crate) sealed: Vec<u8>,
    pub(crate) left_once: bool,
    /// Until when the door may open for what it has under the row's key; zero: it has nothing.
    pub(crate) held_until: UnixSeconds,
}

/// The rows that a door is to have for a person.
pub(crate) async fn rows_of(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    holder: HolderId,
) -> Result<Vec<RowRecord>, StoreError> {
    let rows = sql("SELECT fingerprint, sealed, left_once, held_until FROM list_row \
                    WHERE property_id = $1 AND holder_id = $2 AND door_id = $3 AND present = 1")
    .with(property)
    .with(holder)
    .with(door)
    .all(connection)
    .await?;
    rows.iter().map(read_row).collect()
}

/// All rows that a door is to have.
#[cfg(feature = "testing")]
pub(crate) async fn all_rows(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<Vec<RowRecord>, StoreError> {
    let rows = sql("SELECT fingerprint, sealed, left_once, held_until FROM list_row WHERE property_id = $1 AND door_id = $2 AND present = 1")
        .with(property)
        .with(door)
        .all(connection)
        .await?;
    rows.iter().map(read_row).collect()
}

fn read_row(row: &Record) -> Result<RowRecord, StoreError> {
    Ok(RowRecord {
        fingerprint: row.get("fingerprint")?,
        sealed: row.get("sealed")?,
        left_once: row.get("left_once")?,
        held_until: row.get("held_until")?,
    })
}

/// Doors that have rows for a person.
pub(crate) async fn doors_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<Vec<DoorId>, StoreError> {
    let rows = sql("SELECT DISTINCT door_id FROM list_row WHERE property_id = $1 AND holder_id = $2 AND present = 1 ORDER BY door_id")
        .with(property)
        .with(holder)
        .all(connection)
        .await?;
    rows.iter().map(|row| row.get("door_id")).collect()
}

/// A row that a door is to have from a revision on.
pub(crate) struct NewRow {
    pub(crate) fingerprint: [u8; 16],
    pub(crate) holder: HolderId,
    pub(crate) sealed: Vec<u8>,
    pub(crate) schedule: u8,
    /// `None`: it does not end by itself.
    pub(crate) end: Option<UnixSeconds>,
    pub(crate) revision: u64,
}

/// Puts a row in the place of any with its key.
pub(crate) async fn set_row(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    row: &NewRow,
) -> Result<(), StoreError> {
    sql("INSERT INTO list_row (property_id, door_id, fingerprint, holder_id, sealed, schedule, ends_at, present, left_once, changed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 0, $8) ON CONFLICT (property_id, door_id, fingerprint) DO UPDATE SET \
         holder_id = excluded.holder_id, sealed = excluded.sealed, schedule = excluded.schedule, ends_at = excluded.ends_at, \
         present = 1, changed = excluded.changed")
        .with(property)
        .with(door)
        .with(row.fingerprint)
        .with(row.holder)
        .with(row.sealed.as_slice())
        .with(row.schedule)
        .with(row.end)
        .with(row.revision)
        .run(connection)
        .await?;
    Ok(())
}

/// Takes a row away. One that never left is gone at once; of another the door has to hear.
pub(crate) async fn remove_row(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    row: &RowRecord,
    (sealed_removal, revision): (&[u8], u64),
) -> Result<(), StoreError> {
    if row.left_once {
        sql("UPDATE list_row SET present = 0, schedule = 0, ends_at = 0, sealed = $1, changed = $2 WHERE property_id = $3 AND door_id = $4 AND fingerprint = $5")
            .with(sealed_removal)
            .with(revision)
            .with(property)
            .with(door)
            .with(row.fingerprint)
            .run(connection)
            .await?;
    } else {
        sql("DELETE FROM list_row WHERE property_id = $1 AND door_id = $2 AND fingerprint = $3")
            .with(property)
            .with(door)
            .with(row.fingerprint)
            .run(connection)
            .await?;
    }
    Ok(())
}

/// How many rows a door is to have.
pub(crate) async fn count(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<u64, StoreError> {
    let row =
        sql("SELECT COUNT(*) AS rows FROM list_row WHERE property_id = $1 AND door_id = $2 AND present = 1")
            .with(property)
            .with(door)
            .one(connection)
            .await?;
    row.ok_or(StoreError::Damaged("list_row"))?.get("rows")
}

/// Whether a door's list has changes that have not left in a parcel.
pub(crate) async fn has_changes(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<bool, StoreError> {
    let row = sql("SELECT 1 AS found FROM door WHERE property_id = $1 AND door_id = $2 AND (\
                   EXISTS (SELECT 1 FROM list_row WHERE list_row.property_id = $1 AND list_row.door_id = $2 \
                   AND list_row.changed > door.left_revision) \
                   OR EXISTS (SELECT 1 FROM door_life WHERE door_life.property_id = $1 AND door_life.door_id = $2 \
                   AND door_life.ended_at IS NULL AND door_life.settings_changed > door.left_revision))")
        .with(property)
        .with(door)
        .one(connection)
        .await?;
    Ok(row.is_some())
}

/// Schedules of a door by number, and whether any row uses them.
pub(crate) async fn schedules(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<Vec<(u8, WeeklyHours, bool)>, StoreError> {
    let rows = sql("SELECT number, hours, (SELECT COUNT(*) FROM list_row WHERE list_row.property_id = door_schedule.property_id \
                    AND list_row.door_id = door_schedule.door_id AND list_row.schedule = door_schedule.number) AS used \
                    FROM door_schedule WHERE property_id = $1 AND door_id = $2 ORDER BY number")
        .with(property)
        .with(door)
        .all(connection)
        .await?;
    rows.iter().map(|row| Ok((row.get("number")?, row.get("hours")?, row.get("used")?))).collect()
}

/// The revision that changed a schedule of a door last; 0: none.
pub(crate) async fn schedules_changed(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<u64, StoreError> {
    let row = sql("SELECT COALESCE(MAX(changed), 0) AS newest FROM door_schedule WHERE property_id = $1 AND door_id = $2")
        .with(property)
        .with(door)
        .one(connection)
        .await?;
    row.ok_or(StoreError::Damaged("door_schedule"))?.get("newest")
}

/// Gives a number to hours.
pub(crate) async fn set_schedule(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    (number, hours): (u8, &WeeklyHours),
    revision: u64,
) -> Result<(), StoreError> {
    sql("INSERT INTO door_schedule (property_id, door_id, number, hours, changed) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (property_id, door_id, number) DO UPDATE SET hours = excluded.hours, changed = excluded.changed")
        .with(property)
        .with(door)
        .with(number)
        .with(hours)
        .with(revision)
        .run(connection)
        .await?;
    Ok(())
}

/// A row as the book of its door has it.
pub(crate) struct BookRow {
    pub(crate) sealed: Vec<u8>,
    pub(crate) touched: ListVersion,
    pub(crate) changed: u64,
}

/// All rows of a door, also those that it is to remove.
pub(crate) async fn book(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<Vec<BookRow>, StoreError> {
    let rows = sql("SELECT sealed, touched, changed FROM list_row WHERE property_id = $1 AND door_id = $2")
        .with(property)
        .with(door)
        .all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let touched = ListVersion(row.get("touched")?);
            Ok(BookRow { sealed: row.get("sealed")?, touched, changed: row.get("changed")? })
        })
        .collect()
}

/// All changes of a door's list have left, as this version.
pub(crate) async fn leave(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    (before, version): (u64, ListVersion),
    revision: u64,
) -> Result<(), StoreError> {
    // From here on the door may have either, what it had or this.
    sql("UPDATE list_row SET touched = $1, left_once = 1, held_until = CASE WHEN held_until > COALESCE(ends_at, 1099511627775) \
         THEN held_until ELSE COALESCE(ends_at, 1099511627775) END WHERE property_id = $2 AND door_id = $3 AND changed > $4")
        .with(version.0)
        .with(property)
        .with(door)
        .with(before)
        .run(connection)
        .await?;
    sql("UPDATE door SET left_revision = $1 WHERE property_id = $2 AND door_id = $3")
        .with(revision)
        .with(property)
        .with(door)
        .run(connection)
        .await?;
    sql("UPDATE door_task SET required_version = $1 WHERE property_id = $2 AND door_id = $3 AND state = 0")
        .with(version.0)
        .with(property)
        .with(door)
        .run(connection)
        .await?;
    Ok(())
}

/// The door has confirmed this version: all changes up to the first that came after it are applied there.
pub(crate) async fn confirm(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    (left, version): (u64, ListVersion),
) -> Result<(), StoreError> {
    let later = sql("SELECT MIN(changed) AS first FROM list_row WHERE property_id = $1 AND door_id = $2 AND (touched > $3 OR changed > $4)")
        .with(property)
        .with(door)
        .with(version.0)
        .with(left)
        .one(connection)
        .await?;
    let first: Option<u64> = later.ok_or(StoreError::Damaged("list_row"))?.find("first")?;
    let applied = first.map_or(left, |first| first.saturating_sub(1).min(left));
    note_applied(connection, (property, door), applied).await
}

/// Notes that a door has told that it has all changes of its list up to a revision: what it has removed is forgotten, and so are the
/// doorcodes that it may now be given again.
pub(crate) async fn note_applied(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    revision: u64,
) -> Result<(), StoreError> {
    for statement in [
        "UPDATE door SET applied_revision = $3 WHERE property_id = $1 AND door_id = $2 AND applied_revision < $3",
        "UPDATE door SET left_revision = $3 WHERE property_id = $1 AND door_id = $2 AND left_revision < $3",
        "UPDATE list_row SET left_once = 1, held_until = COALESCE(ends_at, 1099511627775) \
         WHERE property_id = $1 AND door_id = $2 AND changed <= $3",
        "DELETE FROM list_row WHERE property_id = $1 AND door_id = $2 AND present = 0 AND changed <= $3",
    ] {
        sql(statement).with(property).with(door).with(revision).run(connection).await?;
    }
    code::forget_retired(connection, (property, door)).await
}
