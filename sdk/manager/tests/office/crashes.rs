//! A process is killed in the middle of what it does, again and again: each use case is done wholly or not at all.

use core::hash::BuildHasher as _;
use std::hash::RandomState;
use std::io::{BufRead as _, BufReader};
use std::thread::yield_now;

use thumbturn_manager::access::{KeyDoor, Role, WeeklyHours};
use thumbturn_manager::office::model::{DoorType, Name, PersonName};
use thumbturn_manager::office::testing::Everything;
use thumbturn_manager::office::use_case::UseCase;
use thumbturn_manager::office::use_case::key::{ChangeKey, CreateKey, DeleteKey};
use thumbturn_manager::office::use_case::people::{
    DeletePerson, EditAccess, InvitePerson, NewEnd, RevokeAll, RevokeKey,
};
use thumbturn_manager::office::use_case::time::PassTime;
use thumbturn_manager::office::{Actor, Error, Office};
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::schedule::{Days, Minute, Window};
use thumbturn_protocol::time::UnixSeconds;

use crate::address::Address;
use crate::agreement;
use crate::process::{print, start};
use crate::setting::{Counting, DAY, host, on_every_engine};

/// How often a process is killed on SQLite, and on Postgres.
const KILLS: (u64, u64) = (40, 15);
/// Most use cases of a process before it is killed, and most turns of the scheduler within the last of them.
const STEPS: u64 = 12;
const TURNS: u64 = 4_000;
const PEOPLE: [&str; 4] = ["ada", "ben", "cleo", "dora"];
const KEYS: usize = 3;

/// After each death the lists say what the rule says, and the audit log is whole. `THUMBTURN_SEED` repeats the use cases of a run; the
/// moments of its deaths are the machine's.
#[test]
fn a_killed_process_leaves_nothing_half_done() {
    #[expect(clippy::disallowed_methods, reason = "to repeat a run by hand")]
    let given = std::env::var("THUMBTURN_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0) >> 40);
    println!("THUMBTURN_SEED={seed}");
    on_every_engine(async |mut setting| {
        let mut doors = Vec::new();
        for name in ["Flat", "Gym", "Gate"] {
            doors.push(setting.door(name, DoorType::Residence).await);
        }
        for name in ["One", "Two", "Three"] {
            setting.key(name, &doors).await;
        }
        // Nobody else keeps the files open: what the dead leave there is for the next who opens.
        setting.store.close().await;
        let kills = if matches!(setting.address, Address::File(_)) { KILLS.0 } else { KILLS.1 };
        let mut random = Counting::seeded(seed);
        for kill in 0..kills {
            die(&setting.address, setting.property, seed + kill, &mut random);
            let store = setting.address.open().await;
            agreement::check_store(store.clone(), setting.property).await;
            store.close().await;
        }
    });
}

/// Starts a process, and kills it within one of its first use cases.
fn die(address: &Address, property: PropertyId, seed: u64, random: &mut Counting) {
    let (address, property, seed) = (address.to_string(), print(property), seed.to_string());
    let mut process = start(&["until killed", &address, &property, &seed]);
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut steps = lines.map_while(Result::ok).filter(|line| line == STEP);
    let at = usize::try_from(random.below(STEPS)).unwrap();
    assert!(steps.nth(at).is_some(), "it ended by itself");
    (0..random.below(TURNS)).for_each(|_| yield_now());
    process.kill().unwrap();
    process.wait().unwrap();
}

const STEP: &str = "next use case";

/// The process: use cases at random, as the store is just then.
pub(crate) async fn until_killed(address: &str, property: PropertyId, seed: u64) {
    let office = Office::new(Address::parse(address).open().await, host());
    let now = office.everything(property).await.unwrap().at;
    let mut clerk = Clerk { office, property, now, random: Counting::seeded(seed) };
    loop {
        println!("{STEP}");
        clerk.act().await;
    }
}

struct Clerk {
    office: Office,
    property: PropertyId,
    now: UnixSeconds,
    random: Counting,
}

impl Clerk {
    async fn act(&mut self) {
        let all = self.office.everything(self.property).await.unwrap();
        if all.keys.len() < KEYS {
            let name = Name::parse(&format!("Key of {}", all.revision)).unwrap();
            let doors = self.doors(&all);
            return self.perform(&CreateKey { name, doors }).await;
        }
        let (now, key) = (self.now, all.keys[self.pick(all.keys.len())]);
        let person = all.people.iter().nth(self.pick(all.people.len().max(1))).copied();
        let grant = (!all.grants.is_empty()).then(|| all.grants[self.pick(all.grants.len())].clone());
        match (self.random.below(14), person, grant) {
            (0..5, ..) => self.invite(&all).await,
            (5, _, Some((grant, given))) => {
                let end = NewEnd::Set(now.max(given.term.start()).plus(DAY).into());
                self.perform(&EditAccess { grant, role: None, may_share: None, end }).await;
            }
            (6, _, Some((grant, _))) => self.perform(&RevokeKey { grant }).await,
            (7, Some(person), _) => self.perform(&RevokeAll { person }).await,
            (8, Some(person), _) => self.perform(&DeletePerson { person }).await,
            (9 | 10, ..) => {
                let doors = self.doors(&all);
                self.perform(&ChangeKey { key, doors }).await;
            }
            (11, ..) => self.perform(&DeleteKey { key }).await,
            _ => {
                self.now = now.plus(DAY);
                self.perform(&PassTime).await;
            }
        }
    }

    async fn invite(&mut self, all: &Everything) {
        let who = PEOPLE[self.pick(PEOPLE.len())];
        let start = self.now.plus(self.random.below(3) * DAY);
        let email = format!("{who}-{}@example.com", print(self.property));
        let invitation = InvitePerson {
            email: thumbturn_manager::office::model::EmailAddress::parse(&email).unwrap(),
            name: PersonName::parse(who, "Moss").unwrap(),
            unit: None,
            keys: all
                .keys
                .iter()
                .copied()
                .filter(|_| self.random.below(2) == 0)
                .chain([all.keys[0]])
                .collect(),
            role: Role::Resident,
            may_share: true,
            start: Some(start),
            end: (self.random.below(2) == 0).then(|| start.plus(2 * DAY).into()),
        };
        self.perform(&invitation).await;
    }

    /// One door or more, some with hours, some without doorcodes.
    fn doors(&mut self, all: &Everything) -> Vec<KeyDoor> {
        let last = self.pick(all.doors.len());
        let doors = all.doors.iter().enumerate();
        let chosen = doors.filter(|(at, _)| *at == last || self.random.below(2) == 0);
        let chosen: Vec<_> = chosen.map(|(_, door)| *door).collect();
        let door = |door| KeyDoor { door, hours: self.hours(), doorcodes: self.random.below(4) > 0 };
        chosen.into_iter().map(door).collect()
    }

    fn hours(&mut self) -> WeeklyHours {
        if self.random.below(2) == 0 {
            return WeeklyHours::Always;
        }
        let from = u16::try_from(self.random.below(4)).unwrap();
        let [start, end] = [from, from + 12].map(|hour| Minute::at(hour, 0).unwrap());
        WeeklyHours::Within([Window::new(Days::EVERY_DAY, start, end).unwrap()].into())
    }

    async fn perform<U: UseCase>(&mut self, use_case: &U) {
        let random = &mut self.random;
        match self.office.perform(Actor::Host, self.property, use_case, self.now, random).await {
            // A use case that is refused leaves nothing either.
            Ok(_) | Err(Error::Invalid(_)) => {}
            Err(error) => panic!("{}: {error}", U::NAME),
        }
    }

    fn pick(&mut self, count: usize) -> usize {
        usize::try_from(self.random.below(u64::try_from(count).unwrap())).unwrap()
    }
}
