//! What holders of Keys gave guests.

use std::collections::BTreeSet;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::statement::{Record, sql};
use super::{StoreError, grant, term};
use crate::access::{GuestGrant, Term};
use crate::ids::GuestGrantId;

/// Lets a guest in.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    (id, guest, service): (GuestGrantId, &GuestGrant, Option<&str>),
    (last_day, now): (Option<LocalDay>, UnixSeconds),
) -> Result<(), StoreError> {
    sql("INSERT INTO guest_grant (property_id, guest_grant_id, granter_id, guest_id, doorcodes, starts_at, ends_at, last_day, service, \
         granted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
    .with(property)
    .with(id)
    .with(guest.granter)
    .with(guest.guest)
    .with(guest.doorcodes)
    .with(guest.term.start())
    .with(guest.term.end())
    .with(last_day)
    .with(service)
    .with(now)
    .run(connection)
    .await?;
    for door in &guest.doors {
        sql("INSERT INTO door_of_guest (property_id, guest_grant_id, door_id) VALUES ($1, $2, $3)")
            .with(property)
            .with(id)
            .with(*door)
            .run(connection)
            .await?;
    }
    Ok(())
}

/// The guest of an access that this person gave and that is not over.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    property: PropertyId,
    (granter, id): (HolderId, GuestGrantId),
    now: UnixSeconds,
) -> Result<Option<HolderId>, StoreError> {
    let row = sql(
        "SELECT guest_id FROM guest_grant WHERE property_id = $1 AND guest_grant_id = $2 AND granter_id = $3 \
                   AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $4)",
    )
    .with(property)
    .with(id)
    .with(granter)
    .with(now)
    .one(connection)
    .await?;
    row.map(|row| row.get("guest_id")).transpose()
}

/// Ends an access now. One that ended stays ended.
pub(crate) async fn end(
    connection: &mut AnyConnection,
    property: PropertyId,
    id: GuestGrantId,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE guest_grant SET ended_at = $1 WHERE property_id = $2 AND guest_grant_id = $3 AND ended_at IS NULL")
        .with(now)
        .with(property)
        .with(id)
        .run(connection)
        .await?;
    Ok(())
}

/// A guest access that ends with a local day.
pub(crate) struct LastDayRecord {
    pub(crate) id: GuestGrantId,
    pub(crate) guest: HolderId,
    pub(crate) term: Term,
    pub(crate) last_day: LocalDay,
}

/// Guest accesses that are not over and end with a local day, after one, at most so many.
pub(crate) async fn with_last_day(
    connection: &mut AnyConnection,
    property: PropertyId,
    (after, limit): (Option<GuestGrantId>, u32),
    now: UnixSeconds,
) -> Result<Vec<LastDayRecord>, StoreError> {
    let rows = sql("SELECT guest_grant_id, guest_id, starts_at, ends_at, last_day FROM guest_grant \
                    WHERE property_id = $1 AND guest_grant_id > $2 AND last_day IS NOT NULL AND ended_at IS NULL AND ends_at > $3 \
                    ORDER BY guest_grant_id LIMIT $4")
        .with(property)
        .with(after.map_or_else(Vec::new, |after| after.0.to_vec()))
        .with(now)
        .with(limit)
        .all(connection)
        .await?;
    let record = |row: &Record| {
        Ok(LastDayRecord {
            id: row.get("guest_grant_id")?,
            guest: row.get("guest_id")?,
            term: term::read(row)?,
            last_day: row.get("last_day")?,
        })
    };
    rows.iter().map(record).collect()
}

/// Sets when an access ends by itself.
pub(crate) async fn set_end(
    connection: &mut AnyConnection,
    property: PropertyId,
    id: GuestGrantId,
    end: Option<UnixSeconds>,
) -> Result<(), StoreError> {
    sql("UPDATE guest_grant SET ends_at = $1 WHERE property_id = $2 AND guest_grant_id = $3")
        .with(end)
        .with(property)
        .with(id)
        .run(connection)
        .await?;
    Ok(())
}

/// A guest access on the page of whoever gave it.
pub(crate) struct GuestRecord {
    pub(crate) id: GuestGrantId,
    pub(crate) guest: HolderId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) doors: BTreeSet<DoorId>,
    pub(crate) term: Term,
    pub(crate) doorcodes: bool,
    pub(crate) service: Option<String>,
}

/// What a person gave guests and is not over, by address.
pub(crate) async fn given_by(
    connection: &mut AnyConnection,
    property: PropertyId,
    granter: HolderId,
    now: UnixSeconds,
) -> Result<Vec<GuestRecord>, StoreError> {
    let rows = sql("SELECT guest_grant.guest_grant_id, guest_grant.guest_id, guest_grant.doorcodes, guest_grant.starts_at, \
                    guest_grant.ends_at, guest_grant.service, account.email, account.first_name || ' ' || account.last_name AS name \
                    FROM guest_grant JOIN person ON person.property_id = guest_grant.property_id \
                    AND person.holder_id = guest_grant.guest_id JOIN account ON account.account_id = person.account_id \
                    WHERE guest_grant.property_id = $1 AND guest_grant.granter_id = $2 AND guest_grant.ended_at IS NULL \
                    AND (guest_grant.ends_at IS NULL OR guest_grant.ends_at > $3) \
                    ORDER BY account.email, guest_grant.guest_grant_id")
    .with(property)
    .with(granter)
    .with(now)
    .all(connection)
    .await?;
    let mut given = Vec::new();
    for row in rows {
        let doors = grant::doors_of_guest(connection, property, row.get("guest_grant_id")?).await?;
        given.push(read(&row, doors)?);
    }
    Ok(given)
}

fn read(row: &Record, doors: BTreeSet<DoorId>) -> Result<GuestRecord, StoreError> {
    Ok(GuestRecord {
        id: row.get("guest_grant_id")?,
        guest: row.get("guest_id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        doors,
        term: term::read(row)?,
        doorcodes: row.get("doorcodes")?,
        service: row.find("service")?,
    })
}
