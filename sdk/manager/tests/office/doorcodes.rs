//! Permanent doorcodes: shown, reset, of another length.

use thumbturn_manager::access::{KeyDoor, WeeklyHours};
use thumbturn_manager::office::model::{DoorType, Name};
use thumbturn_manager::office::permission::NotPermitted;
use thumbturn_manager::office::task::Reason;
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, Giver};
use thumbturn_manager::office::use_case::doorcodes::{
    DoorcodeLine, MyDoorcodes, ResetDoorcode, SetResidenceCodeLength,
};
use thumbturn_manager::office::use_case::key::{ChangeKey, CreateKey};
use thumbturn_manager::office::use_case::time::PassTime;
use thumbturn_manager::office::{Actor, Error, Invalid, Thing};
use thumbturn_protocol::code::{CodeLength, DailyCode, DailyKind, Doorcode, LocalDay, Slot};
use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::update::row::Row;

use crate::setting::{DAY, Setting, berlin, on_every_engine};

async fn code_of(setting: &Setting, person: HolderId, door: DoorId) -> Doorcode {
    let lines = setting.ask_as(person, &MyDoorcodes { person }).await.unwrap();
    lines.into_iter().find(|line| line.door == door).unwrap().code
}

async fn lengths_at(setting: &Setting, door: DoorId) -> Vec<usize> {
    let rows = setting.rows(door).await;
    let length = |row: &Row| if let Row::Doorcode(code, _) = row { Some(code.digits().len()) } else { None };
    rows.iter().filter_map(length).collect()
}

/// a doorcode is for its holder: not for managers, not for the host, not in a log.
#[test]
fn nobody_sees_anothers_doorcode() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        let mine = MyDoorcodes { person: ada };
        let lines = setting.ask_as(ada, &mine).await.unwrap();
        let rows = setting.rows(home).await;
        let is_there = |line: &DoorcodeLine| {
            rows.iter().any(|row| matches!(row, Row::Doorcode(code, terms) if *code == line.code && terms.holder() == ada))
        };
        assert!(lines.len() == 1 && is_there(&lines[0]));
        assert!(!format!("{lines:?}").contains(&**lines[0].code.text()));
        let (property, now) = (setting.property, setting.now);
        let max = setting.manager_of("max", &[key]).await;
        for actor in [Actor::Host, Actor::Account(setting.manager), max, setting.actor(ben).await] {
            let seen = setting.office.ask(actor, property, &mine, now).await;
            assert!(matches!(seen, Err(Error::NotPermitted(_))), "{actor:?}");
            let reset = ResetDoorcode { person: ada, door: home };
            let reset = setting.office.perform(actor, property, &reset, now, &mut setting.random).await;
            assert!(matches!(reset, Err(Error::NotPermitted(_))), "{actor:?}");
        }
        let refused = setting.office.ask(Actor::Host, property, &mine, now).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::OthersSecret))));
    });
}

/// a holder resets the code of a flat; those of other doors change with their Keys only.
#[test]
fn residents_reset_codes_of_flats_only() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("All", &[home, gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let before = code_of(&setting, ada, home).await;
        let at_gym = code_of(&setting, ada, gym).await;
        // Were the same drawn again, another would be: the door has not told that the old one is gone.
        setting.random.draws_next(&before);
        let tasks = setting.try_as(ada, &ResetDoorcode { person: ada, door: home }).await.unwrap();
        assert!(tasks.len() == 1 && tasks[0].reasons.contains(Reason::CodeReset));
        let after = code_of(&setting, ada, home).await;
        assert_ne!(before, after);
        assert_eq!(setting.rows(home).await.len(), 1);
        assert_eq!(code_of(&setting, ada, gym).await, at_gym);
        let communal = setting.try_as(ada, &ResetDoorcode { person: ada, door: gym }).await;
        assert!(matches!(communal, Err(Error::Invalid(Invalid::CommunalDoorcode))));
        let no_codes = KeyDoor { door: home, hours: WeeklyHours::Always, doorcodes: false };
        setting.do_it(&ChangeKey { key, doors: vec![no_codes] }).await;
        let none = setting.try_as(ada, &ResetDoorcode { person: ada, door: home }).await;
        assert!(matches!(none, Err(Error::NotFound(Thing::Doorcode))));
    });
}

/// a doorcode is over with the last Key that gives one, though another Key opens the door at the same hours for longer.
#[test]
fn a_doorcode_is_over_with_the_last_key_that_gives_one() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let no_codes = KeyDoor { door: gym, hours: WeeklyHours::Always, doorcodes: false };
        let name = Name::parse("App").unwrap();
        let app = setting.do_it(&CreateKey { name, doors: vec![no_codes] }).await;
        let codes = setting.key("Codes", &[gym]).await;
        setting.invite("ada", &[app]).await;
        let mut short = setting.invitation("ada", &[codes]);
        short.end = Some(setting.now.plus(2 * DAY).into());
        setting.do_it(&short).await;
        assert_eq!(setting.rows(gym).await.len(), 1);
        setting.pass(2 * DAY);
        assert!(setting.do_it(&PassTime).await.is_all);
        assert_eq!(setting.rows(gym).await, []);
    });
}

/// with fewer digits people are asked, with more it is done; other doors keep seven.
#[test]
fn the_length_is_that_of_flats() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("All", &[home, gym]).await;
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        let [four, six] = [4, 6].map(|digits| CodeLength::new(digits).unwrap());
        let before = code_of(&setting, ada, home).await;
        let shorter = setting.do_it(&SetResidenceCodeLength { length: four }).await;
        assert_eq!((shorter.told, shorter.tasks.len()), (2, 0));
        assert_eq!(code_of(&setting, ada, home).await, before, "the old one lives until it is reset");
        let account = setting.office.account_of(setting.property, ben).await.unwrap();
        let told = setting.office.messages_to(setting.property, account).await.unwrap();
        assert_eq!(told, ["welcome", "doorcode reset asked"]);
        setting.try_as(ada, &ResetDoorcode { person: ada, door: home }).await.unwrap();
        let mut lengths = lengths_at(&setting, home).await;
        lengths.sort_unstable();
        assert_eq!(lengths, [4, 7]);
        let longer = setting.do_it(&SetResidenceCodeLength { length: six }).await;
        assert_eq!((longer.told, longer.tasks.len()), (0, 1));
        assert_eq!(lengths_at(&setting, home).await, [6, 6]);
        assert_eq!(lengths_at(&setting, gym).await, [7, 7]);
    });
}

/// a daily code is not given where its beginning is somebody's short code, which would open first.
#[test]
fn a_daily_code_does_not_begin_with_a_short_one() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        setting.do_it(&SetResidenceCodeLength { length: CodeLength::FOUR }).await;
        let LocalDay(today) = LocalDay::at(setting.now, &berlin());
        // A day whose first code begins with four digits that are not weak.
        let mut days = 9;
        let head = loop {
            days += 1;
            let day = LocalDay(today + i32::try_from(days).unwrap());
            let name = DailyCode { day, kind: DailyKind::WholeDay, slot: Slot(0) };
            let code = setting.office.daily_code(setting.property, home, name).await.unwrap();
            let head = Doorcode::from_digits(&code.digits()[..4]).unwrap();
            if !head.is_weak() {
                break head;
            }
        };
        setting.random.draws_next(&head);
        let ada = setting.invite("ada", &[key]).await.person;
        assert_eq!(code_of(&setting, ada, home).await, head);
        setting.pass(days * DAY);
        let ask = setting.daily_code(Giver::Holder(ada), home, CodeDay::Today);
        let given = setting.do_it(&ask).await;
        assert!(given.name.slot > Slot(0) && !given.code.begins_with(&head));
    });
}
