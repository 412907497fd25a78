//! Where a phone with a network gets an instant for the one session that it is in (spec §13.2).

use async_trait::async_trait;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time_token::TimeNonce;

/// The authority's clock, as far as the phone has a network. Asked once in each delivery; no unlock waits for it.
#[async_trait]
pub trait TimeSource: Send + Sync {
    /// The time token that the authority of `property` signs for `nonce`; `None` when there is none to be had now, or no reason to ask.
    ///
    /// A door refuses one that comes more than 8 s after it drew the nonce, and a session ends after 1.5 s in which nothing else is to
    /// be done: answer soon or not at all. The future is dropped when the session ends.
    ///
    /// The trait is one of the `async-trait` crate: put `#[async_trait::async_trait]` before your `impl`.
    async fn sign(&self, property: PropertyId, nonce: TimeNonce) -> Option<Vec<u8>>;
}
