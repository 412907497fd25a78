//! People and units from CSV (F-026, F-076 to F-090).

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use std::collections::BTreeSet;

use thumbturn_manager::ids::{AccountId, KeyId};
use thumbturn_manager::office::calendar::Date;
use thumbturn_manager::office::import::{Issue, PeopleFile, Problem, Severity, UnitsFile};
use thumbturn_manager::office::model::{DoorType, Name, PersonName};
use thumbturn_manager::office::permission::{KeyManagement, Permissions};
use thumbturn_manager::office::use_case::import::{
    AddContacts, FindImport, ImportState, ImportUnits, ReviewPeople, SendInvitations,
};
use thumbturn_manager::office::use_case::manager::SetPermissions;
use thumbturn_manager::office::use_case::people::{DeletePerson, ListPeople, RevokeAll};
use thumbturn_manager::office::use_case::report::AssignedAccess;
use thumbturn_manager::office::use_case::unit::AddUnit;
use thumbturn_manager::office::{Actor, Error, Invalid, Thing};

use crate::setting::{DAY, Setting, on_every_engine};

const HEAD: &str = "first_name,last_name,email,unit,keys,resident,may_share,starts,expires\n";

/// A file whose addresses are of this property: `{ada}` stands for Ada's.
fn file(setting: &Setting, rows: &str) -> PeopleFile {
    let mut text = format!("{HEAD}{rows}");
    for who in ["ada", "ben", "cleo", "dan", "eve", "fay"] {
        text = text.replace(&format!("{{{who}}}"), setting.email(who).as_str());
    }
    PeopleFile::parse(text.as_bytes()).unwrap()
}

fn add(file: &PeopleFile, from: usize) -> AddContacts<'_> {
    AddContacts { file, from, most: 2 }
}

fn send<'a>(file: &'a PeopleFile, keys: &[KeyId], after: u32) -> SendInvitations<'a> {
    SendInvitations { file, keys: keys.iter().copied().collect(), start: None, end: None, after, most: 2 }
}

/// Goes through a whole file, and gives how many were added and sent, and all issues.
async fn import(setting: &mut Setting, file: &PeopleFile, keys: &[KeyId]) -> (usize, usize, Vec<Issue>) {
    let (mut added, mut sent, mut issues) = (0, 0, Vec::new());
    let mut from = Some(0);
    while let Some(place) = from {
        let step = setting.do_it(&add(file, place)).await;
        added += step.added;
        issues.extend(step.issues);
        from = step.next;
    }
    let mut after = Some(0);
    while let Some(line) = after {
        let step = setting.do_it(&send(file, keys, line)).await;
        sent += step.sent;
        issues.extend(step.issues);
        after = step.next;
    }
    (added, sent, issues)
}

fn problems(issues: &[Issue]) -> Vec<(u32, Option<&'static str>, Problem)> {
    issues.iter().map(|issue| (issue.line, issue.column, issue.problem)).collect()
}

/// Who holds what, and who was told what: what an import is for.
async fn outcome(setting: &Setting) -> (String, Vec<(AccountId, String)>) {
    (
        setting.ask(&AssignedAccess::default()).await.csv,
        setting.office.notices(setting.property).await.unwrap(),
    )
}

/// F-076, F-082 to F-086, F-088: contacts first, then Keys of the row and those for all, start and end, and a welcome for each.
#[test]
fn people_are_imported_with_keys_and_told() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let (_, common) = (setting.key("Flat 1", &[home]).await, setting.key("Gym", &[gym]).await);
        let unit = AddUnit { name: Name::parse("4B").unwrap(), floor: None, external_id: None };
        setting.do_it(&unit).await;
        let file = file(
            &setting,
            "Ada,Moss,{ada},4B,Flat 1,yes,yes,2026-02-01,2026-02-28\nBen,Moss,{ben},,,,,,\nCleo,Moss,{cleo},,,,,,\n",
        );
        assert_eq!(setting.ask(&FindImport { file: &file }).await, None);
        let mut from = Some(0);
        while let Some(place) = from {
            from = setting.do_it(&add(&file, place)).await.next;
        }
        let status = setting.ask(&FindImport { file: &file }).await.unwrap();
        assert_eq!((status.state, status.rows, status.waiting), (ImportState::Added, 3, 3));
        assert_eq!(
            setting.office.notices(setting.property).await.unwrap(),
            [],
            "nobody hears before it is sent"
        );
        let contacts = setting.ask(&ListPeople { show_expired: true, after: None }).await;
        assert_eq!((contacts.len(), setting.ask(&ListPeople::default()).await.len()), (3, 0));

        let all = SendInvitations {
            start: Some(Date::parse("2026-01-10").unwrap()),
            end: Some(Date::parse("2026-12-31").unwrap()),
            most: 200,
            ..send(&file, &[common], 0)
        };
        let sent = setting.do_it(&all).await;
        assert_eq!((sent.sent, sent.issues, sent.next, sent.tasks.len()), (3, vec![], None, 2));
        assert_eq!(setting.ask(&FindImport { file: &file }).await.unwrap().state, ImportState::Sent);
        let told = setting.office.notices(setting.property).await.unwrap();
        assert_eq!(told.iter().map(|(_, kind)| kind.as_str()).collect::<Vec<_>>(), ["welcome"; 3]);

        // the last day is a whole one, on the property's clock.
        let report = setting.ask(&AssignedAccess::default()).await.csv;
        let dates = |row: &str| row.split(',').skip(3).take(5).collect::<Vec<_>>().join(",");
        let mut found: Vec<_> = report.lines().skip(1).map(dates).collect();
        found.sort();
        let own = "yes,yes,2026-02-01T00:00:00+01:00,2026-03-01T00:00:00+01:00";
        let others = "Gym,no,no,2026-01-10T00:00:00+01:00,2027-01-01T00:00:00+01:00".to_owned();
        assert_eq!(found, [format!("Flat 1,{own}"), others.clone(), others, format!("Gym,{own}")]);
        assert_eq!(setting.office.door_list(setting.property, home).await.unwrap().rows.len(), 1);
        assert_eq!(setting.office.door_list(setting.property, gym).await.unwrap().rows.len(), 3);
    });
}

/// F-089, R-233, R-240: who has an account gets the doors added, and keeps the name.
#[test]
fn an_account_that_is_there_gets_the_doors_added() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let first = setting.key("First", &[home]).await;
        setting.key("Second", &[home]).await;
        let invited = setting.invite("ada", &[first]).await;
        let file = file(&setting, "Adelheid,Moss,{ada},,Second,yes,no,,\n");
        let (added, sent, issues) = import(&mut setting, &file, &[]).await;
        assert_eq!((added, sent), (1, 1));
        assert_eq!(problems(&issues), [(2, Some("first_name"), Problem::NameDiffers)]);
        let people = setting.ask(&ListPeople::default()).await;
        assert_eq!(
            (people.len(), people[0].person, people[0].name.as_str()),
            (1, invited.person, "ada Moss")
        );
        let told = setting.office.notices(setting.property).await.unwrap();
        assert_eq!(
            told.iter().map(|(_, kind)| kind.as_str()).collect::<Vec<_>>(),
            ["welcome", "access added"]
        );
    });
}

/// F-081, R-232, R-235, R-238, R-239: a review says what is wrong and changes nothing; the import leaves out what is wrong and goes on.
#[test]
fn bad_rows_are_told_and_left_out() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        setting.key("Flat 1", &[home]).await;
        let file = file(
            &setting,
            "Ada,Moss,{ada},9,Flat 1; Flat 2,,,,\nBen,Moss,{ben},,Flat 1,,,2026-03-01,2026-02-01\n\
             Cleo,Moss,{cleo},,Flat 1,,,,2026-01-04\nDan,Moss,{dan},,Flat 1,,,,\nDan,Moss,{dan},,Flat 1,,,,\n\
             Eve,Moss,{eve},,,,,,\nEve,Mosse,{eve},,,,,,\n,Moss,{fay},,,maybe,,,\n",
        );
        let expected = [
            (2, Some("keys"), Problem::UnknownKey),
            (2, Some("unit"), Problem::UnknownUnit),
            (3, Some("expires"), Problem::EndBeforeStart),
            (4, Some("expires"), Problem::EndInPast),
            (6, Some("email"), Problem::DuplicateInFile),
            (7, Some("email"), Problem::DuplicateEmailInFile),
            (8, Some("email"), Problem::DuplicateEmailInFile),
            (9, Some("first_name"), Problem::MissingName),
            (9, Some("resident"), Problem::BadBool),
        ];
        let review = setting.ask(&ReviewPeople { file: &file, from: 0 }).await;
        assert_eq!((review.good, review.next, problems(&review.issues)), (1, None, expected.to_vec()));
        assert_eq!(setting.ask(&ListPeople { show_expired: true, after: None }).await, []);
        let (added, sent, issues) = import(&mut setting, &file, &[]).await;
        assert_eq!((added, sent, problems(&issues)), (1, 1, expected.to_vec()));
        assert_eq!(setting.ask(&ListPeople { show_expired: true, after: None }).await.len(), 1);
    });
}

/// F-090, R-234: the same again does nothing; a corrected file does what is left; what was revoked does not come back from an old file.
#[test]
fn the_same_file_again_imports_what_is_left() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        setting.key("Flat 1", &[home]).await;
        let broken = file(&setting, "Ada,Moss,{ada},,Flat 1,yes,,,\nBen,Moss,{ben},,Flat 2,,,,\n");
        import(&mut setting, &broken, &[]).await;
        let before = outcome(&setting).await;
        setting.pass(DAY);
        let again = file(&setting, "Ada,Moss,{ada},,Flat 1,yes,,,\nBen,Moss,{ben},,Flat 2,,,,\n");
        let (added, sent, issues) = import(&mut setting, &again, &[]).await;
        assert_eq!((added, sent, issues[0].problem, issues.len()), (0, 0, Problem::AlreadyImported, 2));
        assert_eq!(issues[0].problem.severity(), Severity::Skipped);
        assert_eq!(outcome(&setting).await, before);

        // Written otherwise, it still says the same.
        let corrected = file(&setting, "Ben,Moss,{ben},,Flat 1,,,,\n\" Ada\",Moss,{ada},,Flat 1;,1,no,,\n");
        let (added, sent, issues) = import(&mut setting, &corrected, &[]).await;
        assert_eq!(
            (added, sent, problems(&issues)),
            (1, 1, vec![(3, Some("email"), Problem::AlreadyImported)])
        );

        let people = setting.ask(&ListPeople::default()).await;
        let ada = people.iter().find(|line| line.name == "Ada Moss").unwrap().person;
        setting.do_it(&RevokeAll { person: ada }).await;
        assert_eq!(import(&mut setting, &corrected, &[]).await.1, 0);
        setting.do_it(&DeletePerson { person: ada }).await;
        assert_eq!(
            import(&mut setting, &corrected, &[]).await.1,
            1,
            "whoever was deleted begins anew (§4.1)"
        );
    });
}

/// F-077: a row that waits gives way to a newer one for the same person, whose welcome is not lost.
#[test]
fn a_corrected_row_takes_the_place_of_one_that_waits() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let wrong = file(&setting, "Ada,Moss,{ada},,,yes,,,\nBen,Moss,{ben},,,yes,,,\n");
        setting.do_it(&add(&wrong, 0)).await;
        let right = file(&setting, "Ada,Moss,{ada},,Flat 1,no,,,\nBen,Moss,{ben},,,yes,,,\n");
        assert_eq!(import(&mut setting, &right, &[key]).await, (2, 2, vec![]));
        assert_eq!(setting.do_it(&send(&wrong, &[key], 0)).await.sent, 0);
        let told = setting.office.notices(setting.property).await.unwrap();
        assert_eq!(told.iter().map(|(_, kind)| kind.as_str()).collect::<Vec<_>>(), ["welcome"; 2]);
        assert_eq!(setting.office.door_list(setting.property, home).await.unwrap().rows.len(), 2);
    });
}

const SIX: &str = "Ada,Moss,{ada},,Flat 1,yes,,,\nBen,Moss,{ben},,Flat 1,,,,\nCleo,Moss,{cleo},,,,,,\n\
                   Dan,Moss,{dan},,Flat 2,,,,\nEve,Moss,{eve},,Flat 1,,,,\nFay,Moss,{fay},,,,,,\n";

/// The names of people in a report without what differs from property to property.
async fn counts(setting: &Setting) -> (Vec<String>, usize, usize) {
    let (report, told) = outcome(setting).await;
    let mut rows: Vec<String> = report
        .lines()
        .skip(1)
        .map(|row| {
            row.split(',')
                .enumerate()
                .filter(|(at, _)| ![2, 6, 9].contains(at))
                .map(|(_, cell)| cell)
                .collect::<Vec<_>>()
                .join(",")
        })
        .collect();
    rows.sort();
    let welcomed: BTreeSet<AccountId> = told.iter().map(|(account, _)| *account).collect();
    (rows, told.len(), welcomed.len())
}

async fn doors_and_common_key(setting: &mut Setting) -> KeyId {
    let home = setting.door("Flat 1", DoorType::Residence).await;
    setting.key("Flat 1", &[home]).await;
    setting.key("Common", &[home]).await
}

/// F-090, R-234, §4.7: killed between any two transactions, then the same file again: nobody is lost, nothing is twice.
#[test]
fn killed_between_any_two_transactions_nothing_is_lost_or_doubled() {
    on_every_engine(async |mut setting| {
        let common = doors_and_common_key(&mut setting).await;
        let whole = file(&setting, SIX);
        import(&mut setting, &whole, &[common]).await;
        let expected = counts(&setting).await;
        assert_eq!((expected.0.len(), expected.1, expected.2), (5 + 3, 5, 5), "Dan's Key is not there");
        // Three steps add contacts, three send.
        for survived in 0..6 {
            setting.open_another().await;
            let common = doors_and_common_key(&mut setting).await;
            let text = file(&setting, SIX);
            let (mut from, mut after) = (Some(0), Some(0));
            for _ in 0..survived {
                if let Some(place) = from {
                    from = setting.do_it(&add(&text, place)).await.next;
                } else if let Some(line) = after {
                    after = setting.do_it(&send(&text, &[common], line)).await.next;
                }
            }
            setting.pass(60);
            let again = file(&setting, SIX);
            import(&mut setting, &again, &[common]).await;
            assert_eq!(counts(&setting).await, expected, "killed after {survived} transactions");
        }
    });
}

/// A future that is dropped after so many polls; `None` then.
async fn killed_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// killed within a transaction, that one leaves nothing behind.
#[test]
fn killed_within_a_transaction_nothing_is_lost_or_doubled() {
    on_every_engine(async |mut setting| {
        let common = doors_and_common_key(&mut setting).await;
        let text = file(&setting, SIX);
        let (mut from, mut after, mut polls) = (Some(0), Some(0), 0);
        while from.is_some() || after.is_some() {
            polls += 7;
            match (from, after) {
                (Some(place), _) => {
                    let step = add(&text, place);
                    if let Some(done) = killed_after(polls, setting.do_it(&step)).await {
                        (from, polls) = (done.next, 0);
                    }
                }
                (None, Some(line)) => {
                    let step = send(&text, &[common], line);
                    if let Some(done) = killed_after(polls, setting.do_it(&step)).await {
                        (after, polls) = (done.next, 0);
                    }
                }
                (None, None) => {}
            }
        }
        let (rows, told, welcomed) = counts(&setting).await;
        assert_eq!((rows.len(), told, welcomed), (5 + 3, 5, 5));
        assert_eq!(setting.ask(&ListPeople { show_expired: true, after: None }).await.len(), 5);
    });
}

async fn manager_of(setting: &mut Setting, keys: KeyManagement) -> Actor {
    let appoint = SetPermissions {
        email: setting.email("max"),
        name: PersonName::parse("Max", "Moss").unwrap(),
        permissions: Permissions { keys, ..Permissions::default() },
    };
    Actor::Account(setting.do_it(&appoint).await)
}

/// who manages some Keys imports with these only, also rows that somebody else has added.
#[test]
fn a_manager_of_some_keys_imports_with_these_only() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let [mine, other] = [setting.key("Mine", &[home]).await, setting.key("Other", &[home]).await];
        let max = manager_of(&mut setting, KeyManagement::Specific(BTreeSet::from([mine]))).await;
        let file = file(&setting, "Ada,Moss,{ada},,Mine,,,,\nBen,Moss,{ben},,Other,,,,\n");
        let (property, now, office) = (setting.property, setting.now, setting.office.clone());
        let added = office.perform(max, property, &add(&file, 0), now, &mut setting.random).await.unwrap();
        assert_eq!(added.added, 1);
        assert_eq!(problems(&added.issues), [(3, Some("keys"), Problem::KeyNotPermitted)]);

        setting.do_it(&add(&file, 0)).await;
        let sent =
            office.perform(max, property, &send(&file, &[], 0), now, &mut setting.random).await.unwrap();
        assert_eq!(
            (sent.sent, problems(&sent.issues)),
            (1, vec![(3, Some("keys"), Problem::KeyNotPermitted)])
        );
        let refused =
            office.perform(max, property, &send(&file, &[other], 0), now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(_))));
        assert_eq!(
            setting.do_it(&send(&file, &[], 0)).await.sent,
            1,
            "what he may not give waits for who may"
        );
    });
}

/// what is chosen for all is checked before anything is done.
#[test]
fn a_choice_that_cannot_be_changes_nothing() {
    on_every_engine(async |mut setting| {
        let common = doors_and_common_key(&mut setting).await;
        let file = file(&setting, "Ada,Moss,{ada},,,,,,\nBen,Moss,{ben},,Common,,,2026-06-01,\n");
        setting.do_it(&add(&file, 0)).await;
        let date = |text| Some(Date::parse(text).unwrap());
        let past = SendInvitations {
            end: date("2026-01-03"),
            start: date("2026-01-01"),
            ..send(&file, &[common], 0)
        };
        assert!(matches!(setting.try_do(&past).await, Err(Error::Invalid(Invalid::EndInPast))));
        let unknown = send(&file, &[KeyId([7; 16])], 0);
        assert!(matches!(setting.try_do(&unknown).await, Err(Error::NotFound(Thing::Key))));
        let short = SendInvitations { end: date("2026-05-01"), ..send(&file, &[], 0) };
        let sent = setting.do_it(&short).await;
        let expected = [(2, Some("keys"), Problem::NoKey), (3, Some("expires"), Problem::EndBeforeStart)];
        assert_eq!((sent.sent, problems(&sent.issues)), (0, expected.to_vec()));
        assert_eq!(import(&mut setting, &file, &[common]).await.1, 2, "both wait for a better choice");
    });
}

/// F-026, R-241.
#[test]
fn units_are_imported_once() {
    on_every_engine(async |mut setting| {
        let file = |text: &str| UnitsFile::parse(text.as_bytes()).unwrap();
        let first = file("Name,Floor,External ID\r\n1A,1,U-1\r\n1B,1,\r\n,1,\r\n1B,1,\r\n2A,2,\r\n2A,3,\r\n");
        let done = setting.do_it(&ImportUnits { file: &first, from: 0 }).await;
        let wrong = |line, problem| (line, Some("name"), problem);
        let expected = [
            wrong(4, Problem::MissingName),
            wrong(5, Problem::DuplicateInFile),
            wrong(6, Problem::DuplicateUnitInFile),
            wrong(7, Problem::DuplicateUnitInFile),
        ];
        assert_eq!((done.added, done.next, problems(&done.issues)), (2, None, expected.to_vec()));
        let second = file("name,floor,external_id\n1A,1,U-1\n1B,2,\n2A,2,\n");
        let done = setting.do_it(&ImportUnits { file: &second, from: 0 }).await;
        let expected = [wrong(2, Problem::AlreadyImported), wrong(3, Problem::UnitDiffers)];
        assert_eq!((done.added, problems(&done.issues)), (1, expected.to_vec()));
        let rows: String = (0..450).map(|number| format!("U{number}\n")).collect();
        let many = file(&format!("name\n{rows}"));
        let (mut from, mut added) = (Some(0), 0);
        while let Some(place) = from {
            let done = setting.do_it(&ImportUnits { file: &many, from: place }).await;
            (from, added) = (done.next, added + done.added);
        }
        assert_eq!(added, 450);
    });
}
