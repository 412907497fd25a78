//! What can go wrong with a radio: typed, each with what a person does next.

mod classify;

use thumbturn_phone::link::LinkError;

use crate::failure::Failure;

/// A failure of the radio.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// No D-Bus, or no `bluetoothd` on it.
    #[error("the Bluetooth service of this machine does not run")]
    NoService,
    /// No adapter, or not the one that was asked for.
    #[error("no Bluetooth adapter{}", .wanted.as_ref().map(|name| format!(" called {name}")).unwrap_or_default())]
    NoAdapter {
        /// The name that was asked for.
        wanted: Option<String>,
    },
    /// The adapter is switched off, or blocked.
    #[error("the Bluetooth adapter is off")]
    AdapterOff,
    /// The system does not let this program use Bluetooth.
    #[error("this program may not use Bluetooth")]
    NotPermitted,
    /// Another program keeps the adapter or the connection busy.
    #[error("the Bluetooth adapter is busy with something else")]
    InProgress,
    /// The door has moved on to another address, or has gone.
    #[error("the door is not known to the Bluetooth service any more")]
    UnknownPeer,
    /// The connection was not made in time.
    #[error("the connection could not be made: {detail}")]
    ConnectFailed {
        /// The system's words.
        detail: String,
    },
    /// The connection was there, and ended.
    #[error("the connection has ended")]
    NotConnected,
    /// It advertises the service and does not have its characteristics.
    #[error("the device has no Thumbturn service: {missing} is missing")]
    NotADoor {
        /// What is not there.
        missing: &'static str,
    },
    /// The door's attribute server refused.
    #[error("the door's attribute server refused with ATT error {code:#04x}")]
    Attribute {
        /// The code of the attribute protocol.
        code: u8,
    },
    /// A frame longer than the ATT MTU allows was to be written.
    #[error("the system refused a frame as too long")]
    FrameTooLong,
    /// Nothing listens at the address of the virtual radio.
    #[error("nothing answers at {address}: {detail}")]
    PipeRefused {
        /// Where.
        address: String,
        /// The system's words.
        detail: String,
    },
    /// The byte pipe of the virtual radio ended.
    #[error("the virtual radio has ended")]
    PipeEnded,
    /// What came over the pipe is no message of it.
    #[error("what came over the virtual radio is no message of it")]
    PipeMalformed,
    /// Something else.
    #[error("{detail}")]
    Other {
        /// The system's words.
        detail: String,
    },
}

impl Trouble {
    /// The typed reason, for programs.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::NoService => "bluetooth-no-service",
            Self::NoAdapter { .. } => "bluetooth-no-adapter",
            Self::AdapterOff => "bluetooth-off",
            Self::NotPermitted => "bluetooth-unauthorized",
            Self::InProgress => "bluetooth-in-progress",
            Self::UnknownPeer => "bluetooth-unknown-peer",
            Self::ConnectFailed { .. } => "bluetooth-connect-failed",
            Self::NotConnected => "bluetooth-not-connected",
            Self::NotADoor { .. } => "bluetooth-not-a-door",
            Self::Attribute { .. } => "bluetooth-attribute-error",
            Self::FrameTooLong => "bluetooth-frame-too-long",
            Self::PipeRefused { .. } => "pipe-refused",
            Self::PipeEnded => "pipe-ended",
            Self::PipeMalformed => "pipe-malformed",
            Self::Other { .. } => "bluetooth-other",
        }
    }

    /// What the person does next.
    pub(crate) const fn next_step(&self) -> &'static str {
        match self {
            Self::NoService => {
                "start it (on Linux: `systemctl start bluetooth`), or use --radio 127.0.0.1:7311"
            }
            Self::NoAdapter { .. } => {
                "plug an adapter in, see its name (on Linux: `bluetoothctl list`), give it with --adapter"
            }
            Self::AdapterOff => {
                "switch it on (on Linux: `bluetoothctl power on`, and `rfkill unblock bluetooth`)"
            }
            Self::NotPermitted => "allow it in the system's settings (on Linux: join the group `bluetooth`)",
            Self::InProgress => "end other programs that scan or connect, then try again",
            Self::UnknownPeer => "try again: the door is looked for anew",
            Self::ConnectFailed { .. } => "go nearer and try again; end other connections to the door",
            Self::NotConnected => "try again, nearer to the door",
            Self::NotADoor { .. } => {
                "compare the firmware's attribute table with docs/spec/4-transport.md §4.1"
            }
            Self::Attribute { .. } => "check the properties of `rx` and `tx` in the firmware (spec §4.1)",
            Self::FrameTooLong => "the ATT MTU fell: reconnect",
            Self::PipeRefused { .. } => {
                "start a door there (`cargo run -p thumbturn-door -- --virtual ADDRESS`), or correct --radio"
            }
            Self::PipeEnded => "see why the door ended, start it again, and try again",
            Self::PipeMalformed => "is something else than a door at this address? correct --radio",
            Self::Other { .. } => "try again; restart the Bluetooth service when it happens again",
        }
    }

    /// A number for the phone core's errors, which have no room for words.
    pub(crate) const fn code(&self) -> i32 {
        match self {
            Self::NoService => 1,
            Self::NoAdapter { .. } => 2,
            Self::AdapterOff => 3,
            Self::NotPermitted => 4,
            Self::InProgress => 5,
            Self::UnknownPeer => 6,
            Self::ConnectFailed { .. } => 7,
            Self::NotConnected => 8,
            Self::NotADoor { .. } => 9,
            Self::Attribute { .. } => 10,
            Self::FrameTooLong => 11,
            Self::PipeRefused { .. } => 12,
            Self::PipeEnded => 13,
            Self::PipeMalformed => 14,
            Self::Other { .. } => 15,
        }
    }

    /// As the phone core takes it.
    pub(crate) const fn to_link_error(&self) -> LinkError {
        match self {
            Self::AdapterOff | Self::NoService | Self::NoAdapter { .. } | Self::PipeEnded => {
                LinkError::BluetoothOff
            }
            Self::NotPermitted => LinkError::Unauthorized,
            Self::NotConnected => LinkError::NotConnected,
            Self::UnknownPeer | Self::ConnectFailed { .. } | Self::NotADoor { .. } => {
                LinkError::ConnectFailed { code: self.code() }
            }
            _ => LinkError::Platform { code: self.code() },
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.reason(), trouble.to_string(), trouble.next_step())
    }
}
