//! Updates: from one version of a door's list to a later one (spec §10).

pub mod digest;
pub mod row;
