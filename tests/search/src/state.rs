//! The state of phone, door and what is on its way between them.

use core::fmt;

use crate::action::Path;
use crate::operation::{Operation, Ticket};

/// Ticks between the push of a hello and its death at the door (§4.5: 3 s).
pub(crate) const HELLO_LIFE: u8 = 2;
/// Ticks that the phone waits longer than the door, [`crate::Rules::phone_waits_longer`].
pub(crate) const PHONE_MARGIN: u8 = 1;
/// The highest press under one ticket (§6.2: 255); then the phone makes a full handshake.
pub(crate) const PRESSES: u8 = 2;
/// Chains that one state can tell apart.
pub(crate) const CHAINS: u8 = 4;
/// Tickets of one chain that one state can tell apart.
pub(crate) const PLACES: u8 = 4;
/// Intents that a run can name; a search renames those that matter to 0, 1 and 2.
pub(crate) const INTENTS: usize = 12;
/// Known operations that one state can hold.
pub(crate) const ENTRIES: usize = 4;

/// Everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build states")]
pub struct State {
    /// The phone.
    pub phone: Phone,
    /// The door.
    pub door: Door,
    /// The connections, with what the door and the radio hold of each.
    pub connections: [Connection; 2],
    /// What is true and what was said about each intent.
    pub intents: [Intent; INTENTS],
}

/// What the observer knows of one intent; no party of the protocol sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build states")]
pub struct Intent {
    /// The bolt moved for it.
    pub moved: bool,
    /// What the person was told.
    pub reported: Reported,
}

/// What the person was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every report is checked")]
pub enum Reported {
    /// Nothing yet, or never (the phone lost power).
    #[default]
    Nothing,
    /// *Accepted* or *already done*.
    Opened,
    /// *Outcome unknown*: look at the door.
    Unknown,
    /// A refusal, *cancelled*, *connection lost*: the door stays shut.
    NotOpened,
}

/// What the phone keeps in flash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build states")]
pub struct Vault {
    /// The ticket for this door.
    pub ticket: Option<Ticket>,
    /// The highest press used under it.
    pub press: u8,
}

/// How far the phone is with its operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every phase is explored")]
pub enum Phase {
    /// No operation.
    #[default]
    Idle,
    /// Trying.
    Active,
    /// Given up; waits for an answer or the death of its hellos, then reports *outcome unknown*.
    Ending,
    /// Refused; waits for the death of its hellos, then reports the refusal (only under broken rules).
    EndingRefused,
}

/// The phone. All but the vault is lost with its power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build states")]
pub struct Phone {
    /// In flash.
    pub vault: Vault,
    /// A copy of the vault in other hands (only under a broken rule).
    pub copy: Option<Vault>,
    /// How far the operation is.
    pub phase: Phase,
    /// The current intent.
    pub intent: u8,
    /// Names given to intents so far.
    pub intents: u8,
    /// The current operation.
    pub operation: Operation,
    /// Random ids drawn for repeats (only under a broken rule).
    pub draws: u8,
    /// A request left that may have been executed, and whose answer cannot come any more.
    pub sent: bool,
    /// Ticks until the hellos of such requests have died.
    pub wait: u8,
    /// The door's connection that the newest hello of the phone's connection came from.
    pub attached: Option<u8>,
    /// A relay sits in between: the phone's connection also is the door's other one.
    pub relayed: bool,
    /// The hello of each of the door's connections, as the phone's connection holds it.
    pub held: [Held; 2],
    /// The phone's clock has run ahead since its hellos were alive.
    pub drifted: bool,
}

/// A hello, as the phone sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build states")]
pub struct Held {
    /// Ticks until it dies; 0: no hello.
    pub left: u8,
    /// A fast request left under it, which is kept only while it matters which one it was.
    pub sent_fast: bool,
    /// A full request left under it.
    pub sent_full: bool,
    /// A refusal under it proves nothing: when its first request left, one under another hello could still be executed.
    pub doubtful: bool,
    /// A request under the hello of the other connection left later, and has not been answered.
    pub followed: bool,
}

/// A hello, as the door sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "every state of a hello is explored")]
pub enum Hello {
    /// No connection.
    #[default]
    Closed,
    /// Pushed, not spent, not dead.
    Live,
    /// Spent.
    Spent,
}

/// An authentic answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "every answer is explored")]
pub enum Answer {
    /// None on its way.
    #[default]
    None,
    /// *Accepted*.
    Accepted,
    /// *Already done*.
    AlreadyDone,
    /// *Outcome unknown*.
    OutcomeUnknown,
    /// A refusal that may pass.
    Refused,
    /// *Denied*.
    Denied,
}

/// One connection: the door's side of it and everything on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build states")]
pub struct Connection {
    /// The newest hello.
    pub hello: Hello,
    /// Ticks since it was pushed.
    pub age: u8,
    /// A fast request is on its way.
    pub fast_in_flight: bool,
    /// A full request is on its way.
    pub full_in_flight: bool,
    /// A request whose hello the door has looked at and that it has not decided on (only under a broken rule).
    pub verified: Option<Path>,
    /// A tick has passed during that work; a second does not.
    pub slow: bool,
    /// The intent of the requests.
    pub intent: u8,
    /// The operation of the requests.
    pub operation: Operation,
    /// The full request carries this draw instead (only under a broken rule).
    pub draw: u8,
    /// The answer on its way.
    pub answer: Answer,
    /// The ticket that the answer gives.
    pub offered: Option<Ticket>,
}

/// The door's ticket chain of this phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build states")]
pub struct Chain {
    /// The current ticket.
    pub current: Option<Ticket>,
    /// The one before.
    pub previous: Option<Ticket>,
}

/// A known operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build states")]
pub struct Entry {
    /// Which.
    pub operation: Operation,
    /// Accepted since the door booted: the motor started for it.
    pub this_boot: bool,
}

/// The door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build states")]
pub struct Door {
    /// The chain in use.
    pub chain: Chain,
    /// Highest press seen under the current ticket; forgotten at boot.
    pub current_press: u8,
    /// Highest press seen under the previous ticket; forgotten at boot.
    pub previous_press: u8,
    /// The chain before its last change, which is what flash holds if that change was not written.
    pub before: Chain,
    /// The phone's newest operation, held in RAM.
    pub newest: Operation,
    /// The event log, as far as it matters to operations that can still be asked for.
    pub log: [Entry; ENTRIES],
}

impl State {
    /// A phone without a ticket in front of a door that does not know it.
    pub fn strangers() -> Self {
        Self::default()
    }

    /// Phone and door hold the same ticket.
    pub fn in_step() -> Self {
        let mut state = Self::default();
        let first = Some(Ticket { chain: 0, place: 0 });
        state.phone.vault.ticket = first;
        state.door.chain.current = first;
        state.door.before = state.door.chain;
        state
    }

    /// The door is one ticket ahead: the last answer was lost.
    pub fn door_ahead() -> Self {
        let mut state = Self::in_step();
        state.phone.vault.press = 1;
        state.door.previous_press = 1;
        state.door.chain = Chain {
            current: Some(Ticket { chain: 0, place: 1 }),
            previous: Some(Ticket { chain: 0, place: 0 }),
        };
        state.door.before = state.door.chain;
        state
    }

    pub(crate) fn connection(&self, side: u8) -> &Connection {
        let [first, second] = &self.connections;
        if side == 0 { first } else { second }
    }

    pub(crate) fn connection_mut(&mut self, side: u8) -> &mut Connection {
        let [first, second] = &mut self.connections;
        if side == 0 { first } else { second }
    }

    pub(crate) fn intent_on(&self, side: u8) -> u8 {
        self.connection(side).intent
    }

    /// Every ticket that the state names.
    pub(crate) fn tickets(&self) -> [Option<Ticket>; 15] {
        let [first, second] = &self.connections;
        let [a, b, c, d] = &self.door.log;
        [
            self.phone.vault.ticket,
            self.phone.copy.and_then(|copy| copy.ticket),
            self.phone.operation.ticket(),
            self.door.chain.current,
            self.door.chain.previous,
            self.door.before.current,
            self.door.before.previous,
            first.offered,
            second.offered,
            first.operation.ticket(),
            second.operation.ticket(),
            a.operation.ticket(),
            b.operation.ticket(),
            c.operation.ticket(),
            d.operation.ticket(),
        ]
    }
}

impl Phone {
    pub(crate) fn held(&self, side: u8) -> &Held {
        let [first, second] = &self.held;
        if side == 0 { first } else { second }
    }

    pub(crate) fn held_mut(&mut self, side: u8) -> &mut Held {
        let [first, second] = &mut self.held;
        if side == 0 { first } else { second }
    }

    /// Leaves the hello of connection `side` behind; what was sent under it may still be executed.
    pub(crate) fn leave(&mut self, side: u8) {
        let left = core::mem::take(self.held_mut(side));
        self.wait = self.wait.max(left.remaining());
        self.sent |= left.is_asked();
        let other = self.held_mut(1 - side);
        other.doubtful |= core::mem::take(&mut other.followed);
    }

    /// Leaves its connection.
    pub(crate) fn detach(&mut self) {
        self.leave(0);
        self.leave(1);
        self.held = [Held::default(); 2];
        self.attached = None;
        self.relayed = false;
    }

    /// Ticks until every request that left can no longer be executed.
    pub(crate) fn remaining(&self) -> u8 {
        self.held.iter().map(Held::remaining).fold(self.wait, u8::max)
    }

    /// A request left of which nothing sure was heard.
    pub(crate) fn has_unanswered(&self) -> bool {
        self.sent || self.held.iter().any(Held::is_asked)
    }

    /// Whether what the door says on its connection `side` comes to the phone's connection.
    pub(crate) fn hears(&self, side: u8) -> bool {
        self.attached.is_some_and(|attached| attached == side || self.relayed)
    }
}

impl Held {
    /// Ticks until no request under it can be executed any more.
    pub(crate) const fn remaining(&self) -> u8 {
        if self.is_asked() { self.left } else { 0 }
    }

    /// A request left under it.
    pub(crate) const fn is_asked(&self) -> bool {
        self.sent_fast || self.sent_full
    }
}

impl Connection {
    /// A request is on its way to the door or inside it.
    pub(crate) const fn has_request(&self) -> bool {
        self.fast_in_flight || self.full_in_flight || self.verified.is_some()
    }

    /// The operation that a request on `path` names.
    pub(crate) const fn operation_of(&self, path: Path) -> Operation {
        match path {
            Path::Full if self.draw != 0 => Operation::Random { intent: self.intent, draw: self.draw },
            Path::Full | Path::Fast => self.operation,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "nothing",
            Self::Accepted => "accepted",
            Self::AlreadyDone => "already done",
            Self::OutcomeUnknown => "outcome unknown",
            Self::Refused => "a refusal",
            Self::Denied => "denied",
        })
    }
}
