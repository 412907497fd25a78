//! Who sees what happened at whose door (F-092 to F-100, R-005, R-006, R-150 to R-159).

use std::collections::BTreeSet;

use thumbturn_manager::access::Role;
use thumbturn_manager::office::import::PeopleFile;
use thumbturn_manager::office::model::{DoorType, Happening, Name, PersonName};
use thumbturn_manager::office::permission::{KeyManagement, NotPermitted, Permissions};
use thumbturn_manager::office::use_case::activity::{Activity, ActivityReport, MyActivity};
use thumbturn_manager::office::use_case::import::{AddContacts, SendInvitations};
use thumbturn_manager::office::use_case::key::{ChangeKey, DeleteKey};
use thumbturn_manager::office::use_case::manager::SetPermissions;
use thumbturn_manager::office::use_case::people::{EditAccess, InvitePerson, NewEnd, RevokeAll, RevokeKey};
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::use_case::report::{AssignedAccess, ResidentReview};
use thumbturn_manager::office::{Actor, Error};
use thumbturn_protocol::event::{Event, EventTime, LoggedEvent, Sequence, UsedKey};
use thumbturn_protocol::ids::{DoorId, HolderId, PhoneId};
use thumbturn_protocol::keys::{ExchangeKey, PhonePublicKeys, VerifyingKey};
use thumbturn_protocol::update::row::CredentialNumber;

use crate::log::{app, keyed, note, note_at, seen, seen_by, shared, who};
use crate::setting::{DAY, Setting, always, on_every_engine, unique};

fn appointment(setting: &Setting, who: &str, keys: KeyManagement) -> SetPermissions {
    SetPermissions {
        email: setting.email(who),
        name: PersonName::parse(who, "Moss").unwrap(),
        permissions: Permissions { keys, ..Permissions::default() },
    }
}

async fn not_resident(setting: &mut Setting, who: &str, keys: &[thumbturn_manager::ids::KeyId]) -> HolderId {
    let invitation = InvitePerson { role: Role::NonResident, ..setting.invitation(who, keys) };
    setting.do_it(&invitation).await.person
}

/// What the Portfolio Manager sees of one door: who was there, oldest first.
async fn at(setting: &Setting, door: DoorId) -> Vec<Option<HolderId>> {
    let lines = setting.ask(&Activity { door: Some(door), ..Activity::default() }).await.lines;
    who(&lines).into_iter().map(|(_, person)| person).collect()
}

/// F-097, R-151, R-152, R-157: at public doors everybody is seen, at home nobody who lives there; what is hidden is not counted either, nor
/// in the file.
#[test]
fn residents_are_seen_at_public_doors_and_not_at_home() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let public = [
            setting.door("Gym", DoorType::Communal).await,
            setting.door("Gate", DoorType::BuildingEntrance).await,
            setting.door("Store", DoorType::Service).await,
        ];
        let key = setting.key("All", &[&[home][..], &public[..]].concat()).await;
        let ada = setting.invite("ada", &[key]).await.person;
        for door in [home].into_iter().chain(public) {
            note(&setting, door, &[app(ada)]).await;
        }
        let seen_at: BTreeSet<_> = who(&seen(&setting).await).into_iter().collect();
        assert_eq!(seen_at, BTreeSet::from(public.map(|door| (door, Some(ada)))));
        let page = setting.ask(&Activity { most: 3, ..Activity::default() }).await;
        assert_eq!(page.lines.len(), 3, "a page is full of what is shown");
        let next = setting.ask(&Activity { after: page.next, ..Activity::default() }).await;
        assert_eq!((next.lines.len(), next.next), (0, None));
        let of_her = Activity { person: Some(ada), door: Some(home), ..Activity::default() };
        assert_eq!(setting.ask(&of_her).await.lines, []);
        let csv = setting.ask(&ActivityReport::default()).await.csv;
        assert_eq!((csv.lines().count(), csv.contains("Flat 1")), (4, false));
    });
}

/// F-092, F-096, R-150, R-151: whoever has no mark is no resident, is told so in the report, and is seen at private doors.
#[test]
fn whoever_is_not_marked_is_seen_at_private_doors() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ben = setting.email("ben");
        let text = format!("first_name,last_name,email,keys\nBen,Moss,{},Flat 1\n", ben.as_str());
        let file = PeopleFile::parse(text.as_bytes()).unwrap();
        setting.do_it(&AddContacts { file: &file, from: 0, most: 10 }).await;
        let send = SendInvitations {
            file: &file,
            keys: BTreeSet::new(),
            start: None,
            end: None,
            after: 0,
            most: 10,
        };
        setting.do_it(&send).await;
        let report = setting.ask(&AssignedAccess::default()).await.csv;
        assert!(report.lines().nth(1).unwrap().contains(",Flat 1,no,"), "{report}");
        let ben = setting.rows(home).await[0].terms().unwrap().holder();
        note(&setting, home, &[app(ben)]).await;
        assert_eq!(at(&setting, home).await, [Some(ben)]);
        let ada = setting.invite("ada", &[key]).await.person;
        note(&setting, home, &[app(ada)]).await;
        assert_eq!(at(&setting, home).await, [Some(ben)]);
    });
}

/// F-093, R-153: whoever manages the property is seen at every residence, living there or not; and only for as long.
#[test]
fn managers_are_seen_at_all_residences() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let max = setting.invite("max", &[key]).await.person;
        note(&setting, home, &[app(max)]).await;
        setting.pass(DAY);
        let yesterday = setting.now.minus(DAY / 2);
        let appoint = appointment(&setting, "max", KeyManagement::Limited);
        setting.do_it(&appoint).await;
        note_at(&setting, home, &[(yesterday, app(max))]).await;
        assert_eq!(at(&setting, home).await, [], "what he did before is not a manager's");
        note(&setting, home, &[app(max)]).await;
        assert_eq!(at(&setting, home).await, [Some(max)]);
        let dismiss = appointment(&setting, "max", KeyManagement::None);
        setting.do_it(&dismiss).await;
        assert_eq!(at(&setting, home).await, [], "he lives there, and is nothing else now");
        note(&setting, home, &[app(max)]).await;
        setting.pass(DAY);
        setting.do_it(&appoint).await;
        note_at(&setting, home, &[(setting.now.minus(DAY / 2), app(max))]).await;
        assert_eq!(at(&setting, home).await.len(), 1, "of his time as a manager");
    });
}

/// so is a Portfolio Manager.
#[test]
fn portfolio_managers_are_seen_at_all_residences() {
    on_every_engine(async |mut setting| {
        let (email, name) = (unique("oz", &mut setting.random), PersonName::parse("Oz", "Moss").unwrap());
        let place = Name::parse("Elm Street 2").unwrap();
        let (portfolio, oz) =
            setting.office.found(&place, (&email, &name), setting.now, &mut setting.random).await.unwrap();
        let draft = PropertyDraft { name: place, zone: "Europe/Berlin".to_owned(), retention_days: 730 };
        let opened =
            setting.office.open_property(Actor::Host, portfolio, &draft, setting.now, &mut setting.random);
        setting.property = opened.await.unwrap();
        setting.manager = oz;
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let invitation = InvitePerson { email, ..setting.invitation("oz", &[key]) };
        let oz = setting.do_it(&invitation).await.person;
        note(&setting, home, &[app(oz)]).await;
        assert_eq!(at(&setting, home).await, [Some(oz)]);
    });
}

/// no later change shows what was hidden; one may hide what was shown.
#[test]
fn later_changes_reveal_nothing() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await;
        let ben = not_resident(&mut setting, "ben", &[key]).await;
        note(&setting, home, &[app(ada.person), app(ben)]).await;
        assert_eq!(at(&setting, home).await, [Some(ben)]);
        setting.pass(100);
        let edit = |role| EditAccess { grant: ada.grants[0], role, may_share: None, end: NewEnd::Keep };
        setting.do_it(&edit(Some(Role::NonResident))).await;
        // The door's log comes late: what it says of before is judged by what she was then.
        let before = setting.now.minus(50);
        note_at(&setting, home, &[(before, app(ada.person)), (setting.now, app(ada.person))]).await;
        assert_eq!(at(&setting, home).await, [Some(ben), Some(ada.person)], "the last alone");
        setting.invite("ben", &[key]).await;
        assert_eq!(at(&setting, home).await, [Some(ada.person)], "he lives there now");
    });
}

/// the mark counts as it was, also when the Key, its door or the grant are gone by the time the log comes.
#[test]
fn what_was_taken_away_since_still_counts() {
    on_every_engine(async |mut setting| {
        let [home, gym] = [
            setting.door("Flat 1", DoorType::Residence).await,
            setting.door("Gym", DoorType::Communal).await,
        ];
        let [flat, staff] = [setting.key("Flat 1", &[home]).await, setting.key("Staff", &[home, gym]).await];
        let ada = setting.invite("ada", &[flat]).await.person;
        not_resident(&mut setting, "ada", &[staff]).await;
        let ben = setting.invite("ben", &[flat]).await.person;
        let cleo = setting.invite("cleo", &[staff]).await.person;
        let then = setting.now.plus(10);
        setting.pass(100);
        setting.do_it(&RevokeAll { person: ben }).await;
        setting.do_it(&DeleteKey { key: flat }).await;
        setting.do_it(&ChangeKey { key: staff, doors: vec![always(gym)] }).await;
        note_at(&setting, home, &[(then, app(ada)), (then, app(ben)), (then, app(cleo))]).await;
        setting.do_it(&ChangeKey { key: staff, doors: vec![always(gym), always(home)] }).await;
        assert_eq!(at(&setting, home).await, []);
        note(&setting, home, &[app(ada)]).await;
        assert_eq!(at(&setting, home).await, [Some(ada)], "now she is staff and nothing else");
    });
}

/// living there beats any other Key of the same person.
#[test]
fn a_resident_with_a_second_key_stays_a_resident() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let [flat, round] = [setting.key("Flat 1", &[home]).await, setting.key("Round", &[home]).await];
        let ada = not_resident(&mut setting, "ada", &[round]).await;
        setting.invite("ada", &[flat]).await;
        note(&setting, home, &[app(ada)]).await;
        assert_eq!(at(&setting, home).await, []);
    });
}

/// who lives there is nobody's guest there, not even under the grant of one who may let people in.
#[test]
fn a_resident_is_not_seen_as_anothers_guest() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let fay = not_resident(&mut setting, "fay", &[key]).await;
        let invitation = setting.do_it(&InvitePhone { person: ada }).await;
        let keys = PhonePublicKeys { session_key: ExchangeKey([1; 32]), signing_key: VerifyingKey([1; 32]) };
        let phone = setting.try_as(ada, &EnrolPhone { invitation, keys }).await.unwrap();
        note(&setting, home, &[shared(fay, phone)]).await;
        assert_eq!(seen_by(&setting, fay).await, []);
        assert_eq!(seen_by(&setting, ada).await, [(home, Some(ada))]);
        assert_eq!(at(&setting, home).await, []);
    });
}

/// where the door's clock was unsure, it may have been at any time since; who has lived there since is a resident.
#[test]
fn an_unsure_clock_reveals_nothing() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let then = setting.now;
        let ada = not_resident(&mut setting, "ada", &[key]).await;
        setting.pass(DAY);
        let key = setting.key("Also flat 1", &[home]).await;
        let grant = setting.invite("ada", &[key]).await.grants[0];
        setting.pass(DAY);
        setting.do_it(&RevokeKey { grant }).await;
        for unsure in [true, false] {
            let time = EventTime { at: then, unsure };
            let logged = LoggedEvent { sequence: Sequence(1), time, event: app(ada) };
            setting.office.note_events(setting.property, home, &[logged], setting.now).await.unwrap();
        }
        assert_eq!(seen(&setting).await.iter().map(|line| line.is_unsure).collect::<Vec<_>>(), [false]);
    });
}

/// at a private door, what tells only that somebody came or went counts as a resident's, and what nobody was let in by is shown.
#[test]
fn what_nobody_can_be_named_for_is_hidden_at_home() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        setting.key("Both", &[home, gym]).await;
        let events = [
            keyed(UsedKey::Doorcode(CredentialNumber(77))),
            Event::DoorSensor { open: true },
            app(HolderId([7; 8])),
            Event::WrongCode { digits: 7 },
            Event::LockedOut,
            Event::Failures { count: 3 },
        ];
        note(&setting, home, &events).await;
        note(&setting, gym, &events).await;
        let happened = async |door: DoorId| {
            let lines = setting.ask(&Activity { door: Some(door), ..Activity::default() }).await.lines;
            lines.into_iter().rev().map(|line| line.happening).collect::<Vec<_>>()
        };
        let shown = [Happening::WrongCode, Happening::LockedOut, Happening::Failures(3)];
        assert_eq!(happened(home).await, shown);
        let all = [Happening::Opened, Happening::LeafOpened, Happening::Opened].into_iter().chain(shown);
        assert_eq!(happened(gym).await, all.collect::<Vec<_>>());
    });
}

/// nobody sees a door that is in no Key of his, a Portfolio Manager neither; and who manages no Key sees nothing.
#[test]
fn a_manager_sees_the_doors_of_his_keys() {
    on_every_engine(async |mut setting| {
        let [one, two, none] = [
            setting.door("One", DoorType::Communal).await,
            setting.door("Two", DoorType::Communal).await,
            setting.door("None", DoorType::Communal).await,
        ];
        let [first, _] = [setting.key("One", &[one]).await, setting.key("Two", &[two]).await];
        let ada = setting.invite("ada", &[first]).await.person;
        for door in [one, two, none] {
            note(&setting, door, &[app(ada)]).await;
        }
        assert_eq!(who(&seen(&setting).await), [(one, Some(ada)), (two, Some(ada))]);
        let some = KeyManagement::Specific(BTreeSet::from([first]));
        for (who_asks, keys, doors, reports) in [
            ("kim", some, Some(1), true),
            ("lee", KeyManagement::Limited, Some(2), false),
            ("max", KeyManagement::Full, Some(2), true),
            ("ned", KeyManagement::None, None, false),
        ] {
            let appoint = appointment(&setting, who_asks, keys);
            let actor = Actor::Account(setting.do_it(&appoint).await);
            let (property, now) = (setting.property, setting.now);
            let answer = setting.office.ask(actor, property, &Activity::default(), now).await;
            assert_eq!(answer.ok().map(|page| page.lines.len()), doors, "{who_asks}");
            let report = setting.office.ask(actor, property, &ActivityReport::default(), now).await;
            assert_eq!(report.is_ok(), reports, "{who_asks}");
            if let Ok(page) = report {
                assert_eq!(Some(page.csv.lines().count() - 1), doors, "{who_asks}");
            }
        }
        let holder = setting.ask_as(ada, &Activity::default()).await;
        assert!(matches!(holder, Err(Error::NotPermitted(NotPermitted::NoKeyManagement))));
    });
}

/// those who live behind a door see all of it; a granter sees his guests; who only comes there sees himself at public doors.
#[test]
fn those_who_live_together_see_their_door() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Both", &[home, gym]).await;
        let [ada, bea] =
            [setting.invite("ada", &[key]).await.person, setting.invite("bea", &[key]).await.person];
        let [cleo, fay] = [
            not_resident(&mut setting, "cleo", &[key]).await,
            not_resident(&mut setting, "fay", &[key]).await,
        ];
        let let_in = setting.guest(ada, "dan", &[home, gym]);
        let dan = setting.try_as(ada, &let_in).await.unwrap().guest;
        let let_in = setting.guest(fay, "gus", &[home]);
        let gus = setting.try_as(fay, &let_in).await.unwrap().guest;
        let all = [ada, bea, cleo, dan, gus];
        note(&setting, home, &all.map(app)).await;
        note(&setting, gym, &all.map(app)).await;
        let at_home = all.map(|person| (home, Some(person))).to_vec();
        let and_gym =
            |people: &[HolderId]| people.iter().map(|person| (gym, Some(*person))).collect::<Vec<_>>();
        assert_eq!(seen_by(&setting, ada).await, [at_home.clone(), and_gym(&[ada, dan])].concat());
        assert_eq!(seen_by(&setting, bea).await, [at_home, and_gym(&[bea])].concat());
        assert_eq!(seen_by(&setting, cleo).await, and_gym(&[cleo]), "R-155: not to the non-resident himself");
        assert_eq!(seen_by(&setting, dan).await, and_gym(&[dan]));
        assert_eq!(seen_by(&setting, fay).await, [(home, Some(gus))], "her guest, not that of others");
        assert_eq!(at(&setting, home).await, [cleo, dan, gus].map(Some));
        let only_gym = MyActivity { door: Some(gym), ..MyActivity::of(bea) };
        let lines = setting.ask_as(bea, &only_gym).await.unwrap().lines;
        assert_eq!(who(&lines), and_gym(&[bea]));
    });
}

/// who moves in does not see who was there before, and who has moved out sees nobody but himself.
#[test]
fn a_home_is_seen_by_those_who_lived_there_then_and_do_now() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let bea = setting.invite("bea", &[key]).await.person;
        note(&setting, home, &[app(ada), app(bea)]).await;
        setting.pass(DAY);
        setting.do_it(&RevokeAll { person: ada }).await;
        let eve = setting.invite("eve", &[key]).await.person;
        note(&setting, home, &[app(bea), app(eve)]).await;
        let here = |people: &[HolderId]| people.iter().map(|one| (home, Some(*one))).collect::<Vec<_>>();
        assert_eq!(seen_by(&setting, ada).await, here(&[ada]));
        assert_eq!(seen_by(&setting, bea).await, here(&[ada, bea, bea, eve]));
        assert_eq!(seen_by(&setting, eve).await, here(&[bea, eve]));
    });
}

/// nobody looks at it in the person's stead: no manager, and not the host.
#[test]
fn what_a_person_may_see_is_for_the_person_alone() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let [ada, bea] =
            [setting.invite("ada", &[key]).await.person, setting.invite("bea", &[key]).await.person];
        let (property, now, question) = (setting.property, setting.now, MyActivity::of(ada));
        for actor in [Actor::Host, Actor::Account(setting.manager), setting.actor(bea).await] {
            let answer = setting.office.ask(actor, property, &question, now).await;
            assert!(matches!(answer, Err(Error::NotPermitted(_))), "{actor:?}");
        }
    });
}

/// a guest whose phone the office does not know, under the grant of a resident, is seen, and by whom he was let in.
#[test]
fn guests_by_phone_are_seen_with_their_granter() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        note(&setting, home, &[shared(ada, PhoneId([9; 16]))]).await;
        let lines = seen(&setting).await;
        assert_eq!((lines.len(), lines[0].is_guest, lines[0].person.is_none()), (1, true, true));
        assert_eq!(lines[0].guest_of.as_ref().map(|granter| granter.person), Some(ada));
        assert_eq!(seen_by(&setting, ada).await, [(home, None)]);
    });
}

/// F-098, F-100, R-159: who opens a private door without being marked is listed for staff to go through, those from a file as such.
#[test]
fn who_is_not_marked_at_a_private_door_is_to_be_reviewed() {
    on_every_engine(async |mut setting| {
        let [home, gym] = [
            setting.door("Flat 1", DoorType::Residence).await,
            setting.door("Gym", DoorType::Communal).await,
        ];
        let [flat, sport] = [setting.key("Flat 1", &[home]).await, setting.key("Gym", &[gym]).await];
        not_resident(&mut setting, "cleo", &[flat, sport]).await;
        let rows = async |setting: &Setting| {
            let csv = setting.ask(&ResidentReview::default()).await.csv;
            csv.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        let cleo = setting.email("cleo");
        let expected = format!("Flat 1,cleo,Moss,{},Flat 1,no,no", cleo.as_str());
        assert_eq!(rows(&setting).await, [expected]);
        let ben = setting.email("ben");
        let text = format!("first_name,last_name,email,keys\nBen,Moss,{},Flat 1\n", ben.as_str());
        let file = PeopleFile::parse(text.as_bytes()).unwrap();
        setting.do_it(&AddContacts { file: &file, from: 0, most: 10 }).await;
        let send = SendInvitations {
            file: &file,
            keys: BTreeSet::new(),
            start: None,
            end: None,
            after: 0,
            most: 10,
        };
        setting.do_it(&send).await;
        setting.invite("ada", &[flat]).await;
        let mut found = rows(&setting).await;
        found.sort();
        let of_ben = format!("Flat 1,Ben,Moss,{},Flat 1,yes,yes", ben.as_str());
        let of_cleo = format!("Flat 1,cleo,Moss,{},Flat 1,no,yes", cleo.as_str());
        assert_eq!(found, [of_ben, of_cleo]);
        setting.invite("cleo", &[flat]).await;
        assert_eq!(rows(&setting).await.len(), 1, "she is marked by another Key");
        let lee = appointment(&setting, "lee", KeyManagement::Limited);
        let lee = Actor::Account(setting.do_it(&lee).await);
        let refused =
            setting.office.ask(lee, setting.property, &ResidentReview::default(), setting.now).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotFullKeyManagement))), "R-005");
        let page = setting.ask(&ResidentReview { after: None, most: 1 }).await;
        assert_eq!(setting.ask(&ResidentReview { after: page.next, most: 1 }).await.csv, "");
    });
}
