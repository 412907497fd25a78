//! Nobody does at a property what is not theirs.

use std::collections::BTreeSet;
use std::path::Path;

use thumbturn_manager::access::Role;
use thumbturn_manager::ids::{AccountId, KeyGrantId, KeyId};
use thumbturn_manager::office::import::{PeopleFile, UnitsFile};
use thumbturn_manager::office::model::{DoorType, Name, PersonName};
use thumbturn_manager::office::permission::{KeyManagement, NotPermitted, Permissions};
use thumbturn_manager::office::use_case::activity::{Activity, ActivityReport, MyActivity};
use thumbturn_manager::office::use_case::audit::{AuditLog, VerifyAuditLog};
use thumbturn_manager::office::use_case::authority::{
    Claimed, Decommission, MakeKeys, PrepareClaim, PrepareRotation, SealUpdate, TakeReceipt, TakeRotation,
};
use thumbturn_manager::office::use_case::cards::{
    ActivateCard, CredentialStatus, DeactivateCard, PersonaliseCard,
};
use thumbturn_manager::office::use_case::consent::{Channel, ConsentStatusOf, GiveConsent, WithdrawConsent};
use thumbturn_manager::office::use_case::daily_codes::{
    CodeDay, Giver, IssueDailyCode, MyDailyCodes, RevokeAllDailyCodes, RevokeDailyCode,
};
use thumbturn_manager::office::use_case::door::{AddDoor, ListDoors, OpenTasks};
use thumbturn_manager::office::use_case::doorcodes::{MyDoorcodes, ResetDoorcode, SetResidenceCodeLength};
use thumbturn_manager::office::use_case::guests::{InviteGuest, ListGuests, RevokeGuest, RevokeGuestAccess};
use thumbturn_manager::office::use_case::import::{
    AddContacts, FindImport, ImportUnits, ReviewPeople, SendInvitations,
};
use thumbturn_manager::office::use_case::key::{ChangeKey, CreateKey, DeleteKey, ListKeys};
use thumbturn_manager::office::use_case::manager::SetPermissions;
use thumbturn_manager::office::use_case::people::{
    ChangeEmail, DeletePerson, EditAccess, HeldKeys, InvitePerson, ListPeople, NewEnd, RevokeAll, RevokeKey,
};
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone, ListPhones, RevokePhone};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::use_case::privacy::{ErasePerson, ExportPerson, Forget};
use thumbturn_manager::office::use_case::report::{
    ActionsReport, AssignedAccess, CardsReport, DevicesReport, KeysReport, PeopleKeys, ResidentReview,
};
use thumbturn_manager::office::use_case::settings::{ChangeSettings, PropertySettings};
use thumbturn_manager::office::use_case::sync::{ConfirmClock, Exchange, SignTime};
use thumbturn_manager::office::use_case::time::PassTime;
use thumbturn_manager::office::use_case::unit::AddUnit;
use thumbturn_manager::office::use_case::zone::{MoveEnds, SetDoorZone, SetZone};
use thumbturn_manager::office::{Actor, Error, Invalid};
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::code::CodeLength;
use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKey, PhoneKeys, VerifyingKey};
use thumbturn_protocol::sync::{Cursor, SyncRequest};
use thumbturn_protocol::time_token::TimeNonce;

use crate::setting::{Setting, always, on_every_engine};

/// Whether an answer is the refusal that a stranger gets.
fn is_refused<T>(answer: Result<T, Error>) -> bool {
    matches!(answer, Err(Error::NotPermitted(NotPermitted::Stranger)))
}

/// Every use case and question, with an actor of another portfolio, about things that are there.
async fn strangers_are_refused(
    setting: &mut Setting,
    actor: Actor,
    property: thumbturn_protocol::ids::PropertyId,
) {
    let home = setting.door("Flat 1", DoorType::Residence).await;
    let key = setting.key("Flat 1", &[home]).await;
    let invited = setting.invite("ada", &[key]).await;
    let (grant, person) = (invited.grants[0], invited.person);
    let name = || Name::parse("Mine").unwrap();
    let permissions = Permissions { keys: KeyManagement::Full, ..Permissions::default() };
    let (email, person_name) = (setting.email("eve"), PersonName::parse("Eve", "Moss").unwrap());
    let invitation = InvitePerson { email: email.clone(), ..setting.invitation("eve", &[key]) };
    let units = UnitsFile::parse(b"name\n1A\n").unwrap();
    let people = format!("first_name,last_name,email\nEve,Moss,{}\n", email.as_str());
    let people = PeopleFile::parse(people.as_bytes()).unwrap();
    let file = &people;
    let dan: InviteGuest = setting.guest(person, "dan", &[home]);
    let given = setting.do_it(&dan).await;
    let (access, guest) = (given.access, given.guest);
    let giver = Giver::Holder(person);
    let daily: IssueDailyCode = setting.daily_code(giver, home, CodeDay::Today);
    let code = setting.do_it(&daily).await.name;
    setting.claim(home).await;
    let (root_key, zone) = (VerifyingKey([7; 32]), crate::setting::berlin());
    let prepare = PrepareClaim { door: home, zone: zone.clone(), relock_seconds: 5 };
    let configuration = setting.do_it(&prepare).await;
    let (session_key, sealing_key, receipt_key) =
        (ExchangeKey([8; 32]), ExchangeKey([8; 32]), VerifyingKey([8; 32]));
    let claimed = Claimed { configuration, keys: DoorPublicKeys { session_key, sealing_key, receipt_key } };
    let phone = setting.phone(person).await;
    let invite = setting.do_it(&InvitePhone { person }).await;
    let new_phone = PhoneKeys::generate(&mut setting.random).unwrap().public();
    let enrol = EnrolPhone { invitation: invite, keys: new_phone };
    let request = SyncRequest::new(phone, Cursor(0)).unwrap();
    macro_rules! refused {
        ($($use_case:expr),* $(,)?) => {$(
            let answer = setting.office.perform(actor, property, &$use_case, setting.now, &mut setting.random).await;
            assert!(is_refused(answer), "{}", stringify!($use_case));
        )*};
    }
    let keys = BTreeSet::from([key]);
    refused!(
        AddContacts { file, from: 0, most: 200 },
        ActivateCard { person, token: CardToken([1; 8]), version: CardVersion(1) },
        AddDoor { name: name(), kind: DoorType::Residence, is_connected: false },
        AddUnit { name: name(), floor: None, external_id: None },
        ChangeEmail { person, email: email.clone() },
        ChangeKey { key, doors: vec![always(home)] },
        ChangeSettings::default(),
        claimed,
        ConfirmClock,
        dan,
        daily,
        RevokeDailyCode { giver, door: home, code },
        CreateKey { name: name(), doors: vec![always(home)] },
        DeactivateCard { person },
        Decommission { door: home },
        DeleteKey { key },
        DeletePerson { person },
        EditAccess { grant, role: Some(Role::Resident), may_share: None, end: NewEnd::Keep },
        enrol,
        Exchange { request },
        ErasePerson { person },
        ExportPerson { person },
        Forget::default(),
        GiveConsent { person, version: 1, channel: Channel::Writing },
        GiveConsent { person, version: 1, channel: Channel::App },
        ImportUnits { file: &units, from: 0 },
        invitation,
        InvitePhone { person },
        MakeKeys { root_key },
        MoveEnds::default(),
        PassTime,
        PersonaliseCard { token: CardToken([1; 8]) },
        prepare,
        PrepareRotation { previous_until: None },
        ResetDoorcode { person, door: home },
        RevokeAll { person },
        RevokeAllDailyCodes { door: home },
        RevokeGuest { granter: person, guest },
        RevokeGuestAccess { granter: person, access },
        RevokeKey { grant },
        RevokePhone { phone },
        SealUpdate { door: home },
        SendInvitations { file, keys, start: None, end: None, after: 0, most: 200 },
        SetDoorZone { door: home, zone: None },
        SetResidenceCodeLength { length: CodeLength::FOUR },
        SetPermissions { email, name: person_name, permissions },
        SetZone { zone: "Europe/Berlin".to_owned() },
        SignTime { phone, nonce: TimeNonce([1; 8]) },
        TakeReceipt { receipt: vec![1; 200] },
        TakeRotation { announcement: vec![1; 200] },
        WithdrawConsent { person, channel: Channel::Writing },
        WithdrawConsent { person, channel: Channel::App },
    );
    macro_rules! unanswered {
        ($($question:expr),* $(,)?) => {$(
            let answer = setting.office.ask(actor, property, &$question, setting.now).await;
            assert!(is_refused(answer), "{}", stringify!($question));
        )*};
    }
    unanswered!(
        ActionsReport::default(),
        Activity::default(),
        ActivityReport::default(),
        AssignedAccess::default(),
        AuditLog::default(),
        CardsReport::default(),
        ConsentStatusOf { person },
        CredentialStatus { person },
        DevicesReport::default(),
        FindImport { file },
        HeldKeys { person },
        KeysReport::default(),
        ListDoors,
        ListGuests { granter: person },
        ListKeys,
        ListPeople::default(),
        ListPhones { person },
        MyActivity::of(person),
        MyDailyCodes,
        MyDoorcodes { person },
        OpenTasks,
        PeopleKeys::default(),
        PropertySettings,
        ResidentReview::default(),
        ReviewPeople { file, from: 0 },
        VerifyAuditLog,
    );
}

/// The list above has every use case and every question that there is.
#[test]
fn nothing_is_left_untried() {
    let own = include_str!("permissions.rs");
    let tried = own.split("/// Neither a manager").next().unwrap();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/office/use_case")];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let text = std::fs::read_to_string(&entry).unwrap();
            for kind in ["impl UseCase for ", "impl Question for "] {
                for name in text.lines().filter_map(|line| line.strip_prefix(kind)) {
                    let name = name.split([' ', '<']).next().unwrap();
                    let is_tried =
                        tried.split(|letter: char| !letter.is_alphanumeric()).filter(|word| *word == name);
                    assert!(is_tried.count() > 1, "{name} is imported and tried above");
                    found += 1;
                }
            }
        }
    }
    assert!(found > 50, "{found}");
}

/// Neither a manager of other properties nor somebody unknown learns whether a property is there.
#[test]
fn a_stranger_is_refused_everything() {
    on_every_engine(async |mut setting| {
        let stranger = AccountId([9; 16]);
        let property = setting.property;
        strangers_are_refused(&mut setting, Actor::Account(stranger), property).await;
    });
}

/// The manager of one property names things of another: to him, they are not there.
#[test]
fn what_is_anothers_is_not_found() {
    on_every_engine(async |mut setting| {
        let (door, key, grant, person) =
            (DoorId([7; 8]), KeyId([7; 16]), KeyGrantId([7; 16]), HolderId([7; 8]));
        let not_found = |answer: Result<_, Error>| matches!(answer, Err(Error::NotFound(_)));
        assert!(not_found(setting.try_do(&RevokeAll { person }).await.map(drop)));
        assert!(not_found(setting.try_do(&DeletePerson { person }).await.map(drop)));
        assert!(not_found(setting.try_do(&RevokeKey { grant }).await.map(drop)));
        assert!(not_found(setting.try_do(&DeleteKey { key }).await.map(drop)));
        let doors = vec![always(door)];
        assert!(not_found(setting.try_do(&ChangeKey { key, doors: doors.clone() }).await.map(drop)));
        let create = CreateKey { name: Name::parse("Key").unwrap(), doors };
        assert!(not_found(setting.try_do(&create).await.map(drop)));
        let invitation = setting.invitation("ada", &[key]);
        assert!(not_found(setting.try_do(&invitation).await.map(drop)));
    });
}

/// F-033, F-034, R-001, R-002, R-005: what a Property Manager may do is what a Portfolio Manager has said.
#[test]
fn a_manager_of_some_keys_gives_these_only() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let [mine, other] = [setting.key("Mine", &[home]).await, setting.key("Other", &[home]).await];
        let keys = KeyManagement::Specific(BTreeSet::from([mine]));
        let appoint = SetPermissions {
            email: setting.email("max"),
            name: PersonName::parse("Max", "Moss").unwrap(),
            permissions: Permissions { keys, ..Permissions::default() },
        };
        let max = Actor::Account(setting.do_it(&appoint).await);
        let (now, property) = (setting.now, setting.property);
        let invitations = [[mine].as_slice(), &[mine, other]].map(|keys| setting.invitation("ada", keys));
        let [own, both] = invitations;
        let office = setting.office.clone();
        let random = &mut setting.random;
        let invited = office.perform(max, property, &own, now, random).await.unwrap();
        let refused = office.perform(max, property, &both, now, random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::OtherKeys))));
        let refused = office.perform(max, property, &appoint, now, random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotPortfolioManager))));
        let refused = office.perform(max, property, &DeleteKey { key: mine }, now, random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotFullKeyManagement))));

        // Once she holds a Key of others, all is not his to take.
        setting.invite("ada", &[other]).await;
        let all = RevokeAll { person: invited.person };
        let refused = setting.office.perform(max, property, &all, now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::OtherKeys))));
        assert_eq!(
            setting.office.door_list(property, home).await.unwrap().rows.len(),
            1,
            "nothing was changed"
        );
    });
}

/// a property is in a time zone that its host knows.
#[test]
fn a_property_in_no_time_zone_is_not_opened() {
    on_every_engine(async |mut setting| {
        let draft = |zone: &str| PropertyDraft {
            name: Name::parse("Elm Street 2").unwrap(),
            zone: zone.to_owned(),
            retention_days: 730,
        };
        let (actor, portfolio, now) = (Actor::Account(setting.manager), setting.portfolio, setting.now);
        for zone in ["Europe/Berlni", "europe/berlin", "+01:00", ""] {
            let opened =
                setting.office.open_property(actor, portfolio, &draft(zone), now, &mut setting.random).await;
            assert!(matches!(opened, Err(Error::Invalid(Invalid::Zone))), "{zone}");
        }
        let for_ever = PropertyDraft { retention_days: 3_651, ..draft("Europe/Berlin") };
        let opened =
            setting.office.open_property(actor, portfolio, &for_ever, now, &mut setting.random).await;
        assert!(matches!(opened, Err(Error::Invalid(Invalid::Days(_)))));
        let opened = draft("Europe/Berlin");
        setting.office.open_property(actor, portfolio, &opened, now, &mut setting.random).await.unwrap();
    });
}

/// F-035: of the properties of others, nobody learns even the name.
#[test]
fn everybody_sees_the_properties_that_are_theirs_to_manage() {
    on_every_engine(async |mut setting| {
        let email = setting.email("mia");
        let name = PersonName::parse("Mia", "Manager").unwrap();
        let mia = SetPermissions { email, name, permissions: Permissions::default() };
        let mia = setting.do_it(&mia).await;
        let stranger = AccountId([9; 16]);
        for (actor, sees) in [
            (Actor::Host, true),
            (Actor::Account(setting.manager), true),
            (Actor::Account(mia), true),
            (Actor::Account(stranger), false),
        ] {
            let properties = setting.office.properties(actor).await.unwrap();
            assert_eq!(properties.iter().any(|line| line.property == setting.property), sees, "{actor:?}");
        }
    });
}
