//! The machine's Bluetooth adapter, through btleplug: BlueZ on Linux, CoreBluetooth on macOS, WinRT on Windows.
//!
//! Three habits of BlueZ shape this adapter. It subscribes again by itself when a device comes back, and the door pushes its hello at
//! once: so the stream of notifications is opened before the connection. The stream brings values of other characteristics, too: so
//! they are told apart by UUID. And the ATT MTU is known only after the services are.

mod adapter;
mod connection;

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use btleplug::api::Peripheral as _;
use thumbturn_phone::link::{
    AdapterState, ConnectionEvent, ConnectionId, Link, LinkError, PeerId, Priority, ScanEvent, WriteKind,
};
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::gatt::MIN_MTU;
use tokio::task::JoinHandle;

pub(crate) use self::adapter::Adapter;
use self::connection::Connection;
use super::timeline::{Mark, Timeline};
use super::trouble::Trouble;

/// The radio of one phone.
pub(crate) struct Central {
    adapter: Arc<Adapter>,
    timeline: Arc<Timeline>,
    scan: Mutex<Option<JoinHandle<()>>>,
}

impl Central {
    /// Another phone on the adapter.
    pub(crate) const fn new(adapter: Arc<Adapter>, timeline: Arc<Timeline>) -> Self {
        Self { adapter, timeline, scan: Mutex::new(None) }
    }

    fn scan(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.scan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, trouble: impl Into<Trouble>) -> LinkError {
        let trouble = trouble.into();
        let error = trouble.to_link_error();
        self.timeline.trouble(trouble);
        error
    }

    fn connection(&self, id: ConnectionId) -> Result<Arc<Connection>, LinkError> {
        self.adapter.connection(id).ok_or_else(|| self.failed(Trouble::NotConnected))
    }
}

#[async_trait]
impl Link for Central {
    fn adapter(&self) -> AdapterState {
        if self.adapter.is_on() {
            return AdapterState::On;
        }
        self.timeline.trouble(Trouble::AdapterOff);
        AdapterState::Off
    }

    async fn start_scan(&self, events: Arc<EventQueue<ScanEvent>>) -> Result<(), LinkError> {
        self.timeline.mark(Mark::ScanStarted);
        let heard = self.adapter.listen().await.map_err(|error| self.failed(error))?;
        let listening =
            tokio::spawn(Arc::clone(&self.adapter).report(heard, events, Arc::clone(&self.timeline)));
        let before = self.scan().replace(listening);
        if let Some(before) = before {
            before.abort();
            // Two scans began, one goes on.
            self.adapter.stop_listening().await;
        }
        Ok(())
    }

    async fn stop_scan(&self) {
        let listening = self.scan().take();
        if let Some(listening) = listening {
            listening.abort();
            self.adapter.stop_listening().await;
        }
    }

    async fn connect(
        &self,
        peer: &PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Result<ConnectionId, LinkError> {
        self.timeline.mark(Mark::ConnectStarted);
        let Some(peripheral) = self.adapter.peripheral(peer) else {
            return Err(self.failed(Trouble::UnknownPeer));
        };
        self.adapter.settle(&peripheral).await;
        let opened = Connection::open(peripheral, events, Arc::clone(&self.timeline)).await;
        let connection = opened.map_err(|error| self.failed(error))?;
        Ok(self.adapter.keep(connection))
    }

    async fn subscribe(&self, id: ConnectionId) -> Result<(), LinkError> {
        let connection = self.connection(id)?;
        self.timeline.mark(Mark::SubscribeStarted);
        let subscribed = connection.peripheral.subscribe(&connection.tx).await;
        subscribed.map_err(|error| self.failed(error))?;
        self.timeline.mark(Mark::Subscribed);
        Ok(())
    }

    async fn request_mtu(&self, id: ConnectionId) -> Result<u16, LinkError> {
        // Every stack behind btleplug agrees on the MTU while it connects.
        Ok(self.connection(id)?.peripheral.mtu())
    }

    fn mtu(&self, id: ConnectionId) -> u16 {
        self.adapter.connection(id).map_or(MIN_MTU, |connection| connection.peripheral.mtu())
    }

    async fn write(&self, id: ConnectionId, frame: Vec<u8>, kind: WriteKind) -> Result<(), LinkError> {
        let connection = self.connection(id)?;
        let header = frame.first().copied().unwrap_or(0);
        self.timeline.mark(Mark::Written { header, bytes: frame.len() });
        let written = match kind {
            WriteKind::WithoutResponse => connection.write_without_response(frame).await,
            _ => connection.write_with_response(&frame).await,
        };
        written.map_err(|error| self.failed(error))
    }

    async fn prefer(&self, _connection: ConnectionId, _priority: Priority) {
        // No stack behind btleplug lets a program choose the connection interval.
    }

    async fn disconnect(&self, id: ConnectionId) {
        if let Some(connection) = self.adapter.forget(id) {
            connection.close().await;
        }
    }
}

impl Drop for Central {
    fn drop(&mut self) {
        if let Some(listening) = self.scan().take() {
            listening.abort();
        }
    }
}

impl fmt::Debug for Central {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Central")
    }
}
