//! One radio connection, from its first frame to its last record.

use alloc::boxed::Box;
use alloc::vec::Vec;

use heapless::Deque;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::hello::{HELLO_LIFETIME_MS, Hello};
use thumbturn_protocol::ids::{ListVersion, PhoneId};
use thumbturn_protocol::limits;
use thumbturn_protocol::record::Records;
use thumbturn_protocol::time::Millis;

use crate::engine::claim::{ClaimStep, Claimed};
use crate::engine::delivery::Delivery;
use crate::engine::full::RequestStep;
use crate::input::ConnectionId;

/// Milliseconds that a phone may take to subscribe (spec §4.7).
const SUBSCRIBE_MS: u64 = 10_000;
/// Milliseconds that a session lives after its answer (spec §4.7).
const SESSION_MS: u64 = 30_000;
/// Milliseconds of silence after which a session ends (spec §4.7).
const SESSION_IDLE_MS: u64 = 2_000;
/// Notifications handed to the radio adapter before it must report room for more.
const NOTIFICATION_CREDIT: u8 = 4;
/// Messages waiting to be sent on one connection: an answer, what the bolt did, and two hellos.
const OUTGOING: usize = 4;
/// Requests on one connection that nobody could have authenticated before the connection is ended.
const FAILURES: u8 = 8;

/// One connection.
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    pub(crate) connected: Millis,
    pub(crate) mtu: AttMtu,
    pub(crate) subscribed: bool,
    pub(crate) hello: Option<PushedHello>,
    /// Hellos pushed because the phone asked.
    pub(crate) hello_requests: u8,
    pub(crate) stage: Stage,
    /// The list version that the last request needed and the door did not have.
    pub(crate) needed_version: Option<ListVersion>,
    failures: u8,
    reassembler: Reassembler,
    outgoing: Deque<Fragmenter<Vec<u8>>, OUTGOING>,
    credit: u8,
}

/// The newest hello of a connection, until it is spent (spec §4.5).
#[derive(Clone, Copy)]
pub(crate) struct PushedHello {
    pub(crate) hello: Hello,
    at: Millis,
    /// Its one full or claim request has come.
    pub(crate) handshake_tried: bool,
}

/// How far the peer has come.
pub(crate) enum Stage {
    /// Nothing authentic has come for the newest hello.
    Waiting,
    /// A full request passed the gate; its public-key work is done in slices.
    Request(Box<RequestStep>),
    /// A claim passed the gate.
    Claim(Box<ClaimStep>),
    /// An authentic request was answered.
    Session(Box<Session>),
}

impl Stage {
    /// Whether the next step of a handshake takes an ephemeral key.
    pub(crate) fn needs_ephemeral(&self) -> bool {
        match self {
            Self::Request(step) => matches!(**step, RequestStep::Read { .. }),
            Self::Claim(step) => matches!(**step, ClaimStep::Read { .. }),
            Self::Waiting | Self::Session(_) => false,
        }
    }
}

/// What follows an authentic answer.
pub(crate) struct Session {
    pub(crate) records: Records,
    /// The claim that waits for its confirmation on this session.
    pub(crate) claim: Option<Box<Claimed>>,
    /// Who is there; nobody in particular after a claim, or when the grant was for another door.
    pub(crate) visitor: Option<Visitor>,
    /// What it delivers and collects.
    pub(crate) delivery: Delivery,
    begun: Millis,
    heard: Millis,
}

/// Whose grant opened a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    pub(crate) phone: PhoneId,
    pub(crate) roles: Roles,
}

impl Session {
    /// A session of a phone.
    pub(crate) fn new(records: Records, visitor: Option<Visitor>, now: Millis) -> Self {
        Self { records, claim: None, visitor, delivery: Delivery::default(), begun: now, heard: now }
    }

    /// The session of a claimer.
    pub(crate) fn of_claim(records: Records, claim: Box<Claimed>, now: Millis) -> Self {
        Self { claim: Some(claim), ..Self::new(records, None, now) }
    }

    /// A message came: the session is not idle.
    pub(crate) const fn heard(&mut self, now: Millis) {
        self.heard = now;
    }
}

impl PushedHello {
    pub(crate) const fn new(hello: Hello, at: Millis) -> Self {
        Self { hello, at, handshake_tried: false }
    }

    fn dies(&self) -> Millis {
        self.at.plus(HELLO_LIFETIME_MS)
    }
}

impl Connection {
    pub(crate) const fn new(id: ConnectionId, now: Millis) -> Self {
        Self {
            id,
            connected: now,
            mtu: AttMtu::MINIMUM,
            subscribed: false,
            hello: None,
            hello_requests: 0,
            stage: Stage::Waiting,
            needed_version: None,
            failures: 0,
            reassembler: Reassembler::new(),
            outgoing: Deque::new(),
            credit: NOTIFICATION_CREDIT,
        }
    }

    /// The hello that a request may answer now: pushed, not spent, not dead.
    pub(crate) fn live_hello(&self, now: Millis) -> Option<Hello> {
        self.hello.filter(|pushed| now < pushed.dies()).map(|pushed| pushed.hello)
    }

    /// Its session, once an authentic request was answered.
    pub(crate) fn session(&mut self) -> Option<&mut Session> {
        match &mut self.stage {
            Stage::Session(session) => Some(session),
            Stage::Waiting | Stage::Request(_) | Stage::Claim(_) => None,
        }
    }

    /// Whether its phone asked for events and waits for them.
    pub(crate) fn wants_batch(&self) -> bool {
        matches!(&self.stage, Stage::Session(session) if session.delivery.wants_batch())
    }

    /// Whether another message can be queued, and one more for what cannot wait, as what the bolt did.
    pub(crate) fn has_room(&self) -> bool {
        self.outgoing.len() + 2 <= OUTGOING
    }

    /// Takes a frame; gives the message that it completes.
    pub(crate) fn receive(&mut self, frame: &[u8]) -> Option<Message> {
        let session = matches!(self.stage, Stage::Session(_));
        self.reassembler.receive(frame, |message_type| limit(message_type, session))
    }

    /// Queues a message. When the queue is full the message is dropped: the phone asks again.
    pub(crate) fn send(&mut self, message_type: MessageType, payload: Vec<u8>) {
        if let Ok(message) = Fragmenter::new(message_type, payload) {
            let _ = self.outgoing.push_back(message);
        }
    }

    /// The next frame to notify, while the adapter has room.
    pub(crate) fn next_frame(&mut self) -> Option<Vec<u8>> {
        if !self.subscribed || self.credit == 0 {
            return None;
        }
        let mtu = self.mtu;
        let message = self.outgoing.front_mut()?;
        let frame = message.next_frame(mtu);
        if message.is_finished() {
            self.outgoing.pop_front();
        }
        if frame.is_some() {
            self.credit = self.credit.saturating_sub(1);
        }
        frame
    }

    /// The adapter sent a notification.
    pub(crate) fn writable(&mut self) {
        self.credit = self.credit.saturating_add(1).min(NOTIFICATION_CREDIT);
    }

    /// Counts a request that authenticated nobody; `true` when there were too many.
    pub(crate) const fn failed(&mut self) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.failures >= FAILURES
    }

    /// When this connection is ended if nothing more comes (spec §4.7).
    pub(crate) fn deadline(&self) -> Millis {
        match (&self.stage, &self.hello) {
            (Stage::Session(session), None) => {
                session.begun.plus(SESSION_MS).min(session.heard.plus(SESSION_IDLE_MS))
            }
            (_, Some(pushed)) => pushed.dies(),
            // Work in progress spends its hello when it ends; it ends by itself.
            (Stage::Request(_) | Stage::Claim(_), None) => Millis(u64::MAX),
            (Stage::Waiting, None) => self.connected.plus(SUBSCRIBE_MS),
        }
    }
}

/// The longest payload of a message that is awaited now; `None`: not awaited.
fn limit(message_type: MessageType, session: bool) -> Option<usize> {
    match message_type {
        MessageType::HelloRequest => Some(0),
        MessageType::FastRequest => Some(19),
        MessageType::FullRequest | MessageType::ClaimRequest => Some(limits::UNAUTHENTICATED_MESSAGE),
        MessageType::Record => session.then_some(limits::RECORD_MESSAGE),
        MessageType::Hello
        | MessageType::FullAnswer
        | MessageType::FastAnswer
        | MessageType::ClaimAnswer
        | MessageType::NotAccepted => None,
    }
}
