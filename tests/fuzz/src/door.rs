//! A claimed door on sparse flash, phones that know all keys, and what must hold whatever happens.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::engine::Engine;
use thumbturn_lock::flash::{ERASE_BLOCK, Flash, FlashError};
use thumbturn_lock::hardware::{CardAnswer, Hardware, HardwareEvent, Readiness};
use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_lock::keypad::Digit;
use thumbturn_lock::output::Output;
use thumbturn_lock::platform::{Board, Platform};
use thumbturn_lock::storage::layout;
use thumbturn_protocol::claim::{self, DoorConfiguration, DoorKind, PropertyKeys};
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::full::{self, RequestPayload};
use thumbturn_protocol::grant::{Grant, GrantSubject};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{DoorId, Generation, HolderId, OperationId, PropertyId, Serial};
use thumbturn_protocol::keys::{DoorPublicKeys, PhoneKeys};
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::ticket::{Counters, FastAnswer, FastRequest, Ticket};
use thumbturn_protocol::time::{Millis, UnixSeconds};
use thumbturn_protocol::validity::Validity;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use crate::{claim_secret, ephemeral, property, tag_key};

/// Connections that the radio offers: one more than the door has slots.
pub const RADIO: u32 = thumbturn_lock::CONNECTIONS as u32 + 1;
/// Operations that a door keeps known (spec §8.2).
const KNOWN: usize = 16;
/// Polls after which a door must have become idle. The longest honest work is an erase of all ticket blocks.
const PATIENCE: usize = 20_000;
const CLAIMED_AT: u64 = 1_772_438_400;

/// NOR flash whose power can be cut inside any write. Blocks that were never written are not there; a copy shares all of them.
#[derive(Clone)]
pub struct SparseFlash {
    blocks: Vec<Option<Arc<[u8; ERASE_BLOCK]>>>,
    /// Writes until the power fails; then nothing works until a reboot.
    fuse: Option<u32>,
}

impl Default for SparseFlash {
    fn default() -> Self {
        Self { blocks: vec![None; layout::END / ERASE_BLOCK], fuse: None }
    }
}

impl SparseFlash {
    fn block(&mut self, number: usize) -> &mut [u8; ERASE_BLOCK] {
        Arc::make_mut(self.blocks[number].get_or_insert_with(|| Arc::new([0xff; ERASE_BLOCK])))
    }

    /// Whether the next write happens entirely.
    fn burn(&mut self) -> bool {
        match &mut self.fuse {
            None => true,
            Some(left) => {
                *left -= 1;
                *left > 0
            }
        }
    }

    fn powered(&self) -> Result<(), FlashError> {
        if self.fuse == Some(0) { Err(FlashError::Failed) } else { Ok(()) }
    }
}

impl Flash for SparseFlash {
    fn capacity(&self) -> usize {
        layout::END
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        if address.checked_add(bytes.len()).is_none_or(|end| end > layout::END) {
            return Err(FlashError::OutOfBounds);
        }
        self.powered()?;
        let (mut at, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let inside = at % ERASE_BLOCK;
            let (part, after) = rest.split_at_mut(rest.len().min(ERASE_BLOCK - inside));
            match &self.blocks[at / ERASE_BLOCK] {
                Some(block) => part.copy_from_slice(&block[inside..inside + part.len()]),
                None => part.fill(0xff),
            }
            (at, rest) = (at + part.len(), after);
        }
        Ok(())
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        assert!(address % 4 == 0 && bytes.len() % 4 == 0 && address + bytes.len() <= layout::END);
        self.powered()?;
        let whole = self.burn();
        // What the power cut leaves behind: a beginning.
        let written = if whole { bytes } else { &bytes[..bytes.len() / 2] };
        for (at, byte) in (address..).zip(written) {
            self.block(at / ERASE_BLOCK)[at % ERASE_BLOCK] &= byte;
        }
        if whole { Ok(()) } else { Err(FlashError::Failed) }
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        assert!(address % ERASE_BLOCK == 0 && address < layout::END);
        self.powered()?;
        if self.burn() {
            self.blocks[address / ERASE_BLOCK] = None;
            return Ok(());
        }
        self.block(address / ERASE_BLOCK)[..ERASE_BLOCK / 2].fill(0xff);
        Err(FlashError::Failed)
    }
}

/// A counter for a random source: different each time, the same in every run.
pub struct Counting(u64);

impl SecureRandom for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        self.0 += 1;
        for (byte, value) in bytes.iter_mut().zip(self.0.to_le_bytes().into_iter().cycle()) {
            *byte = value;
        }
        Ok(())
    }
}

/// What moved and what happens next, seen from outside.
#[derive(Default)]
pub struct Body {
    unlocked: Vec<OperationId>,
    events: VecDeque<HardwareEvent>,
    readiness: Option<Readiness>,
    battery_low: bool,
}

/// The engine's handle on the body.
pub struct Limbs(Rc<RefCell<Body>>);

impl Hardware for Limbs {
    fn unlock(&mut self, order: UnlockOrder) {
        self.0.borrow_mut().unlocked.push(order.operation());
    }

    fn lock(&mut self) {}

    fn readiness(&self) -> Readiness {
        self.0.borrow().readiness.unwrap_or(Readiness::Ready)
    }

    fn battery_low(&self) -> bool {
        self.0.borrow().battery_low
    }

    fn next_event(&mut self) -> Option<HardwareEvent> {
        self.0.borrow_mut().events.pop_front()
    }

    fn real_time_clock(&mut self) -> Option<UnixSeconds> {
        UnixSeconds::new(CLAIMED_AT + 60)
    }
}

/// So many bytes from a card, and a status.
fn card_answer(length: usize, status: u8) -> HardwareEvent {
    let answer = [vec![0x5a; length].as_slice(), &[0x91, status]].concat();
    HardwareEvent::CardAnswered(CardAnswer::new(&answer))
}

/// The board of the fuzzed door.
pub struct Fuzzed;

impl Platform for Fuzzed {
    type Flash = SparseFlash;
    type Random = Counting;
    type Hardware = Limbs;
}

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

    /// A phone hears a message of the door.
    fn heard(&mut self, at: usize, message: &Message) {
        let air = &mut self.air[at];
        match message.message_type {
            MessageType::Hello => {
                let frame = [[0xc1].as_slice(), &message.payload].concat();
                air.hello = Some(Hello::parse(&frame).expect("a door says good hellos"));
            }
            MessageType::FullAnswer => {
                let Some(initiator) = air.full.take() else { return };
                let (answer, session) = initiator.finish(&message.payload).expect("an honest answer");
                if answer.ticket {
                    self.ticket = Some(Ticket::first(&session));
                }
                self.air[at].records = Some(Records::new(&session, Side::Phone));
            }
            MessageType::FastAnswer => {
                let Some((ticket, hello, request)) = air.fast.take() else { return };
                let heard = FastAnswer::parse(&message.payload).expect("19 bytes");
                let (answer, session) =
                    ticket.open().read_answer(&hello, &request, &heard).expect("an honest answer");
                if answer.ticket {
                    self.ticket = Some(ticket.next());
                }
                self.air[at].records = Some(Records::new(&session, Side::Phone));
            }
            MessageType::Record => {
                let Some(records) = &mut air.records else { return };
                let record = records.open(&message.payload).expect("an honest record");
                air.claimed |= record == Record::Claimed;
            }
            MessageType::ClaimAnswer => {
                let Some(claimer) = air.claimer.take() else { return };
                let (keys, session) = claimer.finish(&message.payload).expect("an honest answer");
                let mut records = Records::new(&session, Side::Phone);
                let confirm = records.seal(&Record::ClaimConfirm).expect("a short record");
                air.records = Some(records);
                self.keys = Some(keys);
                self.write_later(at, MessageType::Record, confirm);
            }
            MessageType::NotAccepted => {
                assert!(matches!(message.payload.as_slice(), [1..=3]));
                (air.full, air.fast) = (None, None);
            }
            other => panic!("a door never says {other:?}"),
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

    /// A phone asks for a new hello.
    pub fn ask_hello(&mut self, at: usize) {
        self.write(at, MessageType::HelloRequest, Vec::new());
    }

    /// The resident's full request, with an operation out of 256, on the last hello that was heard.
    pub fn full_request(&mut self, at: usize, operation: u8, attempt: u8, serial: u8) {
        let (Some(hello), Some(keys)) = (self.air[at].hello, self.keys) else { return };
        let phone = resident();
        let operation = Operation {
            kind: OperationKind::Unlock,
            id: OperationId([operation; 8]),
            attempt: attempt.max(1),
        };
        let payload = RequestPayload {
            phone_signing_key: phone.public().signing_key,
            operation,
            grant: grant(&keys, serial),
            share: None,
        };
        let made = full::request(&phone.session, keys.session_key, &tag_key(), &hello, &payload, ephemeral());
        let (initiator, request) = made.expect("a good request");
        self.asked_on.insert(*hello.as_bytes());
        self.asked_for.insert(operation.id);
        self.air[at].full = Some(initiator);
        self.write(at, MessageType::FullRequest, request);
    }

    /// The resident's fast request, on the last hello that was heard.
    pub fn fast_request(&mut self, at: usize, press: u8, attempt: u8) {
        let (Some(hello), Some(ticket)) = (self.air[at].hello, self.ticket.clone()) else { return };
        let counters = Counters { press: press.max(1), attempt: attempt % 31 + 1 };
        let request = ticket.open().request(&hello, counters, OperationKind::Unlock).expect("in range");
        self.asked_on.insert(*hello.as_bytes());
        self.asked_for.insert(ticket.operation_id(counters.press));
        self.air[at].fast = Some((ticket, hello, request));
        self.write(at, MessageType::FastRequest, request.as_bytes()[1..].to_vec());
    }

    /// A claim by somebody who has read the claim secret. Confirmed as soon as it is answered.
    pub fn claim(&mut self, at: usize) {
        let Some(hello) = self.air[at].hello else { return };
        let configuration = configuration();
        let (claimer, request) =
            claim::request(&claim_secret(), &hello, &configuration, ephemeral()).expect("a good claim");
        self.air[at].claimer = Some(claimer);
        self.write(at, MessageType::ClaimRequest, request);
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

fn resident() -> &'static PhoneKeys {
    static RESIDENT: OnceLock<PhoneKeys> = OnceLock::new();
    RESIDENT.get_or_init(|| PhoneKeys::generate(&mut Counting(500)).expect("it never fails"))
}

/// A grant without hours; those of a serial below 4 are denied, every fifth has expired.
fn grant(keys: &DoorPublicKeys, serial: u8) -> Received<Grant> {
    static GRANTS: OnceLock<std::sync::Mutex<HashMap<([u8; 4], u8), Received<Grant>>>> = OnceLock::new();
    let mut grants = GRANTS.get_or_init(Default::default).lock().expect("one thread");
    grants.entry((keys.id().0, serial)).or_insert_with(|| sign_grant(keys, serial)).clone()
}

fn sign_grant(keys: &DoorPublicKeys, serial: u8) -> Received<Grant> {
    let at = |seconds| UnixSeconds::new(CLAIMED_AT + seconds).expect("in range");
    let subject = GrantSubject {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        door: DoorId([2; 8]),
        door_key: keys.id(),
        phone: resident().public().id(),
        holder: HolderId([3; 8]),
        serial: Serial(u32::from(serial)),
    };
    let mut validity = Validity::from(at(0));
    if serial % 5 == 0 {
        validity = validity.until(at(1));
    }
    Grant::new(subject, validity, at(1_000_000_000)).sign(property()).expect("a good draft").into()
}

fn configuration() -> DoorConfiguration {
    use thumbturn_protocol::deny::{DenyEntry, DenySubject};
    let keys = PropertyKeys {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        root_key: property().public(),
        signing_key: property().public(),
        sealing_key: crate::door().public(),
    };
    let now = UnixSeconds::new(CLAIMED_AT).expect("in range");
    let zone = Zone::fixed(UtcOffset::UTC);
    let mut configuration =
        DoorConfiguration::new(keys, DoorId([2; 8]), tag_key(), DoorKind::Residence, now, zone);
    let subject = DenySubject::Holder(HolderId([3; 8]));
    configuration.deny = vec![DenyEntry { subject, void_before: Serial(4) }];
    configuration
}
