//! Why no vectors came out.

use std::path::PathBuf;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The protocol crate refused what it should make or read.
    #[error("the protocol crate refused: {0}")]
    Protocol(#[from] thumbturn_protocol::error::Error),
    /// The random source of a key failed; ours never does.
    #[error(transparent)]
    Random(#[from] thumbturn_protocol::random::RandomFailed),
    /// Protocol crate and formula differ, or something was accepted that must be refused.
    #[error("the protocol crate and the specification's formula disagree about {0}")]
    Disagree(&'static str),
    /// A vector has no JSON form.
    #[error("not writable as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Committed files are not what the code produces.
    #[error("not what the code produces: {}", names.join(", "))]
    Stale {
        /// Which.
        names: Vec<&'static str>,
    },
}

/// Stops when two computations of one value differ.
pub(crate) fn agree<T: PartialEq>(left: &T, right: &T, what: &'static str) -> Result<(), Error> {
    if left == right { Ok(()) } else { Err(Error::Disagree(what)) }
}

/// Stops when something that must be refused was accepted.
pub(crate) fn refused<T, E>(result: Result<T, E>, what: &'static str) -> Result<(), Error> {
    if result.is_err() { Ok(()) } else { Err(Error::Disagree(what)) }
}
