//! The list in emulated NOR flash: lookups, atomic changes, staging, power cuts, rot, bounds.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::std_instead_of_alloc,
    reason = "a test panics when it is wrong, has std, and casts small numbers"
)]

mod bounds;
mod changes;
mod door;
mod list;
mod model;
mod power_cuts;
mod rot;
mod staging;
