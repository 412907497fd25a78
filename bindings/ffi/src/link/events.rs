//! The queues into which a platform's callbacks push.

use std::sync::Arc;

use thumbturn_phone::link::{ConnectionEvent, PeerId, ScanEvent, ScanResult};
use thumbturn_phone::queue::EventQueue;

use super::{AdapterState, DisconnectReason};

/// Takes what a scan hears. Every call returns at once.
#[derive(uniffi::Object)]
pub struct ScanEvents(pub(super) Arc<EventQueue<ScanEvent>>);

/// Takes what happens on one connection. Every call returns at once; `false`: the queue is full, and the connection will be given up.
#[derive(uniffi::Object)]
pub struct ConnectionEvents(pub(super) Arc<EventQueue<ConnectionEvent>>);

#[uniffi::export]
impl ScanEvents {
    /// An advertisement was heard; `service_data` is that of the Thumbturn service, if there was any.
    pub fn heard(&self, peer: String, signal_dbm: i8, service_data: Option<Vec<u8>>) -> bool {
        self.0.push(ScanEvent::Heard(ScanResult { peer: PeerId(peer), signal_dbm, service_data }))
    }

    /// The adapter's state changed.
    pub fn adapter_changed(&self, state: AdapterState) -> bool {
        self.0.push(ScanEvent::Adapter(state.into()))
    }
}

#[uniffi::export]
impl ConnectionEvents {
    /// A notification of `tx`.
    pub fn notified(&self, frame: Vec<u8>) -> bool {
        self.0.push(ConnectionEvent::Notified(frame))
    }

    /// There is room for another write without response.
    pub fn writable(&self) -> bool {
        self.0.push(ConnectionEvent::Writable)
    }

    /// The ATT MTU changed.
    pub fn mtu_changed(&self, mtu: u16) -> bool {
        self.0.push(ConnectionEvent::MtuChanged(mtu))
    }

    /// The connection is over.
    pub fn disconnected(&self, reason: DisconnectReason) -> bool {
        self.0.push(ConnectionEvent::Disconnected(reason.into()))
    }
}
