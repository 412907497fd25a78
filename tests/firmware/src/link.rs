//! A phone's radio in this air.

use std::sync::Arc;

use async_trait::async_trait;
use thumbturn_phone::link::{
    AdapterState, ConnectionEvent, ConnectionId, Link, LinkError, PeerId, Priority, ScanEvent, WriteKind,
};
use thumbturn_phone::queue::EventQueue;
use thumbturn_virtual_radio::ToDoor;

use crate::air::Air;

/// What two phones of today agree on with a door.
const MTU: u16 = 247;

/// The radio of one phone.
#[derive(Clone, Debug)]
pub(crate) struct AirLink {
    air: Arc<Air>,
    phone: usize,
}

impl AirLink {
    /// Of the phone with this number.
    pub(crate) const fn new(air: Arc<Air>, phone: usize) -> Self {
        Self { air, phone }
    }
}

#[async_trait]
impl Link for AirLink {
    fn adapter(&self) -> AdapterState {
        AdapterState::On
    }

    async fn start_scan(&self, events: Arc<EventQueue<ScanEvent>>) -> Result<(), LinkError> {
        self.air.start_scan(self.phone, events);
        Ok(())
    }

    async fn stop_scan(&self) {
        self.air.stop_scan(self.phone);
    }

    async fn connect(
        &self,
        peer: &PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Result<ConnectionId, LinkError> {
        self.air.connect(peer, events).map(|id| ConnectionId(u64::from(id)))
    }

    async fn subscribe(&self, connection: ConnectionId) -> Result<(), LinkError> {
        let id = pipe_id(connection);
        self.air.tell_of(id, &ToDoor::Subscribed(id))
    }

    async fn request_mtu(&self, connection: ConnectionId) -> Result<u16, LinkError> {
        let id = pipe_id(connection);
        self.air.tell_of(id, &ToDoor::Mtu(id, MTU))?;
        Ok(MTU)
    }

    fn mtu(&self, _: ConnectionId) -> u16 {
        MTU
    }

    async fn write(&self, connection: ConnectionId, frame: Vec<u8>, _: WriteKind) -> Result<(), LinkError> {
        let id = pipe_id(connection);
        self.air.tell_of(id, &ToDoor::Written(id, frame))
    }

    async fn prefer(&self, _: ConnectionId, _: Priority) {}

    async fn disconnect(&self, connection: ConnectionId) {
        self.air.disconnect(pipe_id(connection));
    }
}

/// The number that the air gave.
fn pipe_id(connection: ConnectionId) -> u16 {
    u16::try_from(connection.0).unwrap_or(u16::MAX)
}
