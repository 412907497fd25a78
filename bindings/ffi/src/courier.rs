//! What a phone carries, and the deliveries at doors.

use std::sync::{Arc, Mutex, PoisonError};

use thumbturn_phone::courier::{self as core, Carried, CourierEvent, End, UploadId, UploadObject};
use thumbturn_phone::driver::{PassError as CorePassError, Unlocked};
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::time::Millis;

use crate::random::SystemRandom;
use crate::unlock::{CancelHandle, Opened};
use crate::vault::{Vault, WalletError};

/// Events of a delivery that wait for the screen; beyond it the newest are dropped.
const EVENTS: usize = 256;

/// What this phone carries down to doors and up to their authority.
#[derive(uniffi::Object)]
pub struct Inbox(Arc<core::Inbox>);

/// Of which kind something to hand in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum UploadKind {
    /// What a door knows.
    Receipt,
    /// Events of a door.
    LogBatch,
    /// A bulletin that this phone has learnt from a door: header, then entries.
    Bulletin,
    /// Something that these bindings do not know. It stays until it is handed in.
    Other,
}

/// One thing to hand in.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Upload {
    /// For [`Inbox::uploaded`].
    pub id: u64,
    /// Whose authority takes it, 8 bytes.
    pub property: Vec<u8>,
    /// What it is.
    pub kind: UploadKind,
    /// As its door signed it; a bulletin as its property did.
    pub bytes: Vec<u8>,
}

/// A step of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DeliveryEvent {
    /// An update is on its way.
    Updating {
        /// 0…100.
        percent: u8,
    },
    /// The door has applied an update.
    Updated,
    /// The door was given something else, or does not take it.
    Given,
    /// The door gave something to hand in.
    Collected,
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DeliveryEnd {
    /// All that there was to do.
    Complete,
    /// A person wanted something: the next phone goes on.
    GaveWay,
    /// The door or the time was gone: the next phone goes on.
    BrokenOff,
}

/// Why a door that was passed got nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PassError {
    /// This phone was there a short time ago.
    #[error("this phone was at the door a short time ago: pass again later")]
    TooSoon,
    /// Not reached, not allowed, or the radio is in use.
    #[error("nothing was delivered: {reason}")]
    NotDelivered {
        /// For logs.
        reason: String,
    },
}

/// The steps of one delivery, for a screen.
#[derive(uniffi::Object)]
pub struct DeliveryQueue(pub(crate) EventQueue<CourierEvent>);

/// An open door whose connection still stands. The next unlock takes the radio from it.
#[derive(uniffi::Object)]
pub struct UnlockedDoor {
    opened: Opened,
    unlocked: Mutex<Option<Unlocked>>,
}

#[uniffi::export]
impl Vault {
    /// What this phone carries.
    pub fn inbox(&self) -> Result<Arc<Inbox>, WalletError> {
        Ok(Arc::new(Inbox(self.0.inbox(&mut SystemRandom)?)))
    }
}

#[uniffi::export]
impl Inbox {
    /// Takes a door's update. Whether it is carried: there may be better ones for the room.
    pub fn take_parcel(&self, parcel: Vec<u8>) -> Result<bool, WalletError> {
        Ok(self.0.take_parcel(&parcel, &mut SystemRandom)? == Carried::Yes)
    }

    /// Takes a bulletin: header, then entries.
    pub fn take_bulletin(&self, bulletin: Vec<u8>) -> Result<(), WalletError> {
        Ok(self.0.take_bulletin(&bulletin, &mut SystemRandom)?)
    }

    /// Takes a property's next keys, for the wallet too.
    pub fn take_rotation(&self, rotation: Vec<u8>) -> Result<(), WalletError> {
        Ok(self.0.take_rotation(&rotation, &mut SystemRandom)?)
    }

    /// Takes an instant, received at `now` of the app's timer.
    pub fn take_time(&self, token: Vec<u8>, now: u64) -> Result<(), WalletError> {
        Ok(self.0.take_time(&token, Millis(now), &mut SystemRandom)?)
    }

    /// Takes the authority's word that it has a door's events.
    pub fn take_acknowledgement(&self, acknowledgement: Vec<u8>) -> Result<(), WalletError> {
        Ok(self.0.take_acknowledgement(&acknowledgement, &mut SystemRandom)?)
    }

    /// All that waits to be handed in, in the order in which it came.
    pub fn to_upload(&self) -> Vec<Upload> {
        self.0.to_upload().into_iter().map(Into::into).collect()
    }

    /// The authority has these.
    pub fn uploaded(&self, ids: Vec<u64>) -> Result<(), WalletError> {
        let ids: Vec<_> = ids.into_iter().map(UploadId).collect();
        Ok(self.0.uploaded(&ids, &mut SystemRandom)?)
    }
}

#[uniffi::export]
impl DeliveryQueue {
    /// For one delivery.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(EventQueue::new(EVENTS)))
    }

    /// The next step, if there is one.
    pub fn try_next(&self) -> Option<DeliveryEvent> {
        self.0.try_pop().map(Into::into)
    }
}

#[uniffi::export]
impl UnlockedDoor {
    /// The outcome.
    pub fn opened(&self) -> Opened {
        self.opened
    }

    /// Delivers and collects, for at most 30 seconds, once. Nobody waits for it.
    pub async fn deliver(&self, cancel: Arc<CancelHandle>, events: Arc<DeliveryQueue>) -> DeliveryEnd {
        match self.take() {
            Some(unlocked) => unlocked.deliver(&cancel.0, &events.0).await.into(),
            None => DeliveryEnd::Complete,
        }
    }

    /// Ends the connection without a delivery.
    pub async fn leave(&self) {
        if let Some(unlocked) = self.take() {
            unlocked.leave().await;
        }
    }
}

impl UnlockedDoor {
    pub(crate) fn new(unlocked: Unlocked) -> Self {
        Self { opened: unlocked.opened.into(), unlocked: Mutex::new(Some(unlocked)) }
    }

    fn take(&self) -> Option<Unlocked> {
        self.unlocked.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl From<core::Upload> for Upload {
    fn from(upload: core::Upload) -> Self {
        let kind = match &upload.object {
            UploadObject::Receipt(_) => UploadKind::Receipt,
            UploadObject::LogBatch(_) => UploadKind::LogBatch,
            UploadObject::Bulletin { .. } => UploadKind::Bulletin,
            _ => UploadKind::Other,
        };
        let bytes = upload.object.to_bytes();
        Self { id: upload.id.0, property: upload.property.0.to_vec(), kind, bytes }
    }
}

impl From<CourierEvent> for DeliveryEvent {
    fn from(event: CourierEvent) -> Self {
        match event {
            CourierEvent::Updating { percent } => Self::Updating { percent },
            CourierEvent::Updated { .. } => Self::Updated,
            CourierEvent::ReceiptCollected { .. }
            | CourierEvent::LogsCollected { .. }
            | CourierEvent::BulletinCollected { .. } => Self::Collected,
            _ => Self::Given,
        }
    }
}

impl From<End> for DeliveryEnd {
    fn from(end: End) -> Self {
        match end {
            End::Complete => Self::Complete,
            End::GaveWay => Self::GaveWay,
            _ => Self::BrokenOff,
        }
    }
}

impl From<CorePassError> for PassError {
    fn from(error: CorePassError) -> Self {
        match error {
            CorePassError::TooSoon => Self::TooSoon,
            other => Self::NotDelivered { reason: other.to_string() },
        }
    }
}
