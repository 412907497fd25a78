//! What doors are to know: rows of lists, schedules.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, HolderId, ListVersion, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::batch::{Among, Rows};
use super::statement::{Record, Value, sql};
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

const ROWS: Among = Among::new(
    "SELECT holder_id, door_id, fingerprint, sealed, left_once, held_until FROM list_row \
     WHERE property_id = $1 AND present = 1 AND holder_id IN",
    "",
);

/// The rows that doors are to have for some people, with whose and where they are.
pub(crate) async fn rows_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
) -> Result<Vec<(HolderId, DoorId, RowRecord)>, StoreError> {
    let rows = ROWS.all(connection, &[property.into()], holders).await?;
    rows.iter().map(|row| Ok((row.get("holder_id")?, row.get("door_id")?, read_row(row)?))).collect()
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

/// A row that is to be in the place of any with its key.
pub(crate) struct NewRow {
    pub(crate) door: DoorId,
    pub(crate) fingerprint: [u8; 16],
    pub(crate) holder: HolderId,
    pub(crate) sealed: Vec<u8>,
    pub(crate) schedule: u8,
    /// `None`: it does not end by itself. Of a removal: zero.
    pub(crate) end: Option<UnixSeconds>,
    /// False: it says that the door is to remove the one that it may have.
    pub(crate) is_present: bool,
}

const SET_ROWS: Rows<10> = Rows::new(
    "INSERT INTO list_row (property_id, door_id, fingerprint, holder_id, sealed, schedule, ends_at, present, left_once, changed) VALUES",
    " ON CONFLICT (property_id, door_id, fingerprint) DO UPDATE SET holder_id = excluded.holder_id, sealed = excluded.sealed, \
     schedule = excluded.schedule, ends_at = excluded.ends_at, present = excluded.present, changed = excluded.changed",
);
const DELETE_ROWS: Among =
    Among::new("DELETE FROM list_row WHERE property_id = $1 AND door_id = $2 AND fingerprint IN", "");

/// Puts rows, no two with the same key, from a revision on.
pub(crate) async fn set_rows(
    connection: &mut AnyConnection,
    property: PropertyId,
    rows: Vec<NewRow>,
    revision: u64,
) -> Result<(), StoreError> {
    let row = |row: NewRow| {
        [
            property.into(),
            row.door.into(),
            row.fingerprint.into(),
            row.holder.into(),
            row.sealed.into(),
            row.schedule.into(),
            row.end.into(),
            row.is_present.into(),
            // A removal takes the place of a row that has left, and whose marks stay.
            false.into(),
            revision.into(),
        ]
    };
    SET_ROWS.run(connection, rows.into_iter().map(row).collect()).await
}

/// Forgets rows of a door that never left.
pub(crate) async fn delete_rows(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    fingerprints: &[[u8; 16]],
) -> Result<(), StoreError> {
    DELETE_ROWS.run(connection, &[property.into(), door.into()], fingerprints).await
}

/// Counts what is to be removed as well, so that the index alone answers.
const MAYBE_FULLER: Among = Among::new(
    "SELECT door_id FROM list_row WHERE property_id = $1 AND door_id IN",
    " GROUP BY door_id HAVING COUNT(*) > $2",
);
const FULLER: Among = Among::new(
    "SELECT door_id FROM list_row WHERE property_id = $1 AND present = 1 AND door_id IN",
    " GROUP BY door_id HAVING COUNT(*) > $2",
);

/// Whether one of these doors is to have more rows than so many.
pub(crate) async fn is_fuller_than(
    connection: &mut AnyConnection,
    property: PropertyId,
    doors: &[DoorId],
    most: u64,
) -> Result<bool, StoreError> {
    let first: [Value; 2] = [property.into(), most.into()];
    let maybe = MAYBE_FULLER.all(connection, &first, doors).await?;
    let maybe: Vec<DoorId> = maybe.iter().map(|row| row.get("door_id")).collect::<Result<_, _>>()?;
    Ok(!FULLER.all(connection, &first, &maybe).await?.is_empty())
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
    let rows = sql("SELECT number, hours, CASE WHEN EXISTS (SELECT 1 FROM list_row WHERE list_row.property_id = $1 \
                    AND list_row.door_id = $2 AND list_row.schedule = door_schedule.number) THEN 1 ELSE 0 END AS used \
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
        "UPDATE list_row SET left_once = 1, held_until = COALESCE(ends_at, 1099511627775) WHERE property_id = $1 AND door_id = $2 \
         AND changed <= $3 AND (left_once = 0 OR held_until <> COALESCE(ends_at, 1099511627775))",
        "DELETE FROM list_row WHERE property_id = $1 AND door_id = $2 AND present = 0 AND changed <= $3",
    ] {
        sql(statement).with(property).with(door).with(revision).run(connection).await?;
    }
    code::forget_retired(connection, (property, door)).await
}
