//! What an unlock knows about its present connection.

use std::collections::VecDeque;

use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::hello::{HELLO_PATIENCE_MS, HELLO_REQUESTS, Hello};
use thumbturn_protocol::ids::TagKey;
use thumbturn_protocol::limits;
use thumbturn_protocol::record::Records;
use thumbturn_protocol::time::Millis;

use crate::conversation::{HangUp, Recognition, Step};
use crate::courier::channel::Channel;
use crate::link::WriteKind;
use crate::unlock::ledger::Departure;
use crate::unlock::request::{Answered, Reading, Request};

/// Longest full answer: an ephemeral key, five bytes, a tag.
const FULL_ANSWER: usize = 128;
/// After this many hello requests without any hello the link is taken for stale.
const SILENT_HELLO_REQUESTS: u8 = 2;
/// Milliseconds from one hello request to the next.
const HELLO_REQUEST_INTERVAL_MS: u64 = 500;

/// The hello to answer.
pub(crate) struct LiveHello {
    pub(crate) hello: Hello,
    pub(crate) received: Millis,
    /// The tag key that named it.
    pub(crate) tag_key: TagKey,
}

/// What the connection waits for while nothing is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    AwaitHello {
        ask_at: Millis,
    },
    AwaitAnswer {
        until: Millis,
    },
    Pause {
        until: Millis,
    },
    AfterBolt {
        until: Millis,
    },
    /// The door has refused, and is given what may change its mind.
    Delivering,
    Unusable(HangUp),
}

/// A message that is being written.
struct Outgoing {
    fragmenter: Fragmenter<Vec<u8>>,
    /// The frame that was given out and not taken yet.
    frame: Option<Vec<u8>>,
    request: Option<(Request, Millis)>,
    kind: WriteKind,
}

/// What is left of a connection once its unlock has an outcome.
pub(crate) struct AnsweredSession {
    pub(crate) records: Records,
    pub(crate) reassembler: Reassembler,
}

/// One connection, from subscription on.
pub(crate) struct Connection {
    pub(crate) recognition: Recognition,
    pub(crate) phase: Phase,
    pub(crate) hello: Option<LiveHello>,
    /// Of the session behind the newest answer; none while it is being replaced.
    pub(crate) records: Option<Records>,
    /// While [`Phase::Delivering`].
    pub(crate) delivery: Option<Box<Channel>>,
    reassembler: Reassembler,
    outgoing: Option<Outgoing>,
    outstanding: VecDeque<Request>,
    hellos: u8,
    hello_requests: u8,
    doubted: bool,
    requests: u8,
}

impl Connection {
    pub(crate) fn new(recognition: Recognition, now: Millis) -> Self {
        Self {
            recognition,
            phase: Phase::AwaitHello { ask_at: now.plus(HELLO_PATIENCE_MS) },
            hello: None,
            records: None,
            delivery: None,
            reassembler: Reassembler::new(),
            outgoing: None,
            outstanding: VecDeque::new(),
            hellos: 0,
            hello_requests: 0,
            doubted: false,
            requests: 0,
        }
    }

    /// The session after the answer; `None` when there is none, or the connection is of no more use.
    pub(crate) fn into_session(self) -> Option<AnsweredSession> {
        match self.phase {
            Phase::Unusable(_) => None,
            Phase::AwaitHello { .. }
            | Phase::AwaitAnswer { .. }
            | Phase::Pause { .. }
            | Phase::AfterBolt { .. }
            | Phase::Delivering => {
                Some(AnsweredSession { records: self.records?, reassembler: self.reassembler })
            }
        }
    }

    /// The message that this frame completes.
    pub(crate) fn receive(&mut self, frame: &[u8]) -> Option<Message> {
        self.reassembler.receive(frame, |message_type| match message_type {
            MessageType::Hello | MessageType::FastAnswer => Some(19),
            MessageType::FullAnswer => Some(FULL_ANSWER),
            MessageType::Record => Some(limits::RECORD_MESSAGE),
            MessageType::NotAccepted => Some(1),
            MessageType::HelloRequest
            | MessageType::FullRequest
            | MessageType::FastRequest
            | MessageType::ClaimRequest
            | MessageType::ClaimAnswer => None,
        })
    }

    /// Takes a hello of the wanted door; it voids the one before.
    pub(crate) fn take_hello(&mut self, live: LiveHello) {
        self.hellos = self.hellos.saturating_add(1);
        self.hello = Some(live);
    }

    /// Whether the door has pushed a hello that was not received, so that the one at hand may be void. Believed once.
    pub(crate) const fn doubts_its_hello(&mut self) -> bool {
        let doubts = !self.doubted && self.hellos < 1 + self.hello_requests;
        self.doubted |= doubts;
        doubts
    }

    /// Asks the door for a new hello, or gives the connection up.
    pub(crate) fn ask_for_hello(&mut self, now: Millis) {
        let silent = self.hellos == 0 && self.hello_requests >= SILENT_HELLO_REQUESTS;
        let request = Fragmenter::new(MessageType::HelloRequest, Vec::new());
        let (false, true, Ok(fragmenter)) = (silent, self.hello_requests < HELLO_REQUESTS, request) else {
            self.phase = Phase::Unusable(HangUp::Silent);
            return;
        };
        // A queue that swallowed one write command may swallow the next; the second one is answered by the peer's stack.
        let kind =
            if self.hello_requests == 0 { WriteKind::WithoutResponse } else { WriteKind::WithResponse };
        self.hello_requests += 1;
        self.delivery = None;
        self.outgoing = Some(Outgoing { fragmenter, frame: None, request: None, kind });
        self.phase = Phase::AwaitHello { ask_at: now.plus(HELLO_REQUEST_INTERVAL_MS) };
    }

    /// Begins to write a request in answer to a hello received at `hello`, in place of whatever is being written.
    pub(crate) fn send(&mut self, fragmenter: Fragmenter<Vec<u8>>, request: Request, hello: Millis) {
        let kind = if self.requests == 0 { WriteKind::WithoutResponse } else { WriteKind::WithResponse };
        self.requests = self.requests.saturating_add(1);
        self.records = None;
        self.outgoing = Some(Outgoing { fragmenter, frame: None, request: Some((request, hello)), kind });
    }

    /// Writes nothing more.
    pub(crate) fn stop_sending(&mut self) {
        self.outgoing = None;
    }

    pub(crate) const fn is_sending(&self) -> bool {
        self.outgoing.is_some()
    }

    /// The frame to write now, if any.
    pub(crate) fn next_write(&mut self, mtu: AttMtu) -> Option<Step> {
        let outgoing = self.outgoing.as_mut()?;
        if outgoing.frame.is_none() {
            outgoing.frame = outgoing.fragmenter.next_frame(mtu);
        }
        let frame = outgoing.frame.clone()?;
        Some(Step::Write { frame, kind: outgoing.kind })
    }

    /// The platform took the frame. If it was the last of a request, gives its hello and when that was received.
    pub(crate) fn frame_taken(&mut self) -> Option<(Hello, Millis)> {
        let outgoing = self.outgoing.as_mut()?;
        outgoing.frame = None;
        if !outgoing.fragmenter.is_finished() {
            return None;
        }
        let (request, received) = self.outgoing.take()?.request?;
        let hello = request.hello;
        self.outstanding.push_back(request);
        Some((hello, received))
    }

    /// What the ledger says of the request whose last frame was taken.
    pub(crate) fn departed(&mut self, departure: Departure) {
        if let Some(request) = self.outstanding.back_mut() {
            request.departure = departure;
        }
    }

    /// The newest request that left is the one that waits longest for its answer.
    pub(crate) fn newest_is_full(&self) -> bool {
        self.outstanding.back().is_some_and(Request::is_full)
    }

    /// Reads an answer against the requests that left, the oldest first: the door answers in order.
    pub(crate) fn read_answer(&mut self, message: &Message) -> Option<Answered> {
        let mut answered = None;
        let mut waiting = VecDeque::new();
        for request in self.outstanding.drain(..) {
            if answered.is_some() || !request.is_answered_by(message.message_type) {
                waiting.push_back(request);
                continue;
            }
            match request.read(message) {
                // Those before it will not be answered any more.
                Reading::Answered(read) => {
                    waiting.clear();
                    answered = Some(read);
                }
                Reading::NotItsAnswer(request) => waiting.push_back(request),
                Reading::HandshakeOver => {}
            }
        }
        self.outstanding = waiting;
        answered
    }

    /// The request that an unproven "not accepted" is about: the oldest one.
    pub(crate) fn take_refused(&mut self) -> Option<Request> {
        self.outstanding.pop_front()
    }
}
