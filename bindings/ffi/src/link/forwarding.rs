//! A foreign radio as the core sees it: types converted, nothing else.

use std::sync::Arc;

use thumbturn_phone::link as core;
use thumbturn_phone::queue::EventQueue;

use super::{
    AdapterState, ConnectionEvents, DisconnectReason, Link, LinkError, Priority, ScanEvents, WriteKind,
};

/// The smallest ATT MTU, which every connection has.
const MIN_MTU: u16 = 23;

/// The core's view of a foreign radio.
pub(crate) struct ForeignLink(pub(crate) Arc<dyn Link>);

#[async_trait::async_trait]
impl core::Link for ForeignLink {
    fn adapter(&self) -> core::AdapterState {
        self.0.adapter().map_or(core::AdapterState::Off, Into::into)
    }

    async fn start_scan(&self, events: Arc<EventQueue<core::ScanEvent>>) -> Result<(), core::LinkError> {
        Ok(self.0.start_scan(Arc::new(ScanEvents(events))).await?)
    }

    async fn stop_scan(&self) {
        let _ = self.0.stop_scan().await;
    }

    async fn connect(
        &self,
        peer: &core::PeerId,
        events: Arc<EventQueue<core::ConnectionEvent>>,
    ) -> Result<core::ConnectionId, core::LinkError> {
        let connection = self.0.connect(peer.0.clone(), Arc::new(ConnectionEvents(events))).await?;
        Ok(core::ConnectionId(connection))
    }

    async fn subscribe(&self, connection: core::ConnectionId) -> Result<(), core::LinkError> {
        Ok(self.0.subscribe(connection.0).await?)
    }

    async fn request_mtu(&self, connection: core::ConnectionId) -> Result<u16, core::LinkError> {
        Ok(self.0.request_mtu(connection.0).await?)
    }

    fn mtu(&self, connection: core::ConnectionId) -> u16 {
        self.0.mtu(connection.0).unwrap_or(MIN_MTU)
    }

    async fn write(
        &self,
        connection: core::ConnectionId,
        frame: Vec<u8>,
        kind: core::WriteKind,
    ) -> Result<(), core::LinkError> {
        Ok(self.0.write(connection.0, frame, kind.into()).await?)
    }

    async fn prefer(&self, connection: core::ConnectionId, priority: core::Priority) {
        let _ = self.0.prefer(connection.0, priority.into()).await;
    }

    async fn disconnect(&self, connection: core::ConnectionId) {
        let _ = self.0.disconnect(connection.0).await;
    }
}

impl From<AdapterState> for core::AdapterState {
    fn from(state: AdapterState) -> Self {
        match state {
            AdapterState::On => Self::On,
            AdapterState::Off => Self::Off,
            AdapterState::Unauthorized => Self::Unauthorized,
        }
    }
}

impl From<DisconnectReason> for core::DisconnectReason {
    fn from(reason: DisconnectReason) -> Self {
        match reason {
            DisconnectReason::Local => Self::Local,
            DisconnectReason::Remote => Self::Remote,
            DisconnectReason::LinkLoss => Self::LinkLoss,
            DisconnectReason::AdapterOff => Self::AdapterOff,
        }
    }
}

impl From<core::WriteKind> for WriteKind {
    fn from(kind: core::WriteKind) -> Self {
        match kind {
            core::WriteKind::WithoutResponse => Self::WithoutResponse,
            _ => Self::WithResponse,
        }
    }
}

impl From<core::Priority> for Priority {
    fn from(priority: core::Priority) -> Self {
        match priority {
            core::Priority::Bulk => Self::Bulk,
            _ => Self::Fast,
        }
    }
}

impl From<LinkError> for core::LinkError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::BluetoothOff => Self::BluetoothOff,
            LinkError::Unauthorized => Self::Unauthorized,
            LinkError::ConnectFailed { code } => Self::ConnectFailed { code },
            LinkError::NotConnected => Self::NotConnected,
            LinkError::NotWritable => Self::NotWritable,
            LinkError::Platform { code } => Self::Platform { code },
            LinkError::Unexpected { .. } => Self::Platform { code: UNEXPECTED },
        }
    }
}

/// The code that stands for an exception of the foreign adapter.
const UNEXPECTED: i32 = i32::MIN;
