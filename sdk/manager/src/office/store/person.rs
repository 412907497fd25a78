//! People at a property.

use std::collections::{BTreeMap, BTreeSet};

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::batch::{Among, Rows};
use super::statement::sql;
use crate::ids::{AccountId, UnitId};

/// The person that an account is at a property, made where there is none.
pub(crate) async fn find_or_insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    account: AccountId,
    (new, now): (HolderId, UnixSeconds),
) -> Result<HolderId, StoreError> {
    sql("INSERT INTO person (property_id, holder_id, account_id, invited_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (property_id, account_id) DO NOTHING")
    .with(property)
    .with(new)
    .with(account)
    .with(now)
    .run(connection)
    .await?;
    let row = sql("SELECT holder_id FROM person WHERE property_id = $1 AND account_id = $2")
        .with(property)
        .with(account)
        .one(connection)
        .await?;
    row.ok_or(StoreError::Damaged("person"))?.get("holder_id")
}

const OF_ACCOUNTS: Among =
    Among::new("SELECT account_id, holder_id FROM person WHERE property_id = $1 AND account_id IN", "");
const INSERT: Rows<5> =
    Rows::new("INSERT INTO person (property_id, holder_id, account_id, unit_id, invited_at) VALUES", "");

/// The people that some accounts are at a property.
pub(crate) async fn of_accounts(
    connection: &mut AnyConnection,
    property: PropertyId,
    accounts: &[AccountId],
) -> Result<BTreeMap<AccountId, HolderId>, StoreError> {
    let rows = OF_ACCOUNTS.all(connection, &[property.into()], accounts).await?;
    rows.iter().map(|row| Ok((row.get("account_id")?, row.get("holder_id")?))).collect()
}

/// Makes accounts people of a property, who were none there.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    people: &[(HolderId, AccountId, Option<UnitId>)],
    now: UnixSeconds,
) -> Result<(), StoreError> {
    let row = |(holder, account, unit): &(HolderId, AccountId, Option<UnitId>)| {
        [property.into(), (*holder).into(), (*account).into(), (*unit).into(), now.into()]
    };
    INSERT.run(connection, people.iter().map(row).collect()).await
}

/// The account behind a person who was not deleted.
pub(crate) async fn account(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<Option<AccountId>, StoreError> {
    let row =
        sql("SELECT account_id FROM person WHERE property_id = $1 AND holder_id = $2 AND deleted_at IS NULL")
            .with(property)
            .with(holder)
            .one(connection)
            .await?;
    row.map(|row| row.get("account_id")).transpose()
}

/// Whether a person also manages the property, or its portfolio.
pub(crate) async fn is_manager(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<bool, StoreError> {
    let row = sql("SELECT 1 AS found FROM person WHERE property_id = $1 AND holder_id = $2 AND (\
                   EXISTS (SELECT 1 FROM property_manager WHERE property_manager.property_id = $1 \
                   AND property_manager.account_id = person.account_id) \
                   OR EXISTS (SELECT 1 FROM portfolio_manager JOIN property ON property.portfolio_id = portfolio_manager.portfolio_id \
                   WHERE property.property_id = $1 AND portfolio_manager.account_id = person.account_id))")
        .with(property)
        .with(holder)
        .one(connection)
        .await?;
    Ok(row.is_some())
}

/// Whether a person who was not deleted has signed in.
pub(crate) async fn has_signed_in(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
) -> Result<Option<bool>, StoreError> {
    let row = sql(
        "SELECT account.signed_in_at FROM person JOIN account ON account.account_id = person.account_id \
                   WHERE person.property_id = $1 AND person.holder_id = $2 AND person.deleted_at IS NULL",
    )
    .with(property)
    .with(holder)
    .one(connection)
    .await?;
    row.map(|row| Ok(row.find::<UnixSeconds>("signed_in_at")?.is_some())).transpose()
}

/// Puts a person into a unit.
pub(crate) async fn set_unit(
    connection: &mut AnyConnection,
    property: PropertyId,
    holder: HolderId,
    unit: UnitId,
) -> Result<(), StoreError> {
    sql("UPDATE person SET unit_id = $1 WHERE property_id = $2 AND holder_id = $3")
        .with(unit)
        .with(property)
        .with(holder)
        .run(connection)
        .await?;
    Ok(())
}

const NEXT_CHANGES: Among = Among::new(
    "SELECT holder_id, next_change_at FROM person WHERE property_id = $1 AND next_change_at IS NOT NULL AND holder_id IN",
    "",
);
const SET_NEXT_CHANGE: Among =
    Among::new("UPDATE person SET next_change_at = $2 WHERE property_id = $1 AND holder_id IN", "");

/// When the lists are to be looked at again for some people; those for whom never are left out.
pub(crate) async fn next_changes(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
) -> Result<BTreeMap<HolderId, UnixSeconds>, StoreError> {
    let rows = NEXT_CHANGES.all(connection, &[property.into()], holders).await?;
    rows.iter().map(|row| Ok((row.get("holder_id")?, row.get("next_change_at")?))).collect()
}

/// Notes when the lists are to be looked at again for some people.
pub(crate) async fn set_next_change(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
    at: Option<UnixSeconds>,
) -> Result<(), StoreError> {
    SET_NEXT_CHANGE.run(connection, &[property.into(), at.into()], holders).await
}

/// For whom the lists are to be looked at again by now, at most so many.
pub(crate) async fn due(
    connection: &mut AnyConnection,
    property: PropertyId,
    now: UnixSeconds,
    limit: u32,
) -> Result<BTreeSet<HolderId>, StoreError> {
    let rows = sql("SELECT holder_id FROM person WHERE property_id = $1 AND next_change_at <= $2 ORDER BY next_change_at LIMIT $3")
        .with(property)
        .with(now)
        .with(limit)
        .all(connection)
        .await?;
    rows.iter().map(|row| row.get("holder_id")).collect()
}

/// A person on the people's page.
pub(crate) struct PersonRecord {
    pub(crate) holder: HolderId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) has_signed_in: bool,
    pub(crate) has_access: bool,
}

/// People by address, from after one on.
pub(crate) async fn page(
    connection: &mut AnyConnection,
    property: PropertyId,
    (after, show_expired, limit): (&str, bool, u32),
    now: UnixSeconds,
) -> Result<Vec<PersonRecord>, StoreError> {
    let rows = sql("SELECT * FROM (SELECT person.holder_id, account.email, account.first_name || ' ' || account.last_name AS name, \
                    CASE WHEN account.signed_in_at IS NULL THEN 0 ELSE 1 END AS has_signed_in, \
                    CASE WHEN EXISTS (SELECT 1 FROM key_grant WHERE key_grant.property_id = person.property_id \
                    AND key_grant.holder_id = person.holder_id AND key_grant.ended_at IS NULL \
                    AND (key_grant.ends_at IS NULL OR key_grant.ends_at > $2)) \
                    OR EXISTS (SELECT 1 FROM guest_grant WHERE guest_grant.property_id = person.property_id \
                    AND guest_grant.guest_id = person.holder_id AND guest_grant.ended_at IS NULL \
                    AND (guest_grant.ends_at IS NULL OR guest_grant.ends_at > $2)) THEN 1 ELSE 0 END AS has_access \
                    FROM person JOIN account ON account.account_id = person.account_id \
                    WHERE person.property_id = $1 AND person.deleted_at IS NULL AND account.email > $3) AS people \
                    WHERE has_access >= $4 ORDER BY email LIMIT $5")
        .with(property)
        .with(now)
        .with(after)
        .with(!show_expired)
        .with(limit)
        .all(connection)
        .await?;
    let person = |row: &super::statement::Record| {
        Ok(PersonRecord {
            holder: row.get("holder_id")?,
            email: row.get("email")?,
            name: row.get("name")?,
            has_signed_in: row.get("has_signed_in")?,
            has_access: row.get("has_access")?,
        })
    };
    rows.iter().map(person).collect()
}

/// Leaves a tombstone with the name that the activity shows until retention ends, and deletes the account with the last person of
/// it.
pub(crate) async fn delete(
    connection: &mut AnyConnection,
    property: PropertyId,
    (holder, account): (HolderId, AccountId),
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE person SET kept_name = (SELECT first_name || ' ' || last_name FROM account WHERE account_id = $1), account_id = NULL, \
         unit_id = NULL, deleted_at = $2 WHERE property_id = $3 AND holder_id = $4")
        .with(account)
        .with(now)
        .with(property)
        .with(holder)
        .run(connection)
        .await?;
    sql("DELETE FROM property_manager WHERE property_id = $1 AND account_id = $2")
        .with(property)
        .with(account)
        .run(connection)
        .await?;
    // Whoever was deleted can be imported anew (§4.1).
    sql("DELETE FROM import_row WHERE property_id = $1 AND holder_id = $2")
        .with(property)
        .with(holder)
        .run(connection)
        .await?;
    sql("UPDATE account SET email = NULL, first_name = '', last_name = '', telephone = NULL WHERE account_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM person WHERE person.account_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM property_manager WHERE property_manager.account_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM portfolio_manager WHERE portfolio_manager.account_id = $1)")
        .with(account)
        .run(connection)
        .await?;
    Ok(())
}
