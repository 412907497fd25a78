//! From the store to the rule: what decides what some people may open.

use std::collections::BTreeSet;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::statement::{Record, sql};
use super::{StoreError, consent, grant, key, term};
use crate::access::{Access, GuestGrant, Key, WeeklyHours};

/// Everything that decides what these people may open from `now` on: the Keys that they hold, what they got as guests, and the Keys of
/// those who gave it. What is withheld for want of a consent is found out here, and nowhere else.
pub(crate) async fn of(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &BTreeSet<HolderId>,
    now: UnixSeconds,
) -> Result<Access, StoreError> {
    let mut access = Access::default();
    let mut wanted = holders.clone();
    for holder in holders {
        for guest in invitations(connection, property, *holder, now).await? {
            wanted.insert(guest.granter);
            access.invite(guest);
        }
    }
    for holder in consent::missing(connection, property, &wanted).await? {
        access.withhold(holder);
    }
    let mut keys = BTreeSet::new();
    for holder in wanted {
        for record in grant::live(connection, property, holder, now).await? {
            keys.insert(record.grant.key);
            access.grant(record.grant);
        }
    }
    for id in keys {
        access.set_key(id, Key { doors: key::doors(connection, property, id).await? });
    }
    Ok(access)
}

/// What a guest was given and has not lost.
async fn invitations(
    connection: &mut AnyConnection,
    property: PropertyId,
    guest: HolderId,
    now: UnixSeconds,
) -> Result<Vec<GuestGrant>, StoreError> {
    let rows = sql("SELECT guest_grant_id, granter_id, guest_id, doorcodes, starts_at, ends_at FROM guest_grant \
                    WHERE property_id = $1 AND guest_id = $2 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $3)")
        .with(property)
        .with(guest)
        .with(now)
        .all(connection)
        .await?;
    let mut given = Vec::new();
    for row in rows {
        let doors = grant::doors_of_guest(connection, property, row.get("guest_grant_id")?).await?;
        given.push(invitation(&row, doors)?);
    }
    Ok(given)
}

fn invitation(row: &Record, doors: BTreeSet<DoorId>) -> Result<GuestGrant, StoreError> {
    Ok(GuestGrant {
        granter: row.get("granter_id")?,
        guest: row.get("guest_id")?,
        doors: doors.into_iter().collect(),
        term: term::read(row)?,
        hours: WeeklyHours::Always,
        doorcodes: row.get("doorcodes")?,
    })
}
