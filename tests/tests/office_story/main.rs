//! The whole way of access: from a manager's invitation over a phone and a doorcode to a bolt that moves, and back to a bolt that does not.

mod building;
mod people;
mod sync;
