//! Which phones and keys have heard of a change.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Exp};

use crate::building::{Building, Means, PersonNumber};
use crate::life::HORIZON;

/// Mean hours between two times that the platform lets an app fetch in the background.
const ANDROID_FETCHES_EVERY: f64 = 4.0;
const IPHONE_FETCHES_EVERY: f64 = 8.0;
/// Of a hundred times that an app is used at a door, so many it is online, and fetches afterwards: no unlock waits for it.
const ONLINE_PERCENT: u32 = 90;

/// Since when each person's phone or key has the news.
pub(crate) struct News {
    since: Vec<f64>,
    means: Vec<Means>,
}

impl News {
    /// Phones fetch in the background; cards do not.
    pub(crate) fn new(building: &Building, random: &mut ChaCha8Rng) -> Self {
        let means: Vec<_> = building.people.iter().map(|person| person.means).collect();
        let mut fetched = |means: &Means| {
            let every = match means {
                Means::Android => ANDROID_FETCHES_EVERY,
                Means::IPhone => IPHONE_FETCHES_EVERY,
                Means::Card => return HORIZON,
            };
            Exp::new(1.0 / every).map_or(every, |wait| wait.sample(random))
        };
        let since = means.iter().map(&mut fetched).collect();
        Self { since, means }
    }

    pub(crate) fn has(&self, person: PersonNumber, at: f64) -> bool {
        self.since.get(person).is_some_and(|since| *since <= at)
    }

    /// From a door.
    pub(crate) fn gets(&mut self, person: PersonNumber, at: f64) {
        if let Some(since) = self.since.get_mut(person) {
            *since = since.min(at);
        }
    }

    /// An app that was used fetches right after, for the next door.
    pub(crate) fn used_app(&mut self, person: PersonNumber, at: f64, random: &mut ChaCha8Rng) {
        let has_app = self.means.get(person).is_some_and(|means| means.has_app());
        if has_app && !self.has(person, at) && random.random_ratio(ONLINE_PERCENT, 100) {
            self.gets(person, at);
        }
    }
}
