//! The pipe itself: one stream of bytes to one door, with all connections of all phones on it.

use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_phone::link::{ConnectionEvent, ConnectionId, DisconnectReason, PeerId};
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::gatt::MIN_MTU;
use thumbturn_virtual_radio::{Decoder, Malformed, Message as _, ToDoor, ToPhones};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc};

use crate::error::PipeError;
use crate::observer::{Observer, Seen};

/// Messages on their way to the door; who has more waits, as for a radio's buffers.
const ON_THE_WAY: usize = 64;
/// Bytes that are read at once.
const PIECE: usize = 4_096;
/// Until everything is here that was written at the other end.
const ON_ITS_WAY: Duration = Duration::from_millis(20);

/// One stream to one door.
pub struct Pipe {
    outgoing: mpsc::Sender<ToDoor>,
    mtu: u16,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    decoder: Decoder,
    /// The address and the service data that are on air.
    on_air: Option<(PeerId, Vec<u8>)>,
    addresses: u32,
    connections: HashMap<u16, Connection>,
    last_number: u16,
    ended: Option<PipeError>,
}

struct Connection {
    events: Arc<EventQueue<ConnectionEvent>>,
    observer: Arc<dyn Observer>,
    mtu: u16,
}

impl Pipe {
    /// Over a stream to a door. `mtu` is what its phones ask for, 23 to 517. Within a runtime, which reads and writes the stream.
    ///
    /// # Errors
    ///
    /// The stream is not there any more.
    pub fn over(stream: TcpStream, mtu: u16) -> io::Result<Arc<Self>> {
        // Frames are short and somebody waits for each.
        stream.set_nodelay(true)?;
        let (read, write) = stream.into_split();
        let (outgoing, waiting) = mpsc::channel(ON_THE_WAY);
        let pipe = Arc::new(Self { outgoing, mtu, state: Mutex::default(), changed: Notify::new() });
        tokio::spawn(write_all(write, waiting));
        tokio::spawn(Arc::clone(&pipe).read_all(read));
        Ok(pipe)
    }

    /// The door lost its power: every connection is gone, and what was half said is forgotten. It has to be silent until this is done.
    pub async fn door_lost_power(&self) {
        // What it said before is on its way here.
        tokio::time::sleep(ON_ITS_WAY).await;
        let mut state = self.state();
        state.decoder = Decoder::new();
        state.on_air = None;
        state.connections.drain().for_each(|(_, connection)| connection.end(DisconnectReason::LinkLoss));
    }

    /// What ended the pipe; `None`: it stands.
    #[must_use]
    pub fn ended(&self) -> Option<PipeError> {
        self.state().ended
    }

    /// What the door advertises now.
    pub(crate) fn on_air(&self) -> Option<(PeerId, Vec<u8>)> {
        self.state().on_air.clone()
    }

    /// Until something else is on air, for at most `pace`.
    pub(crate) async fn changed_or(&self, pace: Duration) {
        let _ = tokio::time::timeout(pace, self.changed.notified()).await;
    }

    /// Tells the door something.
    pub(crate) async fn send(&self, message: ToDoor) -> Result<(), PipeError> {
        self.outgoing.send(message).await.map_err(|_| self.ended().unwrap_or(PipeError::Ended))
    }

    /// Opens a connection to the address that is on air.
    pub(crate) async fn open(
        &self,
        peer: &PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
        observer: Arc<dyn Observer>,
    ) -> Result<u16, PipeError> {
        let number = {
            let mut state = self.state();
            if let Some(error) = state.ended {
                return Err(error);
            }
            if state.on_air.as_ref().is_none_or(|(present, _)| present != peer) {
                return Err(PipeError::UnknownPeer);
            }
            let number = state.free_number().ok_or(PipeError::TooManyConnections)?;
            state.connections.insert(number, Connection { events, observer, mtu: MIN_MTU });
            number
        };
        // Whoever drops this half way has sent nothing yet, or everything; then the door ends the silent connection.
        let guard = Unopened { pipe: self, number: Some(number) };
        self.send(ToDoor::Connected(number)).await?;
        guard.opened();
        Ok(number)
    }

    /// The number of a connection that stands.
    pub(crate) fn number(&self, connection: ConnectionId) -> Result<u16, PipeError> {
        let number = u16::try_from(connection.0).map_err(|_| PipeError::NotConnected)?;
        if self.state().connections.contains_key(&number) { Ok(number) } else { Err(PipeError::NotConnected) }
    }

    /// Agrees on the larger MTU.
    pub(crate) fn raise_mtu(&self, number: u16) -> u16 {
        if let Some(connection) = self.state().connections.get_mut(&number) {
            connection.mtu = self.mtu;
        }
        self.mtu
    }

    /// The MTU of a connection.
    pub(crate) fn mtu(&self, connection: ConnectionId) -> u16 {
        let number = u16::try_from(connection.0).ok();
        let mtu = number.and_then(|number| self.state().connections.get(&number).map(|known| known.mtu));
        mtu.unwrap_or(MIN_MTU)
    }

    /// Ends a connection from this side.
    pub(crate) async fn close(&self, number: u16) {
        if self.forget(number, DisconnectReason::Local) {
            let _ = self.send(ToDoor::Disconnected(number)).await;
        }
    }

    /// Whether there was such a connection.
    fn forget(&self, number: u16, reason: DisconnectReason) -> bool {
        let Some(connection) = self.state().connections.remove(&number) else { return false };
        connection.end(reason);
        true
    }

    async fn read_all(self: Arc<Self>, mut read: OwnedReadHalf) {
        let mut piece = vec![0; PIECE];
        let error = loop {
            let Ok(length @ 1..) = read.read(&mut piece).await else { break PipeError::Ended };
            self.state().decoder.take(piece.get(..length).unwrap_or_default());
            if let Err(error) = self.hear_all().await {
                break error;
            }
        };
        let mut state = self.state();
        state.ended = Some(error);
        state.on_air = None;
        for (_, connection) in state.connections.drain() {
            connection.observer.failed(error);
            connection.end(DisconnectReason::LinkLoss);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Every message that is here as a whole.
    async fn hear_all(&self) -> Result<(), PipeError> {
        loop {
            let message = self.state().decoder.message::<ToPhones>();
            match message {
                Ok(Some(message)) => self.hear(message).await,
                Ok(None) => return Ok(()),
                Err(Malformed) => return Err(PipeError::Malformed),
            }
        }
    }

    async fn hear(&self, message: ToPhones) {
        match message {
            ToPhones::Advertise(broadcast) => {
                let mut state = self.state();
                if broadcast.new_address || state.on_air.is_none() {
                    state.addresses = state.addresses.wrapping_add(1);
                }
                let peer = PeerId(format!("virtual-{}", state.addresses));
                state.on_air = Some((peer, broadcast.service_data.to_vec()));
                drop(state);
                self.changed.notify_waiters();
            }
            ToPhones::Notify(number, frame) => {
                if let Some(connection) = self.state().connections.get(&number) {
                    connection.notify(frame);
                }
                let _ = self.send(ToDoor::Sent(number)).await;
            }
            ToPhones::Disconnect(number) => {
                if self.forget(number, DisconnectReason::Remote) {
                    let _ = self.send(ToDoor::Disconnected(number)).await;
                }
            }
        }
    }

    /// Every field is valid at any instant, so a poisoned lock is taken over.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The next number that no connection has. The one that was free longest, so that no late message meets a new connection.
    fn free_number(&mut self) -> Option<u16> {
        for _ in 0..=u16::MAX {
            self.last_number = self.last_number.wrapping_add(1);
            if !self.connections.contains_key(&self.last_number) {
                return Some(self.last_number);
            }
        }
        None
    }
}

impl Connection {
    fn notify(&self, frame: Vec<u8>) {
        let header = frame.first().copied().unwrap_or(0);
        self.observer.saw(Seen::Received { header, bytes: frame.len() });
        self.events.push(ConnectionEvent::Notified(frame));
    }

    fn end(&self, reason: DisconnectReason) {
        self.observer.saw(Seen::Disconnected);
        self.events.push(ConnectionEvent::Disconnected(reason));
    }
}

/// Takes a connection back whose opening was given up.
struct Unopened<'a> {
    pipe: &'a Pipe,
    number: Option<u16>,
}

impl Unopened<'_> {
    fn opened(mut self) {
        self.number = None;
    }
}

impl Drop for Unopened<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.pipe.state().connections.remove(&number);
            let _ = self.pipe.outgoing.try_send(ToDoor::Disconnected(number));
        }
    }
}

async fn write_all(mut write: OwnedWriteHalf, mut waiting: mpsc::Receiver<ToDoor>) {
    while let Some(message) = waiting.recv().await {
        if write.write_all(&message.to_bytes()).await.is_err() {
            return;
        }
    }
}
