//! Why a command did not do it: a reason for programs, what happened for people, and what to do next.

use core::fmt;
use std::io;
use std::path::Path;

use thumbturn_manager::authority::error::AuthorityError;
use thumbturn_phone::commission::ClaimError;
use thumbturn_phone::driver::PassError;
use thumbturn_phone::link::LinkError;
use thumbturn_phone::unlock::{DoorFault, UnlockError};
use thumbturn_phone::wallet::{ImportError, WalletError};
use thumbturn_protocol::error::Error as ProtocolError;
use thumbturn_protocol::random::RandomFailed;

/// The reason where nobody knows whether the bolt has moved, or the door has kept a claim.
pub(crate) const OUTCOME_UNKNOWN: &str = "outcome-unknown";

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The typed reason, for programs: words with hyphens, never changed once published.
    pub(crate) reason: &'static str,
    /// What happened.
    pub(crate) what: String,
    /// What the person does next.
    pub(crate) next: String,
}

impl Failure {
    /// A failure.
    pub(crate) fn new(reason: &'static str, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { reason, what: what.into(), next: next.into() }
    }

    /// A file that could not be read or written.
    pub(crate) fn of_file(path: &Path, error: &io::Error) -> Self {
        Self::new(
            "state-folder",
            format!("{}: {error}", path.display()),
            "check that the folder can be written, or choose another one with --state DIR",
        )
    }

    /// The same, with what the radio saw behind it.
    pub(crate) fn because(mut self, trouble: Option<&crate::radio::trouble::Trouble>) -> Self {
        if let Some(trouble) = trouble {
            self.what = format!("{} ({trouble})", self.what);
            self.next = trouble.next_step().to_owned();
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n next: {}", self.what, self.next)
    }
}

/// The typed reason of an unlock that failed.
pub(crate) const fn unlock_reason(error: UnlockError) -> &'static str {
    match error {
        UnlockError::BluetoothOff => "bluetooth-off",
        UnlockError::BluetoothUnauthorized => "bluetooth-unauthorized",
        UnlockError::NotInRange => "not-in-range",
        UnlockError::Busy => "busy",
        UnlockError::ConnectionLost => "connection-lost",
        UnlockError::OutcomeUnknown => OUTCOME_UNKNOWN,
        UnlockError::NoGrant => "no-grant",
        UnlockError::NotYet => "not-yet",
        UnlockError::Expired => "expired",
        UnlockError::LeaseEnded => "lease-ended",
        UnlockError::OutOfSchedule => "out-of-schedule",
        UnlockError::Denied => "denied",
        UnlockError::UpdateRequired => "update-required",
        UnlockError::UpdateInterrupted => "update-interrupted",
        UnlockError::UnknownTime => "unknown-time",
        UnlockError::DoorFault(DoorFault::Jammed) => "door-jammed",
        UnlockError::DoorFault(DoorFault::Blocked) => "door-blocked",
        UnlockError::DoorFault(DoorFault::Battery) => "door-battery",
        UnlockError::DoorFault(DoorFault::Storage) => "door-storage",
        UnlockError::VaultLocked => "vault-locked",
        UnlockError::VaultLost => "vault-lost",
        UnlockError::AppTooOld => "app-too-old",
        UnlockError::Cancelled => "cancelled",
        _ => "other",
    }
}

const fn unlock_next(error: UnlockError) -> &'static str {
    match error {
        UnlockError::BluetoothOff => "switch Bluetooth on, or check that the door behind --radio still runs",
        UnlockError::BluetoothUnauthorized => "allow this program to use Bluetooth in the system's settings",
        UnlockError::NotInRange => {
            "go nearer, wake the door, and look with `scan`; a door that was reset shows as (not claimed here): `commission` it"
        }
        UnlockError::Busy => "wait a moment and try again",
        UnlockError::ConnectionLost => "try again; when it happens often, `bench` shows in which phase",
        UnlockError::OutcomeUnknown => "look at the door",
        UnlockError::NoGrant => {
            "another --phone gets a grant of its own; a door that was reset is commissioned again"
        }
        UnlockError::NotYet | UnlockError::Expired | UnlockError::LeaseEnded => {
            "compare the door's clock with this machine's; `unlock` renews the grant of a test phone"
        }
        UnlockError::OutOfSchedule => "come back inside the hours of the grant",
        UnlockError::Denied => "the door refuses this phone: see `logs`",
        UnlockError::UpdateRequired | UnlockError::UpdateInterrupted => {
            "run `update`, stay near, then try again"
        }
        UnlockError::UnknownTime => "the door has lost its clock: run `update`, which brings it the time",
        UnlockError::DoorFault(_) => "look at the bolt, the battery and the log of the door",
        UnlockError::VaultLocked => "end the other program that uses this state folder",
        UnlockError::VaultLost => "remove the folder of this phone in the state folder; it is made anew",
        UnlockError::AppTooOld => "build a newer harness: the door speaks a later version",
        _ => "try again",
    }
}

impl From<UnlockError> for Failure {
    fn from(error: UnlockError) -> Self {
        Self::new(unlock_reason(error), error.to_string(), unlock_next(error))
    }
}

impl From<PassError> for Failure {
    fn from(error: PassError) -> Self {
        match error {
            PassError::NotDelivered(inner) => Self { what: error.to_string(), ..Self::from(inner) },
            _ => Self::new("too-soon", error.to_string(), "wait a quarter of an hour"),
        }
    }
}

impl From<ClaimError> for Failure {
    fn from(error: ClaimError) -> Self {
        let (reason, next) = match error {
            ClaimError::BluetoothOff => ("bluetooth-off", unlock_next(UnlockError::BluetoothOff)),
            ClaimError::BluetoothUnauthorized => {
                ("bluetooth-unauthorized", unlock_next(UnlockError::BluetoothUnauthorized))
            }
            ClaimError::NotInRange => (
                "not-in-range",
                "go nearer, compare --secret with the label, reset the door if it was claimed",
            ),
            ClaimError::Busy => ("busy", "wait a moment and try again"),
            ClaimError::ConnectionLost => ("connection-lost", "try again: the door is as it was"),
            ClaimError::Refused => ("claim-refused", "reset the door on its secured side, then try again"),
            ClaimError::OutcomeUnknown => {
                (OUTCOME_UNKNOWN, "run the same command again: it finds out what the door has kept")
            }
            ClaimError::InvalidConfiguration => ("invalid-configuration", "choose --relock from 1 to 240"),
            ClaimError::AppTooOld => ("app-too-old", unlock_next(UnlockError::AppTooOld)),
            _ => ("cancelled", "try again"),
        };
        Self::new(reason, error.to_string(), next)
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let (reason, next) = match error {
            LinkError::BluetoothOff => ("bluetooth-off", unlock_next(UnlockError::BluetoothOff)),
            LinkError::Unauthorized => {
                ("bluetooth-unauthorized", unlock_next(UnlockError::BluetoothUnauthorized))
            }
            _ => ("link", "try again; see with `scan` whether the door is heard"),
        };
        Self::new(reason, error.to_string(), next)
    }
}

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        Self::new("vault", error.to_string(), unlock_next(UnlockError::from(error)))
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self::new("import", error.to_string(), "remove the folder of this phone in the state folder")
    }
}

impl From<AuthorityError> for Failure {
    fn from(error: AuthorityError) -> Self {
        Self::new("authority", error.to_string(), "reset the door and commission it under a new name")
    }
}

impl From<ProtocolError> for Failure {
    fn from(error: ProtocolError) -> Self {
        Self::new("protocol", error.to_string(), "see docs/spec for what the other side should have sent")
    }
}

impl From<RandomFailed> for Failure {
    fn from(error: RandomFailed) -> Self {
        Self::new("random", error.to_string(), "the operating system gives no random bytes: restart it")
    }
}
