//! Keycards, and the doors that are yet to hear of them.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId, Serial};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::CredentialNumber;

use super::batch::Among;
use super::property::Numbers;
use super::statement::{Record, sql};
use super::{StoreError, attribution};
use crate::ids::{AccountId, PortfolioId};

/// A keycard as it was last activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CardRecord {
    pub(crate) token: CardToken,
    pub(crate) holder: HolderId,
    pub(crate) numbers: Numbers,
    pub(crate) lowest_version: CardVersion,
    pub(crate) is_live: bool,
}

/// A keycard by its token.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    property: PropertyId,
    token: CardToken,
) -> Result<Option<CardRecord>, StoreError> {
    let row =
        sql("SELECT token, holder_id, credential, serial, lowest_version, deactivated_at FROM keycard \
                   WHERE property_id = $1 AND token = $2")
        .with(property)
        .with(token)
        .one(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

/// All keycards that a person has or had, the last activated first.
pub(crate) async fn of_holder(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<Vec<CardRecord>, StoreError> {
    let rows =
        sql("SELECT token, holder_id, credential, serial, lowest_version, deactivated_at FROM keycard \
                    WHERE property_id = $1 AND holder_id = $2 ORDER BY serial DESC")
        .with(property)
        .with(holder)
        .all(connection)
        .await?;
    rows.iter().map(read).collect()
}

/// The one that a person has.
pub(crate) async fn live_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<Option<CardRecord>, StoreError> {
    Ok(of_holder(connection, property, holder).await?.into_iter().find(|card| card.is_live))
}

const LIVE: Among = Among::new(
    "SELECT token, holder_id, credential, serial, lowest_version, deactivated_at FROM keycard \
     WHERE property_id = $1 AND deactivated_at IS NULL AND holder_id IN",
    " ORDER BY serial",
);

/// Those that several people have, the last activated last.
pub(crate) async fn live_among(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
) -> Result<Vec<CardRecord>, StoreError> {
    LIVE.all(connection, &[property.into()], holders).await?.iter().map(read).collect()
}

fn read(row: &Record) -> Result<CardRecord, StoreError> {
    Ok(CardRecord {
        token: row.get("token")?,
        holder: row.get("holder_id")?,
        numbers: Numbers {
            credential: CredentialNumber(row.get("credential")?),
            serial: Serial(row.get("serial")?),
        },
        lowest_version: CardVersion(row.get("lowest_version")?),
        is_live: row.find::<UnixSeconds>("deactivated_at")?.is_none(),
    })
}

/// Gives a card to a person, or back.
pub(crate) async fn activate(
    connection: &mut AnyConnection,
    property: PropertyId,
    card: &CardRecord,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("INSERT INTO keycard (property_id, token, holder_id, credential, serial, lowest_version, activated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (property_id, token) DO UPDATE SET holder_id = excluded.holder_id, \
         credential = excluded.credential, serial = excluded.serial, lowest_version = excluded.lowest_version, \
         activated_at = excluded.activated_at, deactivated_at = NULL")
    .with(property)
    .with(card.token)
    .with(card.holder)
    .with(card.numbers.credential.0)
    .with(card.numbers.serial.0)
    .with(card.lowest_version.0)
    .with(now)
    .run(connection)
    .await?;
    let owner = (card.numbers.credential, card.holder);
    attribution::set_owners(connection, property, [owner].into_iter()).await
}

/// Takes a card from its holder.
pub(crate) async fn deactivate(
    connection: &mut AnyConnection,
    property: PropertyId,
    token: CardToken,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE keycard SET deactivated_at = $1 WHERE property_id = $2 AND token = $3 AND deactivated_at IS NULL")
        .with(now)
        .with(property)
        .with(token)
        .run(connection)
        .await?;
    Ok(())
}

/// A row of a door's list that is a card's, or was.
pub(crate) struct CardRow {
    pub(crate) door: DoorId,
    pub(crate) fingerprint: [u8; 16],
    pub(crate) changed: u64,
}

/// All rows that doors have for a person, or are yet to remove.
pub(crate) async fn rows_of(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<Vec<CardRow>, StoreError> {
    let rows =
        sql("SELECT door_id, fingerprint, changed FROM list_row WHERE property_id = $1 AND holder_id = $2")
            .with(property)
            .with(holder)
            .all(connection)
            .await?;
    let row = |row: &Record| {
        Ok(CardRow {
            door: row.get("door_id")?,
            fingerprint: row.get("fingerprint")?,
            changed: row.get("changed")?,
        })
    };
    rows.iter().map(row).collect()
}

/// Notes the doors that are to hear of a card, in the place of those that were.
pub(crate) async fn set_rows(
    connection: &mut AnyConnection,
    property: PropertyId,
    token: CardToken,
    rows: &[CardRow],
) -> Result<(), StoreError> {
    sql("DELETE FROM door_of_card WHERE property_id = $1 AND token = $2")
        .with(property)
        .with(token)
        .run(connection)
        .await?;
    for row in rows {
        sql("INSERT INTO door_of_card (property_id, token, door_id, fingerprint, revision) VALUES ($1, $2, $3, $4, $5)")
            .with(property)
            .with(token)
            .with(row.door)
            .with(row.fingerprint)
            .with(row.changed)
            .run(connection)
            .await?;
    }
    Ok(())
}

/// Doors without a network that have not told yet that they have heard of a card. What never left for a door, and was taken
/// back, is no news to it.
pub(crate) async fn waiting(
    connection: &mut AnyConnection,
    property: PropertyId,
    token: CardToken,
) -> Result<Vec<DoorId>, StoreError> {
    let rows = sql("SELECT door_of_card.door_id FROM door_of_card \
                    JOIN door ON door.property_id = door_of_card.property_id AND door.door_id = door_of_card.door_id \
                    JOIN list_row ON list_row.property_id = door_of_card.property_id AND list_row.door_id = door_of_card.door_id \
                    AND list_row.fingerprint = door_of_card.fingerprint \
                    WHERE door_of_card.property_id = $1 AND door_of_card.token = $2 AND door.connected = 0 \
                    AND door.applied_revision < door_of_card.revision ORDER BY door_of_card.door_id")
    .with(property)
    .with(token)
    .all(connection)
    .await?;
    rows.iter().map(|row| row.get("door_id")).collect()
}

/// Whether an account has access, now or later, as a holder or a guest, at a property of another portfolio.
pub(crate) async fn opens_elsewhere(
    connection: &mut AnyConnection,
    account: AccountId,
    portfolio: PortfolioId,
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    let found = sql("SELECT 1 AS found FROM person JOIN property ON property.property_id = person.property_id \
                     WHERE person.account_id = $1 AND property.portfolio_id <> $2 AND person.deleted_at IS NULL \
                     AND (EXISTS (SELECT 1 FROM key_grant WHERE key_grant.property_id = person.property_id \
                     AND key_grant.holder_id = person.holder_id AND key_grant.ended_at IS NULL \
                     AND (key_grant.ends_at IS NULL OR key_grant.ends_at > $3)) \
                     OR EXISTS (SELECT 1 FROM guest_grant WHERE guest_grant.property_id = person.property_id \
                     AND guest_grant.guest_id = person.holder_id AND guest_grant.ended_at IS NULL \
                     AND (guest_grant.ends_at IS NULL OR guest_grant.ends_at > $3))) LIMIT 1")
    .with(account)
    .with(portfolio)
    .with(now)
    .one(connection)
    .await?;
    Ok(found.is_some())
}
