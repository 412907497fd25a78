//! What a phone wants to say to a door, as a machine without I/O: the driver moves its frames and keeps its deadlines.
//!
//! One conversation spans all connections of one intent. The driver feeds it what happens and asks [`Conversation::poll`]
//! what to do, until it is [`Step::Finished`].

use thumbturn_protocol::advertisement::Advertisement;
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::time::Millis;

use crate::link::WriteKind;
use crate::unlock::Progress;

/// What the driver does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Tell the person.
    Report(Progress),
    /// Write this frame to `rx`, then tell [`Conversation::wrote`].
    Write {
        /// The frame.
        frame: Vec<u8>,
        /// How.
        kind: WriteKind,
    },
    /// The answer has come: give the connection the priority for transfers.
    Relax,
    /// Nothing before this instant, unless something happens.
    Wait {
        /// The instant.
        until: Millis,
    },
    /// This connection is of no more use.
    HangUp(HangUp),
    /// The outcome is known.
    Finished,
}

/// Why a connection is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// Another door than the one wanted: do not come back to this peer.
    WrongDoor,
    /// The door does not speak, or all tries of this connection are used up: connect anew.
    Silent,
    /// The door may advertise under another address now: listen before connecting anew.
    Moved,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The platform took the frame.
    Taken,
    /// The queue was full; the same frame must be written again.
    Refused,
    /// The connection was gone, the frame did not leave.
    Gone,
    /// The frame may or may not have left.
    Unsure,
}

/// Whether the advertisement has named the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognition {
    /// Its tag is the wanted door's.
    Recognised,
    /// It was not heard: the hello must tell.
    Unresolved,
}

/// A machine that leads one intent to its outcome.
pub trait Conversation: Send {
    /// Whether an advertisement is the wanted door's.
    fn recognises(&self, advertisement: &Advertisement) -> bool;

    /// Whether the exchange is so short that a larger ATT MTU is not worth waiting for.
    fn is_short(&self) -> bool;

    /// A connection is being set up: do everything slow now, before the hello.
    fn prepare(&mut self, random: &mut dyn SecureRandom);

    /// Subscribed: the hello is on its way.
    fn begin(&mut self, recognition: Recognition, now: Millis);

    /// A frame was notified.
    fn receive(&mut self, frame: &[u8], now: Millis, random: &mut dyn SecureRandom);

    /// What became of the frame of the last [`Step::Write`].
    fn wrote(&mut self, written: Written, now: Millis);

    /// The connection is over, by whichever side.
    fn lost(&mut self, now: Millis);

    /// The person has taken the intent back.
    fn cancel(&mut self);

    /// The driver sees no way on, for this reason. The conversation says when that may be reported.
    fn give_up(&mut self, reason: GiveUp);

    /// Whether another connection could still change the outcome.
    fn wants_connection(&self) -> bool;

    /// The last instant at which a new connection can still lead anywhere.
    fn last_chance(&self) -> Millis;

    /// What to do now. `mtu` is the one in force.
    fn poll(&mut self, mtu: AttMtu, now: Millis) -> Step;
}

/// Why the driver sees no way on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// The adapter is off.
    BluetoothOff,
    /// The app may not use it.
    BluetoothUnauthorized,
    /// Nothing was heard that is or may be the door.
    NotInRange,
    /// It was heard, but no connection led to an answer.
    ConnectionLost,
    /// It was heard, but ended the last connection before it said anything: it makes room for others.
    TurnedAway,
}
