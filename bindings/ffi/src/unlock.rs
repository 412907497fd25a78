//! Opening a door.

use std::sync::Arc;

use thumbturn_phone::cancel::CancelHandle as CoreCancel;
use thumbturn_phone::driver::Unlocker as CoreUnlocker;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::unlock::{self as core, Bolt, UnlockPath};
use thumbturn_protocol::ids::DoorId;

use crate::courier::{DeliveryEnd, DeliveryQueue, PassError, UnlockedDoor};
use crate::link::{ForeignLink, Link};
use crate::random::SystemRandom;
use crate::timer::{ForeignTimer, Timer};
use crate::vault::{Vault, sized};

/// Steps of progress that wait for the screen; beyond it the newest are dropped.
const PROGRESS: usize = 64;

/// Why a door did not open. Each variant is one reaction of an app.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[uniffi(flat_error)]
pub enum UnlockError {
    /// Ask the person to switch Bluetooth on.
    #[error("Bluetooth is off")]
    BluetoothOff,
    /// Send the person to the settings.
    #[error("the app may not use Bluetooth")]
    BluetoothUnauthorized,
    /// Go nearer, or wake the door.
    #[error("the door is not in range")]
    NotInRange,
    /// Try again in a moment.
    #[error("the door is busy")]
    Busy,
    /// Try again: nothing was asked.
    #[error("the connection was lost before anything was asked")]
    ConnectionLost,
    /// Look at the door.
    #[error("whether the door opened is not known")]
    OutcomeUnknown,
    /// Ask the manager, or go online.
    #[error("no grant for this door")]
    NoGrant,
    /// The grant has not begun.
    #[error("the grant has not begun")]
    NotYet,
    /// Ask the manager.
    #[error("the grant has expired")]
    Expired,
    /// Go online.
    #[error("the lease of the grant has ended")]
    LeaseEnded,
    /// Come back inside the hours.
    #[error("outside the hours of the grant")]
    OutOfSchedule,
    /// Ask the manager.
    #[error("denied")]
    Denied,
    /// Go online for the door's update.
    #[error("the door must be updated first")]
    UpdateRequired,
    /// Stay near and try again: the door goes on where it was.
    #[error("the update of the door was interrupted")]
    UpdateInterrupted,
    /// Go online, so that the phone can bring the time.
    #[error("the door does not know the time")]
    UnknownTime,
    /// Call somebody: the bolt is stuck or blocked.
    #[error("the door is jammed")]
    DoorJammed,
    /// Call somebody: the battery is too low.
    #[error("the door's battery is too low")]
    DoorBattery,
    /// Call somebody: the door cannot keep its log.
    #[error("the door's storage has failed")]
    DoorStorage,
    /// Unlock the device, then try again.
    #[error("the vault is locked")]
    VaultLocked,
    /// Enrol again.
    #[error("the vault is lost")]
    VaultLost,
    /// Update the app.
    #[error("the app is too old")]
    AppTooOld,
    /// Taken back in time: the door stays closed.
    #[error("cancelled")]
    Cancelled,
}

/// Where an unlock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Progress {
    /// Listening for the door.
    Searching,
    /// Connecting, for the `attempt`-th time.
    Connecting {
        /// From 1.
        attempt: u32,
    },
    /// The request leaves.
    Asking,
    /// The door is busy.
    WaitingForDoor,
    /// The door takes its update from this phone before it opens: stay near.
    Updating {
        /// 0…100.
        percent: u8,
    },
    /// The motor runs.
    Accepted {
        /// Seconds until it relocks.
        relock_seconds: u8,
    },
}

/// An open door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Opened {
    /// Seconds from the answer until it relocks.
    pub relock_seconds: u8,
    /// Whether a ticket was used, so that no public-key operation was needed.
    pub by_ticket: bool,
    /// Whether the door confirmed that the bolt moved.
    pub bolt_confirmed: bool,
    /// Tries that it took, from 1.
    pub attempts: u8,
}

/// Takes an unlock back.
#[derive(uniffi::Object)]
pub struct CancelHandle(pub(crate) CoreCancel);

#[uniffi::export]
impl CancelHandle {
    /// For one unlock.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(CoreCancel::new()))
    }

    /// Takes it back. The unlock then ends as cancelled, or tells that the door has opened already.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// The steps of one unlock, for a screen.
#[derive(uniffi::Object)]
pub struct ProgressQueue(EventQueue<core::Progress>);

#[uniffi::export]
impl ProgressQueue {
    /// For one unlock.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(EventQueue::new(PROGRESS)))
    }

    /// The next step, waiting for it.
    pub async fn next(&self) -> Progress {
        self.0.pop().await.into()
    }

    /// The next step, if there is one.
    pub fn try_next(&self) -> Option<Progress> {
        self.0.try_pop().map(Into::into)
    }
}

/// Opens doors over the app's radio.
#[derive(uniffi::Object)]
pub struct Unlocker(CoreUnlocker);

#[uniffi::export]
impl Unlocker {
    /// One for the life of the app: it remembers how often it has scanned.
    #[uniffi::constructor]
    pub fn new(link: Arc<dyn Link>, timer: Arc<dyn Timer>, vault: Arc<Vault>) -> Arc<Self> {
        let (link, timer) = (Arc::new(ForeignLink(link)), Arc::new(ForeignTimer(timer)));
        let radio = Arc::new(Radio::new(link, timer, Box::new(SystemRandom)));
        Arc::new(Self(CoreUnlocker::new(radio, Arc::clone(&vault.0), Policy::DEFAULT)))
    }

    /// Opens a door (8 bytes). Exactly one outcome, within 15 seconds.
    pub async fn unlock(
        &self,
        door: Vec<u8>,
        cancel: Arc<CancelHandle>,
        progress: Arc<ProgressQueue>,
    ) -> Result<Opened, UnlockError> {
        let door = DoorId(sized(door).map_err(|_| UnlockError::NoGrant)?);
        Ok(self.0.unlock(door, &cancel.0, &progress.0).await?.into())
    }

    /// Opens a door as [`Unlocker::unlock`] does, and keeps the connection for [`UnlockedDoor::deliver`].
    pub async fn unlock_first(
        &self,
        door: Vec<u8>,
        cancel: Arc<CancelHandle>,
        progress: Arc<ProgressQueue>,
    ) -> Result<Arc<UnlockedDoor>, UnlockError> {
        let door = DoorId(sized(door).map_err(|_| UnlockError::NoGrant)?);
        Ok(Arc::new(UnlockedDoor::new(self.0.unlock_first(door, &cancel.0, &progress.0).await?)))
    }

    /// Passes a door (8 bytes) in the background: delivers and collects without opening it, at most once in 15 minutes.
    pub async fn pass_by(
        &self,
        door: Vec<u8>,
        cancel: Arc<CancelHandle>,
        events: Arc<DeliveryQueue>,
    ) -> Result<DeliveryEnd, PassError> {
        let door = sized(door).map_err(|error| PassError::NotDelivered { reason: error.to_string() })?;
        Ok(self.0.pass_by(DoorId(door), &cancel.0, &events.0).await?.into())
    }
}

impl From<core::Opened> for Opened {
    fn from(opened: core::Opened) -> Self {
        Self {
            relock_seconds: opened.relock_seconds,
            by_ticket: opened.path == UnlockPath::Fast,
            bolt_confirmed: opened.bolt == Bolt::Moved,
            attempts: opened.attempts,
        }
    }
}

impl From<core::Progress> for Progress {
    fn from(progress: core::Progress) -> Self {
        match progress {
            core::Progress::Connecting { attempt } => Self::Connecting { attempt },
            core::Progress::Asking => Self::Asking,
            core::Progress::WaitingForDoor => Self::WaitingForDoor,
            core::Progress::Updating { percent } => Self::Updating { percent },
            core::Progress::Accepted { relock_seconds } => Self::Accepted { relock_seconds },
            _ => Self::Searching,
        }
    }
}

impl From<core::UnlockError> for UnlockError {
    fn from(error: core::UnlockError) -> Self {
        match error {
            core::UnlockError::BluetoothOff => Self::BluetoothOff,
            core::UnlockError::BluetoothUnauthorized => Self::BluetoothUnauthorized,
            core::UnlockError::NotInRange => Self::NotInRange,
            core::UnlockError::Busy => Self::Busy,
            core::UnlockError::ConnectionLost => Self::ConnectionLost,
            core::UnlockError::NoGrant => Self::NoGrant,
            core::UnlockError::NotYet => Self::NotYet,
            core::UnlockError::Expired => Self::Expired,
            core::UnlockError::LeaseEnded => Self::LeaseEnded,
            core::UnlockError::OutOfSchedule => Self::OutOfSchedule,
            core::UnlockError::Denied => Self::Denied,
            core::UnlockError::UpdateRequired => Self::UpdateRequired,
            core::UnlockError::UpdateInterrupted => Self::UpdateInterrupted,
            core::UnlockError::UnknownTime => Self::UnknownTime,
            core::UnlockError::DoorFault(core::DoorFault::Battery) => Self::DoorBattery,
            core::UnlockError::DoorFault(core::DoorFault::Storage) => Self::DoorStorage,
            core::UnlockError::DoorFault(_) => Self::DoorJammed,
            core::UnlockError::VaultLocked => Self::VaultLocked,
            core::UnlockError::VaultLost => Self::VaultLost,
            core::UnlockError::AppTooOld => Self::AppTooOld,
            core::UnlockError::Cancelled => Self::Cancelled,
            // Whatever a newer core adds: the person looks at the door.
            _ => Self::OutcomeUnknown,
        }
    }
}
