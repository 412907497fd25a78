//! The phone core for Swift, Kotlin and Python. This crate knows uniffi, and nothing else does; it converts and forwards, and
//! decides nothing.
//!
//! | the app brings | as |
//! |---|---|
//! | its radio | [`link::Link`], a foreign async trait; events go into the queues it is handed |
//! | its clock | [`timer::Timer`] |
//! | its keystore | [`keystore::KeyStore`] |
//!
//! Ids and keys cross as bytes and are checked inside; times cross as seconds (`u64`). An async call is cancelled by its
//! [`unlock::CancelHandle`], since cancelling a Swift task does not reach Rust.

pub mod courier;
pub mod keystore;
pub mod link;
mod random;
#[cfg(feature = "testing")]
pub mod testing;
pub mod timer;
pub mod unlock;
pub mod vault;

uniffi::setup_scaffolding!();
