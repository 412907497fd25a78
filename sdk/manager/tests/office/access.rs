//! Random use cases, in any order: after each, every door is to know what the rule says.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use thumbturn_manager::access::{Access, Key, KeyDoor, KeyGrant, Role, Term, WeeklyHours};
use thumbturn_manager::ids::{KeyGrantId, KeyId};
use thumbturn_manager::office::model::DoorType;
use thumbturn_manager::office::use_case::key::{ChangeKey, DeleteKey};
use thumbturn_manager::office::use_case::people::{DeletePerson, EditAccess, NewEnd, RevokeAll, RevokeKey};
use thumbturn_manager::office::use_case::time::PassTime;
use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::schedule::{Days, Minute, Window};

use crate::agreement;
use crate::setting::{DAY, Setting, on_every_engine};

const PEOPLE: [&str; 3] = ["ada", "ben", "cleo"];

/// What somebody does.
#[derive(Clone, Debug)]
enum Step {
    Invite { who: usize, key: usize, start: u64, length: Option<u64> },
    Edit { which: usize, length: Option<u64> },
    Revoke { which: usize },
    RevokeAll { who: usize },
    Delete { who: usize },
    Change { key: usize, doors: Vec<(usize, Option<u16>, bool)> },
    DeleteKey { key: usize },
    Wait { days: u64 },
}

fn any_step() -> impl Strategy<Value = Step> {
    let length = || proptest::option::of(1..10_u64);
    prop_oneof![
        4 => (0..3_usize, 0..3_usize, 0..5_u64, length())
            .prop_map(|(who, key, start, length)| Step::Invite { who, key, start, length }),
        2 => (0..8_usize, length()).prop_map(|(which, length)| Step::Edit { which, length }),
        2 => (0..8_usize).prop_map(|which| Step::Revoke { which }),
        1 => (0..3_usize).prop_map(|who| Step::RevokeAll { who }),
        1 => (0..3_usize).prop_map(|who| Step::Delete { who }),
        2 => (0..3_usize, proptest::collection::vec((0..3_usize, proptest::option::of(0..22_u16), any::<bool>()), 1..3))
            .prop_map(|(key, doors)| Step::Change { key, doors }),
        1 => (0..3_usize).prop_map(|key| Step::DeleteKey { key }),
        2 => (1..4_u64).prop_map(|days| Step::Wait { days }),
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
    made: usize,
}

impl Model {
    async fn new(mut setting: Setting) -> Self {
        let mut doors = Vec::new();
        for (name, kind) in
            [("Flat", DoorType::Residence), ("Gym", DoorType::Communal), ("Gate", DoorType::BuildingEntrance)]
        {
            doors.push(setting.door(name, kind).await);
        }
        let mut model =
            Self { setting, doors, keys: Vec::new(), people: BTreeMap::new(), grants: Vec::new(), made: 0 };
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
            Step::Edit { which, length } => self.edit(*which, *length).await,
            Step::Revoke { which } => {
                let Some(at) = self.live(*which) else { return };
                let (grant, _) = self.grants.remove(at);
                self.setting.do_it(&RevokeKey { grant }).await;
            }
            Step::RevokeAll { who } => {
                let Some(person) = self.people.get(who).copied() else { return };
                self.setting.do_it(&RevokeAll { person }).await;
                self.grants.retain(|(_, grant)| grant.person != person);
            }
            Step::Delete { who } => {
                let Some(person) = self.people.remove(who) else { return };
                self.setting.do_it(&DeletePerson { person }).await;
                self.grants.retain(|(_, grant)| grant.person != person);
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
                self.grants.retain(|(_, grant)| grant.key != key);
                self.make_key().await;
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
        (invitation.start, invitation.end) = (Some(start), end);
        let invited = self.setting.do_it(&invitation).await;
        self.people.insert(who, invited.person);
        let term = Term::new(start, end).unwrap();
        let grant = KeyGrant { person: invited.person, key, role: Role::Resident, may_share: true, term };
        self.grants.extend(invited.grants.first().map(|id| (*id, grant)));
    }

    async fn edit(&mut self, which: usize, length: Option<u64>) {
        let now = self.setting.now;
        let Some(at) = self.live(which) else { return };
        let (grant, term) = (self.grants[at].0, self.grants[at].1.term);
        let end = length.map(|length| now.max(term.start()).plus(length * DAY));
        let new = end.map_or(NewEnd::Clear, NewEnd::Set);
        self.setting.do_it(&EditAccess { grant, role: None, may_share: None, end: new }).await;
        self.grants[at].1.term = Term::new(term.start(), end).unwrap();
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
        access
    }

    async fn check(&self) {
        let people: BTreeSet<HolderId> = self.people.values().copied().collect();
        let place = (&self.setting.office, self.setting.property);
        agreement::check(place, (&self.doors, &people), &self.access(), self.setting.now).await;
    }
}

/// Property test: lists always agree with the rule, on every engine.
#[test]
fn lists_agree_with_the_rule() {
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
