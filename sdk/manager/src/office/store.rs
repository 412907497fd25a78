//! Where an office keeps everything: SQLite in one file, or Postgres behind many hosts. One SQL text for both.
//!
//! Every table of a property leads its keys with `property_id`, so that a distributed Postgres can keep a property in one place; accounts
//! and portfolios are the only global tables. A transaction that writes begins with the row of its property, which makes it the only
//! one there, while others go on.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod attribution;
pub(crate) mod audit;
mod batch;
pub(crate) mod bulletin;
pub(crate) mod card;
pub(crate) mod code;
pub(crate) mod consent;
pub(crate) mod daily_code;
pub(crate) mod door;
pub(crate) mod erasure;
mod error;
#[cfg(feature = "testing")]
pub(crate) mod everything;
pub(crate) mod export;
pub(crate) mod generation;
pub(crate) mod grant;
pub(crate) mod guest;
mod hours;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod life;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod migration;
pub(crate) mod notification;
pub(crate) mod parcel;
pub(crate) mod person;
pub(crate) mod phone;
pub(crate) mod property;
#[cfg(feature = "testing")]
pub(crate) mod raw;
pub(crate) mod report;
pub(crate) mod residence;
pub(crate) mod retention;
pub(crate) mod settings;
pub(crate) mod statement;
pub(crate) mod task;
mod term;
pub(crate) mod unit;
pub(crate) mod visit;

use core::time::Duration;
#[cfg(feature = "sqlite")]
use std::path::Path;
use std::sync::Once;

use sqlx_core::any::driver::{AnyDriver, install_drivers};
use sqlx_core::any::{Any, AnyPoolOptions};
#[cfg(feature = "sqlite")]
use sqlx_core::executor::Executor;
use sqlx_core::pool::Pool;
use sqlx_core::transaction::Transaction;

pub use self::error::StoreError;

/// Connections of one host.
const CONNECTIONS: u32 = 8;
/// How long a caller waits for a free connection, and a writer of SQLite for another.
const WAIT: Duration = Duration::from_secs(30);

/// What keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Engine {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

/// A store of the newest schema. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool<Any>,
}

impl Store {
    /// Opens an SQLite file, and makes it where there is none. Several processes may have it open.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the file cannot be opened, or a newer program has changed its schema.
    #[cfg(feature = "sqlite")]
    pub async fn open_file(file: &Path) -> Result<Self, StoreError> {
        let text = file.to_str().ok_or(StoreError::Address)?;
        let encoded: String = text.bytes().map(percent_encoded).collect();
        Self::open(Engine::Sqlite, &format!("sqlite://{encoded}?mode=rwc")).await
    }

    /// Opens a Postgres database by its URL, `postgres://user@host:port/database`. The connection is not encrypted: reach it over loopback,
    /// a socket, or what your host encrypts by itself.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the database cannot be reached, or a newer program has changed its schema.
    #[cfg(feature = "postgres")]
    pub async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        Self::open(Engine::Postgres, url).await
    }

    async fn open(engine: Engine, url: &str) -> Result<Self, StoreError> {
        install();
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(WAIT)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    match engine {
                        #[cfg(feature = "sqlite")]
                        Engine::Sqlite => connection.execute(SQLITE).await.map(drop),
                        #[cfg(feature = "postgres")]
                        Engine::Postgres => {
                            let _ = connection;
                            Ok(())
                        }
                    }
                })
            })
            .connect(url)
            .await?;
        migration::run(&pool).await?;
        Ok(Self { pool })
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.pool.begin().await?)
    }

    /// Closes its connections, and waits for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Readers never wait for the writer; a commit is on the disk before it is told; a second writer waits as long as [`WAIT`].
#[cfg(feature = "sqlite")]
const SQLITE: &str = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

const DRIVERS: &[AnyDriver] = &[
    #[cfg(feature = "sqlite")]
    sqlx_sqlite::any::DRIVER,
    #[cfg(feature = "postgres")]
    sqlx_postgres::any::DRIVER,
];

fn install() {
    static ONCE: Once = Once::new();
    // Somebody else in this process may have been faster. If theirs lack ours, opening says so.
    ONCE.call_once(|| drop(install_drivers(DRIVERS)));
}

/// A byte of a path as a URL has it.
#[cfg(feature = "sqlite")]
fn percent_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"/-._".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}
