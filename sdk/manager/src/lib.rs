//! The manager core: the half of the product that a property's staff live in.
//!
//! | module | what |
//! |---|---|
//! | [`access`] | who may open which door when: the rule with which everything else has to agree |
//! | [`authority`] | what an authority signs, seals, plans and believes |
//! | [`revocation`] | how long a revocation takes at a door without a network |
//! | [`office`] | people, Keys, doors and managers in a store; each use case is one transaction (features `sqlite` and `postgres`) |
//!
//! ```
//! use core::time::Duration;
//! use thumbturn_manager::revocation::{Credential, Visits, revocation_time};
//!
//! // Nine phones a day deliver to this door, and somebody makes a round once a week.
//! let day = Duration::from_secs(86_400);
//! let visits = Visits::per_day(9.0).unwrap().at_least_every(7 * day);
//! let card = revocation_time(Credential::Stored { ends_in: None }, &visits);
//! assert_eq!(card.bound, Some(7 * day));
//! assert!(card.expected < Duration::from_secs(3 * 3_600));
//! ```

pub mod access;
pub mod authority;
pub mod ids;
#[cfg(feature = "office")]
pub mod office;
pub mod revocation;
