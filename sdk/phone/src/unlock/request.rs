//! A request that left (or is leaving) and may still be answered.

use thumbturn_protocol::answer::Answer;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::{Message, MessageType};
use thumbturn_protocol::full::Initiator;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::DoorKeyId;
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::ticket::{FastAnswer, FastRequest, Ticket};

use crate::unlock::progress::UnlockPath;
use crate::wallet::pass::Fingerprint;
use crate::wallet::reservation::TicketChange;

/// One request, with what it takes to read its answer.
pub(crate) struct Request {
    pub(crate) hello: Hello,
    pub(crate) attempt: u8,
    pub(crate) exchange: Exchange,
}

/// The two paths.
pub(crate) enum Exchange {
    Fast { ticket: Ticket, request: FastRequest },
    Full { initiator: Initiator, door_key: DoorKeyId, made_from: Fingerprint },
}

/// An authentic answer.
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) session: SessionSecret,
    pub(crate) path: UnlockPath,
    pub(crate) attempt: u8,
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

    /// Reads the answer. A handshake that fails is over; a fast request may be answered by the next message.
    pub(crate) fn read(self, message: &Message) -> Result<Answered, (Error, Option<Self>)> {
        let Self { hello, attempt, exchange } = self;
        match exchange {
            Exchange::Fast { ticket, request } => {
                let read = FastAnswer::parse(&message.payload)
                    .and_then(|answer| ticket.read_answer(&hello, &request, &answer));
                match read {
                    Ok((answer, session)) => {
                        let change = if answer.ticket { TicketChange::Advance } else { TicketChange::Keep };
                        Ok(Answered { answer, session, path: UnlockPath::Fast, attempt, change })
                    }
                    Err(error) => {
                        let again = Self { hello, attempt, exchange: Exchange::Fast { ticket, request } };
                        Err((error, Some(again)))
                    }
                }
            }
            Exchange::Full { initiator, door_key, made_from } => {
                let (answer, session) = initiator.finish(&message.payload).map_err(|error| (error, None))?;
                let change = if answer.ticket {
                    TicketChange::Start { ticket: Ticket::first(&session), door_key, made_from }
                } else {
                    TicketChange::Drop
                };
                Ok(Answered { answer, session, path: UnlockPath::Full, attempt, change })
            }
        }
    }
}
