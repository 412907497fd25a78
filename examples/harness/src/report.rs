//! A page that tells what was measured: one file, readable without a network.

mod page;
mod plot;
mod table;

pub(crate) use self::page::page;
