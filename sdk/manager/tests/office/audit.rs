//! What was done and what was denied is written down, in a chain.

use thumbturn_manager::office::Actor;
use thumbturn_manager::office::model::DoorType;
use thumbturn_manager::office::use_case::audit::{AuditLog, VerifyAuditLog};
use thumbturn_manager::office::use_case::key::DeleteKey;

use crate::setting::on_every_engine;

///
#[test]
fn done_and_denied_are_both_written_down() {
    on_every_engine(async |mut setting| {
        let home = setting.door("Flat 1", DoorType::Residence).await;
        let key = setting.key("Flat 1", &[home]).await;
        let stranger = Actor::Account(thumbturn_manager::ids::AccountId([9; 16]));
        let (property, now, delete) = (setting.property, setting.now, DeleteKey { key });
        assert!(setting.office.perform(stranger, property, &delete, now, &mut setting.random).await.is_err());
        let log = setting.ask(&AuditLog::default()).await;
        let told: Vec<_> = log.iter().map(|entry| (entry.action.as_str(), entry.done)).collect();
        assert_eq!(
            told,
            [("open property", true), ("add door", true), ("create key", true), ("delete key", false)]
        );
        assert_eq!(log[3].account, stranger.account());
        assert!(log[3].subject.starts_with("key "));
        setting.ask(&VerifyAuditLog).await;
        let later = setting.ask(&AuditLog { after: Some(log[2].revision) }).await;
        assert_eq!(later, log[3..]);
    });
}
