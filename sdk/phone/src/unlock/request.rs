//! A request that left (or is leaving) and may still be answered.

use thumbturn_protocol::answer::Answer;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::{Message, MessageType};
use thumbturn_protocol::full::Initiator;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::DoorKeyId;
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::ticket::{FastAnswer, FastRequest, Ticket};

use crate::unlock::ledger::Departure;
use crate::unlock::progress::UnlockPath;
use crate::wallet::pass::Fingerprint;
use crate::wallet::reservation::TicketChange;

/// One request, with what it takes to read its answer.
pub(crate) struct Request {
    pub(crate) hello: Hello,
    pub(crate) attempt: u8,
    pub(crate) departure: Departure,
    pub(crate) exchange: Exchange,
}

/// The two paths.
pub(crate) enum Exchange {
    Fast { ticket: Ticket, request: FastRequest },
    Full { initiator: Box<Initiator>, door_key: DoorKeyId, made_from: Fingerprint },
}

/// What a message was to a request.
pub(crate) enum Reading {
    /// Its answer.
    Answered(Answered),
    /// Not its answer; the request still waits.
    NotItsAnswer(Request),
    /// Not its answer, and the handshake is over: a failed one is never used again.
    HandshakeOver,
}

/// An authentic answer.
pub(crate) struct Answered {
    /// The hello of the request that it answers.
    pub(crate) hello: Hello,
    pub(crate) attempt: u8,
    pub(crate) departure: Departure,
    pub(crate) content: Content,
}

/// What the door said, and what follows from it.
pub(crate) struct Content {
    pub(crate) answer: Answer,
    pub(crate) session: SessionSecret,
    pub(crate) path: UnlockPath,
    pub(crate) change: TicketChange,
}

impl Request {
    pub(crate) const fn is_full(&self) -> bool {
        matches!(self.exchange, Exchange::Full { .. })
    }

    /// Whether a message of this type answers it.
    pub(crate) const fn is_answered_by(&self, message_type: MessageType) -> bool {
        match self.exchange {
            Exchange::Fast { .. } => matches!(message_type, MessageType::FastAnswer),
            Exchange::Full { .. } => matches!(message_type, MessageType::FullAnswer),
        }
    }

    /// Reads a message that [`Request::is_answered_by`] admits.
    pub(crate) fn read(self, message: &Message) -> Reading {
        let Self { hello, attempt, departure, exchange } = self;
        let content = match exchange {
            Exchange::Fast { ticket, request } => {
                let Ok(content) = read_fast(&hello, &ticket, &request, &message.payload) else {
                    let exchange = Exchange::Fast { ticket, request };
                    return Reading::NotItsAnswer(Self { hello, attempt, departure, exchange });
                };
                content
            }
            Exchange::Full { initiator, door_key, made_from } => {
                let Ok(content) = read_full(*initiator, door_key, made_from, &message.payload) else {
                    return Reading::HandshakeOver;
                };
                content
            }
        };
        Reading::Answered(Answered { hello, attempt, departure, content })
    }
}

fn read_fast(
    hello: &Hello,
    ticket: &Ticket,
    request: &FastRequest,
    payload: &[u8],
) -> Result<Content, Error> {
    let answer = FastAnswer::parse(payload)?;
    let (answer, session) = ticket.open().read_answer(hello, request, &answer)?;
    let change = if answer.ticket { TicketChange::Advance } else { TicketChange::Keep };
    Ok(Content { answer, session, path: UnlockPath::Fast, change })
}

fn read_full(
    initiator: Initiator,
    door_key: DoorKeyId,
    made_from: Fingerprint,
    payload: &[u8],
) -> Result<Content, Error> {
    let (answer, session) = initiator.finish(payload)?;
    let change = if answer.ticket {
        TicketChange::Start { ticket: Ticket::first(&session), door_key, made_from }
    } else {
        TicketChange::Drop
    };
    Ok(Content { answer, session, path: UnlockPath::Full, change })
}
