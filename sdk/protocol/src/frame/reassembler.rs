//! Frames into messages, from a peer that nobody has authenticated yet.

use alloc::vec::Vec;
use core::fmt;

use super::header::{Ends, Header, Index};
use super::{Message, MessageType};
use crate::limits::RECORD_MESSAGE;

/// Puts the frames of one direction of one connection together, by the receiver's rules of spec §4.3.
///
/// Holds at most one unfinished message of at most 1,536 bytes, and nothing while none is begun. A peer that sends less
/// than a whole message holds that memory until its connection ends or it begins another message.
#[derive(Default)]
pub struct Reassembler {
    unfinished: Option<Unfinished>,
}

impl Reassembler {
    /// For a new connection.
    #[must_use]
    pub const fn new() -> Self {
        Self { unfinished: None }
    }

    /// Takes one frame and returns the message that it completes.
    ///
    /// `limit` is asked at each first frame of a known type: how many bytes of payload a message of that type may have in
    /// the present state of the session (never more than 1,536 are taken), or `None` if such a message is not awaited.
    /// What breaks a rule is dropped in silence; the next first frame begins anew.
    pub fn receive(
        &mut self,
        frame: &[u8],
        limit: impl FnOnce(MessageType) -> Option<usize>,
    ) -> Option<Message> {
        let (header, payload) = frame.split_first()?;
        match Header::from_byte(*header) {
            Header::First { code, ends } => {
                self.unfinished = None;
                let message_type = MessageType::from_code(code)?;
                let begun = Unfinished::new(message_type, limit(message_type)?);
                self.extend(begun, payload, ends)
            }
            // Ignored without a trace: it says nothing about the frames before it.
            Header::Later { .. } if payload.is_empty() => None,
            Header::Later { index, ends } => {
                let unfinished = self.unfinished.take()?;
                if index != unfinished.next_index {
                    return None;
                }
                self.extend(unfinished.at_next_index(), payload, ends)
            }
        }
    }

    /// Forgets the unfinished message, if there is one.
    pub fn clear(&mut self) {
        self.unfinished = None;
    }

    /// Bytes of memory held for an unfinished message, at most 1,536.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.unfinished.as_ref().map_or(0, |unfinished| unfinished.payload.capacity())
    }

    fn extend(&mut self, mut message: Unfinished, payload: &[u8], ends: Ends) -> Option<Message> {
        message.append(payload)?;
        match ends {
            Ends::Message => Some(Message { message_type: message.message_type, payload: message.payload }),
            Ends::FrameOnly => {
                self.unfinished = Some(message);
                None
            }
        }
    }
}

/// What is held, not what it says.
impl fmt::Debug for Reassembler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Reassembler({} bytes)", self.memory())
    }
}

/// A message whose last frame has not come yet.
struct Unfinished {
    message_type: MessageType,
    limit: usize,
    next_index: Index,
    payload: Vec<u8>,
}

impl Unfinished {
    fn new(message_type: MessageType, limit: usize) -> Self {
        let limit = limit.min(RECORD_MESSAGE);
        Self { message_type, limit, next_index: Index::SECOND, payload: Vec::new() }
    }

    fn at_next_index(mut self) -> Self {
        self.next_index = self.next_index.next();
        self
    }

    /// `None` when the message would grow beyond its limit, or there is no memory for it.
    fn append(&mut self, payload: &[u8]) -> Option<()> {
        let length = self.payload.len().checked_add(payload.len())?;
        if length > self.limit {
            return None;
        }
        if length > self.payload.capacity() {
            // Doubling keeps the copying linear; the limit keeps the doubling from taking more than the message may.
            let capacity = self.payload.capacity().saturating_mul(2).min(self.limit).max(length);
            self.payload.try_reserve_exact(capacity - self.payload.len()).ok()?;
        }
        self.payload.extend_from_slice(payload);
        Some(())
    }
}
