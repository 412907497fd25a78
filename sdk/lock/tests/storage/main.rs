//! A door's storage on emulated NOR flash: bounds, wear, power cuts.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_alloc,
    reason = "a test panics when it is wrong, has std, and casts small numbers"
)]

mod counters;
mod events;
mod identity;
mod keypad;
mod model;
mod power_cuts;
mod support;
mod tickets;
