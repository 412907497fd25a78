//! A statement with its values, and the rows that it gives.

use sqlx_core::any::{Any, AnyArguments, AnyConnection, AnyRow};
use sqlx_core::query::{Query, query};
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::AssertSqlSafe;
use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::ids::{CardToken, DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use crate::ids::{AccountId, GuestGrantId, KeyGrantId, KeyId, PortfolioId, UnitId};

/// A statement whose values are named `$1`, `$2`, … in the order in which they are given.
pub(crate) fn sql(text: &'static str) -> Statement {
    Statement { query: query(text) }
}

/// The same with a text that is put together: of constants, and of as many names of values as there are.
pub(super) fn composed(text: String) -> Statement {
    Statement { query: query(AssertSqlSafe(text)) }
}

/// A statement with some of its values.
pub(crate) struct Statement {
    query: Query<'static, Any, AnyArguments>,
}

/// A value as both engines have it. There is no truth value among them: 0 and 1 are.
#[derive(Clone)]
pub(crate) enum Value {
    Bytes(Option<Vec<u8>>),
    Number(Option<i64>),
    Text(Option<String>),
}

impl Statement {
    /// The next value.
    pub(crate) fn with(self, value: impl Into<Value>) -> Self {
        let query = match value.into() {
            Value::Bytes(bytes) => self.query.bind(bytes),
            Value::Number(number) => self.query.bind(number),
            Value::Text(text) => self.query.bind(text),
        };
        Self { query }
    }

    /// How many rows it changed.
    pub(crate) async fn run(self, connection: &mut AnyConnection) -> Result<u64, StoreError> {
        Ok(self.query.execute(connection).await?.rows_affected())
    }

    /// Its one row, if there is one.
    pub(crate) async fn one(self, connection: &mut AnyConnection) -> Result<Option<Record>, StoreError> {
        Ok(self.query.fetch_optional(connection).await?.map(Record))
    }

    /// All its rows.
    pub(crate) async fn all(self, connection: &mut AnyConnection) -> Result<Vec<Record>, StoreError> {
        Ok(self.query.fetch_all(connection).await?.into_iter().map(Record).collect())
    }
}

/// A row.
pub(crate) struct Record(AnyRow);

impl Record {
    /// The value of a column.
    pub(crate) fn get<T: Column>(&self, column: &'static str) -> Result<T, StoreError> {
        T::read(self, column)?.ok_or(StoreError::Damaged(column))
    }

    /// The value of a column that may have none.
    pub(crate) fn find<T: Column>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        T::read(self, column)
    }

    fn number(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    fn bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.try_get(column)?)
    }
}

/// What a column may hold.
pub(crate) trait Column: Sized {
    /// `None` where there is no value.
    fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError>;
}

impl Column for Vec<u8> {
    fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError> {
        record.bytes(column)
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError> {
        let bytes = record.bytes(column)?;
        bytes
            .map(|bytes| Self::try_from(bytes.as_slice()).map_err(|_| StoreError::Damaged(column)))
            .transpose()
    }
}

impl Column for String {
    fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError> {
        Ok(record.0.try_get(column)?)
    }
}

impl Column for bool {
    fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError> {
        Ok(record.number(column)?.map(|number| number != 0))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Number(Some(i64::from(truth)))
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                // Nothing that is kept is above 2^40.
                Self::Number(Some(i64::try_from(number).unwrap_or(i64::MAX)))
            }
        }

        impl Column for $number {
            fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError> {
                let number = record.number(column)?;
                number
                    .map(|number| Self::try_from(number).map_err(|_| StoreError::Damaged(column)))
                    .transpose()
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64);

impl From<UnixSeconds> for Value {
    fn from(instant: UnixSeconds) -> Self {
        instant.seconds().into()
    }
}

impl From<Option<UnixSeconds>> for Value {
    fn from(instant: Option<UnixSeconds>) -> Self {
        instant.map_or(Self::Number(None), Self::from)
    }
}

impl Column for UnixSeconds {
    fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError> {
        let seconds = u64::read(record, column)?;
        seconds.map(|seconds| Self::new(seconds).ok_or(StoreError::Damaged(column))).transpose()
    }
}

impl From<LocalDay> for Value {
    fn from(day: LocalDay) -> Self {
        Self::Number(Some(day.0.into()))
    }
}

impl From<Option<LocalDay>> for Value {
    fn from(day: Option<LocalDay>) -> Self {
        day.map_or(Self::Number(None), Self::from)
    }
}

impl Column for LocalDay {
    fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError> {
        let number = record.number(column)?;
        number
            .map(|number| i32::try_from(number).map(Self).map_err(|_| StoreError::Damaged(column)))
            .transpose()
    }
}

macro_rules! identifiers {
    ($($name:ident),*) => {$(
        impl From<$name> for Value {
            fn from(name: $name) -> Self {
                name.0.into()
            }
        }

        impl From<Option<$name>> for Value {
            fn from(name: Option<$name>) -> Self {
                Self::Bytes(name.map(|name| name.0.to_vec()))
            }
        }

        impl Column for $name {
            fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError> {
                Ok(Column::read(record, column)?.map(Self))
            }
        }
    )*};
}

identifiers!(
    AccountId,
    CardToken,
    DoorId,
    GuestGrantId,
    HolderId,
    KeyGrantId,
    KeyId,
    PortfolioId,
    PropertyId,
    UnitId
);
