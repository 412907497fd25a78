//! The three changes that are followed.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::building::{Building, DoorNumber, PersonNumber};
use crate::life::{Contact, Life};
use crate::staff;

/// A change of somebody's access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A card is lost or its holder has to leave: no door may open to it. He carries nothing any more.
    Revocation,
    /// A card is activated for somebody who has opened all his doors with the app before.
    Keycard,
    /// A flat changes hands: the old household is out, the new one in. It arrives within twelve hours.
    MoveIn,
}

impl Change {
    pub(crate) const ALL: [Self; 3] = [Self::Revocation, Self::Keycard, Self::MoveIn];

    /// Its name in figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Keycard => "keycard",
            Self::MoveIn => "movein",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Revocation => "a card is revoked",
            Self::Keycard => "a keycard is activated",
            Self::MoveIn => "a flat changes hands",
        }
    }
}

/// One change in one building.
pub(crate) struct Case<'a> {
    pub(crate) change: Change,
    pub(crate) building: &'a Building,
    pub(crate) life: &'a Life,
    /// Whose access changes; after a move-in the new resident, who has the app.
    pub(crate) person: PersonNumber,
    /// The doors that must learn of it: his own, and all common ones.
    pub(crate) doors: Vec<DoorNumber>,
    /// The staff's round.
    pub(crate) round: Vec<(DoorNumber, f64)>,
    /// Before this hour the new household is not there.
    pub(crate) arrives: f64,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        change: Change,
        building: &'a Building,
        life: &'a Life,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let with_app: Vec<_> = (0..building.people.len())
            .filter(|person| building.people.get(*person).is_some_and(|person| person.means.has_app()))
            .collect();
        let person = with_app.get(random.random_range(0..with_app.len())).copied().unwrap_or(0);
        let flat = building.people.get(person).map_or(0, |person| person.flat);
        let doors: Vec<_> =
            core::iter::once(Building::residence(flat)).chain(building.common_doors()).collect();
        let round = staff::round(life.begins, &doors, random);
        let arrives = random.random_range(0.0..12.0);
        Self { change, building, life, person, doors, round, arrives }
    }

    /// Whether a visit takes place: who was revoked carries nothing, who has not arrived is not there.
    pub(crate) fn takes_place(&self, visit: &crate::life::Visit) -> bool {
        match self.change {
            Change::Revocation => visit.person != self.person,
            Change::Keycard => true,
            Change::MoveIn => visit.at >= self.arrives || !self.lives_there(visit.person),
        }
    }

    /// When the newcomer opens a door with the app for the first time.
    pub(crate) fn first_unlock(&self, door: DoorNumber) -> Option<f64> {
        let mut visits = self.life.visits.iter().filter(|visit| self.takes_place(visit));
        let first = visits.find(|visit| {
            visit.person == self.person && visit.door == door && visit.contact == Contact::Unlock
        });
        first.map(|visit| visit.at)
    }

    fn lives_there(&self, person: PersonNumber) -> bool {
        let flat = |person: PersonNumber| self.building.people.get(person).map(|person| person.flat);
        flat(person) == flat(self.person)
    }
}
