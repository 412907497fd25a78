//! A second search, of what couriers carry (`docs/spec/10`, `11.4` and `12`): the list of a door, and its log.
//!
//! Whoever carries may drop, delay, duplicate and reorder: whatever was ever sent may arrive at any time, any number of
//! times, or never. The door may lose power, its ring may overwrite, the authority may come back from an old backup, the
//! property key may be stolen. What cryptography gives (nobody forges, nobody mixes two parcels) is taken for granted;
//! the symbolic models show it. `docs/model/delivery-search.md` says what is modelled and what is left out.
//!
//! In every state a *rescue* is tried as well: an honest courier, from now on, must bring door and authority together.

mod breadth_first;
mod list;
mod list_rules;
mod log;
mod log_rules;

pub use breadth_first::{Explored, Model, Outcomes, explore};
pub use list::{ListAction, ListBreach, ListModel, ListState};
pub use list_rules::ListRules;
pub use log::{LogAction, LogBreach, LogModel, LogState};
pub use log_rules::LogRules;
