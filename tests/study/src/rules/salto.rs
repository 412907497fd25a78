//! Rights on the card, renewed for seven days at online readers, and a denylist that cards take from there to offline locks.

use std::collections::BTreeSet;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::{Known, Rule};
use crate::building::Door;
use crate::case::{Case, Change};
use crate::life::Contact;

/// Hours that a card is valid after it was shown to an online reader.
const VALID: f64 = 7.0 * 24.0;

pub(super) const RULE: Rule = Rule {
    name: "salto",
    title: "7-day renewal and denylist on cards",
    source: "a key is valid for 7 days by default, and every presentation at an online door extends it; cancelled keys are carried to \
             offline locks by people's keys (support.saltosystems.com, homelok expiration-and-validity and denylists; \
             peers.md §7.1). The four entrances are online",
    spread,
};

fn spread(case: &Case<'_>, known: &mut Known, random: &mut ChaCha8Rng) {
    if case.change != Change::Keycard {
        // Since when the card was not renewed is unknown: any time of its seven days.
        known.all_learn(random.random_range(0.0..VALID));
    }
    let mut carriers = BTreeSet::new();
    for visit in case.life.visits.iter().filter(|visit| case.takes_place(visit)) {
        if visit.contact != Contact::Unlock {
            continue;
        }
        let is_online = case.building.doors.get(visit.door) == Some(&Door::Entrance);
        match case.change {
            // The reader writes the new rights onto the card, and they hold at all doors.
            Change::Keycard if is_online && visit.person == case.person => return known.all_learn(visit.at),
            Change::Keycard => {}
            Change::Revocation | Change::MoveIn if is_online => {
                known.learns(visit.door, 0.0);
                carriers.insert(visit.person);
            }
            Change::Revocation | Change::MoveIn => {
                if carriers.contains(&visit.person) {
                    known.learns(visit.door, visit.at);
                }
            }
        }
    }
}
