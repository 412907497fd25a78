//! States in 24 bytes, one spelling for all states that differ in names only.
//!
//! Intents and tickets are renamed in the order in which the spelling meets them, the two connections are interchangeable
//! (both orders are spelled, the smaller one counts). So a run may go through any number of intents and handshakes and
//! still be in a finite set of states.
#![expect(
    clippy::indexing_slicing,
    reason = "names are smaller than their tables, or a state was not cleaned up and the search must stop"
)]

use core::cmp::Ordering;

use crate::action::Path;
use crate::operation::{Operation, Ticket};
use crate::state::{
    Answer, Connection, ENTRIES, Entry, Held, Hello, INTENTS, Intent, PLACES, Phase, Reported, State, Vault,
};

/// A state, canonically spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Packed([u64; 3]);

impl Packed {
    /// The spelling of `state`, which must be cleaned up as [`crate::apply`] leaves it.
    pub fn of(state: &State) -> Self {
        match order_key(state, 0).cmp(&order_key(state, 1)) {
            Ordering::Greater => spell(state),
            Ordering::Less => spell(&swapped(state)),
            Ordering::Equal if *state.connection(0) == Connection::default() => spell(state),
            Ordering::Equal => spell(state).min(spell(&swapped(state))),
        }
    }

    /// The state, with canonical names.
    pub fn state(self) -> State {
        read(self)
    }

    /// A well mixed number.
    pub(crate) fn hash(self) -> u64 {
        let mut hash: u64 = 0;
        for word in self.0 {
            hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            hash ^= hash >> 29;
        }
        hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash ^ (hash >> 32)
    }
}

/// What tells the connections apart without looking at names.
fn order_key(state: &State, side: u8) -> (bool, Hello, u8, Answer, [bool; 3], Option<Path>) {
    let connection = state.connection(side);
    let Connection { hello, age, answer, verified, .. } = *connection;
    let Connection { fast_in_flight, full_in_flight, slow, .. } = *connection;
    let flags = [fast_in_flight, full_in_flight, slow];
    let attached = state.phone.attached == Some(side);
    (attached, hello, age, answer, flags, verified)
}

fn swapped(state: &State) -> State {
    let mut other = *state;
    other.connections.swap(0, 1);
    other.phone.held.swap(0, 1);
    other.phone.attached = state.phone.attached.map(|side| 1 - side);
    other
}

/// Names already given while spelling.
struct Names {
    chains: [u8; NAMED_CHAINS],
    lowest: [u8; NAMED_CHAINS],
    intents: [u8; INTENTS],
    next_chain: u8,
    next_intent: u8,
}

/// [`crate::state::CHAINS`], as a length.
const NAMED_CHAINS: usize = 4;

/// No name given yet.
const NAMELESS: u8 = u8::MAX;

/// Bits of the three words: phone and intents, door and first connection, second connection and log.
const WIDTHS: [u32; 3] = [56, 59, 60];

/// Writes one word after the other, each from its high end.
struct Writer {
    word: u64,
    names: Names,
}

/// Reads one word.
struct Reader {
    word: u64,
    left: u32,
}

impl Writer {
    fn new(state: &State) -> Self {
        let mut names = Names {
            chains: [NAMELESS; NAMED_CHAINS],
            lowest: [NAMELESS; NAMED_CHAINS],
            intents: [NAMELESS; INTENTS],
            next_chain: 0,
            next_intent: 0,
        };
        for ticket in state.tickets().into_iter().flatten() {
            let lowest = &mut names.lowest[usize::from(ticket.chain)];
            *lowest = ticket.place.min(*lowest);
        }
        Self { word: 0, names }
    }

    #[inline(always)]
    fn put(&mut self, value: u8, width: u32) {
        debug_assert!(u32::from(value) < (1 << width), "{value} does not fit {width} bits");
        self.word = self.word << width | u64::from(value);
    }

    #[inline(always)]
    fn flag(&mut self, value: bool) {
        self.put(u8::from(value), 1);
    }

    #[inline(always)]
    fn side(&mut self, value: Option<u8>) {
        self.put(value.map_or(0, |side| side + 1), 2);
    }

    #[inline(always)]
    fn intent_name(&mut self, intent: u8) -> u8 {
        let name = &mut self.names.intents[usize::from(intent)];
        if *name == NAMELESS {
            *name = self.names.next_intent;
            self.names.next_intent += 1;
        }
        *name
    }

    #[inline(always)]
    fn ticket_name(&mut self, ticket: Ticket) -> u8 {
        let chain = usize::from(ticket.chain);
        let name = &mut self.names.chains[chain];
        if *name == NAMELESS {
            *name = self.names.next_chain;
            self.names.next_chain += 1;
        }
        *name * PLACES + (ticket.place - self.names.lowest[chain])
    }

    #[inline(always)]
    fn ticket(&mut self, ticket: Option<Ticket>) {
        let name = ticket.map_or(0, |ticket| self.ticket_name(ticket) + 1);
        self.put(name, 5);
    }

    #[inline(always)]
    fn operation_name(&mut self, operation: Operation) -> u8 {
        match operation {
            Operation::None => 0,
            Operation::Pressed { ticket, press } => self.ticket_name(ticket) * 4 + press,
            Operation::Random { intent, draw } => 64 + self.intent_name(intent) * 4 + draw,
        }
    }

    #[inline(always)]
    fn operation(&mut self, operation: Operation) {
        let name = self.operation_name(operation);
        self.put(name, 7);
    }

    #[inline(always)]
    fn vault(&mut self, vault: &Vault) {
        self.ticket(vault.ticket);
        self.put(vault.press, 2);
    }

    #[inline(always)]
    fn connection(&mut self, connection: &Connection) {
        self.put(connection.hello.code(), 2);
        self.put(connection.age, 2);
        self.flag(connection.fast_in_flight);
        self.flag(connection.full_in_flight);
        self.put(
            match connection.verified {
                None => 0,
                Some(Path::Fast) => 1,
                Some(Path::Full) => 2,
            },
            2,
        );
        self.flag(connection.slow);
        self.put(connection.answer.code(), 3);
        self.ticket(connection.offered);
        if connection.has_request() || connection.answer != Answer::None {
            let intent = self.intent_name(connection.intent);
            self.put(intent, 2);
        } else {
            self.put(0, 2);
        }
        self.operation(connection.operation);
        self.put(connection.draw, 2);
    }
}

fn spell(state: &State) -> Packed {
    let mut writer = Writer::new(state);
    let phone = &state.phone;
    writer.put(phone.phase.code(), 2);
    if phone.phase != Phase::Idle {
        // The current intent is met first: its name is 0.
        writer.intent_name(phone.intent);
    }
    writer.operation(phone.operation);
    writer.vault(&phone.vault);
    writer.flag(phone.copy.is_some());
    writer.vault(&phone.copy.unwrap_or_default());
    writer.put(phone.draws, 2);
    writer.put(phone.wait, 2);
    writer.side(phone.attached);
    for held in &phone.held {
        writer.put(held.left, 2);
        for flag in [held.sent_fast, held.sent_full, held.doubtful, held.followed] {
            writer.flag(flag);
        }
    }
    for flag in [phone.sent, phone.relayed, phone.drifted] {
        writer.flag(flag);
    }
    let phone_word = core::mem::take(&mut writer.word);
    let door = &state.door;
    for ticket in [door.chain.current, door.chain.previous, door.before.current, door.before.previous] {
        writer.ticket(ticket);
    }
    writer.put(door.current_press, 2);
    writer.put(door.previous_press, 2);
    writer.operation(door.newest);
    let [first, second] = &state.connections;
    writer.connection(first);
    let door_word = core::mem::take(&mut writer.word);
    writer.connection(second);
    spell_log(&mut writer, &door.log);
    let log_word = core::mem::replace(&mut writer.word, phone_word);
    // All intents have their names by now.
    spell_intents(&mut writer, &state.intents);
    Packed([writer.word, door_word, log_word])
}

/// The log is a set: sorted by name, so that the empty entries, which are zero, come last. All intents that an entry can
/// name have their names by now.
#[inline(always)]
fn spell_log(writer: &mut Writer, log: &[Entry; ENTRIES]) {
    if log.iter().all(|entry| entry.operation == Operation::None) {
        writer.word <<= 32;
        return;
    }
    let mut names = [(0, false); ENTRIES];
    for (name, entry) in names.iter_mut().zip(log) {
        *name = (writer.operation_name(entry.operation), entry.this_boot);
    }
    names.sort_unstable_by(|left, right| right.cmp(left));
    for (name, this_boot) in names {
        writer.put(name, 7);
        writer.flag(this_boot);
    }
}

#[inline(always)]
fn spell_intents(writer: &mut Writer, intents: &[Intent; INTENTS]) {
    let mut named = [Intent::default(); 3];
    for (intent, name) in intents.iter().zip(writer.names.intents) {
        if let Some(slot) = named.get_mut(usize::from(name)) {
            *slot = *intent;
        }
    }
    for intent in named {
        writer.flag(intent.moved);
        writer.put(intent.reported.code(), 2);
    }
    let count = writer.names.next_intent;
    writer.put(count, 2);
}

impl Reader {
    fn take(&mut self, width: u32) -> u8 {
        self.left -= width;
        let value = (self.word >> self.left) & ((1 << width) - 1);
        u8::try_from(value).unwrap_or_default()
    }

    fn flag(&mut self) -> bool {
        self.take(1) == 1
    }

    fn side(&mut self) -> Option<u8> {
        self.take(2).checked_sub(1)
    }

    fn ticket(&mut self) -> Option<Ticket> {
        self.take(5).checked_sub(1).map(ticket)
    }

    fn operation(&mut self) -> Operation {
        match self.take(7) {
            0 => Operation::None,
            name @ 1..64 => Operation::Pressed { ticket: ticket(name / 4), press: name % 4 },
            name => Operation::Random { intent: (name - 64) / 4, draw: name % 4 },
        }
    }

    fn vault(&mut self) -> Vault {
        Vault { ticket: self.ticket(), press: self.take(2) }
    }

    fn connection(&mut self) -> Connection {
        Connection {
            hello: Hello::of(self.take(2)),
            age: self.take(2),
            fast_in_flight: self.flag(),
            full_in_flight: self.flag(),
            verified: match self.take(2) {
                0 => None,
                1 => Some(Path::Fast),
                _ => Some(Path::Full),
            },
            slow: self.flag(),
            answer: Answer::of(self.take(3)),
            offered: self.ticket(),
            intent: self.take(2),
            operation: self.operation(),
            draw: self.take(2),
        }
    }
}

fn ticket(name: u8) -> Ticket {
    Ticket { chain: name / PLACES, place: name % PLACES }
}

fn read(packed: Packed) -> State {
    let [mut phone_reader, mut door_reader, mut log_reader] =
        [0, 1, 2].map(|index: usize| Reader { word: packed.0[index], left: WIDTHS[index] });
    let mut state = State::default();
    let reader = &mut phone_reader;
    let phone = &mut state.phone;
    phone.phase = Phase::of(reader.take(2));
    phone.operation = reader.operation();
    phone.vault = reader.vault();
    let copied = reader.flag();
    let copy = reader.vault();
    phone.copy = copied.then_some(copy);
    phone.draws = reader.take(2);
    phone.wait = reader.take(2);
    phone.attached = reader.side();
    for held in &mut phone.held {
        *held = Held {
            left: reader.take(2),
            sent_fast: reader.flag(),
            sent_full: reader.flag(),
            doubtful: reader.flag(),
            followed: reader.flag(),
        };
    }
    phone.sent = reader.flag();
    phone.relayed = reader.flag();
    phone.drifted = reader.flag();
    for intent in state.intents.iter_mut().take(3) {
        *intent = Intent { moved: reader.flag(), reported: Reported::of(reader.take(2)) };
    }
    state.phone.intents = reader.take(2);
    let reader = &mut door_reader;
    let door = &mut state.door;
    door.chain.current = reader.ticket();
    door.chain.previous = reader.ticket();
    door.before.current = reader.ticket();
    door.before.previous = reader.ticket();
    door.current_press = reader.take(2);
    door.previous_press = reader.take(2);
    door.newest = reader.operation();
    let reader = &mut log_reader;
    state.connections = [door_reader.connection(), reader.connection()];
    for entry in &mut state.door.log {
        *entry = Entry { operation: reader.operation(), this_boot: reader.flag() };
    }
    state
}

/// A plain enum as a small number.
macro_rules! numbered {
    ($name:ident: $first:ident $(, $variant:ident = $code:literal)*) => {
        impl $name {
            const fn code(self) -> u8 {
                match self {
                    Self::$first => 0,
                    $(Self::$variant => $code,)*
                }
            }

            const fn of(code: u8) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    _ => Self::$first,
                }
            }
        }
    };
}

numbered!(Phase: Idle, Active = 1, Ending = 2, EndingRefused = 3);
numbered!(Hello: Closed, Live = 1, Spent = 2);
numbered!(Answer: None, Accepted = 1, AlreadyDone = 2, OutcomeUnknown = 3, Refused = 4, Denied = 5);
numbered!(Reported: Nothing, Opened = 1, Unknown = 2, NotOpened = 3);
