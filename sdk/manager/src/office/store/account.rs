//! Accounts, managers of portfolios and of properties: who an actor is.

use std::collections::{BTreeMap, BTreeSet};

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::batch::{Among, Rows};
use super::property::Property;
use super::statement::{Record, sql};
use crate::ids::{AccountId, KeyId, PortfolioId};
use crate::office::actor::Actor;
use crate::office::model::{EmailAddress, PersonName};
use crate::office::permission::{KeyManagement, Permissions, Standing};

/// The account with this address; made with the new identifier and this name where there is none. Tells whether it is new.
pub(crate) async fn find_or_insert(
    connection: &mut AnyConnection,
    email: &EmailAddress,
    name: &PersonName,
    new: AccountId,
    now: UnixSeconds,
) -> Result<(AccountId, bool), StoreError> {
    let inserted = sql("INSERT INTO account (account_id, email, first_name, last_name, created_at) VALUES ($1, $2, $3, $4, $5) \
                        ON CONFLICT (email) DO NOTHING")
        .with(new)
        .with(email.as_str())
        .with(name.first())
        .with(name.last())
        .with(now)
        .run(connection)
        .await?;
    let row =
        sql("SELECT account_id FROM account WHERE email = $1").with(email.as_str()).one(connection).await?;
    Ok((row.ok_or(StoreError::Contended)?.get("account_id")?, inserted == 1))
}

/// An account that is there.
pub(crate) struct AccountRecord {
    pub(crate) id: AccountId,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
}

/// An account that is to be.
pub(crate) struct NewAccount<'a> {
    pub(crate) id: AccountId,
    pub(crate) email: &'a EmailAddress,
    pub(crate) name: &'a PersonName,
    pub(crate) telephone: Option<&'a str>,
}

const KNOWN: Among =
    Among::new("SELECT account_id, email, first_name, last_name FROM account WHERE email IN", "");
const INSERT: Rows<6> = Rows::new(
    "INSERT INTO account (account_id, email, first_name, last_name, telephone, created_at) VALUES",
    " ON CONFLICT (email) DO NOTHING RETURNING account_id",
);

/// The accounts with these addresses, by address.
pub(crate) async fn known(
    connection: &mut AnyConnection,
    addresses: &[&str],
) -> Result<BTreeMap<String, AccountRecord>, StoreError> {
    let rows = KNOWN.all(connection, &[], addresses).await?;
    let account = |row: &Record| {
        let (first_name, last_name) = (row.get("first_name")?, row.get("last_name")?);
        Ok((row.get("email")?, AccountRecord { id: row.get("account_id")?, first_name, last_name }))
    };
    rows.iter().map(account).collect()
}

/// Makes accounts, in the order of their addresses, so that two who make the same do not wait for each other. Gives those that were made: the
/// others' addresses have an account.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    accounts: &[NewAccount<'_>],
    now: UnixSeconds,
) -> Result<BTreeSet<AccountId>, StoreError> {
    let mut accounts: Vec<&NewAccount<'_>> = accounts.iter().collect();
    accounts.sort_by_key(|account| account.email);
    let row = |account: &NewAccount<'_>| {
        [
            account.id.into(),
            account.email.as_str().into(),
            account.name.first().into(),
            account.name.last().into(),
            account.telephone.into(),
            now.into(),
        ]
    };
    let made = INSERT.all(connection, accounts.into_iter().map(row).collect()).await?;
    made.iter().map(|row| row.get("account_id")).collect()
}

/// The account with this address.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    email: &EmailAddress,
) -> Result<Option<AccountId>, StoreError> {
    let row =
        sql("SELECT account_id FROM account WHERE email = $1").with(email.as_str()).one(connection).await?;
    row.map(|row| row.get("account_id")).transpose()
}

/// Notes that somebody signed in.
pub(crate) async fn signed_in(
    connection: &mut AnyConnection,
    account: AccountId,
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    let changed = sql("UPDATE account SET signed_in_at = $1 WHERE account_id = $2 AND email IS NOT NULL")
        .with(now)
        .with(account)
        .run(connection)
        .await?;
    Ok(changed == 1)
}

/// The address of whoever has this telephone number.
pub(crate) async fn address_behind(
    connection: &mut AnyConnection,
    telephone: &str,
) -> Result<Option<String>, StoreError> {
    let row = sql(
        "SELECT email FROM account WHERE telephone = $1 AND email IS NOT NULL ORDER BY created_at LIMIT 1",
    )
    .with(telephone)
    .one(connection)
    .await?;
    row.map(|row| row.get("email")).transpose()
}

/// The address of an account that was not deleted.
pub(crate) async fn address(
    connection: &mut AnyConnection,
    account: AccountId,
) -> Result<Option<String>, StoreError> {
    let row = sql("SELECT email FROM account WHERE account_id = $1").with(account).one(connection).await?;
    row.map_or(Ok(None), |row| row.find("email"))
}

/// Gives an account another address; false where another account has it. Where somebody else takes it at the very same time, the store fails
/// and nothing was changed.
pub(crate) async fn set_address(
    connection: &mut AnyConnection,
    account: AccountId,
    email: &EmailAddress,
) -> Result<bool, StoreError> {
    let changed = sql("UPDATE account SET email = $1 WHERE account_id = $2 \
                       AND NOT EXISTS (SELECT 1 FROM account AS other WHERE other.email = $1)")
    .with(email.as_str())
    .with(account)
    .run(connection)
    .await?;
    Ok(changed == 1)
}

/// Whether an account may do something as a manager, anywhere.
pub(crate) async fn manages_anything(
    connection: &mut AnyConnection,
    account: AccountId,
) -> Result<bool, StoreError> {
    let row = sql("SELECT 1 AS found FROM account WHERE account_id = $1 AND (\
                   EXISTS (SELECT 1 FROM property_manager WHERE property_manager.account_id = $1) \
                   OR EXISTS (SELECT 1 FROM portfolio_manager WHERE portfolio_manager.account_id = $1))")
    .with(account)
    .one(connection)
    .await?;
    Ok(row.is_some())
}

/// Whether an account is a person's or a manager's outside a portfolio.
pub(crate) async fn serves_elsewhere(
    connection: &mut AnyConnection,
    account: AccountId,
    portfolio: PortfolioId,
) -> Result<bool, StoreError> {
    let row = sql("SELECT 1 AS found FROM account WHERE account_id = $1 AND (\
                   EXISTS (SELECT 1 FROM person JOIN property ON property.property_id = person.property_id \
                   WHERE person.account_id = $1 AND property.portfolio_id <> $2) \
                   OR EXISTS (SELECT 1 FROM property_manager JOIN property ON property.property_id = property_manager.property_id \
                   WHERE property_manager.account_id = $1 AND property.portfolio_id <> $2) \
                   OR EXISTS (SELECT 1 FROM portfolio_manager WHERE portfolio_manager.account_id = $1 \
                   AND portfolio_manager.portfolio_id <> $2))")
        .with(account)
        .with(portfolio)
        .one(connection)
        .await?;
    Ok(row.is_some())
}

/// Who an actor is at a property.
pub(crate) async fn standing(
    connection: &mut AnyConnection,
    actor: Actor,
    property: &Property,
) -> Result<Standing, StoreError> {
    let Actor::Account(account) = actor else { return Ok(Standing::Host) };
    let person =
        sql("SELECT holder_id FROM person WHERE property_id = $1 AND account_id = $2 AND deleted_at IS NULL")
            .with(property.id)
            .with(account)
            .one(connection)
            .await?;
    let holder = person.map(|row| row.get("holder_id")).transpose()?;
    if is_portfolio_manager(connection, property.portfolio, account).await? {
        return Ok(Standing::PortfolioManager(holder));
    }
    let manager = sql("SELECT key_management, manages_devices, installs_devices FROM property_manager \
                       WHERE property_id = $1 AND account_id = $2")
    .with(property.id)
    .with(account)
    .one(connection)
    .await?;
    let Some(row) = manager else { return Ok(holder.map_or(Standing::Stranger, Standing::Holder)) };
    Ok(Standing::Manager(permissions(connection, property.id, account, &row).await?, holder))
}

const NONE: u8 = 0;
const SPECIFIC: u8 = 1;
const LIMITED: u8 = 2;
const FULL: u8 = 3;

async fn permissions(
    connection: &mut AnyConnection,
    property: PropertyId,
    account: AccountId,
    row: &Record,
) -> Result<Permissions, StoreError> {
    let keys = match row.get::<u8>("key_management")? {
        NONE => KeyManagement::None,
        SPECIFIC => KeyManagement::Specific(managed_keys(connection, property, account).await?),
        LIMITED => KeyManagement::Limited,
        FULL => KeyManagement::Full,
        _ => return Err(StoreError::Damaged("key_management")),
    };
    Ok(Permissions {
        keys,
        manages_devices: row.get("manages_devices")?,
        installs_devices: row.get("installs_devices")?,
    })
}

async fn managed_keys(
    connection: &mut AnyConnection,
    property: PropertyId,
    account: AccountId,
) -> Result<BTreeSet<KeyId>, StoreError> {
    let rows = sql("SELECT key_id FROM property_manager_key WHERE property_id = $1 AND account_id = $2")
        .with(property)
        .with(account)
        .all(connection)
        .await?;
    rows.iter().map(|row| row.get("key_id")).collect()
}

/// Makes somebody a manager of a property, or changes what a manager may do. Whoever could do nothing manages from now on.
pub(crate) async fn set_permissions(
    connection: &mut AnyConnection,
    property: PropertyId,
    account: AccountId,
    (permissions, now): (&Permissions, UnixSeconds),
) -> Result<(), StoreError> {
    let (level, keys) = match &permissions.keys {
        KeyManagement::None => (NONE, None),
        KeyManagement::Specific(keys) => (SPECIFIC, Some(keys)),
        KeyManagement::Limited => (LIMITED, None),
        KeyManagement::Full => (FULL, None),
    };
    sql("INSERT INTO property_manager (property_id, account_id, key_management, manages_devices, installs_devices, since) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (property_id, account_id) DO UPDATE SET key_management = excluded.key_management, \
         manages_devices = excluded.manages_devices, installs_devices = excluded.installs_devices, \
         since = CASE WHEN property_manager.key_management > 0 OR property_manager.manages_devices > 0 \
         OR property_manager.installs_devices > 0 THEN property_manager.since ELSE excluded.since END")
        .with(property)
        .with(account)
        .with(level)
        .with(permissions.manages_devices)
        .with(permissions.installs_devices)
        .with(now)
        .run(connection)
        .await?;
    sql("DELETE FROM property_manager_key WHERE property_id = $1 AND account_id = $2")
        .with(property)
        .with(account)
        .run(connection)
        .await?;
    for key in keys.into_iter().flatten() {
        sql("INSERT INTO property_manager_key (property_id, account_id, key_id) VALUES ($1, $2, $3)")
            .with(property)
            .with(account)
            .with(*key)
            .run(connection)
            .await?;
    }
    Ok(())
}

/// Whether somebody manages a portfolio.
pub(crate) async fn is_portfolio_manager(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    account: AccountId,
) -> Result<bool, StoreError> {
    let found = sql("SELECT 1 AS found FROM portfolio_manager WHERE portfolio_id = $1 AND account_id = $2")
        .with(portfolio)
        .with(account)
        .one(connection)
        .await?;
    Ok(found.is_some())
}

/// Makes somebody a manager of a portfolio.
pub(crate) async fn add_portfolio_manager(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    account: AccountId,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("INSERT INTO portfolio_manager (portfolio_id, account_id, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .with(portfolio)
        .with(account)
        .with(now)
        .run(connection)
        .await?;
    Ok(())
}
