//! Why it stopped, and what to do next.

use thumbturn_manager::office::model::{InvalidEmail, InvalidName};
use thumbturn_manager::office::{Error, StoreError};
use thumbturn_protocol::random::RandomFailed;

/// Why it stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("scale --folder FOLDER [--postgres URL] [--short] [--figures FILE]")]
    Usage,
    /// Figures beyond their bounds, each with its bound.
    #[error(
        "beyond their bounds: {}; look with EXPLAIN for a statement of these use cases that reads more than it changes, or for one that is \
         asked for each row",
        list(.0)
    )]
    Beyond(Vec<(String, f64, f64)>),
    #[error("the file that was made to be imported was refused: {0}; compare `import` with the template")]
    Import(String),
    #[error("a file or a folder: {0}; check that the folder can be written and has 4 GB left")]
    Machine(#[source] std::io::Error),
    #[error(
        "a phone's request was refused before it was sent: {0}; compare `exchange` with what the protocol takes"
    )]
    Request(#[from] thumbturn_protocol::error::Error),
    #[error(transparent)]
    Office(#[from] Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(beyond: &[(String, f64, f64)]) -> String {
    let one = |(name, value, bound): &(String, f64, f64)| format!("{name} is {value:.2}, at most {bound}");
    beyond.iter().map(one).collect::<Vec<_>>().join("; ")
}

macro_rules! office {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Office(error.into())
            }
        }
    )*};
}

office!(InvalidEmail, InvalidName, RandomFailed);
