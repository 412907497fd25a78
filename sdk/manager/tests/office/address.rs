//! Where a store is, so that another process opens the same.

use core::fmt;
use std::path::PathBuf;

use thumbturn_manager::office::Store;

/// Where a store is.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    File(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl Address {
    /// From what its `Display` writes.
    pub(crate) fn parse(text: &str) -> Self {
        #[cfg(feature = "postgres")]
        if text.starts_with("postgres://") {
            return Self::Postgres(text.to_owned());
        }
        Self::File(PathBuf::from(text))
    }

    pub(crate) async fn open(&self) -> Store {
        match self {
            Self::File(file) => Store::open_file(file).await.unwrap(),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => Store::open_postgres(url).await.unwrap(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(formatter),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => url.fmt(formatter),
        }
    }
}
