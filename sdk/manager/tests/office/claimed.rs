//! Doors that were claimed and phones that were enrolled, as far as an office has to do with them: their keys, and what they sign.

use thumbturn_manager::office::use_case::authority::{Claimed, MakeKeys, PrepareClaim, TakeReceipt};
use thumbturn_protocol::claim::PropertyKeys;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::grant::Grant;
use thumbturn_protocol::ids::{
    BulletinEpoch, DoorId, EventNumber, HolderId, ListVersion, PhoneId, ReceiptNumber,
};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, SigningKeyPair};
use thumbturn_protocol::log::LogHead;
use thumbturn_protocol::receipt::{Receipt, ReceiptBody, ReceiptFlags, ReceiptHeader};
use thumbturn_protocol::statement::{Origin, StatementKeys};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::digest::ListDigest;

use crate::setting::{Setting, berlin};

/// A door that was claimed, and applies nothing.
pub(crate) struct ClaimedDoor {
    door: DoorId,
    property: PropertyKeys,
    receipt_key: SigningKeyPair,
    keys: DoorPublicKeys,
    version: ListVersion,
    receipts: u32,
}

impl ClaimedDoor {
    /// A new device on a door.
    pub(crate) async fn new(setting: &mut Setting, door: DoorId) -> Self {
        let root_key = SigningKeyPair::from_secret([9; 32]).public();
        let property = setting.do_it(&MakeKeys { root_key }).await;
        let configuration = setting.do_it(&PrepareClaim { door, zone: berlin(), relock_seconds: 5 }).await;
        let version = configuration.list_version;
        let receipt_key = SigningKeyPair::generate(&mut setting.random).unwrap();
        let mut exchange_key = || ExchangeKeyPair::generate(&mut setting.random).unwrap().public();
        let (session_key, sealing_key) = (exchange_key(), exchange_key());
        let keys = DoorPublicKeys { session_key, sealing_key, receipt_key: receipt_key.public() };
        setting.do_it(&Claimed { configuration, keys }).await;
        Self { door, property, receipt_key, keys, version, receipts: 0 }
    }

    /// The door's next receipt, made when its clock showed this.
    pub(crate) fn receipt(&mut self, clock: UnixSeconds, clock_error: u32) -> TakeReceipt {
        self.receipts += 1;
        let PropertyKeys { property, generation, sealing_key, .. } = &self.property;
        let header = ReceiptHeader {
            origin: Origin::new(*property, *generation, self.door, &self.keys),
            number: ReceiptNumber(self.receipts),
            list_version: self.version,
            flags: ReceiptFlags::default(),
        };
        let body = ReceiptBody {
            list_digest: *ListDigest::EMPTY.as_bytes(),
            bulletin_epoch: BulletinEpoch(0),
            clock,
            clock_error,
            battery: 87,
            firmware: 12,
            log_next: EventNumber(1),
            log_head: LogHead::start(self.keys.id()),
            lost_events: 0,
        };
        let keys = StatementKeys { receipt_key: &self.receipt_key, sealing_key };
        let mut random = crate::setting::Counting::seeded(u64::from(self.receipts));
        let sealed = Receipt { header, body }.seal(&keys, &mut random).unwrap();
        TakeReceipt { receipt: sealed.as_bytes().to_vec() }
    }
}

/// What a phone that has nothing gets to open doors with.
pub(crate) async fn fetch(setting: &mut Setting, person: HolderId, phone: PhoneId) -> Vec<Grant> {
    let news = setting.online(person, phone).await.unwrap();
    let grant = |bytes: &[u8]| Credential::from_bytes(bytes).unwrap().grant.peek_unverified().unwrap();
    news.credentials.iter().map(|bytes| grant(bytes)).collect()
}
