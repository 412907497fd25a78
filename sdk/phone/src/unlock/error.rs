//! Why a door did not open, by what an app does next.

use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::record::ActuatorResult;

use crate::link::AdapterState;
use crate::wallet::WalletError;

/// Why an unlock ended without an open door. Each variant is one reaction of an app; none says more than the person may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// The adapter is off: ask the person to switch Bluetooth on.
    #[error("Bluetooth is off")]
    BluetoothOff,
    /// The app may not use Bluetooth: send the person to the settings.
    #[error("the app may not use Bluetooth")]
    BluetoothUnauthorized,
    /// The door was not heard: go nearer, or wake it.
    #[error("the door is not in range")]
    NotInRange,
    /// The door is serving others, or this phone is at another unlock: try again in a moment.
    #[error("the door is busy")]
    Busy,
    /// The door was heard but no connection held, and no request left the phone: try again.
    #[error("the connection was lost before anything was asked")]
    ConnectionLost,
    /// A request left and no answer came, or the door itself does not know what its bolt did: look at the door.
    #[error("whether the door opened is not known")]
    OutcomeUnknown,
    /// The wallet holds nothing that this door takes: ask the manager, or go online.
    #[error("no grant for this door")]
    NoGrant,
    /// The grant or share has not begun.
    #[error("the grant has not begun")]
    NotYet,
    /// The grant or share is over: ask the manager, or the host.
    #[error("the grant has expired")]
    Expired,
    /// The grant must be renewed: go online.
    #[error("the lease of the grant has ended")]
    LeaseEnded,
    /// Outside the hours of the grant: come back inside them.
    #[error("outside the hours of the grant")]
    OutOfSchedule,
    /// The door refuses: ask the manager.
    #[error("denied")]
    Denied,
    /// The door must be updated first, and this phone does not carry what it lacks: go online for the update, then try again.
    #[error("the door must be updated first")]
    UpdateRequired,
    /// The door must be updated first, and time or connection was over before this phone had handed everything over: stay near and
    /// try again, the door goes on where it was.
    #[error("the update of the door was interrupted")]
    UpdateInterrupted,
    /// The door does not know the time: go online, so that the phone can bring it.
    #[error("the door does not know the time")]
    UnknownTime,
    /// The door cannot open: call somebody.
    #[error("the door has a fault: {0}")]
    DoorFault(DoorFault),
    /// The vault cannot be opened now: before the first unlock of the device after boot, or while another process of the app
    /// has it. Try again later.
    #[error("the vault is locked")]
    VaultLocked,
    /// The vault is gone or was never made: enrol.
    #[error("the vault is lost")]
    VaultLost,
    /// The vault is of a newer version, or whatever advertised as the door spoke another version and the door itself was not
    /// met (spec §4.5): update the app.
    #[error("the app is too old")]
    AppTooOld,
    /// Taken back before any request had left the phone: the door has not opened and will not.
    #[error("cancelled")]
    Cancelled,
}

/// What is wrong with a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DoorFault {
    /// The bolt is stuck.
    #[error("the bolt is jammed")]
    Jammed,
    /// Something holds the bolt: the deadbolt, or a door under tension. Pulling or pushing it may help.
    #[error("the bolt is blocked")]
    Blocked,
    /// The battery is too low for the motor.
    #[error("the battery is too low")]
    Battery,
    /// The door could not write the event, without which it never opens.
    #[error("storage")]
    Storage,
}

impl UnlockError {
    /// What an authentic outcome means for the person; `None` when the door has opened.
    pub(crate) const fn of_outcome(outcome: Outcome) -> Option<Self> {
        Some(match outcome {
            Outcome::Accepted { .. } | Outcome::AlreadyDone { .. } => return None,
            // No door says that it is ready for a delivery to somebody who wants to come in.
            Outcome::OutcomeUnknown | Outcome::Ready => Self::OutcomeUnknown,
            Outcome::Denied => Self::Denied,
            Outcome::NotYet => Self::NotYet,
            Outcome::Expired => Self::Expired,
            Outcome::LeaseEnded => Self::LeaseEnded,
            Outcome::OutOfSchedule => Self::OutOfSchedule,
            Outcome::UpdateRequired => Self::UpdateRequired,
            Outcome::UnknownTime => Self::UnknownTime,
            Outcome::Busy => Self::Busy,
            Outcome::DoorFault(Fault::Jammed) => Self::DoorFault(DoorFault::Jammed),
            Outcome::DoorFault(Fault::Battery) => Self::DoorFault(DoorFault::Battery),
            Outcome::DoorFault(Fault::Storage) => Self::DoorFault(DoorFault::Storage),
        })
    }

    /// What kept the bolt from moving after the door had accepted; `None` when it moved.
    pub(crate) const fn of_actuator(result: ActuatorResult) -> Option<Self> {
        match result {
            ActuatorResult::Moved => None,
            ActuatorResult::Jammed => Some(Self::DoorFault(DoorFault::Jammed)),
            ActuatorResult::Blocked => Some(Self::DoorFault(DoorFault::Blocked)),
            ActuatorResult::BatteryLow => Some(Self::DoorFault(DoorFault::Battery)),
        }
    }

    /// Whether another credential for the same door may fare better.
    pub(crate) const fn is_about_the_credential(self) -> bool {
        matches!(
            self,
            Self::Denied
                | Self::NotYet
                | Self::Expired
                | Self::LeaseEnded
                | Self::OutOfSchedule
                | Self::UnknownTime
                | Self::UpdateRequired
        )
    }

    /// Why the adapter cannot be used; `None` when it can.
    pub(crate) const fn of_adapter(state: AdapterState) -> Option<Self> {
        match state {
            AdapterState::On => None,
            AdapterState::Off => Some(Self::BluetoothOff),
            AdapterState::Unauthorized => Some(Self::BluetoothUnauthorized),
        }
    }
}

impl From<WalletError> for UnlockError {
    fn from(error: WalletError) -> Self {
        match error {
            WalletError::NotEnrolled | WalletError::Lost => Self::VaultLost,
            WalletError::TooNew => Self::AppTooOld,
            WalletError::AlreadyEnrolled
            | WalletError::Locked
            | WalletError::InUse
            | WalletError::Full
            | WalletError::Storage { .. }
            | WalletError::Random(_) => Self::VaultLocked,
        }
    }
}
