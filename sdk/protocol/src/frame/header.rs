//! The one byte before the payload of each frame.

/// Bit 7: the frame begins a message.
pub(super) const FIRST: u8 = 0x80;
/// Bit 6: the frame ends its message.
pub(super) const LAST: u8 = 0x40;
/// Bits 5–0: message type or index.
const VALUE: u8 = 0x3f;

/// What a header byte says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// Begins a message of the type with this code, known or not.
    First { code: u8, ends: Ends },
    /// Continues a message; the index is modulo 64.
    Later { index: Index, ends: Ends },
}

/// Whether a frame is the last of its message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Message,
    FrameOnly,
}

/// The place of a frame in its message, modulo 64; the first frame has 0.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Index(u8);

impl Index {
    /// Of the frame that follows the first.
    pub(super) const SECOND: Self = Self(1);

    pub(super) const fn next(self) -> Self {
        Self((self.0 + 1) & VALUE)
    }
}

impl Header {
    pub(super) const fn from_byte(byte: u8) -> Self {
        let ends = if byte & LAST == 0 { Ends::FrameOnly } else { Ends::Message };
        if byte & FIRST == 0 {
            Self::Later { index: Index(byte & VALUE), ends }
        } else {
            Self::First { code: byte & VALUE, ends }
        }
    }

    pub(super) const fn byte(self) -> u8 {
        let (kind, ends) = match self {
            Self::First { code, ends } => (FIRST | code & VALUE, ends),
            Self::Later { index, ends } => (index.0, ends),
        };
        match ends {
            Ends::Message => kind | LAST,
            Ends::FrameOnly => kind,
        }
    }
}
