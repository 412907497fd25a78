//! From the store to the rule: what decides what some people may open.

use std::collections::{BTreeMap, BTreeSet};

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::batch::Among;
use super::statement::Record;
use super::{StoreError, consent, grant, key, term};
use crate::access::{Access, GuestGrant, Key, WeeklyHours};
use crate::ids::{GuestGrantId, KeyId};

const INVITATIONS: Among = Among::new(
    "SELECT guest_grant_id, granter_id, guest_id, doorcodes, starts_at, ends_at FROM guest_grant \
     WHERE property_id = $1 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $2) AND guest_id IN",
    "",
);
const DOORS: Among = Among::new(
    "SELECT guest_grant_id, door_id FROM door_of_guest WHERE property_id = $1 AND guest_grant_id IN",
    "",
);

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
    let holders: Vec<HolderId> = holders.iter().copied().collect();
    for guest in invitations(connection, property, &holders, now).await? {
        wanted.insert(guest.granter);
        access.invite(guest);
    }
    for holder in consent::missing(connection, property, &wanted).await? {
        access.withhold(holder);
    }
    let wanted: Vec<HolderId> = wanted.into_iter().collect();
    let mut keys = BTreeSet::new();
    for record in grant::live_of(connection, property, &wanted, now).await? {
        keys.insert(record.grant.key);
        access.grant(record.grant);
    }
    let keys: Vec<KeyId> = keys.into_iter().collect();
    for (id, doors) in key::doors_of(connection, property, &keys).await? {
        access.set_key(id, Key { doors });
    }
    Ok(access)
}

/// What guests were given and have not lost.
async fn invitations(
    connection: &mut AnyConnection,
    property: PropertyId,
    guests: &[HolderId],
    now: UnixSeconds,
) -> Result<Vec<GuestGrant>, StoreError> {
    let rows = INVITATIONS.all(connection, &[property.into(), now.into()], guests).await?;
    let ids: Vec<GuestGrantId> =
        rows.iter().map(|row| row.get("guest_grant_id")).collect::<Result<_, _>>()?;
    let mut doors: BTreeMap<GuestGrantId, Vec<DoorId>> = BTreeMap::new();
    for row in DOORS.all(connection, &[property.into()], &ids).await? {
        doors.entry(row.get("guest_grant_id")?).or_default().push(row.get("door_id")?);
    }
    let invited =
        rows.iter().zip(&ids).map(|(row, id)| invitation(row, doors.remove(id).unwrap_or_default()));
    invited.collect()
}

fn invitation(row: &Record, doors: Vec<DoorId>) -> Result<GuestGrant, StoreError> {
    Ok(GuestGrant {
        granter: row.get("granter_id")?,
        guest: row.get("guest_id")?,
        doors,
        term: term::read(row)?,
        hours: WeeklyHours::Always,
        doorcodes: row.get("doorcodes")?,
    })
}
