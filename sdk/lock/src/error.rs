//! Why the engine could not do what it had to.

use thumbturn_protocol::random::RandomFailed;

use crate::storage::StorageError;

/// The lock crate's error. Never caused by what a phone sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The flash failed or holds what no version of this engine wrote.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The flash holds an identity that this firmware cannot read.
    #[error("the identity in flash is not readable")]
    Identity,
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
    /// What the door states to its property could not be made.
    #[error("a statement to the property could not be made")]
    Statement,
}

/// Which of its steps failed says nothing to anybody.
impl From<thumbturn_protocol::error::Error> for Error {
    fn from(_: thumbturn_protocol::error::Error) -> Self {
        Self::Statement
    }
}
