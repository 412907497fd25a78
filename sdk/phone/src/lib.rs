//! The resident side: wallet, unlock machine and the whole connection policy over a small [`link::Link`] trait.

pub mod link;
pub mod queue;
pub mod timer;
