//! A door on the bench: the real engine on emulated flash, driven frame by frame.

use std::collections::VecDeque;

use thumbturn_lock::engine::Engine;
use thumbturn_lock::hardware::HardwareEvent;
use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_lock::output::{Broadcast, Output};
use thumbturn_lock::platform::{Board, Platform};
use thumbturn_lock::work::Work;
use thumbturn_protocol::event::{Event, LoggedEvent, Sequence};
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{ClaimSecret, OperationId};
use thumbturn_protocol::limits;
use thumbturn_protocol::time::Millis;
use thumbturn_simulator::chip::Chip;
use thumbturn_simulator::nor::FlashUse;
use thumbturn_simulator::random::SeededRandom;

use crate::bench_flash::BenchFlash;
use crate::bench_hardware::BenchHardware;
use crate::bench_random::BenchRandom;
use crate::budget;

/// The claim secret of every door on the bench.
pub const CLAIM_SECRET: [u8; 16] = [0x5e; 16];

/// The parts of a door on the bench.
#[derive(Debug)]
pub struct BenchPlatform;

impl Platform for BenchPlatform {
    type Flash = BenchFlash;
    type Random = BenchRandom;
    type Hardware = BenchHardware;
}

/// A moment in the life of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// A call begins.
    Begins,
    /// It has ended.
    Ends,
    /// A frame of so many bytes of capacity has left the engine.
    Gave(usize),
}

/// A door on the bench. Every call of its engine is held to the budgets of [`budget`].
pub struct BenchDoor {
    engine: Option<Engine<BenchPlatform>>,
    /// Its chip.
    pub flash: BenchFlash,
    /// The door's clock; a test sets it on.
    pub now: Millis,
    frames: VecDeque<(ConnectionId, Vec<u8>)>,
    ended: Vec<ConnectionId>,
    /// What the door broadcast last.
    pub broadcast: Option<Broadcast>,
    /// The work of the costliest single call so far.
    pub costliest: Work,
    /// The most flash microseconds of a single call so far.
    pub longest_flash_micros: u64,
    /// The most modelled microseconds of a single call so far: chip and flash.
    pub longest_call_micros: u64,
    /// Modelled microseconds of all calls so far: chip and flash.
    pub spent_micros: u64,
    /// Told of every call, for whoever counts memory.
    pub watch: Option<fn(Watch)>,
    /// Whether work takes the time of a chip and its flash. Then the engine is polled only while time passes, so that what
    /// comes meanwhile comes between two slices.
    pub charges_time: bool,
    /// Microseconds of work that are no whole millisecond yet.
    uncharged_micros: u64,
    work: Work,
    next_connection: u32,
}

impl BenchDoor {
    /// A factory-fresh door.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::boot(Self::fresh_board(seed)).expect("a fresh chip boots")
    }

    /// The board of a factory-fresh door.
    #[must_use]
    pub fn fresh_board(seed: u64) -> Board<BenchPlatform> {
        Board {
            flash: BenchFlash::new(seed),
            random: BenchRandom::Seeded(Box::new(SeededRandom::new(seed))),
            hardware: BenchHardware::default(),
        }
    }

    /// A door from its board, after power-on.
    ///
    /// # Errors
    ///
    /// When the engine does not boot, as when the power fails meanwhile.
    pub fn boot(mut board: Board<BenchPlatform>) -> Result<Self, thumbturn_lock::error::Error> {
        let flash = board.flash.clone();
        board.hardware.power = Some(flash.clone());
        let engine = Engine::boot(board, ClaimSecret::from_bytes(CLAIM_SECRET), Millis(0))?;
        let mut door = Self {
            engine: Some(engine),
            flash,
            now: Millis(0),
            frames: VecDeque::new(),
            ended: Vec::new(),
            broadcast: None,
            costliest: Work::default(),
            longest_flash_micros: 0,
            longest_call_micros: 0,
            spent_micros: 0,
            watch: None,
            charges_time: false,
            uncharged_micros: 0,
            work: Work::default(),
            next_connection: 1,
        };
        door.settle();
        Ok(door)
    }

    /// Cuts the power and boots again; the clock is lost, and with it every connection.
    #[must_use]
    pub fn reboot(self) -> Self {
        self.reboot_with(|_| {})
    }

    /// The same, with something changed on the board while the power is off.
    ///
    /// # Panics
    ///
    /// When the door does not boot.
    #[must_use]
    pub fn reboot_with(self, change: impl FnOnce(&mut Board<BenchPlatform>)) -> Self {
        let mut board = self.into_board();
        board.flash.power_on();
        board.hardware.events.clear();
        change(&mut board);
        Self::boot(board).expect("the door boots after a power cut")
    }

    /// The board, as after a power cut.
    #[must_use]
    pub fn into_board(mut self) -> Board<BenchPlatform> {
        self.engine.take().expect("the engine is there").into_board()
    }

    /// The engine.
    pub const fn engine(&mut self) -> &mut Engine<BenchPlatform> {
        self.engine.as_mut().expect("the engine is there")
    }

    /// The body.
    pub const fn hardware(&mut self) -> &mut BenchHardware {
        self.engine().hardware_mut()
    }

    /// The operations for which the bolt moved, in order.
    pub fn bolt_moves(&mut self) -> Vec<OperationId> {
        self.hardware().bolt_moves.clone()
    }

    /// What was asked of the flash.
    pub fn flash_use(&mut self) -> FlashUse {
        self.flash.usage()
    }

    /// The whole log.
    pub fn log(&mut self) -> Vec<LoggedEvent> {
        let mut events = Vec::new();
        let mut from = Sequence::FIRST;
        while let Some(event) = self.engine().storage_mut().next_event(from).expect("the log is readable") {
            from = event.sequence.next();
            events.push(event);
        }
        events
    }

    /// The operations of the log, in order.
    pub fn logged_operations(&mut self) -> Vec<OperationId> {
        let operation = |event| match event {
            Event::Operation(operation) => Some(operation.operation),
            _ => None,
        };
        self.log().into_iter().filter_map(|logged| operation(logged.event)).collect()
    }

    /// Something happens at the door's body.
    pub fn happens(&mut self, event: HardwareEvent) {
        self.hardware().events.push_back(event);
        self.settle();
    }

    /// Presses the control on the secured side and waits until the reset is finished.
    pub fn reset(&mut self) {
        self.happens(HardwareEvent::ResetPressed);
    }

    /// Public-key operations and hashes since the last time.
    pub fn take_work(&mut self) -> Work {
        core::mem::take(&mut self.work)
    }

    /// Lets time pass, with everything that the door does meanwhile.
    pub fn pass(&mut self, milliseconds: u64) {
        let end = self.now.plus(milliseconds);
        loop {
            match self.settle_before(end) {
                Some(until) if until <= end => self.now = self.now.max(until),
                _ => break,
            }
        }
        self.now = self.now.max(end);
        if !self.charges_time {
            self.settle();
        }
    }

    /// A phone connects and subscribes; the hello waits in [`BenchDoor::hello`].
    pub fn connect(&mut self) -> ConnectionId {
        let id = self.connect_only();
        self.handle(Input::Subscribed(id));
        id
    }

    /// A phone connects.
    pub fn connect_only(&mut self) -> ConnectionId {
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        self.handle(Input::Connected(id));
        self.handle(Input::MtuChanged(id, AttMtu::MAXIMUM));
        id
    }

    /// A phone is gone.
    pub fn disconnect(&mut self, id: ConnectionId) {
        self.frames.retain(|(connection, _)| *connection != id);
        self.handle(Input::Disconnected(id));
    }

    /// Whether the door ended the connection.
    #[must_use]
    pub fn has_ended(&self, id: ConnectionId) -> bool {
        self.ended.contains(&id)
    }

    /// The newest hello on a connection.
    ///
    /// # Panics
    ///
    /// When none came.
    pub fn hello(&mut self, id: ConnectionId) -> Hello {
        self.try_hello(id).expect("a hello was pushed")
    }

    /// The newest hello on a connection, if one came.
    pub fn try_hello(&mut self, id: ConnectionId) -> Option<Hello> {
        let frames = self.take_frames(id);
        frames.iter().rev().find_map(|frame| Hello::parse(frame).ok())
    }

    /// Writes a message to `rx`, in frames.
    pub fn send(&mut self, id: ConnectionId, message_type: MessageType, payload: &[u8]) {
        for frame in frames(message_type, payload, AttMtu::MAXIMUM) {
            self.write(id, &frame);
        }
    }

    /// Writes a message to `rx` and polls until something is said to anybody: what comes after waits for the next poll.
    pub fn send_until_answered(&mut self, id: ConnectionId, message_type: MessageType, payload: &[u8]) {
        let said = self.frames.len();
        for frame in frames(message_type, payload, AttMtu::MAXIMUM) {
            self.write_unpolled(id, &frame);
        }
        while self.frames.len() == said && self.step().is_none() {}
    }

    /// Writes a message to `rx`; gives what the door says to it.
    pub fn ask(&mut self, id: ConnectionId, message_type: MessageType, payload: &[u8]) -> Vec<Message> {
        self.take_frames(id);
        self.send(id, message_type, payload);
        self.messages(id)
    }

    /// Asks for a new hello.
    pub fn ask_hello(&mut self, id: ConnectionId) -> Option<Hello> {
        self.take_frames(id);
        self.send(id, MessageType::HelloRequest, &[]);
        self.try_hello(id)
    }

    /// Writes one frame to `rx`.
    pub fn write(&mut self, id: ConnectionId, frame: &[u8]) {
        self.handle(Input::Received(id, frame));
    }

    /// Writes one frame to `rx` and does nothing more: the engine is not polled.
    pub fn write_unpolled(&mut self, id: ConnectionId, frame: &[u8]) {
        self.handle_unpolled(Input::Received(id, frame));
    }

    /// The messages that the door sent on a connection.
    pub fn messages(&mut self, id: ConnectionId) -> Vec<Message> {
        let mut reassembler = Reassembler::new();
        let frames = self.take_frames(id);
        frames
            .iter()
            .filter_map(|frame| reassembler.receive(frame, |_| Some(limits::RECORD_MESSAGE)))
            .collect()
    }

    /// The frames that the door sent on a connection.
    pub fn take_frames(&mut self, id: ConnectionId) -> Vec<Vec<u8>> {
        let (taken, kept): (VecDeque<_>, _) =
            self.frames.drain(..).partition(|(connection, _)| *connection == id);
        self.frames = kept;
        taken.into_iter().map(|(_, frame)| frame).collect()
    }

    /// Hands an input to the engine and polls until it is idle.
    pub fn handle(&mut self, input: Input<'_>) {
        self.handle_unpolled(input);
        if !self.charges_time {
            self.settle();
        }
    }

    /// Hands an input to the engine.
    pub fn handle_unpolled(&mut self, input: Input<'_>) {
        let now = self.now;
        self.measured(|engine| engine.handle(now, input));
    }

    /// Polls until idle; gives the engine's deadline.
    ///
    /// # Panics
    ///
    /// When the engine never becomes idle.
    pub fn settle(&mut self) -> Option<Millis> {
        self.settle_before(Millis(u64::MAX))
    }

    /// Polls until idle, or until the work has taken so long.
    fn settle_before(&mut self, end: Millis) -> Option<Millis> {
        for _ in 0..100_000 {
            if self.now >= end && self.charges_time {
                return None;
            }
            if let Some(until) = self.step() {
                return until;
            }
        }
        panic!("the engine never becomes idle");
    }

    /// Polls once and does what the engine says; its deadline when it is idle.
    pub fn step(&mut self) -> Option<Option<Millis>> {
        let now = self.now;
        match self.measured(|engine| engine.poll(now)) {
            Output::Notify(id, frame) => {
                self.tell_watch(Watch::Gave(frame.capacity()));
                self.frames.push_back((id, frame));
                self.measured(|engine| engine.handle(now, Input::Writable(id)));
            }
            Output::Disconnect(id) => {
                self.ended.push(id);
                self.measured(|engine| engine.handle(now, Input::Disconnected(id)));
            }
            Output::Advertise(broadcast) => self.broadcast = Some(broadcast),
            Output::Worked => {}
            Output::Idle { until } => return Some(until),
        }
        None
    }

    fn tell_watch(&self, moment: Watch) {
        if let Some(watch) = self.watch {
            watch(moment);
        }
    }

    fn measured<T>(&mut self, call: impl FnOnce(&mut Engine<BenchPlatform>) -> T) -> T {
        self.tell_watch(Watch::Begins);
        let engine = self.engine.as_mut().expect("the engine is there");
        let before = self.flash.usage();
        let result = call(engine);
        if let Some(watch) = self.watch {
            watch(Watch::Ends);
        }
        let flash = self.flash.usage().since(&before);
        let work = engine.take_work();
        budget::check(&flash, &work);
        let chip = u64::try_from(Chip::CORTEX_M4.time(work).as_micros()).expect("a short call");
        self.longest_call_micros = self.longest_call_micros.max(chip + flash.micros());
        self.spent_micros += chip + flash.micros();
        if self.charges_time {
            self.uncharged_micros += chip + flash.micros();
            self.now = self.now.plus(self.uncharged_micros / 1_000);
            self.uncharged_micros %= 1_000;
        }
        self.longest_flash_micros = self.longest_flash_micros.max(flash.micros());
        if public_key_operations(&work) > public_key_operations(&self.costliest) {
            self.costliest = work;
        }
        add(&mut self.work, &work);
        result
    }
}

/// A message as frames at an ATT MTU.
#[must_use]
pub fn frames(message_type: MessageType, payload: &[u8], mtu: AttMtu) -> Vec<Vec<u8>> {
    let mut fragmenter = Fragmenter::new(message_type, payload).expect("a message of at most 1,024 bytes");
    core::iter::from_fn(|| fragmenter.next_frame(mtu)).collect()
}

/// The public-key operations of some work.
#[must_use]
pub const fn public_key_operations(work: &Work) -> u32 {
    work.exchanges + work.base_multiplications + work.verifications
}

const fn add(sum: &mut Work, work: &Work) {
    sum.exchanges += work.exchanges;
    sum.base_multiplications += work.base_multiplications;
    sum.verifications += work.verifications;
    sum.macs += work.macs;
    sum.seals += work.seals;
}
