//! The air between the door and the phones: the virtual radio's pipe, and who scans and who is connected.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use thumbturn_phone::link::{ConnectionEvent, DisconnectReason, LinkError, PeerId, ScanEvent, ScanResult};
use thumbturn_phone::queue::EventQueue;
use thumbturn_virtual_radio::{Decoder, Message as _, ToDoor, ToPhones};

use crate::time::Clock;

/// Longest wait for bytes before futures are looked at again.
const TURN: Duration = Duration::from_millis(1);
/// Bytes read at once.
const PIECE: usize = 4_096;
/// A signal next to the door, in dBm.
const SIGNAL: i8 = -50;

/// The air. Phones share it.
#[derive(Debug)]
pub(crate) struct Air {
    pipe: TcpStream,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    decoder: Decoder,
    /// What the door advertises.
    service_data: Option<Vec<u8>>,
    /// Counts the door's radio addresses.
    address: u64,
    scans: BTreeMap<usize, Arc<EventQueue<ScanEvent>>>,
    connections: BTreeMap<u16, Arc<EventQueue<ConnectionEvent>>>,
    last_connection: u16,
}

impl Air {
    /// Air over a pipe to the door.
    pub(crate) fn new(pipe: TcpStream) -> io::Result<Self> {
        pipe.set_nodelay(true)?;
        pipe.set_read_timeout(Some(TURN))?;
        Ok(Self { pipe, clock: Clock::start(), state: Mutex::default() })
    }

    /// The clock of everybody but the door.
    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// Runs a future to its end, with all that the door says meanwhile.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> io::Result<T> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
                return Ok(result);
            }
            self.listen()?;
        }
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, duration: Duration) -> io::Result<()> {
        let end = self.clock.elapsed() + duration;
        while self.clock.elapsed() < end {
            self.listen()?;
        }
        Ok(())
    }

    /// The door lost its power: every connection is gone, and what was half said is forgotten.
    pub(crate) fn power_failed(&self) -> io::Result<()> {
        while read(&self.pipe)?.is_some() {}
        let mut state = self.state();
        for events in std::mem::take(&mut state.connections).into_values() {
            events.push(ConnectionEvent::Disconnected(DisconnectReason::LinkLoss));
        }
        state.decoder = Decoder::new();
        state.service_data = None;
        Ok(())
    }

    /// A phone scans from now on.
    pub(crate) fn start_scan(&self, phone: usize, events: Arc<EventQueue<ScanEvent>>) {
        let mut state = self.state();
        if let Some(heard) = state.heard() {
            events.push(heard);
        }
        state.scans.insert(phone, events);
    }

    /// A phone scans no more.
    pub(crate) fn stop_scan(&self, phone: usize) {
        self.state().scans.remove(&phone);
    }

    /// A phone connects.
    pub(crate) fn connect(
        &self,
        peer: &PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Result<u16, LinkError> {
        let id = {
            let mut state = self.state();
            if *peer != state.peer() {
                // The door has another address now.
                return Err(LinkError::ConnectFailed { code: 0 });
            }
            state.last_connection = state.last_connection.wrapping_add(1);
            let id = state.last_connection;
            state.connections.insert(id, events);
            id
        };
        self.tell(&ToDoor::Connected(id))?;
        Ok(id)
    }

    /// Tells the door something about a connection that is open.
    pub(crate) fn tell_of(&self, connection: u16, message: &ToDoor) -> Result<(), LinkError> {
        if !self.state().connections.contains_key(&connection) {
            return Err(LinkError::NotConnected);
        }
        self.tell(message)
    }

    /// A phone ends a connection.
    pub(crate) fn disconnect(&self, connection: u16) {
        let ended = self.state().connections.remove(&connection);
        if let Some(events) = ended {
            events.push(ConnectionEvent::Disconnected(DisconnectReason::Local));
            // A pipe that is gone is noticed by whoever listens next.
            drop(self.tell(&ToDoor::Disconnected(connection)));
        }
    }

    fn tell(&self, message: &ToDoor) -> Result<(), LinkError> {
        let platform = |error: io::Error| LinkError::Platform { code: error.raw_os_error().unwrap_or(0) };
        (&self.pipe).write_all(&message.to_bytes()).map_err(platform)
    }

    /// Takes in what the door has said, waiting a millisecond for it.
    fn listen(&self) -> io::Result<()> {
        let Some(bytes) = read(&self.pipe)? else { return Ok(()) };
        self.state().decoder.take(&bytes);
        loop {
            let message = self.state().decoder.message().map_err(io::Error::other)?;
            let Some(message) = message else { return Ok(()) };
            let answer = self.state().take(message);
            if let Some(answer) = answer {
                self.tell(&answer).map_err(io::Error::other)?;
            }
        }
    }

    /// Every field is valid at any instant, so a poisoned lock is taken over.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What the door wants; what the radio says to it.
    fn take(&mut self, message: ToPhones) -> Option<ToDoor> {
        match message {
            ToPhones::Advertise(broadcast) => {
                self.service_data = Some(broadcast.service_data.to_vec());
                self.address += u64::from(broadcast.new_address);
                if let Some(heard) = self.heard() {
                    for events in self.scans.values() {
                        events.push(heard.clone());
                    }
                }
                None
            }
            ToPhones::Notify(id, frame) => {
                self.connections.get(&id)?.push(ConnectionEvent::Notified(frame));
                Some(ToDoor::Sent(id))
            }
            ToPhones::Disconnect(id) => {
                let events = self.connections.remove(&id)?;
                events.push(ConnectionEvent::Disconnected(DisconnectReason::Remote));
                Some(ToDoor::Disconnected(id))
            }
        }
    }

    fn heard(&self) -> Option<ScanEvent> {
        let service_data = self.service_data.clone()?;
        let peer = self.peer();
        Some(ScanEvent::Heard(ScanResult { peer, signal_dbm: SIGNAL, service_data: Some(service_data) }))
    }

    fn peer(&self) -> PeerId {
        PeerId(format!("door {}", self.address))
    }
}

/// What came within a turn, if anything did.
fn read(mut pipe: &TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; PIECE];
    match pipe.read(&mut bytes) {
        Ok(0) => Err(io::Error::new(
            ErrorKind::UnexpectedEof,
            "the door's radio is gone: see the emulator's output",
        )),
        Ok(count) => {
            bytes.truncate(count);
            Ok(Some(bytes))
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
        Err(error) => Err(error),
    }
}
