//! Many who want nothing good: silent, slow, loud and greedy connections, and the resident who gets in all the same (spec §4.7).

use thumbturn_lock::hardware::HardwareEvent;
use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::event::{Event, Refusal};
use thumbturn_protocol::frame::{AttMtu, MessageType};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{OperationId, Serial, TagKey};
use thumbturn_protocol::record::{ActuatorResult, Record};
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::bench_door::{BenchDoor, frames};
use thumbturn_tests::gate::gated;
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const TAG_KEY: [u8; 16] = [0x7a; 16];

fn property(seed: u64) -> Property {
    Property::with(seed, |configuration| configuration.tag_key = TagKey::from_bytes(TAG_KEY))
}

/// What an attacker does with each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Attack {
    /// Connects, and nothing more.
    Connect,
    /// Subscribes, and nothing more.
    Subscribe,
    /// Subscribes, asks for hellos, and writes one byte a second.
    Drip,
    /// Full requests without the tag key.
    Garbage,
    /// Full requests behind the right gate: the neighbour knows the tag key.
    Gated,
    /// His own grant, in order: the neighbour unlocks by full handshakes all the time.
    Handshakes,
    /// His own tickets: sessions that stay as long as they may.
    Sessions,
}

const ATTACKS: [Attack; 7] = [
    Attack::Connect,
    Attack::Subscribe,
    Attack::Drip,
    Attack::Garbage,
    Attack::Gated,
    Attack::Handshakes,
    Attack::Sessions,
];

/// A door takes in one connection for each advertisement at most.
const ADVERTISING_MS: u64 = 211;
/// The connection interval: nothing gets through faster.
const INTERVAL_MS: u64 = 30;
/// What a phone waits when a door is busy: 700 ms.
const BUSY_INTERVALS: u64 = 23;
/// How long a phone tries.
const DEADLINE_MS: u64 = 15_000;

/// Attackers around a door. They connect again whenever the radio lets them.
struct Siege {
    attack: Attack,
    connections: Vec<(ConnectionId, u64)>,
    phone: ManualPhone,
    number: u8,
    came: u32,
    asked: u32,
}

impl Siege {
    fn new(attack: Attack, phone: ManualPhone) -> Self {
        Self { attack, connections: Vec::new(), phone, number: 0, came: 0, asked: 0 }
    }

    /// Another connection comes.
    fn connect(&mut self, door: &mut BenchDoor) {
        let id = door.connect_only();
        self.connections.push((id, door.now.0));
        self.came += 1;
    }

    /// Everybody who is connected does what he does, one interval long.
    fn act(&mut self, door: &mut BenchDoor) {
        self.connections.retain(|(id, _)| !door.has_ended(*id));
        for (id, connected) in self.connections.clone() {
            let age = door.now.0 - connected;
            if self.attack == Attack::Connect || age < 2 * INTERVAL_MS {
                continue;
            }
            door.handle(Input::Subscribed(id));
            self.ask(door, id);
            if self.attack == Attack::Drip && age % 990 < INTERVAL_MS {
                door.write(id, &[0xc2]);
                door.write(id, &[0x05]);
            }
        }
    }

    fn ask(&mut self, door: &mut BenchDoor, id: ConnectionId) {
        let Some(hello) = door.try_hello(id) else { return };
        let Some((message_type, request)) = self.request(&hello) else { return };
        self.asked += 1;
        for frame in frames(message_type, &request, AttMtu::MAXIMUM) {
            door.write(id, &frame);
        }
    }

    fn request(&mut self, hello: &Hello) -> Option<(MessageType, Vec<u8>)> {
        self.number = self.number.wrapping_add(1);
        let number = self.number;
        Some(match self.attack {
            Attack::Connect | Attack::Subscribe | Attack::Drip => return None,
            Attack::Garbage => (MessageType::FullRequest, vec![number; 300]),
            Attack::Gated => {
                // A point on the curve in front, so that the door begins to compute.
                let noise = self.phone.full_request(hello, OperationId([number; 8]), 1).1;
                let mut message = noise[4..].to_vec();
                message[100] ^= 1;
                (MessageType::FullRequest, gated(&TAG_KEY, hello, &message))
            }
            Attack::Handshakes => {
                let operation = self.phone.new_operation();
                (MessageType::FullRequest, self.phone.full_request(hello, operation, 1).1)
            }
            Attack::Sessions => {
                // He never reads an answer, so he stays with one ticket for 255 presses, and then finds the door shut.
                let press = self.phone.press;
                self.phone.press = press.saturating_add(1);
                (MessageType::FastRequest, self.phone.fast_request(hello, press, 1).1)
            }
        })
    }
}

/// A resident with a ticket: two intervals to connect and to subscribe, one for the request.
fn visit(siege: &mut Siege, door: &mut BenchDoor, phone: &mut ManualPhone, attempt: u8) -> Reply {
    let id = door.connect_only();
    lay_siege(siege, door, 2);
    door.handle(Input::Subscribed(id));
    let hello = (0..10).find_map(|_| {
        lay_siege(siege, door, 1);
        door.try_hello(id)
    });
    let Some(hello) = hello else { return Reply::Silence };
    let (sent, request) = phone.fast_request(&hello, phone.press, attempt);
    door.send(id, MessageType::FastRequest, &request);
    let answer = (0..10).find_map(|_| {
        lay_siege(siege, door, 1);
        let messages = door.messages(id);
        (!messages.is_empty()).then_some(messages)
    });
    door.disconnect(id);
    phone.read_reply(sent, &answer.unwrap_or_default())
}

/// Some connection intervals pass; each advertisement brings another attacker.
fn lay_siege(siege: &mut Siege, door: &mut BenchDoor, intervals: u64) {
    for _ in 0..intervals {
        let before = door.now.0 / ADVERTISING_MS;
        door.pass(INTERVAL_MS);
        if door.now.0 / ADVERTISING_MS > before {
            siege.connect(door);
        }
        siege.act(door);
    }
}

#[test]
fn a_resident_with_a_ticket_gets_in_whatever_others_do() {
    for attack in ATTACKS {
        let mut property = property(701);
        let mut neighbour = property.resident();
        assert_eq!(neighbour.unlock_full(&mut property.door), ACCEPTED);
        let mut resident = property.ticket_holder();
        let mut siege = Siege::new(attack, neighbour);
        let door = &mut property.door;
        door.charges_time = true;
        for number in 0..12 {
            // Not always at the same moment of what the attackers do.
            lay_siege(&mut siege, door, 40 + number);
            // Busy is true while the neighbour opens the door himself; then the resident waits and asks again, as phones do.
            let tapped = door.now;
            let mut replies = (1..).map(|attempt| {
                lay_siege(&mut siege, door, if attempt > 1 { BUSY_INTERVALS } else { 0 });
                assert!(
                    door.now.since(tapped) < DEADLINE_MS,
                    "{attack:?}, visit {number}: busy all the time"
                );
                visit(&mut siege, door, &mut resident, attempt)
            });
            let busy =
                |reply: &Reply| matches!(reply, Reply::Answer(answer) if answer.outcome == Outcome::Busy);
            let reply = replies.find(|reply| !busy(reply)).expect("replies without end");
            let accepted = matches!(reply, Reply::Answer(answer) if answer.outcome == ACCEPTED);
            assert!(accepted, "{attack:?}, visit {number}: {reply:?}");
        }
        assert!(siege.came > 60, "{} attackers came", siege.came);
        assert!(siege.asked > 20 || attack < Attack::Garbage, "{} requests", siege.asked);
    }
}

#[test]
fn sessions_leave_for_a_newcomer_and_a_newcomer_never_leaves_for_them() {
    let mut property = property(702);
    let mut phones = [property.resident(), property.resident(), property.resident(), property.resident()];
    let door = &mut property.door;
    let mut sessions = Vec::new();
    for phone in &mut phones {
        let id = door.connect();
        let hello = door.hello(id);
        let operation = phone.new_operation();
        let (sent, request) = phone.full_request(&hello, operation, 1);
        let messages = door.ask(id, MessageType::FullRequest, &request);
        assert_eq!(phone.read_reply(sent, &messages).outcome(), ACCEPTED);
        sessions.push(id);
        door.pass(300);
    }
    let ended: Vec<bool> = sessions.iter().map(|id| door.has_ended(*id)).collect();
    assert_eq!(ended, [true, false, false, false], "three sessions at once; the oldest left for the fourth");
}

#[test]
fn who_lingers_unauthenticated_leaves_first_and_then_the_oldest() {
    for (age, session_stays) in [(1_499, false), (1_500, true)] {
        let mut property = property(703);
        let mut phone = property.ticket_holder();
        let door = &mut property.door;
        let session = door.connect();
        assert_eq!(phone.try_fast_on(door, session, 1, 1).outcome(), ACCEPTED);
        let waits = door.connect();
        door.pass(age);
        let (young, newcomer) = (door.connect(), door.connect());
        assert_eq!(door.has_ended(session), !session_stays, "{age}");
        assert_eq!(door.has_ended(waits), session_stays, "{age}");
        let last = door.connect();
        assert!(door.has_ended(session) && !session_stays || door.has_ended(waits), "{age}");
        assert!([young, newcomer, last].iter().all(|id| !door.has_ended(*id)), "{age}");
    }
}

#[test]
fn residents_in_a_rush_do_not_send_each_other_away() {
    // Two sessions linger behind their bolts, two residents come at once.
    let mut property = property(716);
    let mut phones: Vec<ManualPhone> = (0..4).map(|_| property.ticket_holder()).collect();
    let door = &mut property.door;
    for phone in &mut phones[..2] {
        let id = door.connect();
        assert_eq!(phone.try_fast_on(door, id, 1, 1).outcome(), ACCEPTED);
    }
    let waiting = [door.connect(), door.connect()];
    for (phone, id) in phones[2..].iter_mut().zip(waiting) {
        assert_eq!(phone.try_fast_on(door, id, 1, 1).outcome(), ACCEPTED);
    }
}

#[test]
fn a_handshake_under_way_is_not_sent_away() {
    let mut property = property(704);
    let mut phones = [property.resident(), property.resident(), property.resident()];
    let mut resident = property.ticket_holder();
    let door = &mut property.door;
    let mut asked = Vec::new();
    for phone in &mut phones {
        let id = door.connect();
        let hello = door.hello(id);
        let operation = phone.new_operation();
        let (sent, request) = phone.full_request(&hello, operation, 1);
        asked.push((id, sent, frames(MessageType::FullRequest, &request, AttMtu::MAXIMUM)));
    }
    for (id, _, frames) in &asked {
        frames.iter().for_each(|frame| door.write_unpolled(*id, frame));
    }
    // All slots but one are busy when another one comes, and one more than there are slots is turned away.
    let (last, too_many) = (ConnectionId(1_000), ConnectionId(1_001));
    for id in [last, too_many] {
        door.handle_unpolled(Input::Connected(id));
        door.handle_unpolled(Input::Subscribed(id));
    }
    door.settle();
    assert!(door.has_ended(too_many));
    assert!(!door.has_ended(last));
    assert_eq!(resident.try_fast_on(door, last, 1, 1).outcome(), ACCEPTED);
    for ((id, sent, _), phone) in asked.into_iter().zip(&mut phones) {
        let messages = door.messages(id);
        assert_eq!(phone.read_reply(sent, &messages).outcome(), ACCEPTED);
    }
}

#[test]
fn twenty_handshakes_pass_at_once_and_then_one_every_two_seconds() {
    let mut property = property(705);
    let mut resident = property.ticket_holder();
    let mut phones: Vec<ManualPhone> = (0..30).map(|_| property.resident()).collect();
    let door = &mut property.door;
    let mut try_next = |door: &mut BenchDoor| {
        let mut phone = phones.pop().expect("another phone");
        phone.try_full(door, OperationId([1; 8]), 1)
    };
    for number in 0..20 {
        assert_eq!(try_next(door).outcome(), ACCEPTED, "handshake {number}");
    }
    assert_eq!(try_next(door), Reply::NotAccepted(2), "busy");
    assert_eq!(resident.unlock_fast(door), ACCEPTED, "the fast path needs no token");
    door.pass(1_999);
    assert_eq!(try_next(door), Reply::NotAccepted(2));
    door.pass(1);
    assert_eq!(try_next(door).outcome(), ACCEPTED);
    assert_eq!(try_next(door), Reply::NotAccepted(2));
}

#[test]
fn requests_without_the_tag_key_cost_no_token_and_no_public_key_work() {
    let mut property = property(706);
    let mut phone = property.resident();
    let door = &mut property.door;
    door.take_work();
    for number in 0..200 {
        let id = door.connect();
        let messages = door.ask(id, MessageType::FullRequest, &[number; 300]);
        assert_eq!(messages[0].payload, [1]);
        door.disconnect(id);
    }
    let work = door.take_work();
    assert_eq!((work.exchanges, work.verifications), (0, 0));
    assert!(work.base_multiplications <= 1, "the ephemeral that is made ahead for the first");
    assert_eq!(phone.unlock_full(door), ACCEPTED);
}

#[test]
fn one_handshake_is_tried_for_each_hello() {
    let mut property = property(707);
    let mut phone = property.resident();
    let door = &mut property.door;
    let id = door.connect();
    for _ in 0..3 {
        let hello = door.try_hello(id).or_else(|| door.ask_hello(id)).expect("a hello");
        let forged = gated(&TAG_KEY, &hello, &[0x55; 200]);
        assert_eq!(door.ask(id, MessageType::FullRequest, &forged)[0].payload, [1]);
        // The right one comes too late for this hello.
        let request = phone.full_request(&hello, OperationId([1; 8]), 1).1;
        let before = door.take_work();
        assert_eq!(door.ask(id, MessageType::FullRequest, &request)[0].payload, [1], "{before:?}");
        assert_eq!(door.take_work().exchanges, 0);
    }
    assert_eq!(door.bolt_moves(), []);
}

#[test]
fn a_connection_that_only_fails_is_ended() {
    let mut property = property(708);
    let door = &mut property.door;
    let id = door.connect();
    for number in 1..=8 {
        assert!(!door.has_ended(id), "after {number}");
        door.send(id, MessageType::FastRequest, &[number; 19]);
    }
    assert!(door.has_ended(id));
}

#[test]
fn connections_end_when_their_time_is_over() {
    let mut property = property(709);
    let mut phone = property.ticket_holder();
    let door = &mut property.door;
    let ends_after = |door: &mut BenchDoor, id: ConnectionId, milliseconds: u64| {
        door.pass(milliseconds - 1);
        assert!(!door.has_ended(id), "before {milliseconds} ms");
        door.pass(1);
        assert!(door.has_ended(id), "after {milliseconds} ms");
    };
    let silent = door.connect_only();
    ends_after(door, silent, 10_000);
    let subscribed = door.connect();
    ends_after(door, subscribed, 3_000);
    let asks = door.connect();
    for _ in 0..4 {
        door.pass(2_999);
        assert!(door.ask_hello(asks).is_some());
    }
    ends_after(door, asks, 3_000);
    let session = door.connect();
    assert_eq!(phone.try_fast_on(door, session, 1, 1).outcome(), ACCEPTED);
    ends_after(door, session, 2_000);
    let drips = door.connect();
    for _ in 0..2 {
        door.pass(1_000);
        door.write(drips, &[0x05]);
        door.write(drips, &[0x85]);
    }
    ends_after(door, drips, 1_000);
}

#[test]
fn a_phone_is_told_nothing_that_was_meant_for_the_connection_before_it() {
    let mut property = property(710);
    let (mut first, mut second) = (property.ticket_holder(), property.ticket_holder());
    let door = &mut property.door;
    door.hardware().motor_reports = None;
    let id = door.connect();
    assert_eq!(first.try_fast_on(door, id, 1, 1).outcome(), ACCEPTED);
    // The radio gives the number to the next one before the bolt has reported.
    door.disconnect(id);
    door.handle(Input::Connected(id));
    door.handle(Input::Subscribed(id));
    assert_eq!(second.try_fast_on(door, id, 1, 1).outcome(), Outcome::Busy);
    door.happens(HardwareEvent::BoltMoved);
    assert_eq!(door.messages(id), []);
}

#[test]
fn a_connection_is_not_ended_for_the_one_that_had_its_number() {
    let mut property = property(711);
    let mut phone = property.ticket_holder();
    let door = &mut property.door;
    let id = door.connect();
    for _ in 0..8 {
        door.write_unpolled(id, &[&[0xc5], [0x55; 19].as_slice()].concat());
    }
    // The door wants to end it; it is gone by itself, and another one has its number.
    door.handle_unpolled(Input::Disconnected(id));
    door.handle_unpolled(Input::Connected(id));
    door.handle_unpolled(Input::Subscribed(id));
    door.settle();
    assert!(!door.has_ended(id));
    assert_eq!(phone.try_fast_on(door, id, 1, 1).outcome(), ACCEPTED);
}

fn failures(door: &mut BenchDoor) -> Vec<u32> {
    let count = |event| match event {
        Event::Failures { count } => Some(count),
        _ => None,
    };
    door.log().into_iter().filter_map(|logged| count(logged.event)).collect()
}

#[test]
fn noise_becomes_one_record_an_hour() {
    let mut property = property(712);
    let door = &mut property.door;
    let before = door.log().len();
    for hour in 0..3 {
        for number in 0..500 {
            let id = door.connect();
            door.send(id, MessageType::FastRequest, &[hour; 19]);
            door.disconnect(id);
            let _: u32 = number;
        }
        door.pass(3_600_000);
    }
    assert_eq!(failures(door), [500; 3]);
    assert_eq!(door.log().len(), before + 3);
}

fn refusals(door: &mut BenchDoor) -> usize {
    let refused = |event: &Event| matches!(event, Event::Refused { reason: Refusal::Denied, .. });
    door.log().iter().filter(|logged| refused(&logged.event)).count()
}

#[test]
fn refusals_of_one_phone_and_of_many_are_capped_in_an_hour() {
    let everybody = DenyEntry { subject: DenySubject::EverybodyButStaff, void_before: Serial(u32::MAX) };
    let mut property = Property::with(713, |configuration| configuration.deny.push(everybody));
    let mut one = property.phone(&GrantTerms::resident(at(-60)));
    for _ in 0..30 {
        assert_eq!(one.unlock_full(&mut property.door), Outcome::Denied);
        property.door.pass(2_000);
    }
    assert_eq!(refusals(&mut property.door), 4);
    for _ in 0..30 {
        let mut another = property.resident();
        assert_eq!(another.unlock_full(&mut property.door), Outcome::Denied);
        property.door.pass(2_000);
    }
    assert_eq!(refusals(&mut property.door), 4 + 7, "eight phones are told apart");
    property.door.pass(3_600_000);
    assert_eq!(failures(&mut property.door), [26 + 23]);
    assert_eq!(one.unlock_full(&mut property.door), Outcome::Denied);
    assert_eq!(refusals(&mut property.door), 12, "another hour");
}

#[test]
fn a_chattering_sensor_costs_no_evidence() {
    let mut property = property(714);
    let mut phone = property.ticket_holder();
    let door = &mut property.door;
    door.hardware().motor_reports = None;
    assert_eq!(phone.unlock_fast(door), ACCEPTED);
    let before = door.log().len();
    for _ in 0..50 {
        door.hardware().events.push_back(HardwareEvent::DoorOpened);
        door.hardware().events.push_back(HardwareEvent::DoorClosed);
    }
    door.hardware().events.push_back(HardwareEvent::BoltMoved);
    door.settle();
    let log = door.log();
    assert_eq!(log.len(), before + 101, "each has its event");
    let last = &log[log.len() - 1].event;
    assert!(matches!(last, Event::Actuator { result: ActuatorResult::Moved, .. }));
    assert!(failures(door).is_empty());
}

#[test]
fn a_phone_hears_what_the_bolt_did_only_after_its_answer() {
    for slices in 0..8 {
        let mut property = property(715);
        let mut phone = property.resident();
        let door = &mut property.door;
        let id = door.connect();
        let hello = door.hello(id);
        let operation = phone.new_operation();
        let (sent, request) = phone.full_request(&hello, operation, 1);
        for frame in frames(MessageType::FullRequest, &request, AttMtu::MINIMUM) {
            door.write_unpolled(id, &frame);
        }
        for _ in 0..slices {
            door.step();
        }
        door.happens(HardwareEvent::DoorOpened);
        let messages = door.messages(id);
        assert_eq!(messages.len(), 2, "after {slices} slices");
        let (answer, mut records) = phone.read(sent, &messages[0]);
        assert_eq!(answer.outcome, ACCEPTED);
        let told = records.open(&messages[1].payload);
        assert_eq!(told, Ok(Record::Actuator { operation, result: ActuatorResult::Moved }));
    }
}
