//! Updates: rows, settings, whole parcels with everything inside, proofs of chunks, and what must be refused (spec §10).

pub(crate) mod parcels;
pub(crate) mod proofs;
pub(crate) mod rows;
