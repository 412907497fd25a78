//! What happened at doors.

mod shown;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::DailyCode;
use thumbturn_protocol::event::Sequence;
use thumbturn_protocol::ids::{DoorId, HolderId, OperationId, PropertyId};
use thumbturn_protocol::record::ActuatorResult;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::CredentialNumber;

use super::StoreError;
use super::statement::{Value, sql};
use crate::ids::GuestGrantId;
use crate::office::model::activity::bolt_code;
use crate::office::model::{Happening, Method};

pub(crate) use self::shown::{Filter, Named, Shown, Window, of_person, to_managers, to_person};

/// What of an entry goes when it is forgotten: person, guest, numbers of codes and cards, and of the time all but the hour. Door and
/// result stay, and so does that it was never a manager's to see.
macro_rules! anonymise {
    ($which:literal) => {
        concat!(
            "UPDATE activity SET holder_id = NULL, granter_id = NULL, guest_grant_id = NULL, credential = NULL, code_day = NULL, \
             code_slot = NULL, operation = NULL, resident = 0, managing = 0, at = at - at % 3600, anonymous = 1 \
             WHERE property_id = $1 AND ",
            $which
        )
    };
}

pub(super) use anonymise;

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct ActivityRecord {
    pub(crate) event: Sequence,
    pub(crate) at: UnixSeconds,
    /// The door's clock was: it happened then, or later.
    pub(crate) is_unsure: bool,
    pub(crate) method: Method,
    pub(crate) happening: Happening,
    pub(crate) bolt: Option<ActuatorResult>,
    /// Until it is known what the bolt did.
    pub(crate) operation: Option<OperationId>,
    pub(crate) credential: Option<CredentialNumber>,
    pub(crate) daily: Option<DailyCode>,
    pub(crate) whose: Whose,
}

/// Who it was, and what that person was then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whose {
    pub(crate) holder: Option<HolderId>,
    pub(crate) is_guest: bool,
    pub(crate) granter: Option<HolderId>,
    pub(crate) guest_grant: Option<GuestGrantId>,
    /// Lived behind this private door.
    pub(crate) is_resident: bool,
    /// Managed the property.
    pub(crate) is_managing: bool,
    /// Managers may see it, as far as that was decided then.
    pub(crate) is_visible: bool,
    /// It is too old to say who it was.
    pub(crate) is_anonymous: bool,
}

/// The next place among what a revision notes of a door: a courier may bring logs of several lives of it.
pub(crate) async fn next_place(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    revision: u64,
) -> Result<u32, StoreError> {
    let row = sql("SELECT COALESCE(MAX(place), 0) + 1 AS next FROM activity WHERE property_id = $1 AND door_id = $2 AND revision = $3")
        .with(property)
        .with(door)
        .with(revision)
        .one(connection)
        .await?;
    row.ok_or(StoreError::Damaged("activity"))?.get("next")
}

/// Keeps an entry.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    record: &ActivityRecord,
    (revision, number): (u64, u32),
) -> Result<(), StoreError> {
    let (result, times) = record.happening.code();
    let whose = &record.whose;
    sql("INSERT INTO activity (property_id, door_id, revision, place, event, at, unsure, method, result, times, bolt, operation, holder_id, \
         guest, granter_id, guest_grant_id, credential, code_day, code_slot, resident, managing, visible, anonymous) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)")
        .with(property)
        .with(door)
        .with(revision)
        .with(number)
        .with(record.event.0)
        .with(record.at)
        .with(record.is_unsure)
        .with(record.method.code())
        .with(result)
        .with(times)
        .with(Value::Number(record.bolt.map(|bolt| bolt_code(bolt).into())))
        .with(Value::Bytes(record.operation.map(|operation| operation.0.to_vec())))
        .with(whose.holder)
        .with(whose.is_guest)
        .with(whose.granter)
        .with(whose.guest_grant)
        .with(Value::Number(record.credential.map(|credential| credential.0.into())))
        .with(Value::Number(record.daily.map(|code| code.day.0.into())))
        .with(Value::Number(record.daily.map(|code| code.slot.0.into())))
        .with(whose.is_resident)
        .with(whose.is_managing)
        .with(whose.is_visible)
        .with(whose.is_anonymous)
        .run(connection)
        .await?;
    Ok(())
}

/// Notes what the bolt did for the newest entry of an operation; false where there is none.
pub(crate) async fn set_bolt(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    operation: OperationId,
    bolt: ActuatorResult,
) -> Result<bool, StoreError> {
    let newest = sql(
        "SELECT revision, place FROM activity WHERE property_id = $1 AND door_id = $2 AND operation = $3 \
                      ORDER BY revision DESC, place DESC LIMIT 1",
    )
    .with(property)
    .with(door)
    .with(operation.0)
    .one(connection)
    .await?;
    let Some(newest) = newest else { return Ok(false) };
    sql("UPDATE activity SET bolt = $1, operation = NULL WHERE property_id = $2 AND door_id = $3 AND revision = $4 AND place = $5")
        .with(bolt_code(bolt))
        .with(property)
        .with(door)
        .with(newest.get::<u64>("revision")?)
        .with(newest.get::<u32>("place")?)
        .run(connection)
        .await?;
    Ok(true)
}
