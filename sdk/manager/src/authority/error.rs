//! Why the authority could not do it.

use thumbturn_protocol::error::Error;
use thumbturn_protocol::random::RandomFailed;

/// Why the authority could not do it. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// A receipt as new was taken before: another courier was faster.
    #[error("a receipt as new was taken before: drop this one")]
    NotNewer,
    /// A door contradicts what it said before: its storage or its receipt key is not what it was. Somebody should look at it.
    #[error("the door contradicts what it said before: somebody should look at it")]
    Forked,
    /// A version or an epoch is the last one that there is: only a rotation of the keys begins anew.
    #[error("no number is left: rotate the keys")]
    NumbersUsedUp,
    /// A delta was asked for from a version whose changes are not remembered any more.
    #[error("the changes since that version are forgotten: make a snapshot")]
    Forgotten,
    /// What came does not verify, or what was to be signed would be refused by every verifier.
    #[error(transparent)]
    Protocol(#[from] Error),
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}
