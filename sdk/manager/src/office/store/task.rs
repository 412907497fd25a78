//! Door update tasks: one open task for each door without a network that is to learn something.

use std::collections::BTreeMap;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::ids::{DoorId, ListVersion, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::batch::{Among, Rows};
use super::statement::{Record, sql};

const OPEN: u8 = 0;
const DONE: u8 = 1;
const CANCELLED: u8 = 2;

/// An open task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskRecord {
    pub(crate) door: DoorId,
    pub(crate) reasons: u16,
    pub(crate) due: UnixSeconds,
}

/// What waits for a door: changes that have not left for it in a parcel; codes that were taken back on which the device on it has no bulletin
/// yet; keys that are newer than those that this device knows.
const NEWS: Among = Among::new(
    "SELECT door_id, connected, CASE WHEN \
     EXISTS (SELECT 1 FROM list_row WHERE list_row.property_id = door.property_id AND list_row.door_id = door.door_id \
     AND list_row.changed > door.left_revision) \
     OR EXISTS (SELECT 1 FROM door_life WHERE door_life.property_id = door.property_id AND door_life.door_id = door.door_id \
     AND door_life.ended_at IS NULL AND door_life.settings_changed > door.left_revision) \
     OR EXISTS (SELECT 1 FROM daily_code WHERE daily_code.property_id = door.property_id AND daily_code.door_id = door.door_id \
     AND daily_code.day >= $2 AND daily_code.revoked IS NOT NULL AND NOT EXISTS (SELECT 1 FROM door_life \
     WHERE door_life.property_id = door.property_id AND door_life.door_id = door.door_id AND door_life.ended_at IS NULL \
     AND door_life.denied_revision >= daily_code.revoked)) \
     OR EXISTS (SELECT 1 FROM door_life WHERE door_life.property_id = door.property_id AND door_life.door_id = door.door_id \
     AND door_life.ended_at IS NULL AND EXISTS (SELECT 1 FROM generation_key WHERE generation_key.property_id = door.property_id \
     AND generation_key.pending = 0 AND generation_key.generation > door_life.generation)) \
     THEN 1 ELSE 0 END AS news FROM door WHERE property_id = $1 AND door_id IN",
    "",
);
const OPENED: Among = Among::new(
    "SELECT door_id, opened, reasons, due_at FROM door_task WHERE property_id = $1 AND state = $2 AND door_id IN",
    "",
);
/// What left before is not enough any more.
const OPEN_ALL: Rows<6> = Rows::new(
    "INSERT INTO door_task (property_id, door_id, opened, reasons, due_at, state) VALUES",
    " ON CONFLICT (property_id, door_id, opened) DO UPDATE SET reasons = excluded.reasons, due_at = excluded.due_at, \
     state = excluded.state, closed_at = NULL, required_version = NULL",
);
const CANCEL_ALL: Among = Among::new(
    "UPDATE door_task SET state = $2, closed_at = $3 WHERE property_id = $1 AND state = $4 AND door_id IN",
    "",
);

/// What a door waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Whether it is reached without a phone.
    pub(crate) is_connected: bool,
    /// Whether it is to hear of something.
    pub(crate) has_news: bool,
}

/// Whether doors are to hear of something that has not left for them, of a daily code for this day or a later one that was taken back, or of
/// new keys. Doors that are not there are left out.
pub(crate) async fn waiting(
    connection: &mut AnyConnection,
    property: PropertyId,
    doors: &[DoorId],
    today: LocalDay,
) -> Result<BTreeMap<DoorId, Waiting>, StoreError> {
    let rows = NEWS.all(connection, &[property.into(), today.into()], doors).await?;
    let waiting = |row: &Record| {
        let waiting = Waiting { is_connected: row.get("connected")?, has_news: row.get("news")? };
        Ok((row.get("door_id")?, waiting))
    };
    rows.iter().map(waiting).collect()
}

/// Opens the tasks of doors, or adds reasons to those that are open.
pub(crate) async fn open(
    connection: &mut AnyConnection,
    property: PropertyId,
    revision: u64,
    tasks: &[TaskRecord],
) -> Result<(), StoreError> {
    let doors: Vec<DoorId> = tasks.iter().map(|task| task.door).collect();
    let mut known: BTreeMap<DoorId, (u64, TaskRecord)> = BTreeMap::new();
    for row in OPENED.all(connection, &[property.into(), OPEN.into()], &doors).await? {
        let (door, reasons, due) = (row.get("door_id")?, row.get("reasons")?, row.get("due_at")?);
        known.insert(door, (row.get("opened")?, TaskRecord { door, reasons, due }));
    }
    let row = |task: &TaskRecord| {
        let before = known.get(&task.door);
        let opened = before.map_or(revision, |(opened, _)| *opened);
        let reasons = before.map_or(task.reasons, |(_, before)| before.reasons | task.reasons);
        let due = before.map_or(task.due, |(_, before)| before.due.min(task.due));
        [property.into(), task.door.into(), opened.into(), reasons.into(), due.into(), OPEN.into()]
    };
    OPEN_ALL.run(connection, tasks.iter().map(row).collect()).await
}

/// Nobody has to walk to these doors any more (§4.3).
pub(crate) async fn cancel(
    connection: &mut AnyConnection,
    property: PropertyId,
    doors: &[DoorId],
    now: UnixSeconds,
) -> Result<(), StoreError> {
    CANCEL_ALL.run(connection, &[property.into(), CANCELLED.into(), now.into(), OPEN.into()], doors).await
}

/// All open tasks, the most urgent first.
pub(crate) async fn all_open(
    connection: &mut AnyConnection,
    property: PropertyId,
) -> Result<Vec<TaskRecord>, StoreError> {
    let rows = sql("SELECT door_id, reasons, due_at FROM door_task WHERE property_id = $1 AND state = $2 ORDER BY due_at, door_id")
        .with(property)
        .with(OPEN)
        .all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(TaskRecord {
                door: row.get("door_id")?,
                reasons: row.get("reasons")?,
                due: row.get("due_at")?,
            })
        })
        .collect()
}

/// Why a door is to be updated; none: it has no open task.
pub(crate) async fn reasons(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
) -> Result<u16, StoreError> {
    let row = sql("SELECT reasons FROM door_task WHERE property_id = $1 AND door_id = $2 AND state = $3")
        .with(property)
        .with(door)
        .with(OPEN)
        .one(connection)
        .await?;
    row.map_or(Ok(0), |row| row.get("reasons"))
}

/// The door has confirmed a version: closes its task where that or an earlier one was required. The caller knows that no change
/// waits to leave.
pub(crate) async fn close(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    version: ListVersion,
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    let closed = sql("UPDATE door_task SET state = $1, closed_at = $2 WHERE property_id = $3 AND door_id = $4 AND state = $5 \
                      AND (required_version IS NULL OR required_version <= $6)")
        .with(DONE)
        .with(now)
        .with(property)
        .with(door)
        .with(OPEN)
        .with(version.0)
        .run(connection)
        .await?;
    Ok(closed > 0)
}
