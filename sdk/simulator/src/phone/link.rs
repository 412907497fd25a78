//! The `Link` of a simulated phone.

use std::sync::Arc;

use async_trait::async_trait;
use thumbturn_phone::link::{
    AdapterState, ConnectionEvent, ConnectionId, Link, LinkError, PeerId, Priority, ScanEvent, WriteKind,
};
use thumbturn_phone::queue::EventQueue;

use crate::station::PhoneIndex;
use crate::station::phone::AttemptId;
use crate::world::World;

/// The radio of one simulated phone.
#[derive(Clone, Debug)]
pub struct SimulatedLink {
    world: World,
    phone: PhoneIndex,
}

impl SimulatedLink {
    pub(crate) const fn new(world: World, phone: PhoneIndex) -> Self {
        Self { world, phone }
    }
}

/// Gives a connection attempt up when its caller is gone.
struct Attempt<'link> {
    link: &'link SimulatedLink,
    attempt: AttemptId,
    open: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.open {
            self.link.world.air().cancel_connect(self.link.phone, self.attempt);
        }
    }
}

#[async_trait]
impl Link for SimulatedLink {
    fn adapter(&self) -> AdapterState {
        self.world.air().adapter(self.phone)
    }

    async fn start_scan(&self, events: Arc<EventQueue<ScanEvent>>) -> Result<(), LinkError> {
        self.world.air().start_scan(self.phone, events)
    }

    async fn stop_scan(&self) {
        self.world.air().stop_scan(self.phone);
    }

    async fn connect(
        &self,
        peer: &PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Result<ConnectionId, LinkError> {
        let started = self.world.air().start_connect(self.phone, peer.clone(), events);
        let (attempt, awaited) = started?;
        let mut attempt = Attempt { link: self, attempt, open: true };
        let result = awaited.await;
        attempt.open = false;
        result
    }

    async fn subscribe(&self, connection: ConnectionId) -> Result<(), LinkError> {
        let awaited = self.world.air().subscribe(self.phone, connection);
        awaited?.await
    }

    async fn request_mtu(&self, connection: ConnectionId) -> Result<u16, LinkError> {
        let asked = self.world.air().request_mtu(self.phone, connection);
        match asked? {
            Ok(mtu) => Ok(mtu),
            Err(awaited) => awaited.await,
        }
    }

    fn mtu(&self, connection: ConnectionId) -> u16 {
        self.world.air().mtu(connection)
    }

    async fn write(
        &self,
        connection: ConnectionId,
        frame: Vec<u8>,
        kind: WriteKind,
    ) -> Result<(), LinkError> {
        let written = self.world.air().write(self.phone, connection, frame, kind);
        match written? {
            None => Ok(()),
            Some(awaited) => awaited.await,
        }
    }

    async fn prefer(&self, connection: ConnectionId, priority: Priority) {
        self.world.air().prefer(self.phone, connection, priority);
    }

    async fn disconnect(&self, connection: ConnectionId) {
        self.world.air().disconnect(self.phone, connection);
    }
}
