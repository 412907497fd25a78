//! The office from outside: the rules of the domain, on every engine.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failed step of the set-up fails the test"
)]

mod access;
mod audit;
mod import;
mod people;
mod permissions;
mod reports;
mod setting;
