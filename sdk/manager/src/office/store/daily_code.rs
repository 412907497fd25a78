//! Daily codes that were given out. Their digits are not kept: they follow from day, kind and slot.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::{DailyCode, DailyKind, LocalDay, Slot};
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::statement::{Record, sql};
use crate::ids::{AccountId, KeyId};

/// A daily code that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DailyRecord {
    pub(crate) door: DoorId,
    pub(crate) code: DailyCode,
    /// The holder in whose name; where there is none, staff with a Key.
    pub(crate) granter: Option<HolderId>,
    pub(crate) key: Option<KeyId>,
    pub(crate) issued_by: Option<AccountId>,
    pub(crate) email: Option<String>,
    pub(crate) telephone: Option<String>,
    pub(crate) service: Option<String>,
    /// The revision that took it back.
    pub(crate) revoked: Option<u64>,
    /// It is of an edition before that of its door.
    pub(crate) is_void: bool,
}

/// Gives one out.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    record: &DailyRecord,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("INSERT INTO daily_code (property_id, door_id, day, kind, slot, granter_id, key_id, issued_by, issued_at, email, telephone, \
         service) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
    .with(property)
    .with(record.door)
    .with(record.code.day)
    .with(record.code.kind.code())
    .with(record.code.slot.0)
    .with(record.granter)
    .with(record.key)
    .with(record.issued_by)
    .with(now)
    .with(record.email.as_deref())
    .with(record.telephone.as_deref())
    .with(record.service.as_deref())
    .run(connection)
    .await?;
    Ok(())
}

const SELECT_OF_DOOR: &str = "SELECT door_id, day, kind, slot, granter_id, key_id, issued_by, email, telephone, service, revoked, void \
                              FROM daily_code WHERE property_id = $1 AND door_id = $2 AND day = $3 ORDER BY kind, slot";
const SELECT_FOR: &str = "SELECT door_id, day, kind, slot, granter_id, key_id, issued_by, email, telephone, service, revoked, void \
                          FROM daily_code WHERE property_id = $1 AND day >= $2 AND revoked IS NULL AND void = 0 AND (issued_by = $3 \
                          OR email = (SELECT account.email FROM account WHERE account.account_id = $3)) \
                          ORDER BY day, door_id, kind, slot";
const SELECT_BY: &str = "SELECT door_id, day, kind, slot, granter_id, key_id, issued_by, email, telephone, service, revoked, void \
                         FROM daily_code WHERE property_id = $1 AND granter_id = $2 AND kind = $3 AND revoked IS NULL AND void = 0 AND day >= $4";

/// Those of a door for a day, also those that were taken back or are void: a slot is used once, because bulletins name it.
pub(crate) async fn of_day(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    day: LocalDay,
) -> Result<Vec<DailyRecord>, StoreError> {
    let rows = sql(SELECT_OF_DOOR).with(property).with(door).with(day).all(connection).await?;
    rows.iter().map(read).collect()
}

/// Those from a day on that an account gave out or received by mail.
pub(crate) async fn of_account(
    connection: &mut AnyConnection,
    property: PropertyId,
    account: AccountId,
    from: LocalDay,
) -> Result<Vec<DailyRecord>, StoreError> {
    let rows = sql(SELECT_FOR).with(property).with(from).with(account).all(connection).await?;
    rows.iter().map(read).collect()
}

/// The codes for whole days, from a day on, that were given out in a person's name and can be taken back.
pub(crate) async fn given_by(
    connection: &mut AnyConnection,
    property: PropertyId,
    granter: HolderId,
    from: LocalDay,
) -> Result<Vec<DailyRecord>, StoreError> {
    let rows = sql(SELECT_BY)
        .with(property)
        .with(granter)
        .with(DailyKind::WholeDay.code())
        .with(from)
        .all(connection)
        .await?;
    rows.iter().map(read).collect()
}

/// Takes one back; the door is to hear of it.
pub(crate) async fn revoke(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    code: DailyCode,
    (revision, now): (u64, UnixSeconds),
) -> Result<(), StoreError> {
    sql("UPDATE daily_code SET revoked = $1, revoked_at = $2 WHERE property_id = $3 AND door_id = $4 AND day = $5 AND kind = $6 \
         AND slot = $7 AND revoked IS NULL")
    .with(revision)
    .with(now)
    .with(property)
    .with(door)
    .with(code.day)
    .with(code.kind.code())
    .with(code.slot.0)
    .run(connection)
    .await?;
    Ok(())
}

/// All codes of a door that were given out are void.
pub(crate) async fn void(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
) -> Result<(), StoreError> {
    sql("UPDATE daily_code SET void = 1 WHERE property_id = $1 AND door_id = $2 AND void = 0")
        .with(property)
        .with(door)
        .run(connection)
        .await?;
    Ok(())
}

/// The last day, from one on, for which a code of a door was given out that still counts.
pub(crate) async fn last_day(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    from: LocalDay,
) -> Result<Option<LocalDay>, StoreError> {
    let row = sql("SELECT MAX(day) AS newest FROM daily_code WHERE property_id = $1 AND door_id = $2 AND revoked IS NULL AND void = 0 \
                   AND day >= $3")
    .with(property)
    .with(door)
    .with(from)
    .one(connection)
    .await?;
    row.ok_or(StoreError::Damaged("daily_code"))?.find("newest")
}

fn read(row: &Record) -> Result<DailyRecord, StoreError> {
    let kind = DailyKind::try_from(row.get::<u8>("kind")?).map_err(|_| StoreError::Damaged("kind"))?;
    Ok(DailyRecord {
        door: row.get("door_id")?,
        code: DailyCode { day: row.get("day")?, kind, slot: Slot(row.get("slot")?) },
        granter: row.find("granter_id")?,
        key: row.find("key_id")?,
        issued_by: row.find("issued_by")?,
        email: row.find("email")?,
        telephone: row.find("telephone")?,
        service: row.find("service")?,
        revoked: row.find("revoked")?,
        is_void: row.get("void")?,
    })
}
