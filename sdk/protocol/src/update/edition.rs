//! How new a list is (spec §10.8).

use serde::{Deserialize, Serialize};

use crate::ids::{Generation, ListVersion};

/// A generation of the property's keys, and the version of a list that was signed by them. Later ones are greater.
///
/// The version alone does not tell: whoever stole the keys of a generation may have signed the highest version there is, and the
/// first list of the next generation takes its place all the same (spec §10.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edition {
    /// Of the property's keys.
    pub generation: Generation,
    /// Of the list.
    pub version: ListVersion,
}

impl Edition {
    /// Of a door that no update has reached: before all others.
    pub const NONE: Self = Self { generation: Generation(0), version: ListVersion(0) };
}
