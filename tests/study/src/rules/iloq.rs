//! A blocklist that keys take to locks and locks to keys; rights lie in the keys.

use rand_chacha::ChaCha8Rng;

use super::{Known, Rule};
use crate::case::{Case, Change};
use crate::life::Contact;
use crate::news::News;

pub(super) const RULE: Rule = Rule {
    name: "iloq",
    title: "blocklist both ways and staff jobs",
    source: "a versioned blocklist of 500 keys; phones get it over the air or from a lock that has a newer one and pass it on, fobs \
             too (support.iloq.com 5-series-plus, blocked keys; peers.md §7.3). One change is far from the 500",
    spread,
};

fn spread(case: &Case<'_>, known: &mut Known, random: &mut ChaCha8Rng) {
    if case.change == Change::Keycard {
        // A new key is programmed when it is handed out, and carries its rights.
        return known.all_learn(0.0);
    }
    let mut news = News::new(case.building, random);
    for visit in case.life.visits.iter().filter(|visit| case.takes_place(visit)) {
        // The lock is powered by the touch of the key that opens it.
        if visit.contact != Contact::Unlock {
            continue;
        }
        if news.has(visit.person, visit.at) {
            known.learns(visit.door, visit.at);
        } else if known.knows(visit.door, visit.at) {
            news.gets(visit.person, visit.at);
        }
        news.used_app(visit.person, visit.at, random);
    }
}
