//! What a door said.

use core::fmt;

use thumbturn_protocol::frame::{Message, MessageType};

use super::case::Deviation;

/// What a door said, or did not say.
#[derive(Debug)]
pub(super) enum Heard {
    /// A whole message.
    Message(Message),
    /// It ended the connection.
    End,
    /// Nothing.
    Nothing,
}

/// *Not accepted*, by its one byte (§4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(u8);

impl Refusal {
    /// Nobody whom the door knows.
    pub(super) const NOT_RECOGNISED: Self = Self(1);
    /// Too many handshakes.
    pub(super) const BUSY: Self = Self(2);
    /// No hello is live.
    pub(super) const STALE: Self = Self(3);
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "not accepted {:02x}", self.0)
    }
}

impl Heard {
    /// The payload of a message of this type, if it is one.
    pub(super) fn payload_of(self, message_type: MessageType) -> Result<Vec<u8>, Deviation> {
        match self {
            Self::Message(message) if message.message_type == message_type => Ok(message.payload),
            other => Err(other.instead_of(format!("{message_type:?}"))),
        }
    }

    /// *Not accepted*, if it is that.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let Self::Message(Message { message_type: MessageType::NotAccepted, payload }) = self else {
            return None;
        };
        let [code] = payload.as_slice() else { return None };
        Some(Refusal(*code))
    }

    /// A deviation: something else was expected. An end may be the radio's doing.
    pub(super) fn instead_of(&self, expected: impl Into<String>) -> Deviation {
        Deviation { is_of_link: matches!(self, Self::End), ..Deviation::new(expected, self.to_string()) }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.refusal()) {
            (_, Some(refusal)) => refusal.fmt(formatter),
            (Self::Message(message), None) => write!(formatter, "{message:?}"),
            (Self::End, None) => formatter.write_str("the end of the connection"),
            (Self::Nothing, None) => formatter.write_str("nothing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(message_type: MessageType, payload: &[u8]) -> Heard {
        Heard::Message(Message { message_type, payload: payload.to_vec() })
    }

    #[test]
    fn a_refusal_is_one_byte_of_its_own_type() {
        let busy = message(MessageType::NotAccepted, &[2]);
        assert_eq!((busy.refusal(), busy.to_string()), (Some(Refusal::BUSY), "not accepted 02".to_owned()));
        assert_eq!(message(MessageType::NotAccepted, &[2, 2]).refusal(), None);
        assert_eq!(message(MessageType::Record, &[2]).refusal(), None);
    }

    #[test]
    fn an_end_may_be_the_radios_and_a_wrong_message_is_the_doors() {
        assert!(Heard::End.payload_of(MessageType::Hello).unwrap_err().is_of_link);
        let wrong = message(MessageType::Record, &[7]).payload_of(MessageType::Hello);
        assert!(!wrong.unwrap_err().is_of_link);
    }
}
