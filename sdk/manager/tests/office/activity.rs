//! What happened at doors, and who it was (F-075, R-114, R-164).

use std::collections::BTreeSet;

use thumbturn_manager::office::model::{DoorType, Happening, Method, PersonName};
use thumbturn_manager::office::use_case::activity::{Activity, ActivityReport};
use thumbturn_manager::office::use_case::cards::{ActivateCard, DeactivateCard};
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, Giver};
use thumbturn_manager::office::use_case::people::{DeletePerson, InvitePerson, RevokeAll};
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone, RevokePhone};
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::event::{Event, EventTime, LoggedEvent, Refusal, Sequence, UsedKey};
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::keys::{ExchangeKey, PhonePublicKeys, VerifyingKey};
use thumbturn_protocol::record::ActuatorResult;

use crate::log::{app, delivery, keyed, note, note_at, number, operation, seen, shared, who};
use crate::setting::{DAY, on_every_engine};

/// F-075, R-114: what somebody did stays readable with the name, also when the person was deleted and the account with it.
#[test]
fn past_activity_of_a_deleted_person_keeps_the_name() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        note(&setting, gym, &[app(ada)]).await;
        setting.do_it(&DeletePerson { person: ada }).await;
        // A door that is out of reach lets her in for a while yet.
        note(&setting, gym, &[app(ada)]).await;
        let of_her = setting.ask(&Activity { person: Some(ada), ..Activity::default() }).await.lines;
        assert_eq!(of_her.len(), 2);
        for line in of_her {
            assert_eq!(line.person.unwrap().name.as_deref(), Some("ada Moss"));
            assert_eq!(line.door_name, "Gym");
        }
    });
}

/// a doorcode and a card are their holder's, also when they are gone by the time the log comes.
#[test]
fn codes_and_cards_are_known_by_their_numbers() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        let code = number(&setting, gym, ada).await;
        let mut own = setting.invitation("cleo", &[key]);
        own.end = Some(setting.now.plus(DAY).into());
        let cleo = setting.do_it(&own).await.person;
        let token = CardToken([1; 8]);
        setting.do_it(&ActivateCard { person: ben, token, version: CardVersion(1) }).await;
        let rows = setting.rows(gym).await;
        let numbers: BTreeSet<_> = rows
            .iter()
            .filter_map(|row| row.terms())
            .filter(|terms| terms.holder() == ben)
            .map(|terms| terms.credential())
            .collect();
        let card = *numbers.last().unwrap();
        setting.office.door_applied(setting.property, gym).await.unwrap();
        setting.do_it(&DeactivateCard { person: ben }).await;
        setting
            .do_it(&ActivateCard { person: cleo, token: CardToken([2; 8]), version: CardVersion(1) })
            .await;
        setting.do_it(&RevokeAll { person: ada }).await;
        setting.office.door_applied(setting.property, gym).await.unwrap();
        setting.do_it(&ActivateCard { person: cleo, token, version: CardVersion(1) }).await;
        let refused = Event::CardRefused { credential: card, reason: Refusal::OutOfSchedule };
        let events = [keyed(UsedKey::Doorcode(code)), keyed(UsedKey::Card(card)), refused];
        note(&setting, gym, &events).await;
        let lines = seen(&setting).await;
        assert_eq!(who(&lines), [(gym, Some(ada)), (gym, Some(ben)), (gym, Some(ben))]);
        let told: Vec<_> = lines.iter().rev().map(|line| (line.method, line.happening)).collect();
        assert_eq!(
            told,
            [
                (Method::Doorcode, Happening::Opened),
                (Method::Card, Happening::Opened),
                (Method::Card, Happening::Refused(Refusal::OutOfSchedule)),
            ]
        );
    });
}

/// a refusal names a phone; whose it was is known also when it was revoked, and so is a guest's.
#[test]
fn phones_are_their_persons() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let [ada, dan] =
            [setting.invite("ada", &[key]).await.person, setting.invite("dan", &[key]).await.person];
        let mut phones = Vec::new();
        for (person, byte) in [(ada, 1), (dan, 2)] {
            let invitation = setting.do_it(&InvitePhone { person }).await;
            let keys = PhonePublicKeys {
                session_key: ExchangeKey([byte; 32]),
                signing_key: VerifyingKey([byte; 32]),
            };
            phones.push(setting.try_as(person, &EnrolPhone { invitation, keys }).await.unwrap());
        }
        setting.do_it(&RevokePhone { phone: phones[0] }).await;
        let refused = Event::Refused { phone: phones[0], reason: Refusal::Denied };
        note(&setting, gym, &[refused, shared(ada, phones[1])]).await;
        let lines = seen(&setting).await;
        assert_eq!(who(&lines), [(gym, Some(ada)), (gym, Some(dan))]);
        assert_eq!(lines[0].guest_of.as_ref().map(|granter| granter.person), Some(ada));
        assert_eq!(lines[1].happening, Happening::Refused(Refusal::Denied));
    });
}

/// a daily code is that of a guest of whoever gave it out.
#[test]
fn a_daily_code_names_its_granter() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let own = setting.daily_code(Giver::Holder(ada), home, CodeDay::Today);
        let own = setting.try_as(ada, &own).await.unwrap().name;
        let staff = setting.daily_code(Giver::Staff(key), home, CodeDay::Today);
        let staff = setting.do_it(&staff).await.name;
        note(&setting, home, &[keyed(UsedKey::Daily(own)), keyed(UsedKey::Daily(staff))]).await;
        let lines = seen(&setting).await;
        let told: Vec<_> = lines
            .iter()
            .rev()
            .map(|line| (line.method, line.is_guest, line.guest_of.as_ref().map(|granter| granter.person)))
            .collect();
        assert_eq!(told, [(Method::WholeDayCode, true, Some(ada)), (Method::WholeDayCode, true, None)]);
    });
}

/// what the bolt did belongs to the opening, in the same batch or a later one; where the opening is lost, it stands alone.
#[test]
fn what_the_bolt_did_belongs_to_the_opening() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let opened = [app(ada), app(ada)];
        let [first, second] = opened.each_ref().map(|event| match event {
            Event::Operation(accepted) => accepted.operation,
            _ => OperationId([0; 8]),
        });
        let drove = |operation, result| Event::Actuator { operation, result };
        let [one, two] = opened;
        note(&setting, gym, &[one, drove(first, ActuatorResult::Moved), two]).await;
        let lost = drove(operation(), ActuatorResult::Moved);
        note(&setting, gym, &[drove(second, ActuatorResult::Jammed), lost]).await;
        let lines = seen(&setting).await;
        let told: Vec<_> = lines.iter().rev().map(|line| (line.happening, line.bolt)).collect();
        assert_eq!(
            told,
            [
                (Happening::Opened, Some(ActuatorResult::Moved)),
                (Happening::Opened, Some(ActuatorResult::Jammed)),
                (Happening::BoltDriven, Some(ActuatorResult::Moved)),
            ]
        );
    });
}

/// who passes by to deliver opens nothing, and is nobody's business; nor is what the device does with itself.
#[test]
fn couriers_are_not_noted() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        note(&setting, gym, &[delivery(ada), Event::Booted, Event::ClockSet { phone: None }]).await;
        assert_eq!(seen(&setting).await, []);
    });
}

/// Newest first, a page at a time, by door, person and time; what is asked for is all that is there, once.
#[test]
fn pages_of_the_activity_are_the_whole() {
    on_every_engine(async |mut setting| {
        let doors =
            [setting.door("Gym", DoorType::Communal).await, setting.door("Gate", DoorType::Service).await];
        let key = setting.key("Both", &doors).await;
        let people = [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        let begin = setting.now;
        for hour in 0..3_u64 {
            setting.pass(3_600);
            for door in doors {
                // Several in one second.
                note(&setting, door, &[app(people[0]), app(people[1]), app(people[0])]).await;
            }
            let late = setting.now.minus(1_800);
            note_at(&setting, doors[usize::try_from(hour % 2).unwrap()], &[(late, app(people[1]))]).await;
        }
        let all = seen(&setting).await;
        assert_eq!(all.len(), 21);
        assert!(all.is_sorted_by(|one, other| one.at >= other.at));
        let pages = async |question: Activity| {
            let (mut lines, mut after) = (Vec::new(), None);
            loop {
                let page = setting.ask(&Activity { after, ..question }).await;
                lines.extend(page.lines);
                after = page.next;
                if after.is_none() {
                    break lines;
                }
            }
        };
        for most in 1..8 {
            assert_eq!(pages(Activity { most, ..Activity::default() }).await, all);
        }
        let (from, until) = (Some(begin.plus(3_600)), Some(begin.plus(2 * 3_600)));
        let door = Some(doors[0]);
        let questions = [
            Activity { door, most: 2, ..Activity::default() },
            Activity { person: Some(people[1]), most: 2, ..Activity::default() },
            Activity { door, person: Some(people[0]), most: 1, ..Activity::default() },
            Activity { from, until, most: 2, ..Activity::default() },
        ];
        for question in questions {
            let expected: Vec<_> = all
                .iter()
                .filter(|line| question.door.is_none_or(|door| line.door == door))
                .filter(|line| {
                    let who = line.person.as_ref().map(|somebody| somebody.person);
                    question.person.is_none_or(|person| who == Some(person))
                })
                .filter(|line| question.from.is_none_or(|from| line.at >= from))
                .filter(|line| question.until.is_none_or(|until| line.at < until))
                .cloned()
                .collect();
            assert!(!expected.is_empty() && expected.len() < all.len());
            assert_eq!(pages(question).await, expected);
        }
    });
}

/// the file says what the page does, on the property's clock, and no name is a program in it.
#[test]
fn the_activity_goes_into_a_file() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let evil = InvitePerson {
            name: PersonName::parse("=1+1", "Moss").unwrap(),
            ..setting.invitation("eve", &[key])
        };
        let eve = setting.do_it(&evil).await.person;
        note(&setting, gym, &[app(eve), Event::CardFailures { count: 4 }]).await;
        let file = setting.ask(&ActivityReport::default()).await;
        assert_eq!(
            file.csv,
            "time,door,method,result,bolt,times,person,guest_of,resident\r\n\
             2026-01-05T01:00:00+01:00,Gym,keycard,failures,,4,,,no\r\n\
             2026-01-05T01:00:00+01:00,Gym,app,opened,,1,'=1+1 Moss,,no\r\n"
        );
        let page = setting.ask(&ActivityReport(Activity { most: 1, ..Activity::default() })).await;
        let rest = Activity { after: page.next, ..Activity::default() };
        assert_eq!(page.csv + &setting.ask(&ActivityReport(rest)).await.csv, file.csv);
    });
}

/// A door whose clock is ahead does not outlive retention; one whose clock was unsure says so.
#[test]
fn a_doors_clock_is_believed_up_to_now() {
    on_every_engine(async |mut setting| {
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Gym", &[gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        note_at(&setting, gym, &[(setting.now.plus(900 * DAY), app(ada))]).await;
        let time = EventTime { at: setting.now.minus(DAY), unsure: true };
        let unsure = LoggedEvent { sequence: Sequence(1), time, event: app(ada) };
        setting.office.note_events(setting.property, gym, &[unsure], setting.now).await.unwrap();
        let lines = seen(&setting).await;
        let told: Vec<_> = lines.iter().map(|line| (line.at, line.is_unsure)).collect();
        assert_eq!(told, [(setting.now, false), (setting.now.minus(DAY), true)]);
    });
}
