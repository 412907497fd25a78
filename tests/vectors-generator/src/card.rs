//! Keycards: published exchanges, and a whole reading of one of ours (spec §14.7–§14.11).

pub(crate) mod diversification;
pub(crate) mod ev2;
pub(crate) mod formula;
pub(crate) mod secure_messaging;
pub(crate) mod sun;
