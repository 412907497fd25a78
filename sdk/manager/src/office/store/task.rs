//! Door update tasks: one open task for each door without a network that is to learn something.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, ListVersion, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::statement::sql;

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

/// Opens the task of a door, or adds reasons to the one that is open.
pub(crate) async fn open(
    connection: &mut AnyConnection,
    property: PropertyId,
    revision: u64,
    task: TaskRecord,
) -> Result<(), StoreError> {
    let known = sql("SELECT opened, reasons, due_at FROM door_task WHERE property_id = $1 AND door_id = $2 AND state = $3")
        .with(property)
        .with(task.door)
        .with(OPEN)
        .one(connection)
        .await?;
    let Some(known) = known else {
        sql("INSERT INTO door_task (property_id, door_id, opened, reasons, due_at, state) VALUES ($1, $2, $3, $4, $5, $6)")
            .with(property)
            .with(task.door)
            .with(revision)
            .with(task.reasons)
            .with(task.due)
            .with(OPEN)
            .run(connection)
            .await?;
        return Ok(());
    };
    // What left before is not enough any more.
    sql("UPDATE door_task SET reasons = $1, due_at = $2, required_version = NULL WHERE property_id = $3 AND door_id = $4 AND opened = $5")
        .with(known.get::<u16>("reasons")? | task.reasons)
        .with(known.get::<UnixSeconds>("due_at")?.min(task.due))
        .with(property)
        .with(task.door)
        .with(known.get::<u64>("opened")?)
        .run(connection)
        .await?;
    Ok(())
}

/// Nobody has to walk to the door any more (§4.3).
pub(crate) async fn cancel(
    connection: &mut AnyConnection,
    property: PropertyId,
    door: DoorId,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE door_task SET state = $1, closed_at = $2 WHERE property_id = $3 AND door_id = $4 AND state = $5")
        .with(CANCELLED)
        .with(now)
        .with(property)
        .with(door)
        .with(OPEN)
        .run(connection)
        .await?;
    Ok(())
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
