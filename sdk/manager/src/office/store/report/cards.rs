//! What the report of keycards says.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::card::CardToken;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time::UnixSeconds;

use crate::ids::AccountId;
use crate::office::store::StoreError;
use crate::office::store::statement::{Record, sql};

/// A keycard, and whose it is or was last. Whoever was deleted has neither name nor address.
pub(crate) struct CardLineRecord {
    pub(crate) token: CardToken,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) activated_at: UnixSeconds,
    pub(crate) is_live: bool,
    /// Whether a door without a network has not told yet that it has heard of the last change.
    pub(crate) is_waiting: bool,
}

/// Keycards by token, after one, at most so many. `scope`: of people who hold a Key that this account manages only.
pub(crate) async fn cards(
    connection: &mut AnyConnection,
    (property, scope): (PropertyId, Option<AccountId>),
    (after, limit): (Option<CardToken>, u32),
    now: UnixSeconds,
) -> Result<Vec<CardLineRecord>, StoreError> {
    let rows = sql("SELECT keycard.token, keycard.activated_at, account.first_name, account.last_name, account.email, \
                    CASE WHEN keycard.deactivated_at IS NULL THEN 1 ELSE 0 END AS is_live, \
                    CASE WHEN EXISTS (SELECT 1 FROM door_of_card \
                    JOIN door ON door.property_id = door_of_card.property_id AND door.door_id = door_of_card.door_id \
                    JOIN list_row ON list_row.property_id = door_of_card.property_id AND list_row.door_id = door_of_card.door_id \
                    AND list_row.fingerprint = door_of_card.fingerprint \
                    WHERE door_of_card.property_id = keycard.property_id AND door_of_card.token = keycard.token \
                    AND door.connected = 0 AND door.applied_revision < door_of_card.revision) THEN 1 ELSE 0 END AS is_waiting \
                    FROM keycard JOIN person ON person.property_id = keycard.property_id AND person.holder_id = keycard.holder_id \
                    LEFT JOIN account ON account.account_id = person.account_id \
                    WHERE keycard.property_id = $1 AND ($2 = 1 OR EXISTS (SELECT 1 FROM key_grant JOIN property_manager_key \
                    ON property_manager_key.property_id = key_grant.property_id AND property_manager_key.key_id = key_grant.key_id \
                    WHERE key_grant.property_id = keycard.property_id AND key_grant.holder_id = keycard.holder_id \
                    AND key_grant.ended_at IS NULL AND (key_grant.ends_at IS NULL OR key_grant.ends_at > $3) \
                    AND property_manager_key.account_id = $4)) \
                    AND keycard.token > $5 ORDER BY keycard.token LIMIT $6")
        .with(property)
        .with(scope.is_none())
        .with(now)
        .with(scope)
        .with(after.map_or_else(Vec::new, |token| token.0.to_vec()))
        .with(limit)
        .all(connection)
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Record) -> Result<CardLineRecord, StoreError> {
    Ok(CardLineRecord {
        token: row.get("token")?,
        first_name: row.find("first_name")?,
        last_name: row.find("last_name")?,
        email: row.find("email")?,
        activated_at: row.get("activated_at")?,
        is_live: row.get("is_live")?,
        is_waiting: row.get("is_waiting")?,
    })
}
