//! Ours: every unlock by anybody delivers, bulletins also from door to phone; with courier grants also whoever passes.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::{Known, Rule};
use crate::building::{Building, Door, DoorNumber, Means};
use crate::case::{Case, Change};
use crate::life::{Contact, Visit};
use crate::news::News;

/// Seconds of a session that a bulletin of a few entries takes.
const BULLETIN_SECONDS: f64 = 0.5;
/// Seconds of a session that the update of one row takes.
const UPDATE_SECONDS: f64 = 1.0;
/// Seconds from the first advertisement heard in passing to the end of a courier's handshake.
const CONNECT_SECONDS: f64 = 1.5;
/// Of a hundred times that an Android phone passes a door, so many it notices it in the background.
const ANDROID_NOTICES_PERCENT: u32 = 80;
/// Of a hundred times that an iPhone is carried past a door on the way in, so many its app is still in use after the unlock before.
const IPHONE_IN_USE_PERCENT: u32 = 50;

pub(super) const WITHOUT_COURIERS: Rule = Rule {
    name: "thumbturn_without_couriers",
    title: "Thumbturn, courier grants switched off",
    source: "design §3–§5: every unlock by anybody delivers and collects",
    spread: |case, known, random| spread(case, known, random, false),
};

pub(super) const WITH_COURIERS: Rule = Rule {
    name: "thumbturn",
    title: "Thumbturn",
    source: "design §3: phones that pass a door without a right to open it deliver too; an iPhone only while its app is in use",
    spread: |case, known, random| spread(case, known, random, true),
};

fn spread(case: &Case<'_>, known: &mut Known, random: &mut ChaCha8Rng, couriers: bool) {
    match case.change {
        Change::Revocation => bulletin(case, known, random, couriers),
        Change::Keycard => update(case, known, random, couriers),
        Change::MoveIn => {
            bulletin(case, known, random, couriers);
            // The new grant carries the version that voids the old household: the first unlock brings it.
            for door in &case.doors {
                if let Some(at) = case.first_unlock(*door) {
                    known.learns(*door, at);
                }
            }
        }
    }
}

/// A bulletin goes both ways between every phone and every door.
fn bulletin(case: &Case<'_>, known: &mut Known, random: &mut ChaCha8Rng, couriers: bool) {
    let mut news = News::new(case.building, random);
    for visit in case.life.visits.iter().filter(|visit| case.takes_place(visit)) {
        let seconds = session_seconds(case, visit, couriers, random);
        if seconds >= BULLETIN_SECONDS {
            if news.has(visit.person, visit.at) {
                known.learns(visit.door, visit.at);
            } else if known.knows(visit.door, visit.at) {
                news.gets(visit.person, visit.at);
            }
        }
        if visit.contact == Contact::Unlock {
            news.used_app(visit.person, visit.at, random);
        }
    }
}

/// A parcel is for one door, and goes on where the phone before left off.
fn update(case: &Case<'_>, known: &mut Known, random: &mut ChaCha8Rng, couriers: bool) {
    let mut news = News::new(case.building, random);
    let mut received: BTreeMap<DoorNumber, f64> = BTreeMap::new();
    for visit in case.life.visits.iter().filter(|visit| case.takes_place(visit)) {
        let seconds = session_seconds(case, visit, couriers, random);
        if seconds > 0.0 && carries(case, visit, couriers) && news.has(visit.person, visit.at) {
            let received = received.entry(visit.door).or_default();
            *received += seconds;
            if *received >= UPDATE_SECONDS {
                known.learns(visit.door, visit.at);
            }
        }
        if visit.contact == Contact::Unlock {
            news.used_app(visit.person, visit.at, random);
        }
    }
}

/// Seconds for deliveries in a visit; 0 when there is no session.
fn session_seconds(case: &Case<'_>, visit: &Visit, couriers: bool, random: &mut ChaCha8Rng) -> f64 {
    let Some(person) = case.building.people.get(visit.person) else { return 0.0 };
    let percent = match (person.means, visit.contact) {
        (Means::Card, _) => 0,
        (Means::Android | Means::IPhone, Contact::Unlock) => 100,
        (Means::Android, Contact::PassIn | Contact::PassOut) => ANDROID_NOTICES_PERCENT,
        (Means::IPhone, Contact::PassIn) => IPHONE_IN_USE_PERCENT,
        (Means::IPhone, Contact::PassOut) => 0,
    };
    let passes = visit.contact != Contact::Unlock;
    if passes && !couriers || !random.random_ratio(percent, 100) {
        return 0.0;
    }
    let connecting = if passes { CONNECT_SECONDS } else { 0.0 };
    (visit.seconds - connecting).max(0.0)
}

/// Whether the authority gives this phone parcels for this door. The update of one row is about half a KiB, so those for all doors that
/// a resident may open fit the smallest byte budget.
fn carries(case: &Case<'_>, visit: &Visit, couriers: bool) -> bool {
    let Some(person) = case.building.people.get(visit.person) else { return false };
    match case.building.doors.get(visit.door) {
        Some(Door::Entrance | Door::Amenity(_)) => true,
        Some(Door::Wing) => visit.door == Building::wing(person.flat),
        Some(Door::Residence) => visit.door == Building::residence(person.flat) || couriers,
        None => false,
    }
}
