//! What a property is set to, and what follows for how long a revocation takes.

use core::time::Duration;

use thumbturn_manager::office::model::{DaysSetting, DoorType, OutOfBounds, Retention};
use thumbturn_manager::office::permission::NotPermitted;
use thumbturn_manager::office::use_case::audit::AuditLog;
use thumbturn_manager::office::use_case::settings::{ChangeSettings, PropertySettings};
use thumbturn_manager::office::{Error, Invalid};

use crate::claimed::{ClaimedDoor, fetch};
use crate::setting::{DAY, Setting, on_every_engine};

fn days(days: u64) -> Duration {
    Duration::from_secs(days * DAY)
}

async fn change(setting: &mut Setting, change: ChangeSettings) {
    setting.do_it(&change).await;
}

/// design §5: what a property begins with, what it is set to, and the bound beside each lease.
#[test]
fn a_property_is_set_to_what_its_managers_say() {
    on_every_engine(async |mut setting| {
        let before = setting.ask(&PropertySettings).await;
        assert_eq!((before.lease.days, before.lease.revoked_within), (30, days(30)));
        assert_eq!((before.staff_lease.days, before.staff_lease.revoked_within), (7, days(7)));
        assert_eq!((before.cards_and_codes, before.round_days), (None, None), "nobody has to come by");
        assert_eq!((before.preload_days, before.retention_days, before.couriers), (0, 730, true));
        let new = ChangeSettings {
            lease_days: Some(90),
            staff_lease_days: Some(1),
            preload_days: Some(2),
            retention: Some(Retention::NewYorkCity),
            couriers: Some(false),
            round_days: Some(14),
            consent_version: None,
        };
        let answer = setting.do_it(&new).await;
        let after = setting.ask(&PropertySettings).await;
        assert_eq!(answer, after);
        assert_eq!((after.lease.days, after.lease.revoked_within), (90, days(14)), "the round comes first");
        assert_eq!((after.staff_lease.days, after.staff_lease.revoked_within), (1, days(7)));
        assert_eq!((after.cards_and_codes, after.round_days), (Some(days(14)), Some(14)));
        assert_eq!((after.preload_days, after.retention_days, after.couriers), (2, 90, false));
        assert_eq!((before.consent_version, after.consent_version), (None, Some(1)));
        change(&mut setting, ChangeSettings { round_days: Some(0), ..ChangeSettings::default() }).await;
        let without = setting.ask(&PropertySettings).await;
        assert_eq!((without.cards_and_codes, without.lease.revoked_within), (None, days(90)));
        assert_eq!((without.preload_days, without.couriers), (2, false), "what is not named stays");
        let last = setting.ask(&AuditLog::default()).await.pop().unwrap();
        assert_eq!((last.action.as_str(), last.done), ("change settings", true));
    });
}

/// A number that no property can be set to is refused with its bounds, and the other changes of the same form are not made.
#[test]
fn a_number_out_of_bounds_changes_nothing() {
    on_every_engine(async |mut setting| {
        let before = setting.ask(&PropertySettings).await;
        let good = ChangeSettings { couriers: Some(false), ..ChangeSettings::default() };
        for (wrong, about) in [
            (ChangeSettings { lease_days: Some(0), ..good }, DaysSetting::Lease),
            (ChangeSettings { lease_days: Some(91), ..good }, DaysSetting::Lease),
            (ChangeSettings { staff_lease_days: Some(0), ..good }, DaysSetting::StaffLease),
            (ChangeSettings { staff_lease_days: Some(91), ..good }, DaysSetting::StaffLease),
            (ChangeSettings { preload_days: Some(91), ..good }, DaysSetting::Preload),
            (ChangeSettings { retention: Some(Retention::Days(0)), ..good }, DaysSetting::Retention),
            (ChangeSettings { retention: Some(Retention::Days(3_651)), ..good }, DaysSetting::Retention),
            (ChangeSettings { round_days: Some(91), ..good }, DaysSetting::Round),
        ] {
            let refused = setting.try_do(&wrong).await;
            let Err(Error::Invalid(Invalid::Days(OutOfBounds { setting: told, .. }))) = refused else {
                panic!("{wrong:?}: {refused:?}")
            };
            assert_eq!(told, about);
        }
        assert_eq!(setting.ask(&PropertySettings).await, before);
    });
}

/// settings are for Full Key Management.
#[test]
fn settings_need_full_key_management() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let max = setting.manager_of("max", &[key]).await;
        let (property, now) = (setting.property, setting.now);
        let refused = |answer: Result<_, Error>| {
            matches!(answer, Err(Error::NotPermitted(NotPermitted::NotFullKeyManagement)))
        };
        let asked = setting.office.ask(max, property, &PropertySettings, now).await;
        assert!(refused(asked));
        let change = ChangeSettings::default();
        let changed = setting.office.perform(max, property, &change, now, &mut setting.random).await;
        assert!(refused(changed));
    });
}

/// A phone gets a grant of the new length with its next fetch, and not again with each; what it had before bounds a revocation until it ends.
#[test]
fn a_shorter_lease_counts_from_the_next_fetch_on() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let ada = setting.invite("ada", &[key]).await.person;
        ClaimedDoor::new(&mut setting, home).await;
        let phone = setting.phone(ada).await;
        let long = fetch(&mut setting, ada, phone).await;
        assert_eq!(long[0].lease_end, setting.now.plus(30 * DAY));
        let shorter = ChangeSettings { lease_days: Some(3), ..ChangeSettings::default() };
        let told = setting.do_it(&shorter).await.lease;
        assert_eq!((told.days, told.revoked_within), (3, days(30)), "her phone may stay offline for 30 days");
        setting.pass(DAY);
        let short = fetch(&mut setting, ada, phone).await;
        assert_eq!(short[0].lease_end, setting.now.plus(3 * DAY));
        assert!(short[0].serial > long[0].serial);
        setting.pass(DAY);
        assert_eq!(fetch(&mut setting, ada, phone).await, short, "more than half of it is left");
        setting.pass(24 * DAY);
        assert_eq!(setting.ask(&PropertySettings).await.lease.revoked_within, days(4));
        setting.pass(DAY);
        assert_eq!(setting.ask(&PropertySettings).await.lease.revoked_within, days(3));

        let longer = ChangeSettings { lease_days: Some(10), ..ChangeSettings::default() };
        assert_eq!(setting.do_it(&longer).await.lease.revoked_within, days(10));
        assert_eq!(setting.do_it(&shorter).await.lease.revoked_within, days(10));
    });
}

/// doors may be updated so many days before access begins.
#[test]
fn a_door_may_be_told_some_days_ahead() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        change(&mut setting, ChangeSettings { preload_days: Some(2), ..ChangeSettings::default() }).await;
        let mut invitation = setting.invitation("ada", &[key]);
        invitation.start = Some(setting.now.plus(5 * DAY));
        let invited = setting.do_it(&invitation).await;
        assert_eq!(invited.tasks[0].due, setting.now.plus(3 * DAY));
    });
}
