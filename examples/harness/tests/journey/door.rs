//! A door on the virtual radio: the real engine on emulated flash, in a thread of the test.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::engine::Engine;
use thumbturn_lock::hardware::{CardAnswer, Hardware, HardwareEvent, Readiness};
use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_lock::output::{Address, Output, Pace};
use thumbturn_lock::platform::{Board, Platform};
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::time::{Millis, UnixSeconds};
use thumbturn_simulator::card::Card;
use thumbturn_simulator::nor::NorFlash;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_virtual_radio::{Broadcast, Decoder, Message, ToDoor, ToPhones};

/// What is on the label of every door of these tests.
pub(crate) const SECRET: [u8; 16] = *b"label of a door!";
/// How long the thread waits for bytes before it looks at the engine's timers.
const LOOK: Duration = Duration::from_millis(2);

/// A running door.
pub(crate) struct TestDoor {
    pub(crate) address: SocketAddr,
    body: Body,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The door's body. Clones are handles to the same one.
#[derive(Clone, Default)]
pub(crate) struct Body {
    moves: Arc<AtomicUsize>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    events: std::collections::VecDeque<HardwareEvent>,
    signals: Vec<Signal>,
    card: Option<Card>,
}

struct TestPlatform;

impl Platform for TestPlatform {
    type Flash = NorFlash;
    type Hardware = Body;
    type Random = SeededRandom;
}

impl TestDoor {
    /// A factory-fresh door at a free port.
    pub(crate) fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (body, stop) = (Body::default(), Arc::new(AtomicBool::new(false)));
        let board =
            Board { flash: NorFlash::new(seed), random: SeededRandom::new(seed), hardware: body.clone() };
        let ended = Arc::clone(&stop);
        let thread = std::thread::spawn(move || serve(&listener, board, &ended));
        Self { address, body, stop, thread: Some(thread) }
    }

    /// How often the motor was started to open.
    pub(crate) fn moves(&self) -> usize {
        self.body.moves.load(Ordering::SeqCst)
    }

    /// Types at the keypad, or holds a card: what the door shows after that.
    pub(crate) fn shows_after(&self, act: impl FnOnce(&Body)) -> Option<Signal> {
        self.body.state.lock().unwrap().signals.clear();
        act(&self.body);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if let Some(signal) = self.body.state.lock().unwrap().signals.first() {
                return Some(*signal);
            }
            std::thread::sleep(LOOK);
        }
        None
    }
}

impl Drop for TestDoor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Body {
    /// Something happens at the door.
    pub(crate) fn happens(&self, event: HardwareEvent) {
        self.state.lock().unwrap().events.push_back(event);
    }

    /// Somebody holds a card to the reader.
    pub(crate) fn hold(&self, card: Card) {
        self.state.lock().unwrap().card = Some(card);
        self.happens(HardwareEvent::CardPresent);
    }
}

impl Hardware for Body {
    fn unlock(&mut self, _: UnlockOrder) {
        self.moves.fetch_add(1, Ordering::SeqCst);
        self.happens(HardwareEvent::BoltMoved);
    }

    fn lock(&mut self) {}

    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }

    fn battery_low(&self) -> bool {
        false
    }

    fn next_event(&mut self) -> Option<HardwareEvent> {
        self.state.lock().unwrap().events.pop_front()
    }

    fn real_time_clock(&mut self) -> Option<UnixSeconds> {
        None
    }

    fn signal(&mut self, signal: Signal) {
        self.state.lock().unwrap().signals.push(signal);
    }

    fn send_to_card(&mut self, command: &[u8]) {
        let mut state = self.state.lock().unwrap();
        let Some(card) = &mut state.card else { return };
        let answer = CardAnswer::new(&card.answer(command, &mut SeededRandom::new(1)));
        state.events.push_back(HardwareEvent::CardAnswered(answer));
    }
}

/// One client after the other, each of them a radio with many connections.
fn serve(listener: &TcpListener, board: Board<TestPlatform>, stop: &AtomicBool) {
    let start = Instant::now();
    let now = || Millis(u64::try_from(start.elapsed().as_millis()).unwrap());
    let mut engine: Engine<TestPlatform> =
        Engine::boot(board, ClaimSecret::from_bytes(SECRET), now()).unwrap();
    let mut on_air = None;
    listener.set_nonblocking(true).unwrap();
    let mut client: Option<Client> = None;
    while !stop.load(Ordering::SeqCst) {
        if let Ok((stream, _)) = listener.accept() {
            end(&mut engine, client.take(), now());
            client = Some(Client::new(stream));
            if let (Some(client), Some(broadcast)) = (&mut client, on_air) {
                client.send(&ToPhones::Advertise(broadcast));
            }
        }
        poll(&mut engine, client.as_mut(), &mut on_air, now());
        let Some(radio) = &mut client else {
            std::thread::sleep(LOOK);
            continue;
        };
        if !radio.read() {
            end(&mut engine, client.take(), now());
            continue;
        }
        while let Some(message) = radio.decoder.message::<ToDoor>().unwrap() {
            hear(&mut engine, radio, &message, now());
            poll(&mut engine, Some(radio), &mut on_air, now());
        }
    }
}

/// One program with its phones.
struct Client {
    stream: TcpStream,
    decoder: Decoder,
    connections: Vec<u16>,
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        stream.set_nonblocking(false).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LOOK)).unwrap();
        Self { stream, decoder: Decoder::new(), connections: Vec::new() }
    }

    fn send(&mut self, message: &ToPhones) {
        let _ = self.stream.write_all(&message.to_bytes());
    }

    /// Whether the client is still there.
    fn read(&mut self) -> bool {
        let mut piece = [0; 4_096];
        match self.stream.read(&mut piece) {
            Ok(0) => false,
            Ok(length) => {
                self.decoder.take(&piece[..length]);
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

fn hear(engine: &mut Engine<TestPlatform>, client: &mut Client, message: &ToDoor, now: Millis) {
    let id = |number: u16| ConnectionId(u32::from(number));
    match message {
        ToDoor::Connected(number) => {
            client.connections.push(*number);
            engine.handle(now, Input::Connected(id(*number)));
        }
        ToDoor::Disconnected(number) => {
            client.connections.retain(|known| known != number);
            engine.handle(now, Input::Disconnected(id(*number)));
        }
        ToDoor::Subscribed(number) => engine.handle(now, Input::Subscribed(id(*number))),
        ToDoor::Mtu(number, mtu) => {
            engine.handle(now, Input::MtuChanged(id(*number), AttMtu::clamped(*mtu)));
        }
        ToDoor::Written(number, frame) => engine.handle(now, Input::Received(id(*number), frame)),
        ToDoor::Sent(number) => engine.handle(now, Input::Writable(id(*number))),
    }
}

fn poll(
    engine: &mut Engine<TestPlatform>,
    mut client: Option<&mut Client>,
    on_air: &mut Option<Broadcast>,
    now: Millis,
) {
    let number = |id: ConnectionId| u16::try_from(id.0).unwrap();
    loop {
        let message = match engine.poll(now) {
            Output::Notify(id, frame) => ToPhones::Notify(number(id), frame),
            Output::Disconnect(id) => ToPhones::Disconnect(number(id)),
            Output::Advertise(broadcast) => {
                let broadcast = Broadcast {
                    new_address: broadcast.address == Address::New,
                    fast: broadcast.pace == Pace::Fast,
                    service_data: *broadcast.service_data.as_bytes(),
                };
                *on_air = Some(broadcast);
                ToPhones::Advertise(broadcast)
            }
            Output::Worked => continue,
            Output::Idle { .. } => return,
        };
        if let Some(client) = &mut client {
            client.send(&message);
        }
    }
}

/// The program has gone, and its phones with it.
fn end(engine: &mut Engine<TestPlatform>, client: Option<Client>, now: Millis) {
    for number in client.iter().flat_map(|client| &client.connections) {
        engine.handle(now, Input::Disconnected(ConnectionId(u32::from(*number))));
    }
}
