//! Keycards: activated and deactivated, by staff and by their holders (F-106 to F-123, R-210 to R-220).

use thumbturn_manager::access::Role;
use thumbturn_manager::ids::{AccountId, PortfolioId};
use thumbturn_manager::office::model::{DoorType, Name, PersonName};
use thumbturn_manager::office::permission::NotPermitted;
use thumbturn_manager::office::task::Reason;
use thumbturn_manager::office::use_case::cards::{
    ActivateCard, CardStatus, CredentialStatus, DeactivateCard, PersonaliseCard,
};
use thumbturn_manager::office::use_case::door::{AddDoor, OpenTasks};
use thumbturn_manager::office::use_case::key::CreateKey;
use thumbturn_manager::office::use_case::people::{DeletePerson, InvitePerson, RevokeAll};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::{Actor, Error, Invalid, Thing};
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::update::row::{Card, Row};

use crate::setting::{Setting, always, on_every_engine, unique};

const CARD: CardToken = CardToken([1; 8]);
const OTHER: CardToken = CardToken([2; 8]);

fn activate(person: HolderId, token: CardToken) -> ActivateCard {
    ActivateCard { person, token, version: CardVersion(1) }
}

async fn status(setting: &Setting, person: HolderId) -> CardStatus {
    setting.ask(&CredentialStatus { person }).await.card()
}

async fn applied(setting: &Setting, door: DoorId) {
    setting.office.door_applied(setting.property, door).await.unwrap();
}

async fn card_at(setting: &Setting, door: DoorId) -> Option<Card> {
    let rows = setting.rows(door).await;
    let mut cards =
        rows.into_iter().filter_map(|row| if let Row::Card(card, _) = row { Some(card) } else { None });
    let card = cards.next();
    assert!(cards.next().is_none());
    card
}

/// F-106, F-108 to F-110, F-117 to F-120, R-210 to: pending until each door without a network has told.
#[test]
fn a_card_is_pending_until_its_doors_know() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let gate = AddDoor {
            name: Name::parse("Gate").unwrap(),
            kind: DoorType::BuildingEntrance,
            is_connected: true,
        };
        let gate = setting.do_it(&gate).await;
        let key = setting.key("All", &[home, gym, gate]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        assert_eq!(status(&setting, ada).await, CardStatus::Unassigned);
        applied(&setting, home).await;
        applied(&setting, gym).await;

        let on = setting.do_it(&activate(ada, CARD)).await;
        assert_eq!((on.status, on.waiting.len(), on.tasks.len()), (CardStatus::ActivationPending, 2, 2));
        assert!(on.tasks.iter().all(|task| task.reasons.contains(Reason::CardAdded)));
        applied(&setting, home).await;
        assert_eq!(setting.ask(&CredentialStatus { person: ada }).await.cards[0].waiting, [gym]);
        applied(&setting, gym).await;
        assert_eq!(status(&setting, ada).await, CardStatus::Active, "connected doors need nobody");
        setting.do_it(&activate(ada, CARD)).await;
        assert_eq!(status(&setting, ada).await, CardStatus::Active, "nothing was left to do");

        let off = setting.do_it(&DeactivateCard { person: ada }).await;
        assert_eq!((off.status, off.waiting.len()), (CardStatus::DeactivationPending, 2));
        assert!(off.tasks.iter().all(|task| task.reasons.contains(Reason::CardRemoved)));
        applied(&setting, gym).await;
        assert_eq!(status(&setting, ada).await, CardStatus::DeactivationPending);
        let back = setting.do_it(&activate(ada, CARD)).await;
        assert_eq!(back.status, CardStatus::ActivationPending, "§4.4: the same card again");
        setting.do_it(&DeactivateCard { person: ada }).await;
        applied(&setting, home).await;
        applied(&setting, gym).await;
        assert_eq!(status(&setting, ada).await, CardStatus::Inactive);
        let account = setting.office.account_of(setting.property, ada).await.unwrap();
        let told = setting.office.messages_to(setting.property, account).await.unwrap();
        let (on, off) = ("card activated", "card deactivated");
        assert_eq!(told, ["welcome", on, off, on, off], "R-211: for each change, and for no other");
    });
}

/// F-055, R-219: a door holds the key of its class; what people may open later needs no new activation.
#[test]
fn a_card_follows_its_holders_access() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let lobby = setting.door("Lobby", DoorType::BuildingEntrance).await;
        let [flat, sport] = [setting.key("Flat", &[home, gym]).await, setting.key("Lobby", &[lobby]).await];
        let ada = setting.invite("ada", &[flat]).await.person;
        setting.do_it(&activate(ada, CARD)).await;
        setting.invite("ada", &[sport]).await;
        let [home_card, gym_card, lobby_card] =
            [card_at(&setting, home).await, card_at(&setting, gym).await, card_at(&setting, lobby).await]
                .map(Option::unwrap);
        assert_eq!(gym_card.key, lobby_card.key);
        assert_ne!(home_card.key, gym_card.key, "a reader outside holds no key that opens a flat");
        assert_eq!((home_card.token, home_card.lowest_version), (CARD, CardVersion(1)));
        let on = setting.ask(&CredentialStatus { person: ada }).await;
        assert_eq!(on.cards[0].waiting.len(), 2, "a door added later is not pending on the card (R-217)");
        setting.do_it(&RevokeAll { person: ada }).await;
        assert!(card_at(&setting, home).await.is_none());
        assert_eq!(status(&setting, ada).await, CardStatus::Active, "without doors");
        setting.invite("ada", &[flat]).await;
        assert!(card_at(&setting, home).await.is_some());
    });
}

/// An encoder writes what doors read; a copy of a card is nobody's to make but a Portfolio Manager's.
#[test]
fn a_card_is_personalised_with_the_keys_that_doors_read() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let gym = setting.door("Gym", DoorType::Communal).await;
        let key = setting.key("Flat", &[home, gym]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let keys = setting.do_it(&PersonaliseCard { token: CARD }).await;
        setting.do_it(&activate(ada, CARD)).await;
        assert_eq!(card_at(&setting, home).await.unwrap().key, keys.residence.read);
        assert_eq!(card_at(&setting, gym).await.unwrap().key, keys.common.read);
        assert_ne!(keys, setting.do_it(&PersonaliseCard { token: OTHER }).await);
        let refused = setting.try_as(ada, &PersonaliseCard { token: CARD }).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NoKeyManagement))));
        let max = setting.manager_of("max", &[key]).await;
        let card = PersonaliseCard { token: CARD };
        let refused =
            setting.office.perform(max, setting.property, &card, setting.now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::NotPortfolioManager))));
    });
}

/// §4.4, R-201: what no door has heard of is over at once, and nobody has to walk.
#[test]
fn a_card_that_no_door_knows_is_inactive_at_once() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        applied(&setting, home).await;
        setting.do_it(&activate(ada, CARD)).await;
        let off = setting.do_it(&DeactivateCard { person: ada }).await;
        assert_eq!((off.status, off.waiting), (CardStatus::Inactive, vec![]));
        assert_eq!(setting.ask(&OpenTasks).await, []);
        let again = setting.try_do(&DeactivateCard { person: ada }).await;
        assert!(matches!(again, Err(Error::NotFound(Thing::Card))));
    });
}

/// one card for a person and one person for a card; the old one goes with the new one.
#[test]
fn a_person_has_one_card_and_a_card_one_person() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat", &[home]).await;
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        setting.do_it(&activate(ada, CARD)).await;
        applied(&setting, home).await;
        let new = setting.do_it(&activate(ada, OTHER)).await;
        assert_eq!((new.status, new.tasks.len()), (CardStatus::ActivationPending, 1));
        assert_eq!(card_at(&setting, home).await.unwrap().token, OTHER);
        let cards = setting.ask(&CredentialStatus { person: ada }).await.cards;
        let told: Vec<_> = cards.iter().map(|card| (card.token, card.status)).collect();
        assert_eq!(told, [(OTHER, CardStatus::ActivationPending), (CARD, CardStatus::DeactivationPending)]);

        for token in [CARD, OTHER] {
            let taken = setting.try_do(&activate(ben, token)).await;
            assert!(
                matches!(taken, Err(Error::Invalid(Invalid::CardInUse))),
                "a door still takes it for hers"
            );
        }
        applied(&setting, home).await;
        setting.do_it(&activate(ben, CARD)).await;
        let older = ActivateCard { version: CardVersion(0), ..activate(ben, CARD) };
        assert!(matches!(setting.try_do(&older).await, Err(Error::Invalid(Invalid::CardOutdated))));
    });
}

/// F-107, F-112, R-214, R-220: holders do it themselves, and for nobody else; with a person goes the card.
#[test]
fn holders_activate_their_own_card_and_no_other() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let [key, other] = [setting.key("Flat", &[home]).await, setting.key("Other", &[home]).await];
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        setting.try_as(ada, &activate(ada, CARD)).await.unwrap();
        let foreign = setting.try_as(ben, &DeactivateCard { person: ada }).await;
        assert!(matches!(foreign, Err(Error::NotPermitted(_))));
        assert!(setting.ask_as(ben, &CredentialStatus { person: ada }).await.is_err());
        let max = setting.manager_of("max", &[other]).await;
        let off = DeactivateCard { person: ada };
        let answer =
            setting.office.perform(max, setting.property, &off, setting.now, &mut setting.random).await;
        assert!(matches!(answer, Err(Error::NotPermitted(NotPermitted::OtherKeys))));

        applied(&setting, home).await;
        setting.do_it(&RevokeAll { person: ada }).await;
        setting.try_as(ada, &DeactivateCard { person: ada }).await.unwrap();
        assert_eq!(status(&setting, ada).await, CardStatus::DeactivationPending, "the door still has it");
        applied(&setting, home).await;
        assert_eq!(status(&setting, ada).await, CardStatus::Inactive);
        setting.do_it(&activate(ben, OTHER)).await;
        setting.do_it(&DeletePerson { person: ben }).await;
        assert!(card_at(&setting, home).await.is_none());
        setting.do_it(&activate(ada, OTHER)).await;
    });
}

/// F-121 to F-123, R-089: both credentials on the person's page.
#[test]
fn a_persons_page_shows_app_and_keycard() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let page = setting.ask(&CredentialStatus { person: ada }).await;
        assert!(!page.has_signed_in);
        let account = setting.office.account_of(setting.property, ada).await.unwrap();
        setting.office.note_sign_in(account, setting.now).await.unwrap();
        let page = setting.ask_as(ada, &CredentialStatus { person: ada }).await.unwrap();
        assert!(page.has_signed_in);
        assert_eq!(page.card(), CardStatus::Unassigned);
    });
}

/// A property with a Key, of the setting's portfolio or of another.
async fn second_property(
    setting: &mut Setting,
    portfolio: Option<PortfolioId>,
) -> (PropertyId, AccountId, InvitePerson) {
    let (now, name) = (setting.now, PersonName::parse("Olga", "Moss").unwrap());
    let email = unique("olga", &mut setting.random);
    let (founded, olga) = setting
        .office
        .found(&Name::parse("Other").unwrap(), (&email, &name), now, &mut setting.random)
        .await
        .unwrap();
    let draft = PropertyDraft {
        name: Name::parse("Oak Street 2").unwrap(),
        zone: "Europe/Berlin".to_owned(),
        retention_days: 730,
    };
    let portfolio = portfolio.unwrap_or(founded);
    let property =
        setting.office.open_property(Actor::Host, portfolio, &draft, now, &mut setting.random).await.unwrap();
    let door =
        AddDoor { name: Name::parse("Flat 9").unwrap(), kind: DoorType::Residence, is_connected: false };
    let door = setting.office.perform(Actor::Host, property, &door, now, &mut setting.random).await.unwrap();
    let key = CreateKey { name: Name::parse("Flat 9").unwrap(), doors: vec![always(door)] };
    let key = setting.office.perform(Actor::Host, property, &key, now, &mut setting.random).await.unwrap();
    let invitation = InvitePerson { role: Role::NonResident, ..setting.invitation("ada", &[key]) };
    (property, olga, invitation)
}

/// F-111, F-112, R-213: with access outside the portfolio, now or later, only the person may, and the refusal says so.
#[test]
fn access_outside_the_portfolio_leaves_the_card_to_the_person() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let (property, _, mut invitation) = second_property(&mut setting, None).await;
        invitation.start = Some(setting.now.plus(30 * crate::setting::DAY));
        let (host, now) = (Actor::Host, setting.now);
        let there =
            setting.office.perform(host, property, &invitation, now, &mut setting.random).await.unwrap();
        let refused = |answer: Result<_, Error>| match answer {
            Err(Error::NotPermitted(reason)) => {
                assert!(reason.to_string().contains("only the person can"));
                reason == NotPermitted::OutsidePortfolio
            }
            _ => false,
        };
        assert!(
            refused(setting.try_do(&activate(ada, CARD)).await.map(drop)),
            "also when it is to begin later"
        );
        setting.try_as(ada, &activate(ada, CARD)).await.unwrap();
        assert!(refused(setting.try_do(&DeactivateCard { person: ada }).await.map(drop)));
        let revoke = RevokeAll { person: there.person };
        setting.office.perform(host, property, &revoke, now, &mut setting.random).await.unwrap();
        setting.do_it(&DeactivateCard { person: ada }).await;

        // As a guest.
        let ben = InvitePerson { email: setting.email("ben"), start: None, ..invitation };
        let ben = setting.office.perform(host, property, &ben, now, &mut setting.random).await.unwrap();
        let doors =
            setting.office.ask(host, property, &thumbturn_manager::office::use_case::door::ListDoors, now);
        let flat = doors.await.unwrap()[0].door;
        let guest = setting.guest(ben.person, "ada", &[flat]);
        setting.office.perform(host, property, &guest, now, &mut setting.random).await.unwrap();
        assert!(refused(setting.try_do(&activate(ada, CARD)).await.map(drop)));
    });
}

/// R-213 is about portfolios: another property of the same one is nothing outside.
#[test]
fn another_property_of_the_portfolio_is_not_outside() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let portfolio = setting.portfolio;
        let (property, _, invitation) = second_property(&mut setting, Some(portfolio)).await;
        let now = setting.now;
        setting.office.perform(Actor::Host, property, &invitation, now, &mut setting.random).await.unwrap();
        setting.do_it(&activate(ada, CARD)).await;
    });
}
