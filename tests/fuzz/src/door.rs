//! A claimed door on sparse flash, phones that know all keys, and what must hold whatever happens.

mod board;
mod estate;
mod flash;
mod phones;

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::OnceLock;

use thumbturn_lock::engine::Engine;
use thumbturn_lock::hardware::{HardwareEvent, Readiness};
use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_lock::keypad::Digit;
use thumbturn_lock::output::Output;
use thumbturn_lock::platform::Board;
use thumbturn_protocol::claim;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, MessageType, Reassembler};
use thumbturn_protocol::full;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::record::Records;
use thumbturn_protocol::ticket::{FastRequest, Ticket};
use thumbturn_protocol::time::Millis;

use board::{Body, Counting, Fuzzed, Limbs, card_answer};
use flash::SparseFlash;

use crate::claim_secret;

/// Connections that the radio offers: one more than the door has slots.
pub const RADIO: u32 = thumbturn_lock::CONNECTIONS as u32 + 1;
/// Operations that a door keeps known (spec §8.2).
const KNOWN: usize = 16;
/// Polls after which a door must have become idle. The longest honest work is an erase of all ticket blocks.
const PATIENCE: usize = 20_000;

/// One side of the radio, and what the phone on it knows.
#[derive(Default)]
struct Air {
    connected: bool,
    subscribed: bool,
    /// The adapter has no room for another notification until it says so.
    congested: bool,
    mtu: AttMtu,
    reassembler: Reassembler,
    hello: Option<Hello>,
    /// A full request that waits for its answer.
    full: Option<full::Initiator>,
    /// A fast request that waits for its answer.
    fast: Option<(Ticket, Hello, FastRequest)>,
    records: Option<Records>,
    claimer: Option<claim::Claimer>,
    claimed: bool,
}

/// The door, its radio, and the facts that every step is checked against.
pub struct World {
    engine: Option<Engine<Fuzzed>>,
    body: Rc<RefCell<Body>>,
    air: Vec<Air>,
    now: u64,
    keys: Option<DoorPublicKeys>,
    ticket: Option<Ticket>,
    /// Hellos on which a request that is authentic was sent, and operations that were asked for.
    asked_on: HashSet<[u8; 20]>,
    asked_for: HashSet<OperationId>,
    accepted: Vec<OperationId>,
}

/// A claimed door's flash and keys, made once.
fn claimed() -> &'static (SparseFlash, DoorPublicKeys) {
    static CLAIMED: OnceLock<(SparseFlash, DoorPublicKeys)> = OnceLock::new();
    CLAIMED.get_or_init(|| {
        let mut world = World::boot(SparseFlash::default(), 1, None);
        world.connect(0);
        world.subscribe(0);
        world.claim(0);
        assert!(world.air[0].claimed, "an honest claim succeeds");
        let keys = world.keys.expect("the claim's answer");
        let board = world.engine.take().expect("it runs").into_board();
        (board.flash, keys)
    })
}

impl World {
    /// A door that was claimed and has just been switched on.
    pub fn claimed() -> Self {
        let (flash, keys) = claimed();
        Self::boot(flash.clone(), 1_000_000, Some(*keys))
    }

    /// A door out of its box.
    pub fn fresh() -> Self {
        Self::boot(SparseFlash::default(), 1, None)
    }

    fn boot(flash: SparseFlash, random: u64, keys: Option<DoorPublicKeys>) -> Self {
        let body = Rc::new(RefCell::new(Body::default()));
        let board = Board { flash, random: Counting(random), hardware: Limbs(Rc::clone(&body)) };
        let engine = Engine::<Fuzzed>::boot(board, claim_secret(), Millis(0)).expect("good flash");
        let air = (0..RADIO).map(|_| Air::default()).collect();
        let mut world = Self {
            engine: Some(engine),
            body,
            air,
            now: 0,
            keys,
            ticket: None,
            asked_on: HashSet::new(),
            asked_for: HashSet::new(),
            accepted: Vec::new(),
        };
        world.run();
        world
    }

    fn engine(&mut self) -> &mut Engine<Fuzzed> {
        self.engine.as_mut().expect("only a reboot takes it")
    }

    fn handle(&mut self, input: Input<'_>) {
        let now = Millis(self.now);
        self.engine().handle(now, input);
        self.run();
    }

    /// Polls until idle, delivers, and checks.
    fn run(&mut self) {
        for _ in 0..PATIENCE {
            let now = Millis(self.now);
            match self.engine().poll(now) {
                Output::Idle { until } => {
                    assert!(until.is_none_or(|until| until > now), "idle until a moment that has come");
                    return self.check();
                }
                Output::Notify(id, frame) => {
                    self.notified(id, &frame);
                    if !self.air[id.0 as usize].congested {
                        self.engine().handle(now, Input::Writable(id));
                    }
                }
                Output::Disconnect(id) => {
                    self.air[id.0 as usize] = Air::default();
                    self.engine().handle(now, Input::Disconnected(id));
                }
                Output::Advertise(_) | Output::Worked => {}
            }
        }
        panic!("the door never becomes idle");
    }

    fn check(&mut self) {
        let unlocked: Vec<_> = self.body.borrow_mut().unlocked.drain(..).collect();
        for operation in unlocked {
            assert!(self.asked_for.contains(&operation), "nobody asked for this");
            let recent = self.accepted.iter().rev().take(KNOWN);
            assert!(
                recent.into_iter().all(|known| *known != operation),
                "one operation moved the bolt twice"
            );
            self.accepted.push(operation);
            assert!(self.accepted.len() <= self.asked_on.len(), "one hello opened twice");
            self.body.borrow_mut().events.push_back(HardwareEvent::BoltMoved);
        }
    }

    fn notified(&mut self, id: ConnectionId, frame: &[u8]) {
        let air = &mut self.air[id.0 as usize];
        assert!(air.connected && air.subscribed, "a notification to nobody");
        assert!(!frame.is_empty() && frame.len() <= air.mtu.frame_capacity());
        let message = air.reassembler.receive(frame, |_| Some(1_024));
        if let Some(message) = message {
            self.heard(id.0 as usize, &message);
        }
    }

    /// Writes after the poll that is going on: handling inside it would be another thread.
    fn write_later(&mut self, at: usize, message_type: MessageType, payload: Vec<u8>) {
        let now = Millis(self.now);
        let mtu = self.air[at].mtu;
        let mut fragmenter = Fragmenter::new(message_type, payload).expect("bounded");
        while let Some(frame) = fragmenter.next_frame(mtu) {
            let id = ConnectionId(u32::try_from(at).expect("few"));
            self.engine().handle(now, Input::Received(id, &frame));
        }
    }

    fn write(&mut self, at: usize, message_type: MessageType, payload: Vec<u8>) {
        if self.air[at].connected {
            self.write_later(at, message_type, payload);
            self.run();
        }
    }

    /// A phone connects.
    pub fn connect(&mut self, at: usize) {
        if !self.air[at].connected {
            self.air[at] = Air { connected: true, ..Air::default() };
            self.handle(Input::Connected(id(at)));
        }
    }

    /// A phone goes away.
    pub fn disconnect(&mut self, at: usize) {
        if self.air[at].connected {
            self.air[at] = Air::default();
            self.handle(Input::Disconnected(id(at)));
        }
    }

    /// A phone subscribes.
    pub fn subscribe(&mut self, at: usize) {
        if self.air[at].connected {
            self.air[at].subscribed = true;
            self.handle(Input::Subscribed(id(at)));
        }
    }

    /// The ATT MTU becomes larger.
    pub fn grow_mtu(&mut self, at: usize, by: u8) {
        if self.air[at].connected {
            let mtu = AttMtu::clamped(self.air[at].mtu.bytes() + 2 * u16::from(by));
            self.air[at].mtu = mtu;
            self.handle(Input::MtuChanged(id(at), mtu));
        }
    }

    /// From now on the radio takes one notification and no more; or it has room again.
    pub fn congest(&mut self, at: usize) {
        if self.air[at].connected {
            self.air[at].congested = !self.air[at].congested;
            if !self.air[at].congested {
                self.handle(Input::Writable(id(at)));
            }
        }
    }

    /// A frame of any content.
    pub fn raw(&mut self, at: usize, frame: &[u8]) {
        if self.air[at].connected {
            self.handle(Input::Received(id(at), frame));
        }
    }

    /// Time passes.
    pub fn wait(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        self.run();
    }

    /// Something happens at the door.
    pub fn event(&mut self, which: u8) {
        let mut body = self.body.borrow_mut();
        match which % 28 {
            0 => body.events.push_back(HardwareEvent::BoltMoved),
            1 => body.events.push_back(HardwareEvent::BoltJammed),
            2 => body.events.push_back(HardwareEvent::BoltBlocked),
            3 => body.events.push_back(HardwareEvent::BatteryGaveOut),
            4 => body.events.push_back(HardwareEvent::DoorOpened),
            5 => body.events.push_back(HardwareEvent::DoorClosed),
            6 => body.events.push_back(HardwareEvent::Touched),
            7 => body.events.push_back(HardwareEvent::ResetPressed),
            8 => body.readiness = Some(Readiness::Jammed),
            9 => body.readiness = Some(Readiness::BatteryTooLow),
            10 => body.readiness = None,
            11 => body.battery_low = !body.battery_low,
            // This door's list has neither codes nor cards: nothing here opens.
            12..=21 => body.events.extend(Digit::new(which % 28 - 12).map(HardwareEvent::Digit)),
            22 => body.events.push_back(HardwareEvent::KeypadCleared),
            23 => body.events.push_back(HardwareEvent::CardPresent),
            24 => body.events.push_back(HardwareEvent::CardGone),
            25 => body.events.push_back(card_answer(0, 0x00)),
            26 => body.events.push_back(card_answer(8, 0x00)),
            _ => body.events.push_back(card_answer(16, 0xaf)),
        }
        drop(body);
        self.run();
    }

    /// The power fails inside one of the next writes; nothing works from then on until it comes back.
    pub fn fuse(&mut self, writes: u8) {
        let mut board = self.take_board();
        board.flash.fuse = Some(u32::from(writes) + 1);
        self.restart(board);
    }

    /// The power fails, and comes back.
    pub fn reboot(&mut self) {
        let mut board = self.take_board();
        board.flash.fuse = None;
        self.restart(board);
    }

    fn take_board(&mut self) -> Board<Fuzzed> {
        self.engine.take().expect("it runs").into_board()
    }

    fn restart(&mut self, board: Board<Fuzzed>) {
        self.air.iter_mut().for_each(|air| *air = Air::default());
        self.now = 0;
        let mut flash = board.flash.clone();
        let random = Counting(board.random.0);
        match Engine::boot(board, claim_secret(), Millis(0)) {
            Ok(engine) => self.engine = Some(engine),
            Err(error) => {
                assert!(flash.fuse.is_some(), "a door whose power was cut boots again: {error}");
                flash.fuse = None;
                let board = Board { flash, random, hardware: Limbs(Rc::clone(&self.body)) };
                let engine = Engine::boot(board, claim_secret(), Millis(0));
                self.engine = Some(engine.expect("a door whose power was cut boots again"));
            }
        }
        self.run();
    }
}

fn id(at: usize) -> ConnectionId {
    ConnectionId(u32::try_from(at).expect("few"))
}
