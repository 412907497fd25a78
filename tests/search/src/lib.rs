//! An explicit-state search of the operation protocol (`docs/spec/4`, `6` and `8`): one phone, one door, two
//! connections, a relay that may make one of them, and a world that loses, delays and repeats messages, runs clocks at
//! different speeds, cuts the power of either side between any two steps and restores the phone's vault from a copy.
//!
//! The search visits every state that some order of these events reaches, breadth first, and looks for a breach of
//! invariant I8: *one operation, one outcome; no retry, duplicate, cancel or crash moves the bolt twice*. What the model
//! keeps and what it leaves out is written in `docs/model/operation-search.md`.
//!
//! - [`Rules`] are the promises of the specification; each can be taken away.
//! - [`State`] and [`apply`] are the protocol: what may happen next.
//! - [`search`] explores them on two threads, with exact (never merely hashed) comparison of states.
//!
//! [`delivery`] is another, small search: of updates and logs in the hands of couriers.

mod action;
mod apply;
mod canonical;
mod cleanup;
pub mod delivery;
mod door;
mod explore;
mod operation;
mod phone;
mod report;
mod rules;
mod shard;
mod state;
mod trace;
mod violation;
mod world;

pub use action::{Action, Choice, Next, Path};
pub use apply::{Step, apply};
pub use canonical::Packed;
pub use explore::{Limit, search};
pub use operation::{Operation, Ticket};
pub use report::{Found, Summary};
pub use rules::Rules;
pub use state::{
    Answer, Chain, Connection, Door, Entry, Held, Hello, Intent, Phase, Phone, Reported, State, Vault,
};
pub use violation::Violation;
