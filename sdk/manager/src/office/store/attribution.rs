//! Whose a credential is or was, and what somebody was at the time.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::DailyCode;
use thumbturn_protocol::ids::{DoorId, HolderId, PhoneId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::CredentialNumber;

use super::StoreError;
use super::batch::Rows;
use super::statement::sql;
use crate::ids::GuestGrantId;

const OWNERS: Rows<3> = Rows::new(
    "INSERT INTO credential_owner (property_id, credential, holder_id) VALUES",
    " ON CONFLICT (property_id, credential) DO NOTHING",
);

/// Notes whose doorcodes or cards these are. A number is never another's.
pub(crate) async fn set_owners(
    connection: &mut AnyConnection,
    property: PropertyId,
    owners: impl Iterator<Item = (CredentialNumber, HolderId)>,
) -> Result<(), StoreError> {
    let row = |(credential, holder): (CredentialNumber, HolderId)| {
        [property.into(), credential.0.into(), holder.into()]
    };
    OWNERS.run(connection, owners.map(row).collect()).await
}

/// Whose a doorcode or a card is or was.
pub(crate) async fn owner(
    connection: &mut AnyConnection,
    property: PropertyId,
    credential: CredentialNumber,
) -> Result<Option<HolderId>, StoreError> {
    let row = sql("SELECT holder_id FROM credential_owner WHERE property_id = $1 AND credential = $2")
        .with(property)
        .with(credential.0)
        .one(connection)
        .await?;
    row.map(|row| row.get("holder_id")).transpose()
}

/// Whose a phone is, also one that was revoked.
pub(crate) async fn of_phone(
    connection: &mut AnyConnection,
    property: PropertyId,
    phone: PhoneId,
) -> Result<Option<HolderId>, StoreError> {
    let row = sql("SELECT holder_id FROM phone WHERE property_id = $1 AND phone_id = $2")
        .with(property)
        .with(phone.0)
        .one(connection)
        .await?;
    row.map(|row| row.get("holder_id")).transpose()
}

/// In whose name a daily code was given out.
pub(crate) async fn daily_granter(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    code: DailyCode,
) -> Result<Option<HolderId>, StoreError> {
    let row = sql("SELECT granter_id FROM daily_code WHERE property_id = $1 AND door_id = $2 AND day = $3 AND kind = $4 AND slot = $5")
        .with(property)
        .with(door)
        .with(u32::try_from(code.day.0).unwrap_or(0))
        .with(code.kind.code())
        .with(code.slot.0)
        .one(connection)
        .await?;
    row.map_or(Ok(None), |row| row.find("granter_id"))
}

/// Whether somebody managed the property at an instant, and does so still; `None` for nobody whom the property knows, or who was erased.
pub(crate) async fn managed(
    connection: &mut AnyConnection,
    (property, holder): (PropertyId, HolderId),
    at: UnixSeconds,
) -> Result<Option<bool>, StoreError> {
    let row = sql("SELECT CASE WHEN EXISTS (SELECT 1 FROM property_manager WHERE property_manager.property_id = $1 \
                   AND property_manager.account_id = person.account_id AND property_manager.since <= $3 \
                   AND (property_manager.key_management > 0 OR property_manager.manages_devices > 0 \
                   OR property_manager.installs_devices > 0)) \
                   OR EXISTS (SELECT 1 FROM portfolio_manager JOIN property ON property.portfolio_id = portfolio_manager.portfolio_id \
                   WHERE property.property_id = $1 AND portfolio_manager.account_id = person.account_id \
                   AND portfolio_manager.since <= $3) THEN 1 ELSE 0 END AS manages \
                   FROM person WHERE person.property_id = $1 AND person.holder_id = $2 AND person.erased_at IS NULL")
        .with(property)
        .with(holder)
        .with(at)
        .one(connection)
        .await?;
    row.map(|row| row.get("manages")).transpose()
}

/// By which access, and by whom, somebody was let in at a door: the newest that had begun. `None` for whoever holds a Key for the door.
pub(crate) async fn let_in_by(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    holder: HolderId,
    at: UnixSeconds,
) -> Result<Option<(GuestGrantId, HolderId)>, StoreError> {
    let row = sql("SELECT guest_grant.guest_grant_id, guest_grant.granter_id FROM guest_grant \
                   JOIN door_of_guest ON door_of_guest.property_id = guest_grant.property_id \
                   AND door_of_guest.guest_grant_id = guest_grant.guest_grant_id \
                   WHERE guest_grant.property_id = $1 AND guest_grant.guest_id = $2 AND door_of_guest.door_id = $3 \
                   AND guest_grant.starts_at <= $4 AND NOT EXISTS (SELECT 1 FROM key_grant JOIN door_of_key \
                   ON door_of_key.property_id = key_grant.property_id AND door_of_key.key_id = key_grant.key_id \
                   WHERE key_grant.property_id = $1 AND key_grant.holder_id = $2 AND door_of_key.door_id = $3 \
                   AND key_grant.starts_at <= $4 AND (key_grant.ends_at IS NULL OR key_grant.ends_at > $4) \
                   AND (key_grant.ended_at IS NULL OR key_grant.ended_at > $4)) \
                   ORDER BY guest_grant.granted_at DESC, guest_grant.guest_grant_id LIMIT 1")
    .with(property)
    .with(holder)
    .with(door)
    .with(at)
    .one(connection)
    .await?;
    row.map(|row| Ok((row.get("guest_grant_id")?, row.get("granter_id")?))).transpose()
}
