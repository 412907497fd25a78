//! One phone's radio over a byte pipe: any number of phones share the pipe to one door.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use thumbturn_phone::link::{
    AdapterState, ConnectionEvent, ConnectionId, Link, LinkError, PeerId, Priority, ScanEvent, ScanResult,
    WriteKind,
};
use thumbturn_phone::queue::EventQueue;
use thumbturn_virtual_radio::ToDoor;
use tokio::task::JoinHandle;

use crate::error::PipeError;
use crate::observer::{Observer, Seen};
use crate::pipe::Pipe;

/// What a phone hears of a door in between two advertisements.
const PACE: Duration = Duration::from_millis(100);
/// The signal of a door that is at hand.
const SIGNAL_DBM: i8 = -50;

/// The radio of one phone.
pub struct VirtualRadio {
    pipe: Arc<Pipe>,
    observer: Arc<dyn Observer>,
    scan: Mutex<Option<JoinHandle<()>>>,
}

impl VirtualRadio {
    /// Another phone on a pipe.
    #[must_use]
    pub fn new(pipe: Arc<Pipe>, observer: Arc<dyn Observer>) -> Self {
        Self { pipe, observer, scan: Mutex::new(None) }
    }

    fn scan(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.scan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what went wrong, and says it in the phone core's words.
    fn failed(&self, error: PipeError) -> LinkError {
        self.observer.failed(error);
        error.into()
    }

    async fn send(&self, message: ToDoor) -> Result<(), LinkError> {
        self.pipe.send(message).await.map_err(|error| self.failed(error))
    }
}

#[async_trait]
impl Link for VirtualRadio {
    fn adapter(&self) -> AdapterState {
        match self.pipe.ended() {
            None => AdapterState::On,
            Some(error) => {
                self.observer.failed(error);
                AdapterState::Off
            }
        }
    }

    async fn start_scan(&self, events: Arc<EventQueue<ScanEvent>>) -> Result<(), LinkError> {
        if let Some(error) = self.pipe.ended() {
            return Err(self.failed(error));
        }
        self.observer.saw(Seen::ScanStarted);
        let (pipe, observer) = (Arc::clone(&self.pipe), Arc::clone(&self.observer));
        let listening = tokio::spawn(async move {
            while pipe.ended().is_none() {
                if let Some((peer, service_data)) = pipe.on_air() {
                    observer.saw(Seen::Heard);
                    let heard = ScanResult { peer, signal_dbm: SIGNAL_DBM, service_data: Some(service_data) };
                    events.push(ScanEvent::Heard(heard));
                }
                pipe.changed_or(PACE).await;
            }
            events.push(ScanEvent::Adapter(AdapterState::Off));
        });
        if let Some(before) = self.scan().replace(listening) {
            before.abort();
        }
        Ok(())
    }

    async fn stop_scan(&self) {
        if let Some(listening) = self.scan().take() {
            listening.abort();
        }
    }

    async fn connect(
        &self,
        peer: &PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Result<ConnectionId, LinkError> {
        self.observer.saw(Seen::ConnectStarted);
        let opened = self.pipe.open(peer, events, Arc::clone(&self.observer)).await;
        let number = opened.map_err(|error| self.failed(error))?;
        self.observer.saw(Seen::Connected);
        Ok(ConnectionId(u64::from(number)))
    }

    async fn subscribe(&self, connection: ConnectionId) -> Result<(), LinkError> {
        let number = self.pipe.number(connection).map_err(|error| self.failed(error))?;
        self.observer.saw(Seen::SubscribeStarted);
        self.send(ToDoor::Subscribed(number)).await?;
        self.observer.saw(Seen::Subscribed);
        Ok(())
    }

    async fn request_mtu(&self, connection: ConnectionId) -> Result<u16, LinkError> {
        let number = self.pipe.number(connection).map_err(|error| self.failed(error))?;
        let mtu = self.pipe.raise_mtu(number);
        self.send(ToDoor::Mtu(number, mtu)).await?;
        Ok(mtu)
    }

    fn mtu(&self, connection: ConnectionId) -> u16 {
        self.pipe.mtu(connection)
    }

    async fn write(
        &self,
        connection: ConnectionId,
        frame: Vec<u8>,
        _kind: WriteKind,
    ) -> Result<(), LinkError> {
        let number = self.pipe.number(connection).map_err(|error| self.failed(error))?;
        let Some(header) = frame.first().copied() else {
            return Err(self.failed(PipeError::EmptyValue));
        };
        self.observer.saw(Seen::Written { header, bytes: frame.len() });
        self.send(ToDoor::Written(number, frame)).await
    }

    async fn prefer(&self, _connection: ConnectionId, _priority: Priority) {}

    async fn disconnect(&self, connection: ConnectionId) {
        if let Ok(number) = self.pipe.number(connection) {
            self.pipe.close(number).await;
        }
    }
}

impl Drop for VirtualRadio {
    fn drop(&mut self) {
        if let Some(listening) = self.scan().take() {
            listening.abort();
        }
    }
}

impl fmt::Debug for VirtualRadio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VirtualRadio")
    }
}
