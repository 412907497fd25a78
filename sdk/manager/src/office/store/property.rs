//! Properties, and the lock that makes a transaction the only one that writes there.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::CodeLength;
use thumbturn_protocol::ids::{PropertyId, Serial};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::CredentialNumber;

use super::StoreError;
use super::statement::{Record, sql};
use crate::authority::numbering::next_number;
use crate::ids::{AccountId, PortfolioId};
use crate::office::model::DoorType;

/// A property as its transaction found it.
#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub(crate) id: PropertyId,
    pub(crate) portfolio: PortfolioId,
    /// Its IANA time zone.
    pub(crate) zone: String,
    pub(crate) residence_code_length: CodeLength,
    pub(crate) preload_days: u32,
    /// 0: nobody has to make rounds.
    pub(crate) round_days: u32,
    pub(crate) sealed_key: Vec<u8>,
    /// Of this transaction, when it writes.
    pub(crate) revision: u64,
}

impl Property {
    /// Digits of the doorcodes at a door: the property chooses for residences, all others have seven.
    pub(crate) const fn code_length(&self, kind: DoorType) -> CodeLength {
        match kind {
            DoorType::Residence => self.residence_code_length,
            DoorType::BuildingEntrance | DoorType::Communal | DoorType::Service => CodeLength::SEVEN,
        }
    }
}

/// What a property begins with.
pub(crate) struct NewProperty<'a> {
    pub(crate) id: PropertyId,
    pub(crate) portfolio: PortfolioId,
    pub(crate) name: &'a str,
    pub(crate) zone: &'a str,
    pub(crate) retention_days: u32,
    pub(crate) sealed_key: Vec<u8>,
}

pub(crate) async fn insert(connection: &mut AnyConnection, new: NewProperty<'_>) -> Result<(), StoreError> {
    sql("INSERT INTO property (property_id, portfolio_id, name, zone, residence_code_length, retention_days, preload_days, \
         sealed_key, revision, last_serial, last_credential) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, 0, 0, 0)")
        .with(new.id)
        .with(new.portfolio)
        .with(new.name)
        .with(new.zone)
        .with(CodeLength::SEVEN.digits())
        .with(new.retention_days)
        .with(new.sealed_key)
        .run(connection)
        .await?;
    Ok(())
}

/// Takes the row of a property for a transaction that writes, as its first statement: others wait for its end, those of other properties
/// do not (with SQLite, which has one writer, all do).
pub(crate) async fn lock(
    connection: &mut AnyConnection,
    id: PropertyId,
) -> Result<Option<Property>, StoreError> {
    let row = sql(
        "UPDATE property SET revision = revision + 1 WHERE property_id = $1 RETURNING portfolio_id, zone, \
                   residence_code_length, preload_days, round_days, sealed_key, revision",
    )
    .with(id)
    .one(connection)
    .await?;
    row.map(|row| read(id, &row)).transpose()
}

/// A property for a transaction that only reads.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    id: PropertyId,
) -> Result<Option<Property>, StoreError> {
    let row = sql(
        "SELECT portfolio_id, zone, residence_code_length, preload_days, round_days, sealed_key, revision FROM property \
                   WHERE property_id = $1",
    )
    .with(id)
    .one(connection)
    .await?;
    row.map(|row| read(id, &row)).transpose()
}

/// A property on the page of all properties.
pub(crate) struct PropertyRecord {
    pub(crate) id: PropertyId,
    pub(crate) portfolio: PortfolioId,
    pub(crate) name: String,
    pub(crate) zone: String,
}

const SELECT_ALL: &str =
    "SELECT property_id, portfolio_id, name, zone FROM property ORDER BY name, property_id";
const SELECT_MANAGED: &str = "SELECT property_id, portfolio_id, name, zone FROM property WHERE portfolio_id IN \
                              (SELECT portfolio_manager.portfolio_id FROM portfolio_manager WHERE portfolio_manager.account_id = $1) \
                              UNION SELECT property_id, portfolio_id, name, zone FROM property WHERE property_id IN \
                              (SELECT property_manager.property_id FROM property_manager WHERE property_manager.account_id = $1) \
                              ORDER BY name, property_id";

/// Those that somebody manages; without somebody, all.
pub(crate) async fn managed_by(
    connection: &mut AnyConnection,
    account: Option<AccountId>,
) -> Result<Vec<PropertyRecord>, StoreError> {
    let statement = account.map_or_else(|| sql(SELECT_ALL), |account| sql(SELECT_MANAGED).with(account));
    let record = |row: &Record| {
        Ok(PropertyRecord {
            id: row.get("property_id")?,
            portfolio: row.get("portfolio_id")?,
            name: row.get("name")?,
            zone: row.get("zone")?,
        })
    };
    statement.all(connection).await?.iter().map(record).collect()
}

fn read(id: PropertyId, row: &Record) -> Result<Property, StoreError> {
    Ok(Property {
        id,
        portfolio: row.get("portfolio_id")?,
        zone: row.get("zone")?,
        residence_code_length: CodeLength::new(row.get("residence_code_length")?)
            .ok_or(StoreError::Damaged("residence_code_length"))?,
        preload_days: row.get("preload_days")?,
        round_days: row.get("round_days")?,
        sealed_key: row.get("sealed_key")?,
        revision: row.get("revision")?,
    })
}

/// The newest instant at which the property signed something for phones; 1970: none.
pub(crate) async fn signed_at(
    connection: &mut AnyConnection,
    id: PropertyId,
) -> Result<UnixSeconds, StoreError> {
    let row = sql("SELECT signed_at FROM property WHERE property_id = $1").with(id).one(connection).await?;
    row.ok_or(StoreError::Damaged("property"))?.get("signed_at")
}

/// Keeps that instant.
pub(crate) async fn set_signed_at(
    connection: &mut AnyConnection,
    id: PropertyId,
    at: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE property SET signed_at = $1 WHERE property_id = $2")
        .with(at)
        .with(id)
        .run(connection)
        .await?;
    Ok(())
}

/// Puts a property into another time zone.
pub(crate) async fn set_zone(
    connection: &mut AnyConnection,
    id: PropertyId,
    zone: &str,
) -> Result<(), StoreError> {
    sql("UPDATE property SET zone = $1 WHERE property_id = $2").with(zone).with(id).run(connection).await?;
    Ok(())
}

/// What a new doorcode or card is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// In events.
    pub(crate) credential: CredentialNumber,
    /// In bulletins: one denies what has a lower one.
    pub(crate) serial: Serial,
}

/// Numbers that nothing else of the property has or had.
pub(crate) async fn next_numbers(
    connection: &mut AnyConnection,
    id: PropertyId,
    now: UnixSeconds,
) -> Result<Numbers, StoreError> {
    let numbers = take_numbers(connection, id, 1, now).await?;
    numbers.into_iter().next().ok_or(StoreError::Damaged("property"))
}

/// As many of them as are wanted.
pub(crate) async fn take_numbers(
    connection: &mut AnyConnection,
    id: PropertyId,
    count: usize,
    now: UnixSeconds,
) -> Result<Vec<Numbers>, StoreError> {
    let damaged = || StoreError::Damaged("property");
    let row = sql("SELECT last_serial, last_credential FROM property WHERE property_id = $1")
        .with(id)
        .one(connection)
        .await?;
    let row = row.ok_or_else(damaged)?;
    let (mut serial, mut credential): (u32, u32) = (row.get("last_serial")?, row.get("last_credential")?);
    let mut numbers = Vec::new();
    for _ in 0..count {
        serial = next_number(serial, now).map_err(|_| damaged())?;
        credential = credential.checked_add(1).ok_or_else(damaged)?;
        numbers.push(Numbers { credential: CredentialNumber(credential), serial: Serial(serial) });
    }
    sql("UPDATE property SET last_serial = $1, last_credential = $2 WHERE property_id = $3")
        .with(serial)
        .with(credential)
        .with(id)
        .run(connection)
        .await?;
    Ok(numbers)
}
