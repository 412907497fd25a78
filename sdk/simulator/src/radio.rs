//! The physics of the air and the rules of the link layer, without any state.

pub mod link_layer;
pub mod place;
pub mod settings;
pub(crate) mod signal;
