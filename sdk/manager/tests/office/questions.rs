//! What a console asks: Keys, what somebody holds, what would follow.

use thumbturn_manager::office::model::DoorType;
use thumbturn_manager::office::use_case::audit::AuditLog;
use thumbturn_manager::office::use_case::key::ListKeys;
use thumbturn_manager::office::use_case::people::{HeldKeys, RevokeAll};
use thumbturn_manager::office::{Actor, Error};

use crate::setting::{always, on_every_engine};

#[test]
fn keys_are_listed_with_their_doors_and_how_many_hold_them() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let invited = setting.invite("ada", &[key]).await;
        setting.key("Spare", &[home]).await;
        let keys = setting.ask(&ListKeys).await;
        let told: Vec<_> = keys.iter().map(|line| (line.name.as_str(), line.holders)).collect();
        assert_eq!(told, [("Flat 1", 1), ("Spare", 0)]);
        assert_eq!(keys[0].doors, [always(home)]);
        let held = setting.ask(&HeldKeys { person: invited.person }).await;
        assert_eq!(
            held.iter().map(|(id, grant)| (*id, grant.key)).collect::<Vec<_>>(),
            [(invited.grants[0], key)]
        );
        let ada = setting.email("ada");
        assert!(setting.office.account(&ada).await.unwrap().is_some());
        let nobody = setting.email("nobody");
        assert_eq!(setting.office.account(&nobody).await.unwrap(), None);
    });
}

#[test]
fn what_is_foreseen_is_what_follows_and_changes_nothing() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let person = setting.invite("ada", &[key]).await.person;
        let (before, revoke) = (setting.ask(&AuditLog::default()).await, RevokeAll { person });
        let (actor, property, now) = (Actor::Account(setting.manager), setting.property, setting.now);
        let foreseen =
            setting.office.foresee(actor, property, &revoke, now, &mut setting.random).await.unwrap();
        assert_eq!(setting.ask(&AuditLog::default()).await, before);
        assert_eq!(setting.ask(&HeldKeys { person }).await.len(), 1);
        assert_eq!(setting.do_it(&revoke).await, foreseen);
        let stranger = Actor::Account(thumbturn_manager::ids::AccountId([9; 16]));
        let refused = setting.office.foresee(stranger, property, &revoke, now, &mut setting.random).await;
        assert!(matches!(refused, Err(Error::NotPermitted(_))));
    });
}
