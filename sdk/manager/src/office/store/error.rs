//! Why the store did not serve.

use std::borrow::Cow;

/// Why the store did not serve. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address of the store is none.
    #[error(
        "the address of the store cannot be read: give a path in UTF-8, or a URL that begins with postgres://"
    )]
    Address,
    /// Others changed the same at the same time, again and again. Try once more.
    #[error("too many changed the same at once: try again")]
    Contended,
    /// What was read is not what this program writes: another program wrote it, or the disk failed.
    #[error(
        "the store holds something in {0} that this program never writes: restore the last backup beside it, and compare"
    )]
    Damaged(&'static str),
    /// A newer program has changed the schema.
    #[error("the store has schema {found}, this program knows {known}: update the program")]
    SchemaTooNew {
        /// Of the store.
        found: u32,
        /// Of this program.
        known: u32,
    },
    /// The engine failed.
    #[error("the store failed: {0}")]
    Engine(#[source] Box<dyn core::error::Error + Send + Sync>),
}

/// SQLite: busy, in its forms. Postgres: serialization failure, deadlock.
const CONTENTION: [&str; 5] = ["5", "261", "517", "40001", "40P01"];

impl From<sqlx_core::Error> for StoreError {
    fn from(error: sqlx_core::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code());
        match code {
            Some(Cow::Borrowed(code)) if CONTENTION.contains(&code) => Self::Contended,
            Some(Cow::Owned(code)) if CONTENTION.contains(&code.as_str()) => Self::Contended,
            _ => Self::Engine(Box::new(error)),
        }
    }
}
