//! What is kept how long: what goes when its time is over, some rows at once.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::activity::anonymise;
use super::statement::sql;

const DAY: u64 = 86_400;

/// What happened at or before this instant is not kept with names any more.
pub(crate) async fn horizon(
    connection: &mut AnyConnection,
    property: PropertyId,
    now: UnixSeconds,
) -> Result<UnixSeconds, StoreError> {
    let row = sql("SELECT retention_days FROM property WHERE property_id = $1")
        .with(property)
        .one(connection)
        .await?;
    let days: u32 = row.ok_or(StoreError::Damaged("property"))?.get("retention_days")?;
    Ok(now.minus(u64::from(days) * DAY))
}

const ACTIVITY: &str = anonymise!(
    "(door_id, revision, place) IN (SELECT door_id, revision, place FROM activity WHERE property_id = $1 AND anonymous = 0 \
     AND at <= $2 ORDER BY at LIMIT $3)"
);

/// Whose time is over with retention: $2 is the horizon. Each changes at most $3 rows, and the same rows where one prepares the next.
const WITH_RETENTION: [&str; 14] = [
    ACTIVITY,
    // The heads stay, so that the chain of a log can still be followed; they tell nothing, because each event was salted.
    "UPDATE door_event SET content = NULL, state = 2 WHERE property_id = $1 AND (door_id, door_key, number) IN (SELECT door_id, \
     door_key, number FROM door_event WHERE property_id = $1 AND state = 1 AND at <= $2 LIMIT $3)",
    "DELETE FROM residence WHERE property_id = $1 AND (holder_id, door_id, starts_at) IN (SELECT holder_id, door_id, starts_at \
     FROM residence WHERE property_id = $1 AND ends_at <= $2 LIMIT $3)",
    "DELETE FROM key_grant WHERE property_id = $1 AND key_grant_id IN (SELECT key_grant_id FROM key_grant WHERE property_id = $1 \
     AND (ends_at <= $2 OR ended_at <= $2) LIMIT $3)",
    "DELETE FROM door_of_guest WHERE property_id = $1 AND guest_grant_id IN (SELECT guest_grant_id FROM guest_grant \
     WHERE property_id = $1 AND (ends_at <= $2 OR ended_at <= $2) ORDER BY guest_grant_id LIMIT $3)",
    "DELETE FROM guest_grant WHERE property_id = $1 AND guest_grant_id IN (SELECT guest_grant_id FROM guest_grant \
     WHERE property_id = $1 AND (ends_at <= $2 OR ended_at <= $2) ORDER BY guest_grant_id LIMIT $3)",
    "DELETE FROM daily_code WHERE property_id = $1 AND (door_id, day, kind, slot) IN (SELECT door_id, day, kind, slot FROM daily_code \
     WHERE property_id = $1 AND issued_at <= $2 LIMIT $3)",
    // A card that a door may still take keeps its name.
    "DELETE FROM door_of_card WHERE property_id = $1 AND token IN (SELECT keycard.token FROM keycard WHERE keycard.property_id = $1 \
     AND keycard.deactivated_at <= $2 AND NOT EXISTS (SELECT 1 FROM door_of_card AS waiting JOIN list_row \
     ON list_row.property_id = waiting.property_id AND list_row.door_id = waiting.door_id \
     AND list_row.fingerprint = waiting.fingerprint WHERE waiting.property_id = $1 AND waiting.token = keycard.token) \
     ORDER BY keycard.token LIMIT $3)",
    "DELETE FROM keycard WHERE property_id = $1 AND token IN (SELECT keycard.token FROM keycard WHERE keycard.property_id = $1 \
     AND keycard.deactivated_at <= $2 AND NOT EXISTS (SELECT 1 FROM door_of_card AS waiting JOIN list_row \
     ON list_row.property_id = waiting.property_id AND list_row.door_id = waiting.door_id \
     AND list_row.fingerprint = waiting.fingerprint WHERE waiting.property_id = $1 AND waiting.token = keycard.token) \
     ORDER BY keycard.token LIMIT $3)",
    "DELETE FROM credential_owner WHERE property_id = $1 AND credential IN (SELECT credential FROM credential_owner \
     WHERE property_id = $1 AND gone_at <= $2 LIMIT $3)",
    // While a grant of the phone may open, a door may have to be told that it is void.
    "DELETE FROM phone WHERE property_id = $1 AND phone_id IN (SELECT phone.phone_id FROM phone JOIN person \
     ON person.property_id = phone.property_id AND person.holder_id = phone.holder_id WHERE phone.property_id = $1 \
     AND (phone.revoked_at <= $2 OR person.deleted_at <= $2) AND NOT EXISTS (SELECT 1 FROM pass WHERE pass.property_id = $1 \
     AND pass.holder_id = phone.holder_id AND pass.phone_id = phone.phone_id) LIMIT $3)",
    "DELETE FROM notification WHERE property_id = $1 AND (revision, place) IN (SELECT revision, place FROM notification \
     WHERE property_id = $1 AND sent_at <= $2 LIMIT $3)",
    "DELETE FROM consent WHERE property_id = $1 AND (holder_id, version, given_at) IN (SELECT consent.holder_id, consent.version, \
     consent.given_at FROM consent JOIN person ON person.property_id = consent.property_id AND person.holder_id = consent.holder_id \
     WHERE consent.property_id = $1 AND person.deleted_at <= $2 LIMIT $3)",
    "UPDATE person SET kept_name = NULL WHERE property_id = $1 AND holder_id IN (SELECT holder_id FROM person \
     WHERE property_id = $1 AND kept_name IS NOT NULL AND deleted_at <= $2 LIMIT $3)",
];

/// What serves nobody any more: $2 is now.
const OVER: [&str; 3] = [
    "DELETE FROM phone_invitation WHERE property_id = $1 AND fingerprint IN (SELECT fingerprint FROM phone_invitation \
     WHERE property_id = $1 AND expires_at <= $2 LIMIT $3)",
    "DELETE FROM pass WHERE property_id = $1 AND (holder_id, door_id, phone_id, serial) IN (SELECT holder_id, door_id, phone_id, serial \
     FROM pass WHERE property_id = $1 AND lease_end <= $2 LIMIT $3)",
    "UPDATE credential_owner SET gone_at = $2 WHERE property_id = $1 AND credential IN (SELECT credential_owner.credential \
     FROM credential_owner WHERE credential_owner.property_id = $1 AND credential_owner.gone_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM doorcode WHERE doorcode.property_id = $1 AND doorcode.holder_id = credential_owner.holder_id \
     AND doorcode.credential = credential_owner.credential) \
     AND NOT EXISTS (SELECT 1 FROM keycard WHERE keycard.property_id = $1 AND keycard.holder_id = credential_owner.holder_id \
     AND keycard.credential = credential_owner.credential AND (keycard.deactivated_at IS NULL OR EXISTS (SELECT 1 FROM door_of_card \
     JOIN list_row ON list_row.property_id = door_of_card.property_id AND list_row.door_id = door_of_card.door_id \
     AND list_row.fingerprint = door_of_card.fingerprint WHERE door_of_card.property_id = $1 \
     AND door_of_card.token = keycard.token))) LIMIT $3)",
];

/// Forgets what its time is over for, at most so many rows of each kind; gives how many entries of the activity name nobody from now on, and
/// whether that was all.
pub(crate) async fn forget(
    connection: &mut AnyConnection,
    property: PropertyId,
    limit: u32,
    now: UnixSeconds,
) -> Result<(u64, bool), StoreError> {
    let horizon = horizon(connection, property, now).await?;
    let of_retention = WITH_RETENTION.into_iter().map(|statement| (statement, horizon));
    let steps = of_retention.chain(OVER.into_iter().map(|statement| (statement, now)));
    let (mut entries, mut is_all) = (0, true);
    for (statement, until) in steps {
        let changed = sql(statement).with(property).with(until).with(limit).run(connection).await?;
        is_all = is_all && changed < u64::from(limit);
        if statement == ACTIVITY {
            entries = changed;
        }
    }
    Ok((entries, is_all))
}
