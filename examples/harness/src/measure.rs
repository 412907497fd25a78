//! Figures from what the radio saw.

pub(crate) mod figures;
pub(crate) mod holdings;
pub(crate) mod phases;
pub(crate) mod store;
pub(crate) mod transfer;
