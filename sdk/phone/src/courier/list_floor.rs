//! What a phone knows of how new a door's list is (spec §10.8).

use serde::{Deserialize, Serialize};
use thumbturn_protocol::ids::{Generation, ListVersion};
use thumbturn_protocol::update::edition::Edition;

/// The generation in which a property begins: no list is of an earlier one.
const FIRST_GENERATION: Generation = Generation(1);

/// Up to this edition no update is of use to a door.
///
/// A door tells which generation it believes and which version its list has, not whose keys signed that list: after a
/// rotation it may still be one of the keys before, and a thief of those may have given it the highest version there is. Which
/// generation it is of shows when the door takes an update, or calls it not newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListFloor(Edition);

impl ListFloor {
    /// Of a door of which nothing is known.
    pub(crate) const NONE: Self = Self(Edition::NONE);

    /// The door's list is as new as this, or newer.
    pub(crate) fn raised_to(self, edition: Edition) -> Self {
        Self(self.0.max(edition))
    }

    /// The door says which generation it believes, and the version of its list.
    pub(crate) fn heard(self, generation: Generation, version: ListVersion) -> Self {
        let is_of_generation = generation == FIRST_GENERATION
            || self.0.generation == generation && self.0.version > ListVersion(0);
        // What the keys before have signed is of no use in any case.
        let version = if is_of_generation { version } else { ListVersion(0) };
        self.raised_to(Edition { generation, version })
    }

    /// Whether an update that leads there is of no use to the door.
    pub(crate) fn covers(&self, edition: Edition) -> bool {
        edition <= self.0
    }
}
