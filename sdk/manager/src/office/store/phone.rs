//! Phones, the invitations that enrol them, and the grants that they hold.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{
    DoorId, DoorKeyId, Generation, HolderId, ListVersion, PhoneId, PropertyId, Serial,
};
use thumbturn_protocol::time::UnixSeconds;

use super::batch::Among;
use super::statement::{Record, sql};
use super::{StoreError, term};
use crate::access::Spell;

/// An invitation that has not expired.
pub(crate) struct InvitationRecord {
    pub(crate) holder: HolderId,
    pub(crate) used_by: Option<PhoneId>,
}

/// Keeps an invitation.
pub(crate) async fn invite(
    connection: &mut AnyConnection,
    property: PropertyId,
    (fingerprint, holder): ([u8; 16], HolderId),
    expires: UnixSeconds,
) -> Result<(), StoreError> {
    sql("INSERT INTO phone_invitation (property_id, fingerprint, holder_id, expires_at) VALUES ($1, $2, $3, $4)")
        .with(property)
        .with(fingerprint)
        .with(holder)
        .with(expires)
        .run(connection)
        .await?;
    Ok(())
}

/// An invitation, unless it has expired.
pub(crate) async fn invitation(
    connection: &mut AnyConnection,
    property: PropertyId,
    fingerprint: [u8; 16],
    now: UnixSeconds,
) -> Result<Option<InvitationRecord>, StoreError> {
    let row = sql("SELECT holder_id, phone_id FROM phone_invitation WHERE property_id = $1 AND fingerprint = $2 AND expires_at > $3")
        .with(property)
        .with(fingerprint)
        .with(now)
        .one(connection)
        .await?;
    row.map(|row| {
        Ok(InvitationRecord { holder: row.get("holder_id")?, used_by: row.find("phone_id")?.map(PhoneId) })
    })
    .transpose()
}

/// Enrols a phone with an invitation.
pub(crate) async fn enrol(
    connection: &mut AnyConnection,
    property: PropertyId,
    (fingerprint, phone, holder): ([u8; 16], PhoneId, HolderId),
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    sql("UPDATE phone_invitation SET phone_id = $1 WHERE property_id = $2 AND fingerprint = $3 AND phone_id IS NULL")
        .with(phone.0)
        .with(property)
        .with(fingerprint)
        .run(connection)
        .await?;
    let inserted =
        sql("INSERT INTO phone (property_id, phone_id, holder_id, enrolled_at) VALUES ($1, $2, $3, $4) \
                        ON CONFLICT (property_id, phone_id) DO NOTHING")
        .with(property)
        .with(phone.0)
        .with(holder)
        .with(now)
        .run(connection)
        .await?;
    Ok(inserted == 1)
}

/// Whose phone it is, unless it was revoked.
pub(crate) async fn holder(
    connection: &mut AnyConnection,
    property: PropertyId,
    phone: PhoneId,
) -> Result<Option<HolderId>, StoreError> {
    let row =
        sql("SELECT holder_id FROM phone WHERE property_id = $1 AND phone_id = $2 AND revoked_at IS NULL")
            .with(property)
            .with(phone.0)
            .one(connection)
            .await?;
    row.map(|row| row.get("holder_id")).transpose()
}

/// The phones of a person that were not revoked, and since when.
pub(crate) async fn of(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<Vec<(PhoneId, UnixSeconds)>, StoreError> {
    let rows = sql("SELECT phone_id, enrolled_at FROM phone WHERE property_id = $1 AND holder_id = $2 AND revoked_at IS NULL ORDER BY phone_id")
        .with(property)
        .with(holder)
        .all(connection)
        .await?;
    rows.iter().map(|row| Ok((PhoneId(row.get("phone_id")?), row.get("enrolled_at")?))).collect()
}

/// Revokes a phone of a person, and voids what it holds.
pub(crate) async fn revoke(
    connection: &mut AnyConnection,
    property: PropertyId,
    (phone, holder): (PhoneId, HolderId),
    now: UnixSeconds,
) -> Result<(), StoreError> {
    for statement in [
        "UPDATE phone SET revoked_at = $1 WHERE property_id = $2 AND phone_id = $3 AND holder_id = $4 AND revoked_at IS NULL",
        "UPDATE pass SET void = 1 WHERE lease_end > $1 AND property_id = $2 AND phone_id = $3 AND holder_id = $4",
    ] {
        sql(statement).with(now).with(property).with(phone.0).with(holder).run(connection).await?;
    }
    Ok(())
}

/// A grant of a phone for a door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PassRecord {
    pub(crate) phone: PhoneId,
    pub(crate) door_key: DoorKeyId,
    pub(crate) serial: Serial,
    pub(crate) roles: u8,
    pub(crate) open: Spell,
    pub(crate) lease_end: UnixSeconds,
    pub(crate) signed: Vec<u8>,
    /// The door is to refuse it.
    pub(crate) is_void: bool,
    /// The door refuses it while its list is older.
    pub(crate) least_list: ListVersion,
    /// Of the keys that signed it.
    pub(crate) generation: Generation,
    /// That made it.
    pub(crate) revision: u64,
}

/// The grants of a person for a door whose leases have not ended.
pub(crate) async fn passes(
    connection: &mut AnyConnection,
    property: PropertyId,
    (holder, door): (HolderId, DoorId),
    now: UnixSeconds,
) -> Result<Vec<PassRecord>, StoreError> {
    let rows = sql("SELECT phone_id, door_key, serial, roles, starts_at, ends_at, hours, lease_end, signed, void, min_list_version, generation, revision FROM pass \
                    WHERE property_id = $1 AND holder_id = $2 AND door_id = $3 AND lease_end > $4")
        .with(property)
        .with(holder)
        .with(door)
        .with(now)
        .all(connection)
        .await?;
    rows.iter().map(read).collect()
}

const PASSES: Among = Among::new(
    "SELECT holder_id, door_id, phone_id, door_key, serial, roles, starts_at, ends_at, hours, lease_end, signed, void, \
     min_list_version, generation, revision FROM pass WHERE property_id = $1 AND lease_end > $2 AND holder_id IN",
    "",
);

/// The grants of some people whose leases have not ended, with whose and where they are.
pub(crate) async fn passes_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
    now: UnixSeconds,
) -> Result<Vec<(HolderId, DoorId, PassRecord)>, StoreError> {
    let rows = PASSES.all(connection, &[property.into(), now.into()], holders).await?;
    rows.iter().map(|row| Ok((row.get("holder_id")?, row.get("door_id")?, read(row)?))).collect()
}

/// What a phone of a person holds for all doors together.
pub(crate) struct HeldPasses {
    pub(crate) phone: PhoneId,
    /// Grants that doors are to take.
    pub(crate) good: u32,
    /// The highest serial, of any.
    pub(crate) serial: Serial,
    /// When the last lease ends.
    pub(crate) until: UnixSeconds,
}

const HELD: Among = Among::new(
    "SELECT holder_id, phone_id, COUNT(CASE WHEN void = 0 THEN 1 END) AS good, MAX(serial) AS serial, MAX(lease_end) AS ends_at \
     FROM pass WHERE property_id = $1 AND lease_end > $2 AND holder_id IN",
    " GROUP BY holder_id, phone_id",
);

/// What the phones of some people hold, those that were revoked among them.
pub(crate) async fn held_by(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
    now: UnixSeconds,
) -> Result<Vec<(HolderId, HeldPasses)>, StoreError> {
    let rows = HELD.all(connection, &[property.into(), now.into()], holders).await?;
    let held = |row: &Record| {
        let held = HeldPasses {
            phone: PhoneId(row.get("phone_id")?),
            good: row.get("good")?,
            serial: Serial(row.get("serial")?),
            until: row.get("ends_at")?,
        };
        Ok((row.get("holder_id")?, held))
    };
    rows.iter().map(held).collect()
}

fn read(row: &Record) -> Result<PassRecord, StoreError> {
    Ok(PassRecord {
        phone: PhoneId(row.get("phone_id")?),
        door_key: DoorKeyId(row.get("door_key")?),
        serial: Serial(row.get("serial")?),
        roles: row.get("roles")?,
        open: Spell { term: term::read(row)?, hours: row.get("hours")? },
        lease_end: row.get("lease_end")?,
        signed: row.get("signed")?,
        is_void: row.get("void")?,
        least_list: ListVersion(row.get("min_list_version")?),
        generation: Generation(row.get("generation")?),
        revision: row.get("revision")?,
    })
}

/// Keeps a grant.
pub(crate) async fn add_pass(
    connection: &mut AnyConnection,
    property: PropertyId,
    (holder, door): (HolderId, DoorId),
    pass: &PassRecord,
) -> Result<(), StoreError> {
    sql("INSERT INTO pass (property_id, holder_id, door_id, phone_id, door_key, serial, roles, starts_at, ends_at, hours, lease_end, \
         signed, void, min_list_version, generation, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, $15)")
        .with(property)
        .with(holder)
        .with(door)
        .with(pass.phone.0)
        .with(pass.door_key.0)
        .with(pass.serial.0)
        .with(pass.roles)
        .with(pass.open.term.start())
        .with(pass.open.term.end())
        .with(&pass.open.hours)
        .with(pass.lease_end)
        .with(pass.signed.as_slice())
        .with(pass.least_list.0)
        .with(pass.generation.0)
        .with(pass.revision)
        .run(connection)
        .await?;
    Ok(())
}

/// From now on the door is to refuse a grant.
pub(crate) async fn void_pass(
    connection: &mut AnyConnection,
    property: PropertyId,
    (holder, door): (HolderId, DoorId),
    (phone, serial): (PhoneId, Serial),
) -> Result<(), StoreError> {
    sql("UPDATE pass SET void = 1 WHERE property_id = $1 AND holder_id = $2 AND door_id = $3 AND phone_id = $4 AND serial = $5")
        .with(property)
        .with(holder)
        .with(door)
        .with(phone.0)
        .with(serial.0)
        .run(connection)
        .await?;
    Ok(())
}

/// Forgets the grants of a person whose leases have ended: no door takes them any more.
pub(crate) async fn drop_ended(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("DELETE FROM pass WHERE property_id = $1 AND holder_id = $2 AND lease_end <= $3")
        .with(property)
        .with(holder)
        .with(now)
        .run(connection)
        .await?;
    Ok(())
}

/// All grants of a property whose leases have not ended.
#[cfg(feature = "testing")]
pub(crate) async fn all_passes(
    connection: &mut AnyConnection,
    property: PropertyId,
    now: UnixSeconds,
) -> Result<Vec<((HolderId, DoorId), PassRecord)>, StoreError> {
    let rows = sql("SELECT holder_id, door_id, phone_id, door_key, serial, roles, starts_at, ends_at, hours, lease_end, signed, void, \
                    min_list_version, generation, revision FROM pass WHERE property_id = $1 AND lease_end > $2")
        .with(property)
        .with(now)
        .all(connection)
        .await?;
    rows.iter().map(|row| Ok(((row.get("holder_id")?, row.get("door_id")?), read(row)?))).collect()
}
