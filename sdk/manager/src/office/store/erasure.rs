//! Forgetting one person at once.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::activity::anonymise;
use super::statement::sql;
use crate::ids::AccountId;

/// What names $2, one after the other. What doors are yet to hear stays until they have: rows of lists and doorcodes that are being removed,
/// cards among them, and grants of phones until their leases end. They name nobody, but a number without a person.
const STATEMENTS: [&str; 15] = [
    // While the activity still tells which events they are.
    "UPDATE door_event SET content = NULL, state = 2 WHERE property_id = $1 AND state = 1 AND EXISTS (SELECT 1 FROM activity \
     WHERE activity.property_id = door_event.property_id AND activity.door_id = door_event.door_id \
     AND activity.event = door_event.number AND (activity.holder_id = $2 OR activity.granter_id = $2))",
    anonymise!("holder_id = $2"),
    "UPDATE activity SET granter_id = NULL, guest_grant_id = NULL WHERE property_id = $1 AND granter_id = $2",
    "DELETE FROM door_of_guest WHERE property_id = $1 AND guest_grant_id IN (SELECT guest_grant_id FROM guest_grant \
     WHERE property_id = $1 AND (guest_id = $2 OR granter_id = $2))",
    "DELETE FROM guest_grant WHERE property_id = $1 AND (guest_id = $2 OR granter_id = $2)",
    "DELETE FROM key_grant WHERE property_id = $1 AND holder_id = $2",
    "DELETE FROM residence WHERE property_id = $1 AND holder_id = $2",
    "DELETE FROM credential_owner WHERE property_id = $1 AND holder_id = $2",
    "DELETE FROM consent WHERE property_id = $1 AND holder_id = $2",
    "DELETE FROM phone_invitation WHERE property_id = $1 AND holder_id = $2",
    "DELETE FROM import_row WHERE property_id = $1 AND holder_id = $2",
    "UPDATE daily_code SET granter_id = NULL, email = NULL, telephone = NULL, service = NULL \
     WHERE property_id = $1 AND granter_id = $2",
    "DELETE FROM door_of_card WHERE property_id = $1 AND token IN (SELECT keycard.token FROM keycard WHERE keycard.property_id = $1 \
     AND keycard.holder_id = $2 AND NOT EXISTS (SELECT 1 FROM door_of_card AS waiting JOIN list_row \
     ON list_row.property_id = waiting.property_id AND list_row.door_id = waiting.door_id \
     AND list_row.fingerprint = waiting.fingerprint WHERE waiting.property_id = $1 AND waiting.token = keycard.token))",
    "DELETE FROM keycard WHERE property_id = $1 AND holder_id = $2 AND NOT EXISTS (SELECT 1 FROM door_of_card JOIN list_row \
     ON list_row.property_id = door_of_card.property_id AND list_row.door_id = door_of_card.door_id \
     AND list_row.fingerprint = door_of_card.fingerprint WHERE door_of_card.property_id = $1 AND door_of_card.token = keycard.token)",
    "UPDATE person SET kept_name = NULL, unit_id = NULL WHERE property_id = $1 AND holder_id = $2",
];

/// Forgets whatever names somebody who has been deleted, and marks what is left as nobody's.
pub(crate) async fn erase(
    connection: &mut AnyConnection,
    (property, holder): (PropertyId, HolderId),
    now: UnixSeconds,
) -> Result<(), StoreError> {
    for statement in STATEMENTS {
        sql(statement).with(property).with(holder).run(connection).await?;
    }
    sql("UPDATE person SET erased_at = $1 WHERE property_id = $2 AND holder_id = $3")
        .with(now)
        .with(property)
        .with(holder)
        .run(connection)
        .await?;
    Ok(())
}

/// Forgets what the outbox and the daily codes of a property have of an account: messages to it, and the address as that of a recipient.
pub(crate) async fn erase_account(
    connection: &mut AnyConnection,
    property: PropertyId,
    account: AccountId,
) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM notification WHERE property_id = $1 AND account_id = $2",
        "UPDATE daily_code SET email = NULL WHERE property_id = $1 \
         AND email = (SELECT account.email FROM account WHERE account.account_id = $2)",
    ] {
        sql(statement).with(property).with(account).run(connection).await?;
    }
    Ok(())
}

/// Whether a property has or had a person and has not erased who it was.
pub(crate) async fn is_known(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<bool, StoreError> {
    let row =
        sql("SELECT 1 AS found FROM person WHERE property_id = $1 AND holder_id = $2 AND erased_at IS NULL")
            .with(property)
            .with(holder)
            .one(connection)
            .await?;
    Ok(row.is_some())
}
