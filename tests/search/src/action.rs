//! Everything that can happen, one event at a time.

use core::fmt;

use crate::state::{Answer, State};

/// Which of the two requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has two paths")]
pub enum Path {
    /// The 20-byte request under a ticket (§6).
    Fast,
    /// The full handshake (§5).
    Full,
}

/// What the door decides on a verified request (§8.2, §8.5). Where several are allowed, all are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every decision of the door is explored")]
pub enum Choice {
    /// New: write the event, start the motor, answer.
    Accept,
    /// As [`Choice::Accept`], but the power fails between event and motor.
    AcceptAndCut,
    /// New: a refusal that may pass (*busy*, *out of schedule*, *update required*).
    Refuse,
    /// New: *denied*, which deletes the ticket chain.
    Deny,
    /// Known: *already done*.
    AlreadyDone,
    /// Known: *outcome unknown*.
    OutcomeUnknown,
}

/// What the phone does after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "both continuations are explored")]
pub enum Next {
    /// End the operation.
    Stop,
    /// Ask again, while the person's intent is live.
    AskAgain,
}

/// One event. Loss and delay need none of their own: a message on its way stays there until its hello has died or is
/// spent, or until its connection is replaced by a new one, and may or may not be delivered before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every event is explored")]
pub enum Action {
    /// The person wants the door open.
    Tap,
    /// The phone connects and subscribes, and receives the hello that the door pushes.
    Connect(u8),
    /// A relay connects to the door once more, and hands the phone that hello on its present connection.
    Relay,
    /// A request leaves the phone.
    Send(Path),
    /// The phone asks for a new hello on its connection, the door pushes it, the phone receives it.
    AskHello,
    /// The phone leaves its connection; the door and what is on its way do not notice.
    Abandon,
    /// The total deadline or a cancel ends the operation on the phone's side.
    GiveUp,
    /// Broken rule: a cancel is reported at once.
    CancelAtOnce,
    /// The phone reports how the operation ended.
    Report,
    /// An answer reaches the phone; the new ticket in it is stored, or lost with the process.
    ReceiveAnswer {
        /// The door's connection that it was given on.
        side: u8,
        /// Whether the new ticket was persisted.
        keep_ticket: bool,
        /// What the phone does if the answer is a refusal.
        next: Next,
    },
    /// Broken rule: *not accepted* (from the door or from anybody) is taken for the end of all requests.
    BelieveNotAccepted,
    /// Broken rule: the answer of another connection is accepted.
    ReceiveForeignAnswer,
    /// The phone's process ends: power cut, crash, killed by the system.
    PhoneCut,
    /// Broken rule: somebody copies the vault.
    CopyVault,
    /// The phone's process ends and its vault is replaced by an older copy.
    RestoreVault,
    /// Broken rule: the door takes a request in, looks at its hello's age, and decides later.
    Verify(u8, Path),
    /// A request has reached the door, is verified, and the door decides on it.
    Decide(u8, Path, Choice),
    /// The door loses power and boots.
    DoorCut {
        /// Whether the last change of the ticket chain had been written.
        ticket_written: bool,
    },
    /// Other phones open the door, more often than the door remembers.
    OthersOpen,
    /// Time passes for both sides.
    Tick,
    /// The phone's clock runs ahead.
    PhoneTick,
}

impl Action {
    /// All actions, in the order in which they are tried.
    pub const ALL: [Self; 57] = [
        Self::Tap,
        Self::Connect(0),
        Self::Connect(1),
        Self::Relay,
        Self::Send(Path::Fast),
        Self::Send(Path::Full),
        Self::AskHello,
        Self::Abandon,
        Self::GiveUp,
        Self::CancelAtOnce,
        Self::Report,
        Self::ReceiveAnswer { side: 0, keep_ticket: true, next: Next::Stop },
        Self::ReceiveAnswer { side: 0, keep_ticket: false, next: Next::Stop },
        Self::ReceiveAnswer { side: 0, keep_ticket: true, next: Next::AskAgain },
        Self::ReceiveAnswer { side: 0, keep_ticket: false, next: Next::AskAgain },
        Self::ReceiveAnswer { side: 1, keep_ticket: true, next: Next::Stop },
        Self::ReceiveAnswer { side: 1, keep_ticket: false, next: Next::Stop },
        Self::ReceiveAnswer { side: 1, keep_ticket: true, next: Next::AskAgain },
        Self::ReceiveAnswer { side: 1, keep_ticket: false, next: Next::AskAgain },
        Self::BelieveNotAccepted,
        Self::ReceiveForeignAnswer,
        Self::PhoneCut,
        Self::CopyVault,
        Self::RestoreVault,
        Self::Verify(0, Path::Fast),
        Self::Verify(0, Path::Full),
        Self::Verify(1, Path::Fast),
        Self::Verify(1, Path::Full),
        Self::Decide(0, Path::Fast, Choice::Accept),
        Self::Decide(0, Path::Fast, Choice::AcceptAndCut),
        Self::Decide(0, Path::Fast, Choice::Refuse),
        Self::Decide(0, Path::Fast, Choice::Deny),
        Self::Decide(0, Path::Fast, Choice::AlreadyDone),
        Self::Decide(0, Path::Fast, Choice::OutcomeUnknown),
        Self::Decide(0, Path::Full, Choice::Accept),
        Self::Decide(0, Path::Full, Choice::AcceptAndCut),
        Self::Decide(0, Path::Full, Choice::Refuse),
        Self::Decide(0, Path::Full, Choice::Deny),
        Self::Decide(0, Path::Full, Choice::AlreadyDone),
        Self::Decide(0, Path::Full, Choice::OutcomeUnknown),
        Self::Decide(1, Path::Fast, Choice::Accept),
        Self::Decide(1, Path::Fast, Choice::AcceptAndCut),
        Self::Decide(1, Path::Fast, Choice::Refuse),
        Self::Decide(1, Path::Fast, Choice::Deny),
        Self::Decide(1, Path::Fast, Choice::AlreadyDone),
        Self::Decide(1, Path::Fast, Choice::OutcomeUnknown),
        Self::Decide(1, Path::Full, Choice::Accept),
        Self::Decide(1, Path::Full, Choice::AcceptAndCut),
        Self::Decide(1, Path::Full, Choice::Refuse),
        Self::Decide(1, Path::Full, Choice::Deny),
        Self::Decide(1, Path::Full, Choice::AlreadyDone),
        Self::Decide(1, Path::Full, Choice::OutcomeUnknown),
        Self::DoorCut { ticket_written: true },
        Self::DoorCut { ticket_written: false },
        Self::OthersOpen,
        Self::Tick,
        Self::PhoneTick,
    ];

    /// The event in words, as it happens in `state`.
    pub fn describe(self, state: &State) -> String {
        let attached = state.phone.attached.unwrap_or(u8::MAX);
        match self {
            Self::Tap => format!("person: taps (intent {})", state.phone.intents),
            Self::Connect(side) => format!("phone: connects ({side}) and receives a hello"),
            Self::Relay => {
                let (from, to) = (attached ^ 1, attached);
                format!("relay: hands the phone a hello of connection {from} as one of connection {to}")
            }
            Self::Send(path) => {
                format!("phone: sends {path} request {} on connection {attached}", state.phone.operation)
            }
            Self::AskHello => format!("phone: asks for a new hello on connection {attached} and receives it"),
            Self::Abandon => {
                format!("phone: leaves connection {attached}; its messages are still on their way")
            }
            Self::GiveUp => "phone: gives up (deadline or cancel)".to_owned(),
            Self::CancelAtOnce => "phone: reports a cancel at once".to_owned(),
            Self::Report => "phone: reports the end of the operation".to_owned(),
            Self::ReceiveAnswer { side, keep_ticket, next } => {
                describe_answer(state.connection(side).answer, keep_ticket, next)
            }
            Self::BelieveNotAccepted => "phone: receives not accepted, forged or not, and ends".to_owned(),
            Self::ReceiveForeignAnswer => {
                "phone: takes the answer of another connection for its own".to_owned()
            }
            Self::PhoneCut => "phone: loses power".to_owned(),
            Self::CopyVault => "phone: its vault is copied".to_owned(),
            Self::RestoreVault => "phone: its vault is restored from a copy".to_owned(),
            Self::Verify(side, path) => {
                format!(
                    "door: takes in the {path} request of intent {} (connection {side})",
                    state.intent_on(side)
                )
            }
            Self::Decide(side, path, choice) => {
                format!(
                    "door: {path} request of intent {} (connection {side}): {choice}",
                    state.intent_on(side)
                )
            }
            Self::DoorCut { ticket_written: true } => "door: loses power and boots".to_owned(),
            Self::DoorCut { ticket_written: false } => {
                "door: loses power before the ticket chain is written, and boots".to_owned()
            }
            Self::OthersOpen => "others: open the door until their operations fill its memory".to_owned(),
            Self::Tick => "time: one tick".to_owned(),
            Self::PhoneTick => "time: the phone's clock runs one tick ahead".to_owned(),
        }
    }
}

fn describe_answer(answer: Answer, keep_ticket: bool, next: Next) -> String {
    let ticket = if keep_ticket { "keeps the new ticket" } else { "no new ticket stored" };
    match (answer, next) {
        (Answer::Refused | Answer::Denied, Next::Stop) => format!("phone: receives {answer}, ends; {ticket}"),
        (Answer::Refused | Answer::Denied, Next::AskAgain) => {
            format!("phone: receives {answer}, will ask again; {ticket}")
        }
        (Answer::None | Answer::Accepted | Answer::AlreadyDone | Answer::OutcomeUnknown, _) => {
            format!("phone: receives {answer}, reports it; {ticket}")
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Fast => "fast",
            Self::Full => "full",
        })
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Accept => "accepted: writes the event, starts the motor, answers",
            Self::AcceptAndCut => "accepted, but loses power between event and motor, boots",
            Self::Refuse => "refused (busy, out of schedule, ...)",
            Self::Deny => "denied, ticket chain deleted",
            Self::AlreadyDone => "known operation, already done",
            Self::OutcomeUnknown => "known operation, outcome unknown",
        })
    }
}
