//! Time zones of properties and doors, and local days that move with their rules.

use core::fmt::Write as _;

use thumbturn_manager::office::calendar::{Date, ZoneRules};
use thumbturn_manager::office::import::PeopleFile;
use thumbturn_manager::office::model::DoorType;
use thumbturn_manager::office::task::{DoorTask, Reason};
use thumbturn_manager::office::use_case::UseCase;
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, Giver, MyDailyCodes};
use thumbturn_manager::office::use_case::import::{AddContacts, SendInvitations};
use thumbturn_manager::office::use_case::people::{EditAccess, NewEnd};
use thumbturn_manager::office::use_case::zone::{MoveEnds, SetDoorZone, SetZone};
use thumbturn_manager::office::{Actor, Error, Host, Invalid, Office};
use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use crate::claimed::ClaimedDoor;
use crate::setting::{DAY, OpenKeyStore, Setting, berlin, on_every_engine};

const HOUR: u64 = 3_600;

/// Berlin is so many hours east of UTC, and the Azores one west.
struct Rules {
    berlin: i32,
}

impl ZoneRules for Rules {
    fn zone(&self, name: &str, _: UnixSeconds) -> Option<Zone> {
        let hours = match name {
            "Europe/Berlin" => self.berlin,
            "Atlantic/Azores" => -1,
            _ => return None,
        };
        UtcOffset::new(hours * 3_600).map(Zone::fixed)
    }
}

/// The same property, at a host with these rules.
struct Elsewhere<'a>(&'a mut Setting, Office);

impl<'a> Elsewhere<'a> {
    fn new(setting: &'a mut Setting, berlin: i32) -> Self {
        let host = Host { keystore: Box::new(OpenKeyStore), zones: Box::new(Rules { berlin }) };
        let office = Office::new(setting.store.clone(), host);
        Self(setting, office)
    }

    async fn try_do<U: UseCase>(&mut self, use_case: &U) -> Result<U::Answer, Error> {
        let (property, now) = (self.0.property, self.0.now);
        self.1.perform(Actor::Host, property, use_case, now, &mut self.0.random).await
    }

    /// How many ends were moved, in how many steps.
    async fn move_ends(&mut self) -> (usize, usize) {
        let (mut moved, mut steps, mut step) = (0, 0, MoveEnds::default());
        loop {
            let done = self.try_do(&step).await.unwrap();
            (moved, steps) = (moved + done.moved, steps + 1);
            if done.next.is_none() {
                return (moved, steps);
            }
            step.after = done.next;
        }
    }
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// When the code of somebody at a door ends.
async fn end_of(setting: &Setting, door: DoorId, person: HolderId) -> Option<UnixSeconds> {
    let rows = setting.rows(door).await;
    let mut terms = rows.iter().filter_map(|row| row.terms());
    terms.find(|terms| terms.holder() == person).unwrap().not_after()
}

/// F-047, F-048, R-532: what was said to end with a day ends when the day does, also after the rules of the zone have changed; what was said to end at an
/// instant does not move.
#[test]
fn what_ends_with_a_day_moves_with_the_rules_of_its_zone() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        // 2026-02-01T00:00+01:00
        let end = setting.now.plus(27 * DAY - HOUR);
        let (mut hers, mut his) = (setting.invitation("ada", &[key]), setting.invitation("ben", &[key]));
        (hers.end, his.end) = (Some(day("2026-01-31")), Some(end.into()));
        let (ada, ben) = (setting.do_it(&hers).await, setting.do_it(&his).await.person);
        let mut dan = setting.guest(ada.person, "dan", &[home]);
        dan.end = Some(day("2026-01-20"));
        let dan = setting.do_it(&dan).await.guest;
        let before = end_of(&setting, home, dan).await.unwrap();
        assert_eq!(before, setting.now.plus(16 * DAY - HOUR));
        assert_eq!(end_of(&setting, home, ada.person).await, Some(end), "the end of the day (R-404)");
        setting.office.door_applied(setting.property, home).await.unwrap();

        let mut elsewhere = Elsewhere::new(&mut setting, 2);
        let (moved, _) = elsewhere.move_ends().await;
        assert_eq!(moved, 2);
        assert_eq!(elsewhere.move_ends().await.0, 0, "each where it belongs");
        assert_eq!(end_of(&setting, home, ada.person).await, Some(end.minus(HOUR)));
        assert_eq!(end_of(&setting, home, dan).await, Some(before.minus(HOUR)));
        assert_eq!(end_of(&setting, home, ben).await, Some(end));

        let edit = |end| EditAccess { grant: ada.grants[0], role: None, may_share: None, end };
        setting.do_it(&edit(NewEnd::Keep)).await;
        assert_eq!(Elsewhere::new(&mut setting, 1).move_ends().await.0, 2, "kept as it was given");
        setting.do_it(&edit(NewEnd::Set(end.into()))).await;
        assert_eq!(Elsewhere::new(&mut setting, 2).move_ends().await.0, 1, "an instant now");
        setting.do_it(&edit(NewEnd::Set(day("2026-01-31")))).await;
        setting.pass(30 * DAY);
        assert_eq!(Elsewhere::new(&mut setting, 3).move_ends().await.0, 0, "what is over stays so");
    });
}

/// the days of a file as well, and 200 in one transaction.
#[test]
fn many_ends_are_moved_in_steps() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        setting.key("Flat 1", &[home]).await;
        let mut text = "first_name,last_name,email,keys,expires\n".to_owned();
        for number in 0..201 {
            let email = setting.email(&format!("p{number}"));
            writeln!(text, "P,Moss,{},Flat 1,2026-01-31", email.as_str()).unwrap();
        }
        let file = PeopleFile::parse(text.as_bytes()).unwrap();
        let (mut from, file) = (Some(0), &file);
        while let Some(row) = from {
            from = setting.do_it(&AddContacts { file, from: row, most: 200 }).await.next;
        }
        let mut after = Some(0);
        while let Some(line) = after {
            let keys = std::collections::BTreeSet::new();
            let send = SendInvitations { file, keys, start: None, end: None, after: line, most: 200 };
            after = setting.do_it(&send).await.next;
        }
        assert_eq!(Elsewhere::new(&mut setting, 2).move_ends().await, (201, 3));
        let end = setting.now.plus(27 * DAY - 2 * HOUR);
        let rows = setting.rows(home).await;
        assert!(rows.len() == 201 && rows.iter().all(|row| row.terms().unwrap().not_after() == Some(end)));
    });
}

/// a property moves with its doors, but for those with a zone of their own; all of them have to hear.
#[test]
fn a_property_is_put_into_another_zone() {
    on_every_engine(async |mut setting| {
        let [home, gym, shed] = [
            setting.door("Flat 1", DoorType::Residence).await,
            setting.door("Gym", DoorType::Communal).await,
            setting.door("Shed", DoorType::Service).await,
        ];
        let key = setting.key("Flat 1", &[home]).await;
        let mut hers = setting.invitation("ada", &[key]);
        hers.end = Some(day("2026-01-31"));
        let ada = setting.do_it(&hers).await.person;
        for door in [home, gym] {
            ClaimedDoor::new(&mut setting, door).await;
            setting.office.door_applied(setting.property, door).await.unwrap();
        }
        let mut there = Elsewhere::new(&mut setting, 1);
        for wrong in ["Europe/Berlni", "", "+01:00"] {
            let refused = there.try_do(&SetZone { zone: wrong.to_owned() }).await;
            assert!(matches!(refused, Err(Error::Invalid(Invalid::Zone))), "{wrong}");
            let refused = there.try_do(&SetDoorZone { door: gym, zone: Some(wrong.to_owned()) }).await;
            assert!(matches!(refused, Err(Error::Invalid(Invalid::Zone))), "{wrong}");
        }
        let own = SetDoorZone { door: gym, zone: Some("Europe/Berlin".to_owned()) };
        let told = |tasks: &[DoorTask]| {
            assert!(tasks.iter().all(|task| task.reasons.contains(Reason::ClockChanged)));
            tasks.iter().map(|task| task.door).collect::<Vec<_>>()
        };
        assert_eq!(told(&there.try_do(&own).await.unwrap()), [gym]);
        let azores = SetZone { zone: "Atlantic/Azores".to_owned() };
        assert_eq!(told(&there.try_do(&azores).await.unwrap()), [home], "no device is on the shed");
        assert_eq!(there.move_ends().await.0, 1);
        let back = SetDoorZone { door: shed, zone: None };
        assert_eq!(told(&there.try_do(&back).await.unwrap()), []);
        let end = setting.now.plus(27 * DAY + HOUR);
        assert_eq!(end_of(&setting, home, ada).await, Some(end));
    });
}

/// a daily code is for the day that it is at its door.
#[test]
fn a_daily_code_is_for_the_day_at_its_door() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("All", &[home, gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let actor = setting.actor(ada).await;
        let LocalDay(monday) = LocalDay::at(setting.now, &berlin());
        let ask = |door| (Giver::Holder(ada), door, CodeDay::Today);
        let [at_home, at_gym] =
            [ask(home), ask(gym)].map(|(giver, door, day)| setting.daily_code(giver, door, day));
        let mut there = Elsewhere::new(&mut setting, 1);
        let own = SetDoorZone { door: gym, zone: Some("Atlantic/Azores".to_owned()) };
        there.try_do(&own).await.unwrap();
        let days = [there.try_do(&at_home).await.unwrap(), there.try_do(&at_gym).await.unwrap()]
            .map(|given| given.name.day);
        assert_eq!(days, [LocalDay(monday), LocalDay(monday - 1)], "an hour before midnight");
        let office = there.1.clone();
        let mine = async |setting: &Setting| {
            let property = setting.property;
            let lines = office.ask(actor, property, &MyDailyCodes, setting.now).await.unwrap();
            lines.into_iter().map(|line| line.door).collect::<Vec<_>>()
        };
        // Whoever did it was the host, so that nobody gave these.
        assert_eq!(mine(&setting).await, []);
        let (property, now) = (setting.property, setting.now);
        for given in [&at_home, &at_gym] {
            office.perform(actor, property, given, now, &mut setting.random).await.unwrap();
        }
        let mut seen = mine(&setting).await;
        seen.sort();
        let mut both = [home, gym];
        both.sort();
        assert_eq!(seen, both);
        setting.pass(HOUR);
        assert_eq!(mine(&setting).await, [home], "the day is over in the Azores");
    });
}
