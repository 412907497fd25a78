//! Daily codes (F-038, R-090 to ).

use thumbturn_manager::access::{KeyDoor, WeeklyHours};
use thumbturn_manager::office::model::{Contact, DoorType, GuestRefusal, Name};
use thumbturn_manager::office::permission::NotPermitted;
use thumbturn_manager::office::use_case::daily_codes::{
    CodeDay, Giver, IssueDailyCode, MyDailyCodes, RevokeAllDailyCodes, RevokeDailyCode,
};
use thumbturn_manager::office::use_case::door::{AddDoor, OpenTasks};
use thumbturn_manager::office::use_case::key::CreateKey;
use thumbturn_manager::office::use_case::people::RevokeAll;
use thumbturn_manager::office::{Actor, Error, Invalid, Thing};
use thumbturn_protocol::code::{DailyCode, DailyKind, LocalDay, Slot, Slots};
use thumbturn_protocol::schedule::{Days, Minute, Window};
use thumbturn_protocol::update::row::Row;

use crate::claimed::ClaimedDoor;
use crate::setting::{DAY, berlin, on_every_engine};

fn refusal<T>(answer: Result<T, Error>) -> Option<GuestRefusal> {
    match answer {
        Err(Error::Invalid(Invalid::Guest(refusal))) => Some(refusal),
        _ => None,
    }
}

/// each code takes the lowest free slot of its day at the door, and works without any update.
#[test]
fn codes_take_the_slots_of_their_day() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        setting.office.door_applied(setting.property, home).await.unwrap();
        let today = LocalDay::at(setting.now, &berlin());
        let ask = setting.daily_code(Giver::Holder(ada), home, CodeDay::Today);
        let mut seen = Vec::new();
        for slot in 0..u16::from(Slots::DEFAULT.count()) {
            let given = setting.try_as(ada, &ask).await.unwrap();
            assert_eq!((given.name.day, given.name.slot), (today, Slot(slot)));
            assert_eq!(given.code.digits().len(), 7);
            assert!(!seen.contains(&given.code));
            seen.push(given.code);
        }
        let full = setting.try_as(ada, &ask).await;
        assert!(matches!(full, Err(Error::Invalid(Invalid::DailyCodesExhausted))));
        let short = IssueDailyCode { kind: DailyKind::FirstUse, ..ask.clone() };
        assert_eq!(setting.try_as(ada, &short).await.unwrap().name.slot, Slot(0), "each kind has its own");
        let tomorrow = IssueDailyCode { day: CodeDay::Tomorrow, ..ask };
        assert_eq!(setting.try_as(ada, &tomorrow).await.unwrap().name.day, LocalDay(today.0 + 1));
        assert_eq!(setting.rows(home).await.len(), 1, "they are not in the list");
    });
}

/// who may not let in at the whole day gives no code of it.
#[test]
fn a_code_says_no_more_than_its_giver_may() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let pool = setting.door("Pool", DoorType::Communal).await;
        let gate =
            AddDoor { name: Name::parse("Gate").unwrap(), kind: DoorType::Communal, is_connected: true };
        let gate = setting.do_it(&gate).await;
        let morning =
            Window::new(Days::EVERY_DAY, Minute::at(6, 0).unwrap(), Minute::at(9, 0).unwrap()).unwrap();
        let hours = WeeklyHours::Within([morning].into());
        let doors = [pool, gate].map(|door| KeyDoor { door, hours: hours.clone(), doorcodes: true });
        let early = CreateKey { name: Name::parse("Mornings").unwrap(), doors: doors.to_vec() };
        let [flat, early] = [setting.key("Flat 1", &[home]).await, setting.do_it(&early).await];
        let mut invitation = setting.invitation("ada", &[flat, early]);
        // Over tomorrow at noon in Berlin.
        invitation.end = Some(setting.now.plus(DAY + 11 * 3_600).into());
        let ada = setting.do_it(&invitation).await.person;
        let giver = Giver::Holder(ada);
        let ask = |door, day| setting.daily_code(giver, door, day);
        let [at_pool, at_gate] = [ask(pool, CodeDay::Today), ask(gate, CodeDay::Today)];
        let [today, tomorrow] = [ask(home, CodeDay::Today), ask(home, CodeDay::Tomorrow)];
        assert_eq!(refusal(setting.try_as(ada, &at_pool).await), Some(GuestRefusal::Hours));
        assert!(setting.try_as(ada, &at_gate).await.is_ok(), "a connected door keeps the hours itself");
        assert!(setting.try_as(ada, &today).await.is_ok());
        assert_eq!(refusal(setting.try_as(ada, &tomorrow).await), Some(GuestRefusal::NotThen));
        let mut own = setting.invitation("ben", &[flat]);
        own.may_share = false;
        let ben = setting.do_it(&own).await.person;
        let his = setting.daily_code(Giver::Holder(ben), home, CodeDay::Today);
        assert_eq!(refusal(setting.try_as(ben, &his).await), Some(GuestRefusal::CannotShare));
        let hers = setting.try_as(ben, &today).await;
        assert!(matches!(hers, Err(Error::NotPermitted(_))));
    });
}

/// F-038, R-005: staff give codes by the Keys that they manage.
#[test]
fn staff_give_codes_with_their_keys() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let [flat, sport] = [setting.key("Flat 1", &[home]).await, setting.key("Gym", &[gym]).await];
        let max = setting.manager_of("max", &[sport]).await;
        let mut code = async |key, door| {
            let ask = setting.daily_code(Giver::Staff(key), door, CodeDay::Tomorrow);
            setting.office.perform(max, setting.property, &ask, setting.now, &mut setting.random).await
        };
        assert!(code(sport, gym).await.is_ok());
        assert_eq!(refusal(code(sport, home).await), Some(GuestRefusal::CannotShare));
        assert!(matches!(code(flat, home).await, Err(Error::NotPermitted(_))));
    });
}

/// R-119, §4.9: a code of a day can be taken back, and the door has to hear of it; one of 15 minutes cannot.
#[test]
fn codes_of_a_day_are_taken_back_and_others_are_not() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        setting.office.door_applied(setting.property, home).await.unwrap();
        let giver = Giver::Holder(ada);
        let ask = setting.daily_code(giver, home, CodeDay::Today);
        let short = IssueDailyCode { kind: DailyKind::FirstUse, ..ask.clone() };
        let [long, short] =
            [setting.try_as(ada, &ask).await.unwrap(), setting.try_as(ada, &short).await.unwrap()];
        let revoke = |code| RevokeDailyCode { giver, door: home, code };
        let refused = setting.try_as(ada, &revoke(short.name)).await;
        assert!(matches!(refused, Err(Error::Invalid(Invalid::NotRevocable))));
        let task = setting.try_as(ada, &revoke(long.name)).await.unwrap().task.unwrap();
        let open = setting.ask(&OpenTasks).await;
        assert_eq!((task.door, open.last().map(|task| task.door)), (home, Some(home)));
        let again = setting.try_as(ada, &revoke(long.name)).await;
        assert!(matches!(again, Err(Error::NotFound(Thing::DailyCode))));
        assert_eq!(setting.try_as(ada, &ask).await.unwrap().name.slot, Slot(1), "a slot is used once");

        // with the holder's access goes what was given in the holder's name.
        setting.do_it(&RevokeAll { person: ada }).await;
        let left = setting.ask_as(ada, &MyDailyCodes).await.unwrap();
        assert_eq!(left.iter().map(|line| line.name.kind).collect::<Vec<_>>(), [DailyKind::FirstUse]);
    });
}

/// issuer and recipient see the digits until the day is over, and nobody else does, whatever his rights.
#[test]
fn digits_are_for_issuer_and_recipient() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let [ada, ben, cleo] = [
            setting.invite("ada", &[key]).await.person,
            setting.invite("ben", &[key]).await.person,
            setting.invite("cleo", &[key]).await.person,
        ];
        let recipient = Contact::Email(setting.email("ben"));
        let ask = setting.daily_code(Giver::Holder(ada), home, CodeDay::Today);
        let ask = IssueDailyCode { recipient: recipient.clone(), ..ask };
        let given = setting.try_as(ada, &ask).await.unwrap();
        assert_eq!(given.tell, recipient);
        assert!(!format!("{given:?}").contains(&**given.code.text()), "not in a log");
        let mine = MyDailyCodes;
        for who in [ada, ben] {
            let lines = setting.ask_as(who, &mine).await.unwrap();
            assert_eq!((lines.len(), &lines[0].code, lines[0].name), (1, &given.code, given.name));
        }
        assert_eq!(setting.ask_as(cleo, &mine).await.unwrap(), []);
        assert_eq!(setting.ask(&mine).await, [], "not for managers");
        let host = setting.office.ask(Actor::Host, setting.property, &mine, setting.now).await.unwrap();
        assert_eq!(host, []);
        // 00:00 UTC is 01:00 in Berlin, so its day has 23 hours left.
        setting.pass(23 * 3_600);
        assert_eq!(setting.ask_as(ada, &mine).await.unwrap(), []);
    });
}

/// what one person types for the day, no other has for good.
#[test]
fn daily_and_permanent_codes_keep_apart() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let today = LocalDay::at(setting.now, &berlin());
        let first = |day: i32| {
            let code = DailyCode { day: LocalDay(today.0 + day), kind: DailyKind::WholeDay, slot: Slot(0) };
            setting.office.daily_code(setting.property, gym, code)
        };
        let [of_tomorrow, of_later] = [first(1).await.unwrap(), first(10).await.unwrap()];
        setting.random.draws_next(&of_tomorrow);
        setting.invite("ada", &[key]).await;
        setting.random.draws_next(&of_later);
        setting.invite("ben", &[key]).await;
        let rows = setting.rows(gym).await;
        let is_there =
            |wanted| rows.iter().any(|row| matches!(row, Row::Doorcode(code, _) if code == wanted));
        assert!(!is_there(&of_tomorrow), "a code of tomorrow is nobody's for good");
        assert!(is_there(&of_later), "what is drawn is taken");

        setting.pass(10 * DAY);
        let ask = setting.daily_code(Giver::Staff(key), gym, CodeDay::Today);
        let given = setting.do_it(&ask).await;
        assert_eq!(given.name.slot, Slot(1), "the first slot has a code that somebody has");
        assert_ne!(given.code, of_later);
    });
}

/// all codes of a door go at once, those for 15 minutes too; the door has to hear, and gives others from then on.
#[test]
fn all_codes_of_a_door_are_taken_back_at_once() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Flat 1", &[home, gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        ClaimedDoor::new(&mut setting, home).await;
        setting.office.door_applied(setting.property, home).await.unwrap();
        let giver = Giver::Holder(ada);
        let ask = setting.daily_code(giver, home, CodeDay::Today);
        let long = setting.try_as(ada, &ask).await.unwrap();
        let short = IssueDailyCode { kind: DailyKind::FirstUse, ..ask.clone() };
        setting.try_as(ada, &short).await.unwrap();
        let elsewhere = setting.daily_code(giver, gym, CodeDay::Today);
        setting.try_as(ada, &elsewhere).await.unwrap();

        let all = RevokeAllDailyCodes { door: home };
        let refused = setting.try_as(ada, &all).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NoKeyManagement))));
        let max = setting.manager_of("max", &[key]).await;
        let (property, now) = (setting.property, setting.now);
        let refused = setting.office.perform(max, property, &all, now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotFullKeyManagement))));
        let task = setting.do_it(&all).await.task.unwrap();
        let until_midnight = core::time::Duration::from_secs(23 * 3_600);
        assert_eq!((task.door, task.revocation.unwrap().bound), (home, Some(until_midnight)));
        let left = setting.ask_as(ada, &MyDailyCodes).await.unwrap();
        assert_eq!(left.iter().map(|line| line.door).collect::<Vec<_>>(), [gym]);
        let revoke = RevokeDailyCode { giver, door: home, code: long.name };
        assert!(matches!(setting.try_as(ada, &revoke).await, Err(Error::NotFound(Thing::DailyCode))));
        let now_there = setting.office.daily_code(setting.property, home, long.name).await.unwrap();
        assert_ne!(now_there, long.code);
        let new = setting.try_as(ada, &ask).await.unwrap();
        assert_eq!(new.name.slot, Slot(1), "a bulletin may name the first");
        let shown = setting.ask_as(ada, &MyDailyCodes).await.unwrap();
        assert!(shown.iter().any(|line| line.door == home && line.code == new.code));

        setting.pass(2 * DAY);
        let task = setting.do_it(&all).await.task.unwrap();
        assert_eq!(task.revocation, None, "no code is out");
    });
}

/// a code that was given before there was a device works on the first; another device takes none of those before.
#[test]
fn a_new_device_takes_no_code_of_the_one_before() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let ask = setting.daily_code(Giver::Holder(ada), home, CodeDay::Today);
        let given = setting.try_as(ada, &ask).await.unwrap();
        ClaimedDoor::new(&mut setting, home).await;
        let shown = setting.ask_as(ada, &MyDailyCodes).await.unwrap();
        assert_eq!((shown.len(), &shown[0].code), (1, &given.code));
        ClaimedDoor::new(&mut setting, home).await;
        assert_eq!(setting.ask_as(ada, &MyDailyCodes).await.unwrap(), []);
        let there = setting.office.daily_code(setting.property, home, given.name).await.unwrap();
        assert_ne!(there, given.code);
    });
}
