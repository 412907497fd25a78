//! What carries frames between the engine and the phones: a Bluetooth adapter, or a socket.

#[cfg(target_os = "linux")]
mod adapter;
#[cfg(target_os = "linux")]
mod attributes;
#[cfg(target_os = "linux")]
mod bluetooth;
#[cfg(target_os = "linux")]
mod ending;
#[cfg(target_os = "linux")]
mod pool;
pub(crate) mod virtual_radio;

use std::io;
use std::net::SocketAddr;

use thumbturn_lock::input::ConnectionId;
use thumbturn_lock::output::Broadcast;
use thumbturn_protocol::frame::AttMtu;
use tokio::sync::mpsc::{Sender, UnboundedReceiver};

/// What happened on the radio. The host hands it to the engine.
#[derive(Debug)]
pub(crate) enum RadioEvent {
    Connected(ConnectionId),
    Disconnected(ConnectionId),
    Subscribed(ConnectionId),
    MtuChanged(ConnectionId, AttMtu),
    Received(ConnectionId, Vec<u8>),
    Writable(ConnectionId),
}

/// What the engine wants of the radio.
#[derive(Debug)]
pub(crate) enum RadioCommand {
    Notify(ConnectionId, Vec<u8>),
    Disconnect(ConnectionId),
    Advertise(Broadcast),
}

/// Events that wait for the host. Whoever has more waits: phones say what they like, as fast as they like.
pub(crate) const EVENTS: usize = 256;

/// The ends that a radio holds. Commands are not counted, so that the host never waits for a radio that waits for the host: each event
/// leads to a few of them, and the engine gives a connection at most four notifications ahead.
pub(crate) type Events = Sender<RadioEvent>;
pub(crate) type Commands = UnboundedReceiver<RadioCommand>;

/// The adapter of a door, and how it uses it.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "a door on a real adapter runs on Linux only")
)]
pub(crate) struct Bluetooth {
    /// 0 is hci0.
    pub(crate) adapter: u16,
    /// Whether it agrees to an ATT MTU of 23 at most, which every phone and every door can do.
    pub(crate) smallest_mtu: bool,
}

/// Why there is no radio, or no longer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RadioError {
    #[error("cannot listen at {address}: {error}; give --virtual another address of this machine")]
    Listen { address: SocketAddr, error: io::Error },
    #[cfg(target_os = "linux")]
    #[error(
        "cannot take the adapter hci{number}: {error}; it needs root (or CAP_NET_ADMIN) and an adapter of that number: see `hciconfig`"
    )]
    Adapter { number: u16, error: io::Error },
    #[cfg(target_os = "linux")]
    #[error("the Bluetooth host has stopped: {0}; start the door again")]
    Host(String),
    #[cfg(not(target_os = "linux"))]
    #[error("a door on a real adapter runs on Linux only; use --virtual ADDRESS here")]
    NotHere,
}

#[cfg(target_os = "linux")]
pub(crate) use bluetooth::serve as serve_bluetooth;

/// There is no such access to an adapter here.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn serve_bluetooth(_: Bluetooth, _: Events, _: Commands) -> Result<(), RadioError> {
    Err(RadioError::NotHere)
}
