//! Messages to frames and back (spec §4.3, §4.4).
//!
//! Every value written to `rx` or notified on `tx` is one frame: a header byte and payload. [`Fragmenter`] cuts a message
//! to whatever the connection's ATT MTU allows, [`Reassembler`] puts frames together again. Neither answers, waits or
//! trusts: a lost frame shows as a missing message, and the sender's timeout deals with it.
//!
//! ```
//! use thumbturn_protocol::frame::{AttMtu, Fragmenter, MessageType, Reassembler};
//! use thumbturn_protocol::limits::UNAUTHENTICATED_MESSAGE;
//!
//! let mut fragmenter = Fragmenter::new(MessageType::FullRequest, vec![7; 300]).unwrap();
//! let mut reassembler = Reassembler::new();
//! let mut received = None;
//! while let Some(frame) = fragmenter.next_frame(AttMtu::MINIMUM) {
//!     assert!(frame.len() <= AttMtu::MINIMUM.frame_capacity());
//!     received = reassembler.receive(&frame, |_| Some(UNAUTHENTICATED_MESSAGE));
//! }
//! assert_eq!(received.unwrap().payload, vec![7; 300]);
//! ```

mod fragmenter;
mod header;
mod reassembler;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use alloc::vec::Vec;
use core::fmt;

pub use self::fragmenter::Fragmenter;
pub use self::reassembler::Reassembler;

/// Longest attribute value, and so longest frame, in bytes (Bluetooth Core 5.4 Vol 3 Part F 3.2.9).
const ATTRIBUTE_VALUE: u16 = 512;
/// What ATT itself takes of each packet: opcode and handle.
const ATT_OVERHEAD: u16 = 3;

/// What a message is (spec §4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageType {
    /// 01, door → phone: pushed on subscription (spec §4.5).
    Hello,
    /// 02, phone → door: asks for a new hello (spec §4.5).
    HelloRequest,
    /// 03, phone → door: gate and Noise message 1 (spec §5).
    FullRequest,
    /// 04, door → phone: Noise message 2 (spec §5).
    FullAnswer,
    /// 05, phone → door: the request of a ticket holder (spec §6).
    FastRequest,
    /// 06, door → phone: the answer to it (spec §6).
    FastAnswer,
    /// 07, both directions: a sealed record after the answer (spec §7).
    Record,
    /// 08, phone → factory-fresh door: gate and Noise message 1 (spec §9).
    ClaimRequest,
    /// 09, door → phone: Noise message 2 (spec §9).
    ClaimAnswer,
    /// 0a, door → phone: why nothing follows; not authenticated (spec §4.6).
    NotAccepted,
}

impl MessageType {
    /// All types, by code.
    pub const ALL: [Self; 10] = [
        Self::Hello,
        Self::HelloRequest,
        Self::FullRequest,
        Self::FullAnswer,
        Self::FastRequest,
        Self::FastAnswer,
        Self::Record,
        Self::ClaimRequest,
        Self::ClaimAnswer,
        Self::NotAccepted,
    ];

    /// The type with this code, if there is one.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0x01 => Self::Hello,
            0x02 => Self::HelloRequest,
            0x03 => Self::FullRequest,
            0x04 => Self::FullAnswer,
            0x05 => Self::FastRequest,
            0x06 => Self::FastAnswer,
            0x07 => Self::Record,
            0x08 => Self::ClaimRequest,
            0x09 => Self::ClaimAnswer,
            0x0a => Self::NotAccepted,
            _ => return None,
        })
    }

    /// The code in the header of a first frame, 01…0a.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Hello => 0x01,
            Self::HelloRequest => 0x02,
            Self::FullRequest => 0x03,
            Self::FullAnswer => 0x04,
            Self::FastRequest => 0x05,
            Self::FastAnswer => 0x06,
            Self::Record => 0x07,
            Self::ClaimRequest => 0x08,
            Self::ClaimAnswer => 0x09,
            Self::NotAccepted => 0x0a,
        }
    }

    /// The header byte of a message of this type that fits one frame, as it enters transcripts: c1 for a hello.
    #[must_use]
    pub const fn single_frame_header(self) -> u8 {
        header::FIRST | header::LAST | self.code()
    }
}

/// A whole message, as received. Nothing of it is authenticated.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// What it claims to be.
    pub message_type: MessageType,
    /// Its bytes, at most 1,536.
    pub payload: Vec<u8>,
}

/// Type and length: payloads do not belong into logs.
impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}({} bytes)", self.message_type, self.payload.len())
    }
}

/// The ATT MTU of a connection, 23…517 bytes (spec §4.1). It may rise while a message is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttMtu(u16);

impl AttMtu {
    /// The largest that helps: an attribute value has at most 512 bytes.
    pub const MAXIMUM: Self = Self(517);
    /// What every connection begins with.
    pub const MINIMUM: Self = Self(23);

    /// `None` outside 23…517.
    #[must_use]
    pub const fn new(bytes: u16) -> Option<Self> {
        if bytes < Self::MINIMUM.0 || bytes > Self::MAXIMUM.0 { None } else { Some(Self(bytes)) }
    }

    /// The nearest within 23…517, for platforms that report what they like.
    #[must_use]
    pub const fn clamped(bytes: u16) -> Self {
        match Self::new(bytes) {
            Some(mtu) => mtu,
            None if bytes < Self::MINIMUM.0 => Self::MINIMUM,
            None => Self::MAXIMUM,
        }
    }

    /// The MTU in bytes.
    #[must_use]
    pub const fn bytes(self) -> u16 {
        self.0
    }

    /// Most bytes of a frame, header included: `min(MTU − 3, 512)`, so 20…512.
    #[must_use]
    pub fn frame_capacity(self) -> usize {
        usize::from((self.0 - ATT_OVERHEAD).min(ATTRIBUTE_VALUE))
    }
}

impl Default for AttMtu {
    fn default() -> Self {
        Self::MINIMUM
    }
}
