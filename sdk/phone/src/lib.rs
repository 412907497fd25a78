//! The resident side: wallet, unlock machine and the whole connection policy over a small [`link::Link`] trait.
#![expect(clippy::std_instead_of_alloc, reason = "a phone always has std")]

pub mod cancel;
pub mod commission;
pub mod conversation;
pub mod driver;
#[cfg(test)]
mod fixture;
pub mod link;
pub mod nearby;
pub mod queue;
pub mod radio;
pub mod sharing;
pub mod testing;
pub mod timer;
pub mod unlock;
pub mod vault;
pub mod wallet;
