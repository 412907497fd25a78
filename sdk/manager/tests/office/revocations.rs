//! How long a revocation takes at each door: told before it is confirmed, and the same after (design §5).

use core::time::Duration;

use thumbturn_manager::access::KeyDoor;
use thumbturn_manager::office::Actor;
use thumbturn_manager::office::model::{DoorType, Name};
use thumbturn_manager::office::task::DoorTask;
use thumbturn_manager::office::use_case::UseCase;
use thumbturn_manager::office::use_case::cards::{ActivateCard, DeactivateCard};
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, Giver, RevokeDailyCode};
use thumbturn_manager::office::use_case::door::{AddDoor, OpenTasks};
use thumbturn_manager::office::use_case::doorcodes::ResetDoorcode;
use thumbturn_manager::office::use_case::guests::{RevokeGuest, RevokeGuestAccess};
use thumbturn_manager::office::use_case::key::{ChangeKey, CreateKey, DeleteKey};
use thumbturn_manager::office::use_case::people::{DeletePerson, EditAccess, NewEnd, RevokeAll, RevokeKey};
use thumbturn_manager::office::use_case::phone::RevokePhone;
use thumbturn_manager::office::use_case::settings::ChangeSettings;
use thumbturn_manager::revocation::RevocationTime;
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;

use crate::claimed::{ClaimedDoor, fetch};
use crate::setting::{DAY, Setting, always, on_every_engine};

const HOUR: u64 = 3_600;

fn days(days: u64) -> Duration {
    Duration::from_secs(days * DAY)
}

async fn foreseen<U: UseCase>(setting: &mut Setting, use_case: &U) -> U::Answer {
    let (actor, property, now) = (Actor::Account(setting.manager), setting.property, setting.now);
    setting.office.foresee(actor, property, use_case, now, &mut setting.random).await.unwrap()
}

async fn applied(setting: &Setting, door: DoorId) {
    setting.office.door_applied(setting.property, door).await.unwrap();
}

/// How long it takes at the one door that has to hear.
fn only(tasks: &[DoorTask]) -> RevocationTime {
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    tasks[0].revocation.unwrap()
}

/// Somebody who comes with a phone, and has no doorcode.
async fn with_phone_only(setting: &mut Setting) -> (DoorId, HolderId, ClaimedDoor) {
    let home = setting.door("Flat 1", DoorType::Residence).await;
    let doors = vec![KeyDoor { doorcodes: false, ..always(home) }];
    let key = setting.do_it(&CreateKey { name: Name::parse("App only").unwrap(), doors }).await;
    let ada = setting.invite("ada", &[key]).await.person;
    let device = ClaimedDoor::new(setting, home).await;
    let phone = setting.phone(ada).await;
    fetch(setting, ada, phone).await;
    applied(setting, home).await;
    (home, ada, device)
}

/// Where nobody comes, a phone is refused when its lease ends; what is foreseen is what is answered.
#[test]
fn a_phone_is_refused_with_its_lease_at_the_latest() {
    on_every_engine(async |mut setting| {
        let (_, ada, _) = with_phone_only(&mut setting).await;
        setting.pass(10 * DAY);
        let revoke = RevokeAll { person: ada };
        let before = foreseen(&mut setting, &revoke).await;
        let left = days(20);
        let expected = RevocationTime { bound: Some(left), expected: left, in_99_of_100: left };
        assert_eq!(only(&before), expected);
        assert_eq!(setting.do_it(&revoke).await, before);
        assert_eq!(setting.ask(&OpenTasks).await[0].revocation, None, "told where it is decided");
    });
}

/// A shorter lease shortens nothing that a phone has already.
#[test]
fn an_earlier_longer_lease_counts_until_it_ends() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let doors = vec![KeyDoor { doorcodes: false, ..always(home) }];
        let key = setting.do_it(&CreateKey { name: Name::parse("App only").unwrap(), doors }).await;
        let ada = setting.invite("ada", &[key]).await.person;
        ClaimedDoor::new(&mut setting, home).await;
        let phone = setting.phone(ada).await;
        fetch(&mut setting, ada, phone).await;
        setting.do_it(&ChangeSettings { lease_days: Some(2), ..ChangeSettings::default() }).await;
        setting.pass(DAY);
        fetch(&mut setting, ada, phone).await;
        let revoke = RevokeAll { person: ada };
        assert_eq!(only(&foreseen(&mut setting, &revoke).await).bound, Some(days(29)));
        setting.pass(29 * DAY);
        fetch(&mut setting, ada, phone).await;
        assert_eq!(only(&foreseen(&mut setting, &revoke).await).bound, Some(days(2)));
        let mut ends = setting.invitation("ben", &[key]);
        ends.end = Some(setting.now.plus(DAY).into());
        let ben = setting.do_it(&ends).await.person;
        let bens = setting.phone(ben).await;
        fetch(&mut setting, ben, bens).await;
        let revoke = RevokeAll { person: ben };
        assert_eq!(
            only(&foreseen(&mut setting, &revoke).await).bound,
            Some(days(1)),
            "his access ends by itself"
        );
    });
}

/// A door takes a code until the end that it knows, however often another was decided since.
#[test]
fn a_code_is_bounded_by_the_end_that_the_door_knows() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await;
        let revoke = RevokeKey { grant: ada.grants[0] };
        assert_eq!(foreseen(&mut setting, &revoke).await, [], "the door never heard of her");
        applied(&setting, home).await;
        assert_eq!(only(&foreseen(&mut setting, &revoke).await).bound, None);
        let end = NewEnd::Set(setting.now.plus(7 * DAY).into());
        let shorten = EditAccess { grant: ada.grants[0], role: None, may_share: None, end };
        assert_eq!(only(&setting.do_it(&shorten).await.tasks).bound, None);
        let again = only(&foreseen(&mut setting, &revoke).await);
        assert_eq!((again.bound, again.expected), (None, Duration::MAX), "it has not heard of the end yet");
        applied(&setting, home).await;
        assert_eq!(only(&foreseen(&mut setting, &revoke).await).bound, Some(days(7)));
        let longer = EditAccess { end: NewEnd::Clear, ..shorten };
        let tasks = setting.do_it(&longer).await.tasks;
        assert_eq!((tasks.len(), tasks[0].revocation), (1, None), "nobody loses anything");
        assert_eq!(only(&foreseen(&mut setting, &revoke).await).bound, Some(days(7)));
    });
}

/// Hours in which phones came count, each once and for 28 days; a door whose clock is unsure was visited when its receipt came.
#[test]
fn visits_say_how_soon_the_news_arrives() {
    on_every_engine(async |mut setting| {
        let (_, ada, mut device) = with_phone_only(&mut setting).await;
        let begin = setting.now;
        for (day, hour) in (0..7).flat_map(|day| [(day, 8), (day, 18)]) {
            let clock = begin.plus(day * DAY + hour * HOUR);
            setting.now = clock.plus(60);
            let receipt = device.receipt(clock, 30);
            setting.do_it(&receipt).await;
            let again = device.receipt(clock.plus(HOUR - 1), 30);
            setting.do_it(&again).await;
        }
        setting.now = begin.plus(7 * DAY);
        let revoke = RevokeAll { person: ada };
        let time = only(&foreseen(&mut setting, &revoke).await);
        assert_eq!((time.bound, time.expected), (Some(days(23)), Duration::from_secs(12 * HOUR)));
        let hours = time.in_99_of_100.as_secs() / HOUR;
        assert_eq!(hours, 55, "ln 100 times twelve hours");

        for unsure in [device.receipt(UnixSeconds::ZERO, u32::MAX), device.receipt(begin.plus(90 * DAY), 30)]
        {
            setting.do_it(&unsure).await;
        }
        let more = only(&foreseen(&mut setting, &revoke).await);
        assert!(more.expected < time.expected, "somebody was there now, once: {more:?}");
        assert!(more.expected > Duration::from_secs(11 * HOUR), "{more:?}");

        setting.now = begin.plus(29 * DAY);
        let later = only(&foreseen(&mut setting, &revoke).await);
        assert_eq!(later.bound, Some(days(1)));
        assert!(
            later.in_99_of_100 == days(1) && later.expected > Duration::from_secs(19 * HOUR),
            "{later:?}"
        );
    });
}

/// A promised round bounds what nothing else does.
#[test]
fn rounds_of_staff_bound_a_card() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let card = ActivateCard { person: ada, token: CardToken([1; 8]), version: CardVersion(1) };
        setting.do_it(&card).await;
        applied(&setting, home).await;
        let off = DeactivateCard { person: ada };
        assert_eq!(only(&foreseen(&mut setting, &off).await.tasks).bound, None);
        setting.do_it(&ChangeSettings { round_days: Some(7), ..ChangeSettings::default() }).await;
        assert_eq!(only(&foreseen(&mut setting, &off).await.tasks).bound, Some(days(7)));
    });
}

/// F-064, F-071: every command that takes something away says for each door how long that takes; none that gives does.
#[test]
fn whatever_takes_something_away_says_how_long_it_takes() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let gate = Name::parse("Gate").unwrap();
        let gate = AddDoor { name: gate, kind: DoorType::BuildingEntrance, is_connected: true };
        let gate = setting.do_it(&gate).await;
        let key = setting.key("Flat 1", &[home, gate]).await;
        let ada = setting.invite("ada", &[key]).await;
        let (grant, person) = (ada.grants[0], ada.person);
        let dan = setting.guest(person, "dan", &[home]);
        let dan = setting.do_it(&dan).await;
        let card = ActivateCard { person, token: CardToken([1; 8]), version: CardVersion(1) };
        setting.do_it(&card).await;
        let giver = Giver::Holder(person);
        let daily = setting.daily_code(giver, home, CodeDay::Tomorrow);
        let daily = setting.do_it(&daily).await.name;
        ClaimedDoor::new(&mut setting, home).await;
        let phone = setting.phone(person).await;
        fetch(&mut setting, person, phone).await;
        applied(&setting, home).await;

        let end = NewEnd::Set(setting.now.plus(DAY).into());
        let edit = EditAccess { grant, role: None, may_share: None, end };
        let guest = RevokeGuest { granter: person, guest: dan.guest };
        let access = RevokeGuestAccess { granter: person, access: dan.access };
        let elsewhere = ChangeKey { key, doors: vec![always(gym)] };
        let answers = [
            foreseen(&mut setting, &RevokeKey { grant }).await,
            foreseen(&mut setting, &RevokeAll { person }).await,
            foreseen(&mut setting, &DeletePerson { person }).await,
            foreseen(&mut setting, &DeleteKey { key }).await,
            foreseen(&mut setting, &edit).await.tasks,
            foreseen(&mut setting, &guest).await,
            foreseen(&mut setting, &access).await,
            foreseen(&mut setting, &DeactivateCard { person }).await.tasks,
        ];
        for tasks in &answers {
            assert_eq!(
                (tasks[0].door, only(tasks).bound),
                (home, None),
                "the gate is reached without anybody"
            );
        }
        let changed = foreseen(&mut setting, &elsewhere).await;
        let at = |door| changed.iter().find(|task| task.door == door).unwrap().revocation;
        assert!(at(home).is_some() && at(gym).is_none(), "{changed:?}");
        let lost = foreseen(&mut setting, &RevokePhone { phone }).await;
        assert_eq!(only(&lost).bound, Some(days(30)));
        let daily = foreseen(&mut setting, &RevokeDailyCode { giver, door: home, code: daily }).await;
        // In Berlin it is one o'clock, and tomorrow ends in 47 hours.
        assert_eq!(daily.task.unwrap().revocation.unwrap().bound, Some(Duration::from_secs(47 * HOUR)));
        let reset = ResetDoorcode { person, door: home };
        let actor = setting.actor(person).await;
        let (property, now) = (setting.property, setting.now);
        let reset = setting.office.foresee(actor, property, &reset, now, &mut setting.random).await.unwrap();
        assert_eq!(only(&reset).bound, None);

        let ben = setting.invitation("ben", &[key]);
        assert_eq!(foreseen(&mut setting, &ben).await.tasks[0].revocation, None);
        let more = ChangeKey { key, doors: vec![always(home), always(gate), always(gym)] };
        assert!(foreseen(&mut setting, &more).await.iter().all(|task| task.revocation.is_none()));
    });
}

/// A code that goes with its giver is in the answer, also where nothing else at that door changes.
#[test]
fn a_daily_code_that_goes_with_its_giver_is_told() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let doors = vec![KeyDoor { doorcodes: false, ..always(home) }];
        let key = setting.do_it(&CreateKey { name: Name::parse("App only").unwrap(), doors }).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let daily = setting.daily_code(Giver::Holder(ada), home, CodeDay::Today);
        setting.try_as(ada, &daily).await.unwrap();
        let tasks = setting.do_it(&RevokeAll { person: ada }).await;
        assert_eq!(only(&tasks).bound, Some(Duration::from_secs(23 * HOUR)));
    });
}
