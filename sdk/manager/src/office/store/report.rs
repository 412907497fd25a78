//! What reports say. `scope`: of Keys that this account manages only.

pub(crate) mod actions;
pub(crate) mod cards;
pub(crate) mod devices;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::statement::{Record, sql};
use crate::access::WeeklyHours;
use crate::ids::{AccountId, KeyGrantId};
use crate::office::model::DoorType;

/// A Key in somebody's hand.
pub(crate) struct AccessRecord {
    pub(crate) grant: KeyGrantId,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) key: String,
    pub(crate) is_resident: bool,
    pub(crate) may_share: bool,
    pub(crate) start: UnixSeconds,
    pub(crate) end: Option<UnixSeconds>,
    pub(crate) granter: Option<String>,
    pub(crate) granted_at: UnixSeconds,
    pub(crate) is_set_up: bool,
    pub(crate) has_keycard: bool,
}

/// Keys in people's hands that are not over, by e-mail address, after one, at most so many.
pub(crate) async fn access(
    connection: &mut AnyConnection,
    (property, scope): (PropertyId, Option<AccountId>),
    (after, limit): ((&str, KeyGrantId), u32),
    now: UnixSeconds,
) -> Result<Vec<AccessRecord>, StoreError> {
    let rows = sql("SELECT key_grant.key_grant_id, account.email, account.first_name, account.last_name, door_key.name AS key_name, \
                    key_grant.resident, key_grant.may_share, key_grant.starts_at, key_grant.ends_at, key_grant.granted_at, \
                    granter.first_name || ' ' || granter.last_name AS granter_name, \
                    CASE WHEN account.signed_in_at IS NULL THEN 0 ELSE 1 END AS is_set_up, \
                    CASE WHEN EXISTS (SELECT 1 FROM keycard WHERE keycard.property_id = key_grant.property_id \
                    AND keycard.holder_id = key_grant.holder_id AND keycard.deactivated_at IS NULL) THEN 1 ELSE 0 END AS has_keycard \
                    FROM key_grant JOIN person ON person.property_id = key_grant.property_id AND person.holder_id = key_grant.holder_id \
                    JOIN account ON account.account_id = person.account_id \
                    JOIN door_key ON door_key.property_id = key_grant.property_id AND door_key.key_id = key_grant.key_id \
                    LEFT JOIN account AS granter ON granter.account_id = key_grant.granted_by \
                    WHERE key_grant.property_id = $1 AND key_grant.ended_at IS NULL \
                    AND (key_grant.ends_at IS NULL OR key_grant.ends_at > $2) \
                    AND ($3 = 1 OR EXISTS (SELECT 1 FROM property_manager_key WHERE property_manager_key.property_id = key_grant.property_id \
                    AND property_manager_key.account_id = $4 AND property_manager_key.key_id = key_grant.key_id)) \
                    AND (account.email > $5 OR (account.email = $5 AND key_grant.key_grant_id > $6)) \
                    ORDER BY account.email, key_grant.key_grant_id LIMIT $7")
        .with(property)
        .with(now)
        .with(scope.is_none())
        .with(scope)
        .with(after.0)
        .with(after.1)
        .with(limit)
        .all(connection)
        .await?;
    rows.iter().map(read_access).collect()
}

fn read_access(row: &Record) -> Result<AccessRecord, StoreError> {
    Ok(AccessRecord {
        grant: row.get("key_grant_id")?,
        email: row.get("email")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        key: row.get("key_name")?,
        is_resident: row.get("resident")?,
        may_share: row.get("may_share")?,
        start: row.get("starts_at")?,
        end: row.find("ends_at")?,
        granter: row.find("granter_name")?,
        granted_at: row.get("granted_at")?,
        is_set_up: row.get("is_set_up")?,
        has_keycard: row.get("has_keycard")?,
    })
}

/// A door in a Key.
pub(crate) struct KeyDoorRecord {
    pub(crate) key: String,
    pub(crate) door: DoorId,
    pub(crate) door_name: String,
    pub(crate) kind: DoorType,
    pub(crate) hours: WeeklyHours,
    pub(crate) doorcodes: bool,
}

/// Doors of Keys by name of the Key, after one, at most so many.
pub(crate) async fn doors_of_keys(
    connection: &mut AnyConnection,
    (property, scope): (PropertyId, Option<AccountId>),
    (after, limit): ((&str, DoorId), u32),
) -> Result<Vec<KeyDoorRecord>, StoreError> {
    let rows = sql("SELECT door_key.name AS key_name, door.door_id, door.name AS door_name, door.kind, door_of_key.hours, \
                    door_of_key.doorcodes FROM door_key \
                    JOIN door_of_key ON door_of_key.property_id = door_key.property_id AND door_of_key.key_id = door_key.key_id \
                    JOIN door ON door.property_id = door_of_key.property_id AND door.door_id = door_of_key.door_id \
                    WHERE door_key.property_id = $1 \
                    AND ($2 = 1 OR EXISTS (SELECT 1 FROM property_manager_key WHERE property_manager_key.property_id = door_key.property_id \
                    AND property_manager_key.account_id = $3 AND property_manager_key.key_id = door_key.key_id)) \
                    AND (door_key.name > $4 OR (door_key.name = $4 AND door.door_id > $5)) \
                    ORDER BY door_key.name, door.door_id LIMIT $6")
        .with(property)
        .with(scope.is_none())
        .with(scope)
        .with(after.0)
        .with(after.1)
        .with(limit)
        .all(connection)
        .await?;
    let door = |row: &Record| {
        Ok(KeyDoorRecord {
            key: row.get("key_name")?,
            door: row.get("door_id")?,
            door_name: row.get("door_name")?,
            kind: DoorType::from_code(row.get("kind")?).ok_or(StoreError::Damaged("kind"))?,
            hours: row.get("hours")?,
            doorcodes: row.get("doorcodes")?,
        })
    };
    rows.iter().map(door).collect()
}

/// A Key for a private door in the hand of somebody who is not marked as living there.
pub(crate) struct NotResidentRecord {
    pub(crate) door: DoorId,
    pub(crate) grant: KeyGrantId,
    pub(crate) door_name: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) key: String,
    pub(crate) is_imported: bool,
    /// Whether anybody is marked as living there.
    pub(crate) has_resident: bool,
}

/// Those by door, after one, at most so many. Whoever has the mark by another Key lives there.
pub(crate) async fn not_resident(
    connection: &mut AnyConnection,
    (property, scope): (PropertyId, Option<AccountId>),
    (after, limit): ((DoorId, KeyGrantId), u32),
    now: UnixSeconds,
) -> Result<Vec<NotResidentRecord>, StoreError> {
    let rows = sql("SELECT door.door_id, key_grant.key_grant_id, door.name AS door_name, account.first_name, account.last_name, \
                    account.email, door_key.name AS key_name, key_grant.source, \
                    CASE WHEN EXISTS (SELECT 1 FROM residence WHERE residence.property_id = $1 AND residence.door_id = door.door_id \
                    AND (residence.ends_at IS NULL OR residence.ends_at > $2)) THEN 1 ELSE 0 END AS has_resident \
                    FROM key_grant \
                    JOIN door_of_key ON door_of_key.property_id = key_grant.property_id AND door_of_key.key_id = key_grant.key_id \
                    JOIN door ON door.property_id = door_of_key.property_id AND door.door_id = door_of_key.door_id \
                    JOIN door_key ON door_key.property_id = key_grant.property_id AND door_key.key_id = key_grant.key_id \
                    JOIN person ON person.property_id = key_grant.property_id AND person.holder_id = key_grant.holder_id \
                    JOIN account ON account.account_id = person.account_id \
                    WHERE key_grant.property_id = $1 AND door.kind = 1 AND key_grant.ended_at IS NULL \
                    AND (key_grant.ends_at IS NULL OR key_grant.ends_at > $2) \
                    AND NOT EXISTS (SELECT 1 FROM residence WHERE residence.property_id = $1 \
                    AND residence.holder_id = key_grant.holder_id AND residence.door_id = door.door_id \
                    AND (residence.ends_at IS NULL OR residence.ends_at > $2)) \
                    AND ($3 = 1 OR EXISTS (SELECT 1 FROM property_manager_key WHERE property_manager_key.property_id = $1 \
                    AND property_manager_key.account_id = $4 AND property_manager_key.key_id = key_grant.key_id)) \
                    AND (door.door_id > $5 OR (door.door_id = $5 AND key_grant.key_grant_id > $6)) \
                    ORDER BY door.door_id, key_grant.key_grant_id LIMIT $7")
    .with(property)
    .with(now)
    .with(scope.is_none())
    .with(scope)
    .with(after.0)
    .with(after.1)
    .with(limit)
    .all(connection)
    .await?;
    let record = |row: &Record| {
        Ok(NotResidentRecord {
            door: row.get("door_id")?,
            grant: row.get("key_grant_id")?,
            door_name: row.get("door_name")?,
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            email: row.get("email")?,
            key: row.get("key_name")?,
            is_imported: row.get::<u8>("source")? == CSV,
            has_resident: row.get("has_resident")?,
        })
    };
    rows.iter().map(record).collect()
}

/// A grant's source: a file.
const CSV: u8 = 1;
