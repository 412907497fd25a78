//! One message into frames.

use alloc::vec::Vec;
use core::fmt;

use super::header::{Ends, Header, Index};
use super::{AttMtu, MessageType};
use crate::error::Error;
use crate::limits::RECORD_MESSAGE;

/// Cuts one message into frames, each as long as the connection's ATT MTU allows at that moment.
///
/// Owns its payload or borrows it, as `P` does.
#[derive(Clone)]
pub struct Fragmenter<P> {
    message_type: MessageType,
    payload: P,
    /// Bytes of the payload that are in frames already.
    taken: usize,
    /// Of the next frame; none before the first.
    index: Option<Index>,
}

impl<P: AsRef<[u8]>> Fragmenter<P> {
    /// Begins a message with this payload.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] above 1,536 bytes: every receiver would drop the message.
    pub fn new(message_type: MessageType, payload: P) -> Result<Self, Error> {
        if payload.as_ref().len() > RECORD_MESSAGE {
            return Err(Error::InvalidArgument("a message above 1,536 bytes"));
        }
        Ok(Self { message_type, payload, taken: 0, index: None })
    }

    /// The type of the message.
    pub const fn message_type(&self) -> MessageType {
        self.message_type
    }

    /// Whether all frames were taken.
    pub fn is_finished(&self) -> bool {
        self.index.is_some() && self.rest().is_empty()
    }

    /// The next frame, at most [`AttMtu::frame_capacity`] long; `None` after the last.
    pub fn next_frame(&mut self, mtu: AttMtu) -> Option<Vec<u8>> {
        if self.is_finished() {
            return None;
        }
        let length = self.rest().len().min(mtu.frame_capacity().saturating_sub(1));
        let payload = self.rest().get(..length)?;
        let ends = if length == self.rest().len() { Ends::Message } else { Ends::FrameOnly };
        let mut frame = Vec::with_capacity(1 + length);
        frame.push(self.header(ends).byte());
        frame.extend_from_slice(payload);

        self.taken += length;
        self.index = Some(self.index.map_or(Index::SECOND, Index::next));
        Some(frame)
    }

    fn rest(&self) -> &[u8] {
        self.payload.as_ref().get(self.taken..).unwrap_or_default()
    }

    const fn header(&self, ends: Ends) -> Header {
        match self.index {
            None => Header::First { code: self.message_type.code(), ends },
            Some(index) => Header::Later { index, ends },
        }
    }
}

/// Type and progress: payloads do not belong into logs.
impl<P: AsRef<[u8]>> fmt::Debug for Fragmenter<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.payload.as_ref().len();
        write!(formatter, "{:?}({} of {length} bytes taken)", self.message_type, self.taken)
    }
}
