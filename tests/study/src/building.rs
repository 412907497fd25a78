//! The building: who lives where, and which doors there are. Invented, and meant to be plausible.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// Flats, each with a door of its own.
pub(crate) const FLATS: usize = 300;
/// Flats behind one wing door.
const FLATS_IN_WING: usize = 50;
const ENTRANCES: usize = 4;
const WINGS: usize = FLATS / FLATS_IN_WING;
/// How often a day a resident uses one door of the kind, and how many of them there are: laundries, mail rooms, bicycle rooms,
/// garages, waste rooms, gyms, storage rooms, meeting rooms.
const AMENITIES: [(f64, usize); 8] =
    [(0.05, 4), (0.12, 2), (0.04, 4), (0.06, 4), (0.08, 4), (0.06, 2), (0.01, 8), (0.01, 2)];

/// Of a hundred residents, so many open with the app; the others with a card.
const APP_USERS_PERCENT: u32 = 70;
/// Of a hundred app users, so many have an iPhone, which carries only while its app is in use.
const IPHONES_PERCENT: u32 = 50;

/// The number of a door in [`Building::doors`].
pub(crate) type DoorNumber = usize;
/// The number of a person in [`Building::people`].
pub(crate) type PersonNumber = usize;

/// What a door is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Door {
    Residence,
    Entrance,
    Wing,
    /// A common room, with the uses of one resident a day.
    Amenity(f64),
}

/// What a person opens doors with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    Android,
    IPhone,
    Card,
}

impl Means {
    pub(crate) const fn has_app(self) -> bool {
        matches!(self, Self::Android | Self::IPhone)
    }
}

/// A resident.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) flat: usize,
    pub(crate) means: Means,
    /// The entrance that he mostly takes.
    pub(crate) entrance: DoorNumber,
}

/// 300 flats and 40 common doors.
#[derive(Clone, Debug)]
pub(crate) struct Building {
    pub(crate) doors: Vec<Door>,
    pub(crate) people: Vec<Person>,
}

impl Building {
    /// One to three people in each flat: 40, 40 and 20 of a hundred.
    pub(crate) fn new(random: &mut ChaCha8Rng) -> Self {
        let mut doors = vec![Door::Residence; FLATS];
        doors.extend([Door::Entrance; ENTRANCES]);
        doors.extend([Door::Wing; WINGS]);
        for (uses, number) in AMENITIES {
            doors.extend(core::iter::repeat_n(Door::Amenity(uses), number));
        }
        let mut people = Vec::new();
        for flat in 0..FLATS {
            let residents = match random.random_range(0..100) {
                0..40 => 1,
                40..80 => 2,
                _ => 3,
            };
            people.extend((0..residents).map(|_| person(flat, random)));
        }
        Self { doors, people }
    }

    /// The doors that everybody may use.
    pub(crate) fn common_doors(&self) -> impl Iterator<Item = DoorNumber> {
        FLATS..self.doors.len()
    }

    /// The door of a flat.
    pub(crate) const fn residence(flat: usize) -> DoorNumber {
        flat
    }

    /// The wing door before a flat.
    pub(crate) const fn wing(flat: usize) -> DoorNumber {
        FLATS + ENTRANCES + flat / FLATS_IN_WING
    }

    pub(crate) const fn entrance(number: usize) -> DoorNumber {
        FLATS + number % ENTRANCES
    }

    /// The flats that somebody passes on the way to his own.
    pub(crate) fn on_the_way(flat: usize) -> impl Iterator<Item = DoorNumber> {
        let first = flat - flat % FLATS_IN_WING;
        (flat.saturating_sub(3).max(first)..flat).map(Self::residence)
    }
}

fn person(flat: usize, random: &mut ChaCha8Rng) -> Person {
    let means = if !random.random_ratio(APP_USERS_PERCENT, 100) {
        Means::Card
    } else if random.random_ratio(IPHONES_PERCENT, 100) {
        Means::IPhone
    } else {
        Means::Android
    };
    Person { flat, means, entrance: Building::entrance(random.random_range(0..ENTRANCES)) }
}
