//! Nothing of a person's goes to a lock before there is a consent, where the property asks for one.

use thumbturn_manager::office::model::DoorType;
use thumbturn_manager::office::permission::NotPermitted;
use thumbturn_manager::office::task::DoorTask;
use thumbturn_manager::office::use_case::cards::ActivateCard;
use thumbturn_manager::office::use_case::consent::{
    Channel, ConsentStatus, ConsentStatusOf, GiveConsent, WithdrawConsent,
};
use thumbturn_manager::office::use_case::time::PassTime;
use thumbturn_manager::office::{Actor, Error, Invalid};
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::ids::{DoorId, HolderId};

use crate::log::{app, note, seen, seen_by};
use crate::setting::{DAY, Setting, on_every_engine};

async fn ask(setting: &Setting, version: u32) {
    setting.office.ask_consent(setting.property, version, setting.now).await.unwrap();
}

async fn consent(setting: &mut Setting, person: HolderId, version: u32) -> Vec<DoorTask> {
    let give = GiveConsent { person, version, channel: Channel::App };
    setting.try_as(person, &give).await.unwrap()
}

async fn withdraw(setting: &mut Setting, person: HolderId) -> Vec<DoorTask> {
    let withdraw = WithdrawConsent { person, channel: Channel::App };
    setting.try_as(person, &withdraw).await.unwrap()
}

/// Whose rows a door is to have.
async fn holders(setting: &Setting, door: DoorId) -> Vec<HolderId> {
    let rows = setting.rows(door).await;
    let mut holders: Vec<_> = rows.iter().filter_map(|row| Some(row.terms()?.holder())).collect();
    holders.sort();
    holders
}

/// neither doorcode nor card goes to a door before the consent, both do with it, and both are taken away when it is withdrawn.
#[test]
fn without_consent_a_door_hears_nothing() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        ask(&setting, 1).await;
        let invited = setting.invite("ada", &[key]).await;
        let ada = invited.person;
        setting.do_it(&ActivateCard { person: ada, token: CardToken([1; 8]), version: CardVersion(1) }).await;
        assert_eq!((invited.tasks.len(), holders(&setting, home).await.len()), (0, 0));
        let status = setting.ask_as(ada, &ConsentStatusOf { person: ada }).await.unwrap();
        assert_eq!(status, ConsentStatus::Missing { version: 1 });
        assert_eq!(consent(&mut setting, ada, 1).await.len(), 1);
        assert_eq!(holders(&setting, home).await, [ada, ada]);
        let status = setting.ask(&ConsentStatusOf { person: ada }).await;
        assert_eq!(status, ConsentStatus::Given { version: 1, at: setting.now });
        setting.office.door_applied(setting.property, home).await.unwrap();
        setting.pass(DAY);
        assert_eq!(withdraw(&mut setting, ada).await.len(), 1, "the door has to unlearn it");
        assert_eq!(holders(&setting, home).await, []);
        setting.do_it(&PassTime).await;
        assert_eq!(holders(&setting, home).await, []);
        assert_eq!(consent(&mut setting, ada, 1).await.len(), 1);
        assert_eq!(holders(&setting, home).await, [ada, ada]);
    });
}

/// no grant is signed for a phone without a consent.
#[test]
fn without_consent_a_phone_gets_nothing() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        setting.claim(home).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let phone = setting.phone(ada).await;
        assert_eq!(*setting.online(ada, phone).await.unwrap().doors, [home]);
        ask(&setting, 1).await;
        assert_eq!(*setting.online(ada, phone).await.unwrap().doors, []);
        consent(&mut setting, ada, 1).await;
        assert_eq!(*setting.online(ada, phone).await.unwrap().doors, [home]);
        withdraw(&mut setting, ada).await;
        assert_eq!(*setting.online(ada, phone).await.unwrap().doors, []);
    });
}

/// where a property begins to ask, or asks for another text, everybody's credentials wait, from the next passing of time on.
#[test]
fn another_text_needs_another_consent() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        setting.invite("ben", &[key]).await;
        assert_eq!(setting.ask(&ConsentStatusOf { person: ada }).await, ConsentStatus::NotAsked);
        for version in [1, 2] {
            ask(&setting, version).await;
            setting.do_it(&PassTime).await;
            assert_eq!(holders(&setting, home).await, [], "{version}");
            consent(&mut setting, ada, version).await;
            assert_eq!(holders(&setting, home).await, [ada], "{version}");
        }
        let old = GiveConsent { person: ada, version: 1, channel: Channel::App };
        let refused = setting.try_as(ada, &old).await;
        assert!(matches!(refused, Err(Error::Invalid(Invalid::ConsentVersion))));
    });
}

/// guests need a consent of their own, and that of whoever let them in.
#[test]
fn guests_wait_for_both() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        ask(&setting, 1).await;
        let ada = setting.invite("ada", &[key]).await.person;
        let let_in = setting.guest(ada, "dan", &[home]);
        let dan = setting.try_as(ada, &let_in).await.unwrap().guest;
        setting.do_it(&ActivateCard { person: dan, token: CardToken([1; 8]), version: CardVersion(1) }).await;
        consent(&mut setting, dan, 1).await;
        assert_eq!(holders(&setting, home).await, []);
        consent(&mut setting, ada, 1).await;
        let mut both = [ada, dan, dan];
        both.sort();
        assert_eq!(holders(&setting, home).await, both);
        withdraw(&mut setting, dan).await;
        assert_eq!(holders(&setting, home).await, [ada]);
        consent(&mut setting, dan, 1).await;
        withdraw(&mut setting, ada).await;
        assert_eq!(holders(&setting, home).await, []);
    });
}

/// in the app the person speaks, and nobody else; what is on paper, staff may say.
#[test]
fn nobody_consents_in_anothers_stead() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        ask(&setting, 1).await;
        let [ada, ben] =
            [setting.invite("ada", &[key]).await.person, setting.invite("ben", &[key]).await.person];
        let in_app = GiveConsent { person: ada, version: 1, channel: Channel::App };
        let on_paper = GiveConsent { channel: Channel::Writing, ..in_app };
        let (property, now) = (setting.property, setting.now);
        let others = [Actor::Host, Actor::Account(setting.manager), setting.actor(ben).await];
        for actor in others {
            let refused = setting.office.perform(actor, property, &in_app, now, &mut setting.random).await;
            assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::SomebodyElse))), "{actor:?}");
        }
        assert!(setting.try_as(ben, &on_paper).await.is_err());
        let not_asked = GiveConsent { version: 2, ..on_paper };
        assert!(matches!(setting.try_do(&not_asked).await, Err(Error::Invalid(Invalid::ConsentVersion))));
        assert_eq!(holders(&setting, home).await, []);
        let other = setting.key("Other", &[home]).await;
        let max = setting.manager_of("max", &[other]).await;
        let refused = setting.office.perform(max, property, &on_paper, now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(NotPermitted::OtherKeys))));
        setting.do_it(&on_paper).await;
        assert_eq!(holders(&setting, home).await, [ada]);
        let taken_back = WithdrawConsent { person: ada, channel: Channel::App };
        assert!(setting.try_do(&taken_back).await.is_err());
        setting.do_it(&WithdrawConsent { channel: Channel::Writing, ..taken_back }).await;
        assert_eq!(holders(&setting, home).await, []);
    });
}

/// who withdraws a consent lives where he does: what he did at home, and does there at a door that has not heard, stays his.
#[test]
fn a_consent_that_is_withdrawn_reveals_nothing() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        ask(&setting, 1).await;
        let ada = setting.invite("ada", &[key]).await.person;
        consent(&mut setting, ada, 1).await;
        note(&setting, home, &[app(ada)]).await;
        setting.pass(DAY);
        withdraw(&mut setting, ada).await;
        note(&setting, home, &[app(ada)]).await;
        assert_eq!(seen(&setting).await, []);
        assert_eq!(seen_by(&setting, ada).await, [(home, Some(ada)); 2]);
    });
}
