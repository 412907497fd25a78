//! Random use cases, in any order: after each, lists, grants and bulletins say what the rule says.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use thumbturn_manager::access::{
    Access, GuestGrant, Key, KeyDoor, KeyGrant, Role, Term, WeeklyHours, stretch,
};
use thumbturn_manager::ids::{GuestGrantId, KeyGrantId, KeyId};
use thumbturn_manager::office::calendar::Date;
use thumbturn_manager::office::model::DoorType;
use thumbturn_manager::office::use_case::cards::{ActivateCard, DeactivateCard};
use thumbturn_manager::office::use_case::guests::RevokeGuestAccess;
use thumbturn_manager::office::use_case::key::{ChangeKey, DeleteKey};
use thumbturn_manager::office::use_case::people::{DeletePerson, EditAccess, NewEnd, RevokeAll, RevokeKey};
use thumbturn_manager::office::use_case::time::PassTime;
use thumbturn_manager::office::{Error, Invalid};
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::ids::{DoorId, HolderId, PhoneId};
use thumbturn_protocol::schedule::{Days, Minute, Window};

use crate::agreement;
use crate::setting::{DAY, Setting, on_every_engine};

/// The last is never given a Key, only let in.
const PEOPLE: [&str; 4] = ["ada", "ben", "cleo", "dan"];

/// What somebody does.
#[derive(Clone, Debug)]
enum Step {
    Invite { who: usize, key: usize, start: u64, length: Option<u64> },
    Edit { which: usize, length: Option<u64>, may_share: Option<bool> },
    Guest { granter: usize, who: usize, doors: Vec<usize>, start: u64, length: Option<u64>, doorcodes: bool },
    RevokeGuest { which: usize },
    Card { who: usize, card: u8 },
    NoCard { who: usize },
    Revoke { which: usize },
    RevokeAll { who: usize },
    Delete { who: usize },
    Change { key: usize, doors: Vec<(usize, Option<u16>, bool)> },
    DeleteKey { key: usize },
    Wait { days: u64 },
    Online { who: usize },
}

fn any_step() -> impl Strategy<Value = Step> {
    let length = || proptest::option::of(1..10_u64);
    prop_oneof![
        4 => (0..3_usize, 0..3_usize, 0..5_u64, length())
            .prop_map(|(who, key, start, length)| Step::Invite { who, key, start, length }),
        2 => (0..8_usize, length(), proptest::option::of(any::<bool>()))
            .prop_map(|(which, length, may_share)| Step::Edit { which, length, may_share }),
        3 => (0..3_usize, 0..4_usize, proptest::collection::vec(0..3_usize, 1..3), 0..5_u64, length(), any::<bool>())
            .prop_map(|(granter, who, doors, start, length, doorcodes)| Step::Guest {
                granter, who, doors, start, length, doorcodes
            }),
        1 => (0..8_usize).prop_map(|which| Step::RevokeGuest { which }),
        2 => (0..4_usize, 1..4_u8).prop_map(|(who, card)| Step::Card { who, card }),
        1 => (0..4_usize).prop_map(|who| Step::NoCard { who }),
        2 => (0..8_usize).prop_map(|which| Step::Revoke { which }),
        1 => (0..4_usize).prop_map(|who| Step::RevokeAll { who }),
        1 => (0..4_usize).prop_map(|who| Step::Delete { who }),
        2 => (0..3_usize, proptest::collection::vec((0..3_usize, proptest::option::of(0..22_u16), any::<bool>()), 1..3))
            .prop_map(|(key, doors)| Step::Change { key, doors }),
        1 => (0..3_usize).prop_map(|key| Step::DeleteKey { key }),
        2 => (1..4_u64).prop_map(|days| Step::Wait { days }),
        3 => (0..4_usize).prop_map(|who| Step::Online { who }),
    ]
}

/// The property as the rule sees it.
struct Model {
    setting: Setting,
    doors: Vec<DoorId>,
    keys: Vec<(KeyId, Vec<KeyDoor>)>,
    /// By person's place, while they are not deleted.
    people: BTreeMap<usize, HolderId>,
    grants: Vec<(KeyGrantId, KeyGrant)>,
    guests: Vec<(GuestGrantId, GuestGrant)>,
    /// The cards that are somebody's.
    cards: BTreeMap<HolderId, CardToken>,
    /// A phone of each who was online.
    phones: BTreeMap<HolderId, PhoneId>,
    made: usize,
}

impl Model {
    async fn new(mut setting: Setting) -> Self {
        let mut doors = Vec::new();
        for (name, kind) in
            [("Flat", DoorType::Residence), ("Gym", DoorType::Communal), ("Gate", DoorType::BuildingEntrance)]
        {
            let door = setting.door(name, kind).await;
            setting.claim(door).await;
            doors.push(door);
        }
        let (keys, grants, guests) = (Vec::new(), Vec::new(), Vec::new());
        let (people, cards) = (BTreeMap::new(), BTreeMap::new());
        let phones = BTreeMap::new();
        let mut model = Self { setting, doors, keys, people, grants, guests, cards, phones, made: 0 };
        for _ in 0..3 {
            model.make_key().await;
        }
        model
    }

    async fn make_key(&mut self) {
        let door = self.doors[self.made % 3];
        self.made += 1;
        let key = self.setting.key(&format!("Key {}", self.made), &[door]).await;
        self.keys.push((key, vec![crate::setting::always(door)]));
    }

    async fn take(&mut self, step: &Step) {
        let now = self.setting.now;
        match step {
            Step::Invite { who, key, start, length } => self.invite(*who, *key, *start, *length).await,
            Step::Edit { which, length, may_share } => self.edit(*which, *length, *may_share).await,
            Step::Guest { granter, who, doors, start, length, doorcodes } => {
                let Some(granter) = self.people.get(granter).copied() else { return };
                let start = now.plus(start * DAY);
                let end = length.map(|length| start.plus(length * DAY));
                self.let_in(granter, *who, doors, Term::new(start, end).unwrap(), *doorcodes).await;
            }
            Step::Card { who, card } => {
                let Some(person) = self.people.get(who).copied() else { return };
                let token = CardToken([*card; 8]);
                let activate = ActivateCard { person, token, version: CardVersion(1) };
                let answer = self.setting.try_do(&activate).await;
                if self.cards.iter().any(|(other, known)| *other != person && *known == token) {
                    assert!(matches!(answer, Err(Error::Invalid(Invalid::CardInUse))));
                } else {
                    answer.unwrap();
                    self.cards.insert(person, token);
                }
            }
            Step::NoCard { who } => {
                let Some(person) = self.people.get(who) else { return };
                if self.cards.remove(person).is_some() {
                    self.setting.do_it(&DeactivateCard { person: *person }).await;
                }
            }
            Step::RevokeGuest { which } => {
                self.guests.retain(|(_, guest)| !guest.term.is_over(now));
                if self.guests.is_empty() {
                    return;
                }
                let (access, guest) = self.guests.remove(which % self.guests.len());
                self.setting.do_it(&RevokeGuestAccess { granter: guest.granter, access }).await;
            }
            Step::Revoke { which } => {
                let Some(at) = self.live(*which) else { return };
                let (grant, removed) = self.grants.remove(at);
                self.setting.do_it(&RevokeKey { grant }).await;
                self.drop_orphans(removed.person);
            }
            Step::RevokeAll { who } => {
                let Some(person) = self.people.get(who).copied() else { return };
                self.setting.do_it(&RevokeAll { person }).await;
                self.forget(person);
            }
            Step::Delete { who } => {
                let Some(person) = self.people.remove(who) else { return };
                self.setting.do_it(&DeletePerson { person }).await;
                self.cards.remove(&person);
                self.forget(person);
            }
            Step::Change { key, doors } => {
                let doors: BTreeMap<DoorId, KeyDoor> = doors.iter().map(|door| self.key_door(door)).collect();
                let doors: Vec<KeyDoor> = doors.into_values().collect();
                let key = key % self.keys.len();
                self.keys[key].1.clone_from(&doors);
                self.setting.do_it(&ChangeKey { key: self.keys[key].0, doors }).await;
            }
            Step::DeleteKey { key } => {
                let (key, _) = self.keys.remove(key % self.keys.len());
                self.setting.do_it(&DeleteKey { key }).await;
                let (gone, kept) = self.grants.drain(..).partition(|(_, grant)| grant.key == key);
                self.grants = kept;
                let gone: Vec<(KeyGrantId, KeyGrant)> = gone;
                let live = gone.iter().filter(|(_, grant)| !grant.term.is_over(now));
                live.for_each(|(_, grant)| self.drop_orphans(grant.person));
                self.make_key().await;
            }
            Step::Online { who } => {
                let Some(person) = self.people.get(who).copied() else { return };
                self.online(person).await;
            }
            Step::Wait { days } => {
                self.setting.now = now.plus(days * DAY);
                while !self.setting.do_it(&PassTime).await.is_all {}
            }
        }
    }

    fn key_door(&self, (door, hour, doorcodes): &(usize, Option<u16>, bool)) -> (DoorId, KeyDoor) {
        let door = self.doors[*door];
        let hours = hour.map_or(WeeklyHours::Always, |hour| {
            let [start, end] = [hour, hour + 2].map(|hour| Minute::at(hour, 0).unwrap());
            WeeklyHours::Within([Window::new(Days::EVERY_DAY, start, end).unwrap()].into())
        });
        (door, KeyDoor { door, hours, doorcodes: *doorcodes })
    }

    async fn invite(&mut self, who: usize, key: usize, start: u64, length: Option<u64>) {
        let key = self.keys[key % self.keys.len()].0;
        let start = self.setting.now.plus(start * DAY);
        let end = length.map(|length| start.plus(length * DAY));
        let mut invitation = self.setting.invitation(PEOPLE[who], &[key]);
        (invitation.start, invitation.end) = (Some(start), end.map(Date::from));
        let invited = self.setting.do_it(&invitation).await;
        self.people.insert(who, invited.person);
        let term = Term::new(start, end).unwrap();
        let grant = KeyGrant { person: invited.person, key, role: Role::Resident, may_share: true, term };
        self.grants.extend(invited.grants.first().map(|id| (*id, grant)));
    }

    async fn let_in(&mut self, granter: HolderId, who: usize, doors: &[usize], term: Term, doorcodes: bool) {
        let doors: Vec<DoorId> = doors.iter().map(|door| self.doors[*door]).collect();
        let mut invitation = self.setting.guest(granter, PEOPLE[who], &doors);
        (invitation.start, invitation.end) = (Some(term.start()), term.end().map(Date::from));
        invitation.doorcodes = doorcodes;
        let invited = match self.setting.try_do(&invitation).await {
            Err(Error::Invalid(Invalid::Guest(_))) => return,
            answer => answer.unwrap(),
        };
        let (access, now) = (self.access(), self.setting.now);
        let given = invited.doors.iter().filter(|(_, answer)| answer.is_ok()).map(|(door, _)| *door);
        let doors: Vec<DoorId> = given.collect();
        assert!(doors.iter().all(|door| access.covers(granter, *door, now)));
        self.people.insert(who, invited.guest);
        let (guest, hours) = (invited.guest, WeeklyHours::Always);
        self.guests.push((invited.access, GuestGrant { granter, guest, doors, term, hours, doorcodes }));
    }

    /// A phone gets a grant for each door that its person may open, and for no other.
    async fn online(&mut self, person: HolderId) {
        let phone = match self.phones.get(&person) {
            Some(phone) => *phone,
            None => self.setting.phone(person).await,
        };
        self.phones.insert(person, phone);
        let answer = self.setting.online(person, phone).await.unwrap();
        let (access, now) = (self.access(), self.setting.now);
        let open = |door: &DoorId| stretch(&access.spells(person, *door), now).is_some();
        let expected: BTreeSet<DoorId> = self.doors.iter().copied().filter(open).collect();
        assert_eq!(answer.doors.iter().copied().collect::<BTreeSet<_>>(), expected);
        assert_eq!(answer.credentials.len(), expected.len());
    }

    /// whatever somebody held, gave and was given.
    fn forget(&mut self, person: HolderId) {
        self.grants.retain(|(_, grant)| grant.person != person);
        self.guests.retain(|(_, guest)| ![guest.granter, guest.guest].contains(&person));
    }

    /// guests keep what another Key covers that may be shared.
    fn drop_orphans(&mut self, granter: HolderId) {
        let (access, now) = (self.access(), self.setting.now);
        for (_, guest) in &mut self.guests {
            if guest.granter == granter && !guest.term.is_over(now) {
                guest.doors.retain(|door| access.covers(granter, *door, now));
            }
        }
        self.guests.retain(|(_, guest)| !guest.doors.is_empty());
    }

    async fn edit(&mut self, which: usize, length: Option<u64>, may_share: Option<bool>) {
        let now = self.setting.now;
        let Some(at) = self.live(which) else { return };
        let (grant, term) = (self.grants[at].0, self.grants[at].1.term);
        let end = length.map(|length| now.max(term.start()).plus(length * DAY));
        let new = end.map_or(NewEnd::Clear, |end| NewEnd::Set(end.into()));
        self.setting.do_it(&EditAccess { grant, role: None, may_share, end: new }).await;
        self.grants[at].1.term = Term::new(term.start(), end).unwrap();
        self.grants[at].1.may_share = may_share.unwrap_or(self.grants[at].1.may_share);
    }

    /// One of the grants that are not over.
    fn live(&mut self, which: usize) -> Option<usize> {
        let now = self.setting.now;
        self.grants.retain(|(_, grant)| !grant.term.is_over(now));
        (!self.grants.is_empty()).then(|| which % self.grants.len())
    }

    fn access(&self) -> Access {
        let mut access = Access::default();
        for (key, doors) in &self.keys {
            access.set_key(*key, Key { doors: doors.clone() });
        }
        self.grants.iter().for_each(|(_, grant)| access.grant(grant.clone()));
        self.guests.iter().for_each(|(_, guest)| access.invite(guest.clone()));
        access
    }

    async fn check(&self) {
        let people: BTreeSet<HolderId> = self.people.values().copied().collect();
        let place = (&self.setting.office, self.setting.property);
        let access = self.access();
        let wanted =
            agreement::Wanted { doors: &self.doors, people: &people, access: &access, cards: &self.cards };
        agreement::check(place, &wanted, self.setting.now).await;
        agreement::check_passes(place, &access, self.setting.now).await;
    }
}

/// Property test: lists, grants and bulletins always agree with the rule, on every engine.
#[test]
fn lists_grants_and_bulletins_agree_with_the_rule() {
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let steps = proptest::collection::vec(any_step(), 1..16);
    let result = runner.run(&steps, |steps| {
        on_every_engine(async |setting| {
            let mut model = Model::new(setting).await;
            for step in &steps {
                model.take(step).await;
                model.check().await;
            }
        });
        Ok(())
    });
    result.unwrap();
}
