//! One intent of a person at one door: the machine that leads it to exactly one outcome (spec §8).

pub(crate) mod connection;
mod conversation;
mod error;
mod ledger;
mod machine;
mod progress;
mod request;
#[cfg(test)]
mod tests;

pub use self::conversation::UnlockConversation;
pub use self::error::{DoorFault, UnlockError};
pub use self::machine::UnlockTimes;
pub use self::progress::{Bolt, Opened, Progress, UnlockPath};
