//! The radio, as the driver needs it: what CoreBluetooth, Android's GATT, btleplug and the simulator implement.
//!
//! A `Link` moves bytes and reports events; it decides nothing. Retry, timeouts, fragmentation and every other policy
//! live in the driver, so that they are the same on all platforms.
//!
//! **Events are pushed, never pulled.** The platform's callback pushes each event into the queue it was given, at once
//! and in order; the driver reads the queue. No event can be lost in a future that was dropped half way.

use std::sync::Arc;

use async_trait::async_trait;

use crate::queue::EventQueue;

/// The platform's name for a peripheral: a radio address, or the opaque identifier that iOS gives.
///
/// It rotates with the door's address (`docs/spec/4-transport.md` §4.2) and is no identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub String);

/// One open connection. Chosen by the `Link`, never reused while the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// What the Bluetooth adapter of the phone can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdapterState {
    /// Ready.
    On,
    /// Switched off by the person, or in flight mode.
    Off,
    /// The app has no permission to use Bluetooth.
    Unauthorized,
}

/// One advertisement (or scan response) heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanResult {
    /// Who sent it.
    pub peer: PeerId,
    /// Received signal strength in dBm, −127…20.
    pub signal_dbm: i8,
    /// Service data of the Thumbturn service; `None` when the scan response was not heard (iOS in the background).
    pub service_data: Option<Vec<u8>>,
}

/// What happens outside any connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanEvent {
    /// A door (or something that carries the service UUID) was heard.
    Heard(ScanResult),
    /// The adapter's state changed.
    Adapter(AdapterState),
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// This side asked for it.
    Local,
    /// The door ended it.
    Remote,
    /// The radio link died (supervision timeout).
    LinkLoss,
    /// The adapter was switched off.
    AdapterOff,
}

/// What happens on one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// A notification of `tx`: one frame.
    Notified(Vec<u8>),
    /// A write without response that was refused as [`LinkError::NotWritable`] can be tried again.
    Writable,
    /// The ATT MTU changed.
    MtuChanged(u16),
    /// The connection is over; no event follows.
    Disconnected(DisconnectReason),
}

/// How a frame is written to `rx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteKind {
    /// ATT write request: answered by the peer's stack, one a round trip.
    WithResponse,
    /// ATT write command: not answered, may vanish when a queue is full.
    WithoutResponse,
}

/// What the connection is used for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Priority {
    /// Short connection interval: until the answer has come.
    Fast,
    /// Balanced interval and larger packets: transfers after the bolt.
    Bulk,
}

/// Why a call on a [`Link`] failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The adapter is off.
    #[error("Bluetooth is off")]
    BluetoothOff,
    /// The app has no permission.
    #[error("the app may not use Bluetooth")]
    Unauthorized,
    /// The connection could not be made; `code` is the platform's (Android's famous 133).
    #[error("connecting failed with platform code {code}")]
    ConnectFailed {
        /// The platform's code, for logs.
        code: i32,
    },
    /// The connection is gone.
    #[error("not connected")]
    NotConnected,
    /// The write queue is full; [`ConnectionEvent::Writable`] follows.
    #[error("the write queue is full")]
    NotWritable,
    /// The platform refused for another reason.
    #[error("the platform refused with code {code}")]
    Platform {
        /// The platform's code, for logs.
        code: i32,
    },
}

/// The radio of one phone.
#[async_trait]
pub trait Link: Send + Sync {
    /// The adapter's state now.
    fn adapter(&self) -> AdapterState;

    /// Starts scanning for the service UUID; results and changes of the adapter are pushed into `events` until [`Link::stop_scan`].
    async fn start_scan(&self, events: Arc<EventQueue<ScanEvent>>) -> Result<(), LinkError>;

    /// Stops scanning. Never fails: a scan that is not running is stopped already.
    async fn stop_scan(&self);

    /// Connects to `peer` and discovers the service. `events` is registered *before* the connection is asked for.
    ///
    /// When the future is dropped the `Link` gives the attempt up and frees what it holds.
    async fn connect(
        &self,
        peer: &PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Result<ConnectionId, LinkError>;

    /// Subscribes to `tx`. The door pushes its hello at once.
    async fn subscribe(&self, connection: ConnectionId) -> Result<(), LinkError>;

    /// Asks for a larger ATT MTU and gives the one in force; a platform that does it by itself only answers.
    async fn request_mtu(&self, connection: ConnectionId) -> Result<u16, LinkError>;

    /// The ATT MTU in force, 23…517.
    fn mtu(&self, connection: ConnectionId) -> u16;

    /// Writes one frame to `rx`.
    async fn write(&self, connection: ConnectionId, frame: Vec<u8>, kind: WriteKind)
    -> Result<(), LinkError>;

    /// Says what the connection is used for. A hint; never fails.
    async fn prefer(&self, connection: ConnectionId, priority: Priority);

    /// Ends the connection. Never fails: a connection that is gone is ended already.
    async fn disconnect(&self, connection: ConnectionId);
}
