//! The office from outside: the rules of the domain, on every engine.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failed step of the set-up fails the test; what a child prints, its parent reads"
)]

mod access;
mod activity;
mod address;
mod agreement;
mod audit;
mod cards;
mod claimed;
mod concurrency;
mod consent;
#[cfg(unix)]
mod crashes;
mod daily_codes;
mod doorcodes;
mod guests;
mod import;
mod log;
mod many;
mod migrations;
mod people;
mod permissions;
mod personal_data;
mod privacy;
mod process;
mod questions;
mod reports;
mod retention;
mod revocations;
mod setting;
mod settings;
mod zones;
