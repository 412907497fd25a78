//! Keys in people's hands, and what they let guests do with them.

use std::collections::BTreeSet;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::batch::{Among, Rows};
use super::statement::{Record, sql};
use super::{StoreError, term};
use crate::access::{KeyGrant, Role};
use crate::ids::{AccountId, GuestGrantId, KeyGrantId, KeyId};

/// Where a grant came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Hand,
    Csv,
}

/// Why a grant was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Revoked,
    KeyDeleted,
    PersonDeleted,
}

/// A grant with its number, as it was given: an end that somebody brought about is not in its term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GrantRecord {
    pub(crate) id: KeyGrantId,
    pub(crate) grant: KeyGrant,
    /// Where its end was given as a local day.
    pub(crate) last_day: Option<LocalDay>,
    pub(crate) ended_at: Option<UnixSeconds>,
}

/// How a grant was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) last_day: Option<LocalDay>,
    pub(crate) source: Source,
    pub(crate) by: Option<AccountId>,
    pub(crate) at: UnixSeconds,
}

const SELECT: &str = "SELECT key_grant_id, holder_id, key_id, resident, may_share, starts_at, ends_at, last_day, ended_at FROM key_grant \
                      WHERE property_id = $1 AND key_grant_id = $2";
const LIVE: Among = Among::new(
    "SELECT key_grant_id, holder_id, key_id, resident, may_share, starts_at, ends_at, last_day, ended_at FROM key_grant \
     WHERE property_id = $1 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $2) AND holder_id IN",
    "",
);
const NOT_ENDED: Among = Among::new(
    "SELECT key_grant_id, holder_id, key_id, resident, may_share, starts_at, ends_at, last_day, ended_at FROM key_grant \
     WHERE property_id = $1 AND ended_at IS NULL AND holder_id IN",
    "",
);
const INSERT: Rows<12> = Rows::new(
    "INSERT INTO key_grant (property_id, key_grant_id, holder_id, key_id, resident, may_share, starts_at, ends_at, last_day, source, \
     granted_by, granted_at) VALUES",
    "",
);

/// Gives Keys.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    grants: &[(KeyGrantId, KeyGrant, Given)],
) -> Result<(), StoreError> {
    let row = |(id, grant, given): &(KeyGrantId, KeyGrant, Given)| {
        [
            property.into(),
            (*id).into(),
            grant.person.into(),
            grant.key.into(),
            (grant.role == Role::Resident).into(),
            grant.may_share.into(),
            grant.term.start().into(),
            grant.term.end().into(),
            given.last_day.into(),
            u8::from(given.source == Source::Csv).into(),
            given.by.into(),
            given.at.into(),
        ]
    };
    INSERT.run(connection, grants.iter().map(row).collect()).await
}

/// Whether the person has the very same already, not ended by anybody.
pub(crate) async fn has_same(
    connection: &mut AnyConnection,
    property: PropertyId,
    grant: &KeyGrant,
) -> Result<bool, StoreError> {
    let same = sql("SELECT 1 AS found FROM key_grant WHERE property_id = $1 AND holder_id = $2 AND key_id = $3 AND resident = $4 \
                    AND may_share = $5 AND starts_at = $6 AND COALESCE(ends_at, 0) = $7 AND ended_at IS NULL")
        .with(property)
        .with(grant.person)
        .with(grant.key)
        .with(grant.role == Role::Resident)
        .with(grant.may_share)
        .with(grant.term.start())
        .with(grant.term.end().unwrap_or(UnixSeconds::ZERO))
        .one(connection)
        .await?;
    Ok(same.is_some())
}

/// A grant by its number.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    property: PropertyId,
    id: KeyGrantId,
) -> Result<Option<GrantRecord>, StoreError> {
    sql(SELECT).with(property).with(id).one(connection).await?.as_ref().map(read).transpose()
}

/// What a person holds now, or is to hold later.
pub(crate) async fn live(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
    now: UnixSeconds,
) -> Result<Vec<GrantRecord>, StoreError> {
    live_of(connection, property, &[holder], now).await
}

/// The same of several people.
pub(crate) async fn live_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
    now: UnixSeconds,
) -> Result<Vec<GrantRecord>, StoreError> {
    let rows = LIVE.all(connection, &[property.into(), now.into()], holders).await?;
    rows.iter().map(read).collect()
}

/// What several people were given and nobody has ended, whether it is over or not.
pub(crate) async fn not_ended(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
) -> Result<Vec<GrantRecord>, StoreError> {
    let rows = NOT_ENDED.all(connection, &[property.into()], holders).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Record) -> Result<GrantRecord, StoreError> {
    let grant = KeyGrant {
        person: row.get("holder_id")?,
        key: row.get("key_id")?,
        role: if row.get("resident")? { Role::Resident } else { Role::NonResident },
        may_share: row.get("may_share")?,
        term: term::read(row)?,
    };
    let (last_day, ended_at) = (row.find("last_day")?, row.find("ended_at")?);
    Ok(GrantRecord { id: row.get("key_grant_id")?, grant, last_day, ended_at })
}

/// Changes role, sharing and term.
pub(crate) async fn update(
    connection: &mut AnyConnection,
    property: PropertyId,
    id: KeyGrantId,
    (grant, last_day): (&KeyGrant, Option<LocalDay>),
) -> Result<(), StoreError> {
    sql("UPDATE key_grant SET resident = $1, may_share = $2, starts_at = $3, ends_at = $4, last_day = $5 \
         WHERE property_id = $6 AND key_grant_id = $7")
    .with(grant.role == Role::Resident)
    .with(grant.may_share)
    .with(grant.term.start())
    .with(grant.term.end())
    .with(last_day)
    .with(property)
    .with(id)
    .run(connection)
    .await?;
    Ok(())
}

/// Ends a grant now. One that ended stays ended (§4.2).
pub(crate) async fn end(
    connection: &mut AnyConnection,
    property: PropertyId,
    id: KeyGrantId,
    (ending, now): (Ending, UnixSeconds),
) -> Result<(), StoreError> {
    let because: u8 = match ending {
        Ending::Revoked => 0,
        Ending::KeyDeleted => 1,
        Ending::PersonDeleted => 2,
    };
    sql("UPDATE key_grant SET ended_at = $1, ended_because = $2 WHERE property_id = $3 AND key_grant_id = $4 AND ended_at IS NULL")
        .with(now)
        .with(because)
        .with(property)
        .with(id)
        .run(connection)
        .await?;
    Ok(())
}

/// The grants of a Key that are live or to come.
pub(crate) async fn of_key(
    connection: &mut AnyConnection,
    property: PropertyId,
    key: KeyId,
    now: UnixSeconds,
) -> Result<Vec<GrantRecord>, StoreError> {
    let rows = sql("SELECT key_grant_id, holder_id, key_id, resident, may_share, starts_at, ends_at, last_day, ended_at FROM key_grant \
                    WHERE property_id = $1 AND key_id = $2 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $3)")
        .with(property)
        .with(key)
        .with(now)
        .all(connection)
        .await?;
    rows.iter().map(read).collect()
}

/// Grants that are live or to come and end with a local day, after one, at most so many.
pub(crate) async fn with_last_day(
    connection: &mut AnyConnection,
    property: PropertyId,
    (after, limit): (Option<KeyGrantId>, u32),
    now: UnixSeconds,
) -> Result<Vec<GrantRecord>, StoreError> {
    let rows = sql("SELECT key_grant_id, holder_id, key_id, resident, may_share, starts_at, ends_at, last_day, ended_at FROM key_grant \
                    WHERE property_id = $1 AND key_grant_id > $2 AND last_day IS NOT NULL AND ended_at IS NULL AND ends_at > $3 \
                    ORDER BY key_grant_id LIMIT $4")
        .with(property)
        .with(after.map_or_else(Vec::new, |after| after.0.to_vec()))
        .with(now)
        .with(limit)
        .all(connection)
        .await?;
    rows.iter().map(read).collect()
}

/// The guests whom somebody let in and whose access is not over.
pub(crate) async fn guests_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    granter: HolderId,
    now: UnixSeconds,
) -> Result<Vec<(GuestGrantId, HolderId)>, StoreError> {
    let rows = sql("SELECT guest_grant_id, guest_id FROM guest_grant WHERE property_id = $1 AND granter_id = $2 AND ended_at IS NULL \
                    AND (ends_at IS NULL OR ends_at > $3)")
        .with(property)
        .with(granter)
        .with(now)
        .all(connection)
        .await?;
    rows.iter().map(|row| Ok((row.get("guest_grant_id")?, row.get("guest_id")?))).collect()
}

/// The doors of a guest access.
pub(crate) async fn doors_of_guest(
    connection: &mut AnyConnection,
    property: PropertyId,
    guest: GuestGrantId,
) -> Result<BTreeSet<DoorId>, StoreError> {
    let rows = sql("SELECT door_id FROM door_of_guest WHERE property_id = $1 AND guest_grant_id = $2")
        .with(property)
        .with(guest)
        .all(connection)
        .await?;
    rows.iter().map(|row| row.get("door_id")).collect()
}

/// Takes doors away from a guest; without a door left, the access has ended.
pub(crate) async fn take_from_guest(
    connection: &mut AnyConnection,
    property: PropertyId,
    guest: GuestGrantId,
    (doors, now): (&BTreeSet<DoorId>, UnixSeconds),
) -> Result<(), StoreError> {
    for door in doors {
        sql("DELETE FROM door_of_guest WHERE property_id = $1 AND guest_grant_id = $2 AND door_id = $3")
            .with(property)
            .with(guest)
            .with(*door)
            .run(connection)
            .await?;
    }
    sql("UPDATE guest_grant SET ended_at = $1 WHERE property_id = $2 AND guest_grant_id = $3 AND ended_at IS NULL AND NOT EXISTS \
         (SELECT 1 FROM door_of_guest WHERE door_of_guest.property_id = $2 AND door_of_guest.guest_grant_id = $3)")
        .with(now)
        .with(property)
        .with(guest)
        .run(connection)
        .await?;
    Ok(())
}

/// Ends whatever somebody let guests do. Gives the guests whose access was not over.
pub(crate) async fn end_guests_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    granter: HolderId,
    now: UnixSeconds,
) -> Result<Vec<HolderId>, StoreError> {
    let rows = sql("UPDATE guest_grant SET ended_at = $1 WHERE property_id = $2 AND granter_id = $3 AND ended_at IS NULL \
                    RETURNING guest_id, ends_at")
    .with(now)
    .with(property)
    .with(granter)
    .all(connection)
    .await?;
    let mut guests = Vec::new();
    for row in rows {
        if row.find::<UnixSeconds>("ends_at")?.is_none_or(|end| end > now) {
            guests.push(row.get("guest_id")?);
        }
    }
    Ok(guests)
}

/// Ends whatever somebody was given as a guest.
pub(crate) async fn end_visits_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    guest: HolderId,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE guest_grant SET ended_at = $1 WHERE property_id = $2 AND guest_id = $3 AND ended_at IS NULL")
        .with(now)
        .with(property)
        .with(guest)
        .run(connection)
        .await?;
    Ok(())
}
