//! The platform's radio.

mod events;
mod forwarding;

pub use events::{ConnectionEvents, ScanEvents};
pub(crate) use forwarding::ForeignLink;

use std::sync::Arc;

/// What the adapter can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum AdapterState {
    /// Ready.
    On,
    /// Switched off.
    Off,
    /// The app has no permission.
    Unauthorized,
}

/// How a frame is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum WriteKind {
    /// Answered by the peer's stack.
    WithResponse,
    /// Not answered.
    WithoutResponse,
}

/// What a connection is used for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Priority {
    /// Short connection interval.
    Fast,
    /// Balanced interval.
    Bulk,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DisconnectReason {
    /// This side asked for it.
    Local,
    /// The door ended it.
    Remote,
    /// The radio link died.
    LinkLoss,
    /// The adapter was switched off.
    AdapterOff,
}

/// Why a call on the radio or the timer failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum LinkError {
    /// The adapter is off.
    #[error("Bluetooth is off")]
    BluetoothOff,
    /// The app has no permission.
    #[error("the app may not use Bluetooth")]
    Unauthorized,
    /// The connection could not be made.
    #[error("connecting failed with platform code {code}")]
    ConnectFailed {
        /// The platform's code, for logs.
        code: i32,
    },
    /// The connection is gone.
    #[error("not connected")]
    NotConnected,
    /// The write queue is full; push `writable` when there is room.
    #[error("the write queue is full")]
    NotWritable,
    /// The platform refused for another reason.
    #[error("the platform refused with code {code}")]
    Platform {
        /// The platform's code, for logs.
        code: i32,
    },
    /// The foreign code threw something that is none of the above: a defect of the adapter.
    #[error("unexpected: {reason}")]
    Unexpected {
        /// What it said, for logs.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for LinkError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unexpected { reason: error.reason }
    }
}

/// The radio of one phone, implemented by the app over CoreBluetooth, `BluetoothGatt` or the like.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait Link: Send + Sync {
    /// The adapter's state now.
    fn adapter(&self) -> Result<AdapterState, LinkError>;

    /// Starts scanning for the service UUID; results are pushed into `events` until `stop_scan`.
    async fn start_scan(&self, events: Arc<ScanEvents>) -> Result<(), LinkError>;

    /// Stops scanning.
    async fn stop_scan(&self) -> Result<(), LinkError>;

    /// Connects and discovers; registers `events` before it asks for the connection. Gives a number for the connection.
    async fn connect(&self, peer: String, events: Arc<ConnectionEvents>) -> Result<u64, LinkError>;

    /// Subscribes to `tx`.
    async fn subscribe(&self, connection: u64) -> Result<(), LinkError>;

    /// Asks for a larger ATT MTU and gives the one in force.
    async fn request_mtu(&self, connection: u64) -> Result<u16, LinkError>;

    /// The ATT MTU in force.
    fn mtu(&self, connection: u64) -> Result<u16, LinkError>;

    /// Writes one frame to `rx`.
    async fn write(&self, connection: u64, frame: Vec<u8>, kind: WriteKind) -> Result<(), LinkError>;

    /// Says what the connection is used for.
    async fn prefer(&self, connection: u64, priority: Priority) -> Result<(), LinkError>;

    /// Ends the connection.
    async fn disconnect(&self, connection: u64) -> Result<(), LinkError>;
}
