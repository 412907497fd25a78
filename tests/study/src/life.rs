//! Four weeks of life: who is at which door, when, for how long.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, LogNormal, Normal, Poisson};

use crate::building::{Building, Door, DoorNumber, PersonNumber};

/// Hours that are looked at.
pub(crate) const HORIZON: f64 = 28.0 * 24.0;

/// Times a day that a resident comes home.
const RETURNS: f64 = 1.5;
/// Median seconds that a phone stays in reach of a door after it opened; the spread is that of a factor of 2.2.
const SECONDS_AFTER_BOLT: f64 = 6.0;
/// Median seconds in reach of a door that is passed.
const SECONDS_PASSING: f64 = 3.0;
const SPREAD: f64 = 0.8;
/// Hours from door to door.
const STEP: f64 = 1.0 / 60.0;

/// How a person is at a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    /// He opens it.
    Unlock,
    /// He walks past it on the way in, having opened another door a minute ago.
    PassIn,
    /// He walks past it, or through it from inside, on the way out.
    PassOut,
}

/// Somebody at a door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    /// Hours since the change.
    pub(crate) at: f64,
    pub(crate) person: PersonNumber,
    pub(crate) door: DoorNumber,
    pub(crate) contact: Contact,
    /// Seconds in reach: after the bolt moved, or while passing.
    pub(crate) seconds: f64,
}

/// All visits after the change, in order.
pub(crate) struct Life {
    pub(crate) visits: Vec<Visit>,
    /// The hour of the week (0: Monday, midnight) at which the change was made.
    pub(crate) begins: f64,
}

impl Life {
    /// Draws the lives of everybody. The change falls on any hour of the week.
    pub(crate) fn new(building: &Building, random: &mut ChaCha8Rng) -> Self {
        let begins = random.random_range(0.0..7.0 * 24.0);
        let mut life = Self { visits: Vec::new(), begins };
        for person in 0..building.people.len() {
            // Days are counted from the midnight before the change.
            for day in 0..=28 {
                let midnight = f64::from(day) * 24.0 - begins % 24.0;
                life.day(building, person, midnight, random);
            }
        }
        life.visits.retain(|visit| (0.0..HORIZON).contains(&visit.at));
        life.visits.sort_by(|left, right| left.at.total_cmp(&right.at));
        life
    }

    fn day(&mut self, building: &Building, person: PersonNumber, midnight: f64, random: &mut ChaCha8Rng) {
        for _ in 0..draw(RETURNS, random) {
            let home = midnight + hour_of_return(random);
            let away = LogNormal::new(3.0_f64.ln(), SPREAD).map_or(3.0, |away| away.sample(random));
            self.way_out(building, person, home - away, random);
            self.way_in(building, person, home, random);
        }
        for (door, kind) in building.doors.iter().enumerate() {
            if let Door::Amenity(uses) = kind {
                for _ in 0..draw(*uses, random) {
                    let at = midnight + random.random_range(7.0..22.0);
                    self.visit(at, person, door, Contact::Unlock, random);
                }
            }
        }
    }

    fn way_out(&mut self, building: &Building, person: PersonNumber, at: f64, random: &mut ChaCha8Rng) {
        let Some(resident) = building.people.get(person) else { return };
        let flat = resident.flat;
        let way = core::iter::once(Building::residence(flat)).chain(Building::on_the_way(flat));
        for door in way.chain([Building::wing(flat), resident.entrance]) {
            self.visit(at, person, door, Contact::PassOut, random);
        }
    }

    fn way_in(&mut self, building: &Building, person: PersonNumber, at: f64, random: &mut ChaCha8Rng) {
        let Some(resident) = building.people.get(person) else { return };
        let flat = resident.flat;
        let usual = random.random_ratio(8, 10);
        let other = Building::entrance(random.random_range(0..16));
        let entrance = if usual { resident.entrance } else { other };
        self.visit(at - 2.0 * STEP, person, entrance, Contact::Unlock, random);
        self.visit(at - STEP, person, Building::wing(flat), Contact::Unlock, random);
        for door in Building::on_the_way(flat) {
            self.visit(at - STEP / 2.0, person, door, Contact::PassIn, random);
        }
        self.visit(at, person, Building::residence(flat), Contact::Unlock, random);
    }

    fn visit(
        &mut self,
        at: f64,
        person: PersonNumber,
        door: DoorNumber,
        contact: Contact,
        random: &mut ChaCha8Rng,
    ) {
        let median = if contact == Contact::Unlock { SECONDS_AFTER_BOLT } else { SECONDS_PASSING };
        let seconds = LogNormal::new(median.ln(), SPREAD).map_or(median, |stay| stay.sample(random));
        self.visits.push(Visit { at, person, door, contact, seconds });
    }
}

/// How often something happens today that happens `mean` times a day.
fn draw(mean: f64, random: &mut ChaCha8Rng) -> u32 {
    let times = Poisson::new(mean).map_or(0.0, |times| times.sample(random));
    (0..).take_while(|count| f64::from(*count) < times).count().try_into().unwrap_or(0)
}

/// Six of ten come home around six in the evening, the others at any hour of the day.
fn hour_of_return(random: &mut ChaCha8Rng) -> f64 {
    if random.random_ratio(6, 10) {
        Normal::new(18.0, 2.0).map_or(18.0_f64, |hour| hour.sample(random)).clamp(12.0, 23.9)
    } else {
        random.random_range(8.0..22.0)
    }
}
