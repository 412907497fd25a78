//! Tickets and operation ids, as names: equal names are equal secrets.

use core::fmt;

/// A ticket: its chain (one for each full handshake) and its place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a plain value of a model, made and matched by tests")]
pub struct Ticket {
    /// Which full handshake began the chain.
    pub chain: u8,
    /// How many ratchet steps lie behind it.
    pub place: u8,
}

/// What an operation id is derived from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a plain value of a model, made and matched by tests")]
pub enum Operation {
    /// No operation.
    #[default]
    None,
    /// `KDF(ticket, press)`, §6.2.
    Pressed {
        /// The ticket.
        ticket: Ticket,
        /// The press under it, from 1.
        press: u8,
    },
    /// 8 random bytes, §8.1.
    Random {
        /// The intent that they were drawn for.
        intent: u8,
        /// 0, or the number of the try where each try draws its own (a broken rule).
        draw: u8,
    },
}

impl Operation {
    /// The ticket that the id is derived from, if it is.
    pub const fn ticket(self) -> Option<Ticket> {
        match self {
            Self::Pressed { ticket, .. } => Some(ticket),
            Self::None | Self::Random { .. } => None,
        }
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.chain, self.place)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::Pressed { ticket, press } => write!(formatter, "(ticket {ticket}, press {press})"),
            Self::Random { intent, draw: 0 } => write!(formatter, "(random, intent {intent})"),
            Self::Random { intent, draw } => write!(formatter, "(random, intent {intent}, draw {draw})"),
        }
    }
}
