//! For benchmarks: rows of tables as they are, past every use case.

use core::fmt;
use std::sync::Arc;

use sqlx_core::any::{Any, AnyArguments};
use sqlx_core::executor::Executor;
use sqlx_core::query::{Query, query};
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_core::transaction::Transaction;

use super::statement::{Value, composed};
use super::{Store, StoreError};

/// Rows of one statement of [`RawTables::fill`].
const ROWS: usize = 64;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawKind {
    /// Bytes.
    Bytes,
    /// A number that is not negative.
    Number,
    /// Text.
    Text,
}

/// A value of a column, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawValue {
    /// Of [`RawKind::Bytes`].
    Bytes(Option<Vec<u8>>),
    /// Of [`RawKind::Number`].
    Number(Option<i64>),
    /// Of [`RawKind::Text`].
    Text(Option<String>),
}

/// A table, as far as a benchmark has to do with it.
#[derive(Clone, Copy, Debug)]
pub struct RawTable {
    /// Its name.
    pub name: &'static str,
    /// Columns and what they hold, in the order of the values of a row.
    pub columns: &'static [(&'static str, RawKind)],
}

/// A transaction that reads and writes rows as they are.
pub struct RawTables(Transaction<'static, Any>);

impl Store {
    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn raw(&self) -> Result<RawTables, StoreError> {
        Ok(RawTables(self.begin().await?))
    }

    /// Runs a statement that cannot be within a transaction, or need not be.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn run_alone(&self, statement: &'static str) -> Result<(), StoreError> {
        self.pool.execute(statement).await?;
        Ok(())
    }
}

impl RawTables {
    /// Adds rows one by one, with one statement that the engine has prepared.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn insert(&mut self, table: &RawTable, rows: Vec<Vec<RawValue>>) -> Result<(), StoreError> {
        let text: Arc<str> = insertion(table, 1).into();
        for row in rows {
            let statement: Query<'static, Any, AnyArguments> = query(AssertSqlSafe(Arc::clone(&text)));
            let statement = row.into_iter().fold(statement, |statement, value| match value {
                RawValue::Bytes(bytes) => statement.bind(bytes),
                RawValue::Number(number) => statement.bind(number),
                RawValue::Text(text) => statement.bind(text),
            });
            statement.execute(&mut *self.0).await?;
        }
        Ok(())
    }

    /// Adds rows, many with each statement.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn fill(&mut self, table: &RawTable, rows: Vec<Vec<RawValue>>) -> Result<(), StoreError> {
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let some: Vec<Vec<RawValue>> = rows.by_ref().take(ROWS).collect();
            let values = some.iter().flatten().cloned().map(Value::from);
            let statement = composed(insertion(table, some.len()));
            values.fold(statement, |statement, value| statement.with(value)).run(&mut self.0).await?;
        }
        Ok(())
    }

    /// All rows of a table.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn rows(&mut self, table: &RawTable) -> Result<Vec<Vec<RawValue>>, StoreError> {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let statement = composed(format!("SELECT {} FROM {}", names.join(", "), table.name));
        let mut rows = Vec::new();
        for record in statement.all(&mut self.0).await? {
            let mut row = Vec::with_capacity(table.columns.len());
            for (name, kind) in table.columns {
                row.push(match kind {
                    RawKind::Bytes => RawValue::Bytes(record.find(name)?),
                    RawKind::Number => RawValue::Number(
                        record.find::<u64>(name)?.and_then(|number| i64::try_from(number).ok()),
                    ),
                    RawKind::Text => RawValue::Text(record.find(name)?),
                });
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// Keeps what was written.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

/// A statement that adds so many rows.
fn insertion(table: &RawTable, rows: usize) -> String {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let width = names.len();
    let row = |row: usize| {
        let values: Vec<String> = (1..=width).map(|value| format!("${}", row * width + value)).collect();
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("INSERT INTO {} ({}) VALUES {}", table.name, names.join(", "), rows.join(", "))
}

impl From<RawValue> for Value {
    fn from(value: RawValue) -> Self {
        match value {
            RawValue::Bytes(bytes) => Self::Bytes(bytes),
            RawValue::Number(number) => Self::Number(number),
            RawValue::Text(text) => Self::Text(text),
        }
    }
}

impl fmt::Debug for RawTables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RawTables")
    }
}
