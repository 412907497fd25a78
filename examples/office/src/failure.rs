//! Why a command did not do it: a reason for programs, what happened for people, and what to do next.

use core::fmt;
use std::io;
use std::path::Path;

use thumbturn_manager::office::calendar::InvalidDate;
use thumbturn_manager::office::csv::FileError;
use thumbturn_manager::office::keystore::KeyStoreError;
use thumbturn_manager::office::model::{InvalidEmail, InvalidName};
use thumbturn_manager::office::{Error, StoreError};

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The typed reason, for programs: words with hyphens, never changed once published.
    pub(crate) reason: &'static str,
    /// What happened.
    pub(crate) what: String,
    /// What the person does next.
    pub(crate) next: String,
}

impl Failure {
    /// A failure.
    pub(crate) fn new(reason: &'static str, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { reason, what: what.into(), next: next.into() }
    }

    /// A file that could not be read or written.
    pub(crate) fn of_file(path: &Path, error: &io::Error) -> Self {
        let next = "check that the file exists and that this user may read it";
        Self::new("file", format!("{}: {error}", path.display()), next)
    }

    /// Something that this property does not have.
    pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> Self {
        let next = if known.is_empty() {
            format!("there is no {what} yet: make one first")
        } else {
            format!("there are: {}", known.join(", "))
        };
        Self::new("unknown-name", format!("there is no {what} {name}"), next)
    }

    /// What the office says has its next step behind a colon.
    fn of_office(reason: &'static str, error: &impl fmt::Display) -> Self {
        let text = error.to_string();
        let (what, next) = text.split_once(": ").unwrap_or((&text, "see docs/guide/office.md"));
        Self::new(reason, what, next)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n next: {}", self.what, self.next)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let reason = match &error {
            Error::NotPermitted(_) => "not-permitted",
            Error::NotFound(_) => "not-found",
            Error::NameTaken(_) => "name-taken",
            Error::Invalid(_) => "invalid",
            Error::KeyStore(error) => return (*error).into(),
            Error::Store(_) => "store",
            _ => "other",
        };
        Self::of_office(reason, &error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Engine(cause) => Self::new(
                "store",
                format!("the store failed: {cause}"),
                "check --store, and that the file or the server can be reached",
            ),
            other => Self::of_office("store", &other),
        }
    }
}

impl From<KeyStoreError> for Failure {
    fn from(error: KeyStoreError) -> Self {
        Self::of_office("keystore", &error)
    }
}

impl From<InvalidEmail> for Failure {
    fn from(error: InvalidEmail) -> Self {
        Self::of_office("invalid", &error)
    }
}

impl From<InvalidName> for Failure {
    fn from(error: InvalidName) -> Self {
        Self::of_office("invalid", &error)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::of_office("csv", &error)
    }
}

impl From<InvalidDate> for Failure {
    fn from(error: InvalidDate) -> Self {
        Self::of_office("no-day", &error)
    }
}
