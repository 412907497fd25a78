//! Empty stores, and that nothing is left of them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use thumbturn_manager::office::Store;

use crate::failure::Failure;

/// Where stores are.
pub(crate) enum Engine {
    /// Files in a folder.
    Sqlite(PathBuf),
    /// Databases of a server, of which one has this URL.
    Postgres(String),
}

/// A store.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Small,
    Large,
    Imported,
    Raw,
}

impl Place {
    const fn name(self) -> &'static str {
        match self {
            Self::Small => "scale_small",
            Self::Large => "scale_large",
            Self::Imported => "scale_imported",
            Self::Raw => "scale_raw",
        }
    }

    const fn creation(self) -> &'static str {
        match self {
            Self::Small => "CREATE DATABASE scale_small",
            Self::Large => "CREATE DATABASE scale_large",
            Self::Imported => "CREATE DATABASE scale_imported",
            Self::Raw => "CREATE DATABASE scale_raw",
        }
    }

    const fn removal(self) -> &'static str {
        match self {
            Self::Small => "DROP DATABASE IF EXISTS scale_small",
            Self::Large => "DROP DATABASE IF EXISTS scale_large",
            Self::Imported => "DROP DATABASE IF EXISTS scale_imported",
            Self::Raw => "DROP DATABASE IF EXISTS scale_raw",
        }
    }
}

impl Engine {
    pub(crate) fn sqlite(folder: PathBuf) -> Self {
        Self::Sqlite(folder)
    }

    pub(crate) fn postgres(url: &str) -> Self {
        Self::Postgres(url.to_owned())
    }

    /// What figures call it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// An empty store.
    pub(crate) async fn make(&self, place: Place) -> Result<Store, Failure> {
        self.remove(place).await?;
        match self {
            Self::Sqlite(folder) => {
                fs::create_dir_all(folder).map_err(Failure::Machine)?;
                Ok(Store::open_file(&file(folder, place)).await?)
            }
            Self::Postgres(url) => {
                alone(url, place.creation()).await?;
                let (server, _) = url.rsplit_once('/').ok_or(Failure::Usage)?;
                Ok(Store::open_postgres(&format!("{server}/{}", place.name())).await?)
            }
        }
    }

    /// Closes a store, and deletes it.
    pub(crate) async fn delete(&self, store: Store, place: Place) -> Result<(), Failure> {
        store.close().await;
        self.remove(place).await
    }

    async fn remove(&self, place: Place) -> Result<(), Failure> {
        match self {
            Self::Sqlite(folder) => {
                let main = file(folder, place);
                for file in ["db", "db-wal", "db-shm"].map(|extension| main.with_extension(extension)) {
                    match fs::remove_file(file) {
                        Err(error) if error.kind() != ErrorKind::NotFound => {
                            return Err(Failure::Machine(error));
                        }
                        _ => {}
                    }
                }
                Ok(())
            }
            Self::Postgres(url) => alone(url, place.removal()).await,
        }
    }
}

fn file(folder: &Path, place: Place) -> PathBuf {
    folder.join(place.name()).with_extension("db")
}

async fn alone(url: &str, statement: &'static str) -> Result<(), Failure> {
    let store = Store::open_postgres(url).await?;
    let done = store.run_alone(statement).await;
    store.close().await;
    Ok(done?)
}
