//! Any sequence of connections, requests, noise, time, hardware events and power cuts: no bolt moves without a fresh, authentic
//! request and its event (I1), none moves twice for one operation (I8), and no call panics or costs more than its budget (I10).
//!
//! The budget of each call is checked by the bench itself, and so is that the engine becomes idle.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use thumbturn_lock::hardware::{HardwareEvent, Readiness};
use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::event::Event;
use thumbturn_protocol::frame::{AttMtu, Message, MessageType};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{OperationId, TagKey};
use thumbturn_protocol::time::Millis;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::bench_door::{BenchDoor, frames};
use thumbturn_tests::gate::gated;
use thumbturn_tests::manual_phone::{ManualPhone, Sent};
use thumbturn_tests::property::Property;

const TAG_KEY: [u8; 16] = [0x7a; 16];
const HELLO_LIFETIME_MS: u64 = 3_000;
/// Connections that a test plays with: one more than the door has slots.
const SLOTS: usize = 5;
const PHONES: usize = 3;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Connect(usize),
    Subscribe(usize),
    Disconnect(usize),
    Mtu(usize, u16),
    AskHello(usize),
    Full(Request),
    Fast(Request),
    /// Connects, subscribes, and asks.
    Visit(MessageType, Request),
    Noise(usize, Vec<u8>),
    Record(usize, Vec<u8>),
    Poll(u8),
    Pass(u64),
    Hardware(HardwareEvent),
    Motor(Option<HardwareEvent>),
    Ready(Readiness),
    CutPower(u64, Moment),
    Reboot,
}

/// A request, and what is done to it on its way.
#[derive(Clone, Debug)]
struct Request {
    slot: usize,
    phone: usize,
    /// The same intent as before, an older one, or a new one.
    intent: Intent,
    /// For which hello of the connection, counted from the newest.
    hello: usize,
    tampered: Tampering,
    /// Bytes of a frame.
    mtu: u16,
    /// Whether the engine is polled after each frame, or only later.
    polled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intent {
    New,
    Same,
    Older,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tampering {
    None,
    Flip(usize),
    FlipBehindGate(usize),
    Truncate(usize),
    DropFrame(usize),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        6 => Just(Tampering::None),
        1 => (0..4_000_usize).prop_map(Tampering::Flip),
        1 => (0..4_000_usize).prop_map(Tampering::FlipBehindGate),
        1 => (0..500_usize).prop_map(Tampering::Truncate),
        1 => (0..20_usize).prop_map(Tampering::DropFrame),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let intent = prop_oneof![3 => Just(Intent::New), 2 => Just(Intent::Same), 1 => Just(Intent::Older)];
    let hello = prop_oneof![6 => Just(0_usize), 1 => 1..3_usize];
    let mtu = prop_oneof![Just(23_u16), Just(185), Just(517)];
    (0..SLOTS, 0..PHONES, intent, hello, tampering(), mtu, any::<bool>()).prop_map(
        |(slot, phone, intent, hello, tampered, mtu, polled)| Request {
            slot,
            phone,
            intent,
            hello,
            tampered,
            mtu,
            polled,
        },
    )
}

fn hardware_event() -> impl Strategy<Value = HardwareEvent> {
    prop_oneof![
        Just(HardwareEvent::BoltMoved),
        Just(HardwareEvent::BoltJammed),
        Just(HardwareEvent::BoltBlocked),
        Just(HardwareEvent::BatteryGaveOut),
        Just(HardwareEvent::DoorOpened),
        Just(HardwareEvent::DoorClosed),
        Just(HardwareEvent::Touched),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let milliseconds = prop_oneof![
        4 => 0..400_u64,
        2 => 2_900..3_100_u64,
        1 => Just(10_000_u64),
        1 => Just(3_700_000_u64),
    ];
    let moment = prop_oneof![Just(Moment::Before), Just(Moment::Middle), Just(Moment::After)];
    let readiness = prop_oneof![4 => Just(Readiness::Ready), 1 => Just(Readiness::Jammed), 1 => Just(Readiness::BatteryTooLow)];
    let motor = prop_oneof![3 => Just(Some(HardwareEvent::BoltMoved)), 1 => Just(None)];
    let bytes = proptest::collection::vec(any::<u8>(), 0..60);
    prop_oneof![
        6 => (0..SLOTS).prop_map(Step::Connect),
        8 => (0..SLOTS).prop_map(Step::Subscribe),
        2 => (0..SLOTS).prop_map(Step::Disconnect),
        1 => (0..SLOTS, 23..517_u16).prop_map(|(slot, mtu)| Step::Mtu(slot, mtu)),
        4 => (0..SLOTS).prop_map(Step::AskHello),
        6 => request().prop_map(Step::Full),
        8 => request().prop_map(Step::Fast),
        8 => request().prop_map(|request| Step::Visit(MessageType::FullRequest, request)),
        12 => request().prop_map(|request| Step::Visit(MessageType::FastRequest, request)),
        3 => (0..SLOTS, bytes.clone()).prop_map(|(slot, bytes)| Step::Noise(slot, bytes)),
        1 => (0..SLOTS, bytes).prop_map(|(slot, bytes)| Step::Record(slot, bytes)),
        6 => (0..8_u8).prop_map(Step::Poll),
        8 => milliseconds.prop_map(Step::Pass),
        2 => hardware_event().prop_map(Step::Hardware),
        1 => motor.prop_map(Step::Motor),
        1 => readiness.prop_map(Step::Ready),
        1 => (0..6_u64, moment).prop_map(|(operations, moment)| Step::CutPower(operations, moment)),
        2 => Just(Step::Reboot),
    ]
}

/// What the test knows of a connection.
#[derive(Default)]
struct Line {
    id: Option<ConnectionId>,
    /// Hellos that the door pushed, and when at the latest it pushed them; newest last.
    hellos: Vec<(Hello, Millis)>,
    /// Requests that may be answered, and whose they are.
    sent: Vec<(usize, Sent)>,
    /// Operations that may move the bolt: authentic requests for the newest hello.
    permitted: HashSet<OperationId>,
}

/// A door, phones, and what each movement of the bolt must be explained by.
struct World {
    door: Option<BenchDoor>,
    phones: Vec<ManualPhone>,
    /// Its grant is of another property.
    stranger: usize,
    lines: Vec<Line>,
    /// Each phone's intents, newest last.
    intents: Vec<Vec<(OperationId, u8)>>,
    /// Movements that were explained.
    explained: usize,
    moved: HashSet<OperationId>,
    events: HashMap<OperationId, u32>,
}

impl World {
    fn new() -> Self {
        let mut property =
            Property::with(801, |configuration| configuration.tag_key = TagKey::from_bytes(TAG_KEY));
        let mut phones = vec![property.resident(), property.resident()];
        for phone in &mut phones {
            assert!(matches!(phone.unlock_full(&mut property.door), Outcome::Accepted { .. }));
        }
        // A resident of another property, who knows the name and the keys of this door.
        let mut elsewhere = Property::new(802);
        let mut stranger = elsewhere.resident();
        let own = phones[0].credential().clone();
        let grant = stranger.credential().grant.clone();
        stranger.keep(thumbturn_protocol::credential::Credential::new(
            own.certificate,
            own.tag_key,
            grant,
            None,
        ));
        phones.push(stranger);
        property.door.pass(60_000);
        let moved = property.door.bolt_moves();
        Self {
            explained: moved.len(),
            moved: moved.into_iter().collect(),
            door: Some(property.door),
            phones,
            stranger: PHONES - 1,
            lines: (0..SLOTS).map(|_| Line::default()).collect(),
            intents: vec![Vec::new(); PHONES],
            events: HashMap::new(),
        }
    }

    fn door(&mut self) -> &mut BenchDoor {
        self.door.as_mut().expect("a door")
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Connect(slot) => self.connect(slot),
            Step::Subscribe(slot) => self.input(slot, Input::Subscribed),
            Step::Disconnect(slot) => {
                self.input(slot, Input::Disconnected);
                self.lines[slot] = Line::default();
            }
            Step::Mtu(slot, mtu) => {
                self.input(slot, |id| Input::MtuChanged(id, AttMtu::new(mtu).expect("in range")));
            }
            Step::AskHello(slot) => self.write(slot, &[0xc2]),
            Step::Full(request) => self.full(&request),
            Step::Fast(request) => self.fast(&request),
            Step::Visit(path, request) => {
                self.connect(request.slot);
                self.input(request.slot, Input::Subscribed);
                self.door().settle();
                self.observe();
                match path {
                    MessageType::FullRequest => self.full(&request),
                    _ => self.fast(&request),
                }
            }
            Step::Noise(slot, bytes) => self.write(slot, &bytes),
            Step::Record(slot, bytes) => self.write(slot, &[&[0xc7], bytes.as_slice()].concat()),
            Step::Poll(times) => {
                for _ in 0..times {
                    self.door().step();
                    self.observe();
                }
            }
            Step::Pass(milliseconds) => self.door().pass(milliseconds),
            Step::Hardware(event) => self.door().hardware().events.push_back(event),
            Step::Motor(report) => self.door().hardware().motor_reports = report,
            Step::Ready(readiness) => self.door().hardware().readiness = readiness,
            Step::CutPower(operations, moment) => self.door().flash.cut_power(operations, moment),
            Step::Reboot => self.reboot(),
        }
        self.observe();
    }

    fn connect(&mut self, slot: usize) {
        self.input(slot, Input::Disconnected);
        let id = self.door().connect_only();
        self.lines[slot] = Line { id: Some(id), ..Line::default() };
    }

    fn input(&mut self, slot: usize, input: impl FnOnce(ConnectionId) -> Input<'static>) {
        if let Some(id) = self.lines[slot].id {
            self.door().handle_unpolled(input(id));
        }
    }

    fn write(&mut self, slot: usize, frame: &[u8]) {
        if let Some(id) = self.lines[slot].id {
            self.door().handle_unpolled(Input::Received(id, frame));
        }
    }

    fn reboot(&mut self) {
        let door = self.door.take().expect("a door");
        self.door = Some(door.reboot());
        self.lines = (0..SLOTS).map(|_| Line::default()).collect();
    }

    fn full(&mut self, request: &Request) {
        let Some(hello) = self.hello(request) else { return };
        let phone = &mut self.phones[request.phone];
        let intents = &mut self.intents[request.phone];
        if request.intent == Intent::New || intents.is_empty() {
            intents.push((phone.new_operation(), 0));
        }
        let index = intents.len() - 1 - usize::from(request.intent == Intent::Older).min(intents.len() - 1);
        let (operation, _) = intents[index];
        let (sent, payload) = phone.full_request(&hello, operation, 1);
        self.send(request, MessageType::FullRequest, &payload, &hello, operation, sent);
    }

    fn fast(&mut self, request: &Request) {
        let Some(hello) = self.hello(request) else { return };
        let phone = &mut self.phones[request.phone];
        let Some(ticket) = phone.ticket.clone() else { return };
        let press = match request.intent {
            Intent::New => {
                phone.press = phone.press.saturating_add(1);
                phone.press
            }
            Intent::Same => phone.press,
            Intent::Older => phone.press.saturating_sub(1).max(1),
        };
        let operation = ticket.operation_id(press);
        if !self.intents[request.phone].contains(&(operation, press)) {
            self.intents[request.phone].push((operation, press));
        }
        let (sent, payload) = phone.fast_request(&hello, press, 1);
        self.send(request, MessageType::FastRequest, &payload, &hello, operation, sent);
    }

    fn hello(&self, request: &Request) -> Option<Hello> {
        let hellos = &self.lines[request.slot].hellos;
        let (hello, _) = hellos.iter().rev().nth(request.hello)?;
        Some(*hello)
    }

    fn send(
        &mut self,
        request: &Request,
        message_type: MessageType,
        payload: &[u8],
        hello: &Hello,
        operation: OperationId,
        sent: Sent,
    ) {
        let payload = tampered(request.tampered, message_type, payload, hello);
        let mut frames = frames(message_type, &payload, AttMtu::new(request.mtu).expect("in range"));
        if let Tampering::DropFrame(index) = request.tampered {
            frames.remove(index % frames.len());
        }
        let now = self.door().now;
        let line = &mut self.lines[request.slot];
        let fresh = line
            .hellos
            .last()
            .is_some_and(|(newest, pushed)| newest == hello && now.0 < pushed.0 + HELLO_LIFETIME_MS);
        if request.tampered == Tampering::None && fresh && request.phone != self.stranger {
            line.permitted.insert(operation);
        }
        line.sent.push((request.phone, sent));
        for frame in &frames {
            self.write(request.slot, frame);
            if request.polled {
                self.door().settle();
                self.observe();
            }
        }
    }

    /// Takes in what the door said, and holds each movement of the bolt against what was asked.
    fn observe(&mut self) {
        self.explain_movements();
        let now = self.door().now;
        for slot in 0..SLOTS {
            let Some(id) = self.lines[slot].id else { continue };
            let frames = self.door().take_frames(id);
            for frame in frames {
                match Hello::parse(&frame) {
                    Ok(hello) => {
                        let line = &mut self.lines[slot];
                        line.hellos.push((hello, now));
                        line.permitted.clear();
                    }
                    Err(_) => self.read(slot, &frame),
                }
            }
        }
    }

    /// Answers move a phone to its next ticket.
    fn read(&mut self, slot: usize, frame: &[u8]) {
        let mut reassembler = thumbturn_protocol::frame::Reassembler::new();
        let Some(message): Option<Message> = reassembler.receive(frame, |_| Some(1_024)) else { return };
        for (phone, sent) in self.lines[slot].sent.drain(..) {
            let _ = self.phones[phone].try_read(sent, &message);
        }
    }

    fn explain_movements(&mut self) {
        let moves = self.door().bolt_moves();
        for operation in &moves[self.explained..] {
            assert!(self.moved.insert(*operation), "the bolt moved twice for {operation:?} (I8)");
            let line = self.lines.iter_mut().find(|line| line.permitted.contains(operation));
            let line =
                line.unwrap_or_else(|| panic!("nobody may have moved the bolt for {operation:?} (I1)"));
            // The hello is spent.
            line.permitted.clear();
        }
        if moves.len() > self.explained {
            self.explained = moves.len();
            self.assert_events(&moves);
        }
    }

    /// Each movement has its event in flash, if flash can be read at all.
    fn assert_events(&mut self, moves: &[OperationId]) {
        if !self.door().flash.is_powered() {
            return;
        }
        let mut events: HashMap<OperationId, u32> = HashMap::new();
        for logged in self.door().log() {
            if let Event::Operation(operation) = logged.event {
                events.insert(operation.operation, logged.sequence.0);
            }
        }
        assert!(
            moves.iter().all(|operation| events.contains_key(operation)),
            "a movement without its event (I1)"
        );
        for (operation, sequence) in &self.events {
            assert_eq!(events.get(operation), Some(sequence), "an event that was there changed");
        }
        self.events = events;
    }
}

fn tampered(how: Tampering, message_type: MessageType, payload: &[u8], hello: &Hello) -> Vec<u8> {
    let flip = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    match how {
        Tampering::None | Tampering::DropFrame(_) => payload.to_vec(),
        Tampering::Flip(bit) => flip(payload, bit),
        Tampering::FlipBehindGate(bit) if message_type == MessageType::FullRequest => {
            gated(&TAG_KEY, hello, &flip(&payload[4..], bit))
        }
        Tampering::FlipBehindGate(bit) => flip(payload, bit),
        Tampering::Truncate(length) => payload[..length % payload.len()].to_vec(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_movement_of_the_bolt_is_explained(steps in proptest::collection::vec(step(), 1..90)) {
        let mut world = World::new();
        for step in steps {
            world.run(step);
        }
        world.reboot();
        world.door().pass(20_000);
        world.observe();
    }
}

#[test]
fn random_steps_do_move_the_bolt() {
    // A property test that never gets to the bolt proves nothing.
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let steps = proptest::collection::vec(step(), 60..90);
    let mut moved = 0;
    for _ in 0..40 {
        let steps = steps.new_tree(&mut runner).expect("steps").current();
        let mut world = World::new();
        let before = world.explained;
        for step in steps {
            world.run(step);
        }
        moved += world.explained - before;
    }
    assert!(moved > 100, "the bolt moved {moved} times");
}
