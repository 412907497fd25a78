//! Messages out of a stream of bytes, in whatever pieces it comes.

use alloc::vec::Vec;

use crate::message::{FRAME, HEAD, Malformed, Message};

/// Longest message in bytes, its length included.
const LONGEST: usize = 2 + HEAD + FRAME;

/// What has come of the message that is not whole yet: at most 517 bytes, and the last piece behind it.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
}

impl Decoder {
    /// At the beginning of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Takes a piece of the stream.
    pub fn take(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// The next whole message; `None`: more has to come.
    ///
    /// # Errors
    ///
    /// [`Malformed`]: the stream is of no use any more.
    pub fn message<M: Message>(&mut self) -> Result<Option<M>, Malformed> {
        let Some((length, rest)) = self.bytes.split_first_chunk::<2>() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes(*length));
        if length < HEAD || 2 + length > LONGEST {
            return Err(Malformed);
        }
        let Some(message) = rest.get(..length) else { return Ok(None) };
        let [kind, high, low, body @ ..] = message else { return Err(Malformed) };
        let message = M::from_parts(*kind, u16::from_be_bytes([*high, *low]), body)?;
        self.bytes.drain(..2 + length);
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::message::{Broadcast, ToDoor, ToPhones};

    fn to_door() -> Vec<ToDoor> {
        vec![
            ToDoor::Connected(1),
            ToDoor::Mtu(1, 517),
            ToDoor::Subscribed(1),
            ToDoor::Written(1, vec![7; FRAME]),
            ToDoor::Sent(1),
            ToDoor::Disconnected(0xfffe),
        ]
    }

    #[test]
    fn messages_come_out_as_they_went_in_whatever_the_pieces() {
        let stream: Vec<u8> = to_door().iter().flat_map(Message::to_bytes).collect();
        for piece in [1, 2, 3, 5, 100, stream.len()] {
            let (mut decoder, mut messages) = (Decoder::new(), Vec::new());
            for bytes in stream.chunks(piece) {
                decoder.take(bytes);
                while let Some(message) = decoder.message::<ToDoor>().unwrap() {
                    messages.push(message);
                }
            }
            assert_eq!(messages, to_door());
        }
    }

    #[test]
    fn what_a_door_asks_for_survives_the_way() {
        for flags in 0..4 {
            let asked = [
                ToPhones::Advertise(Broadcast {
                    new_address: flags & 1 != 0,
                    fast: flags & 2 != 0,
                    service_data: [9; 13],
                }),
                ToPhones::Notify(3, vec![1]),
                ToPhones::Disconnect(3),
            ];
            let mut decoder = Decoder::new();
            for message in &asked {
                decoder.take(&message.to_bytes());
                assert_eq!(decoder.message::<ToPhones>().unwrap().as_ref(), Some(message));
            }
        }
    }

    #[test]
    fn what_is_no_message_ends_the_stream() {
        let streams: [&[u8]; 6] = [
            &[0, 0],                // shorter than a head
            &[0, 2, 1, 0],          // the same
            &[0xff, 0xff],          // longer than any
            &[0, 3, 0x81, 0, 0],    // of the other direction
            &[0, 3, 0x05, 0, 1],    // a frame of nothing
            &[0, 4, 0x01, 0, 1, 9], // a body where there is none
        ];
        for stream in streams {
            let mut decoder = Decoder::new();
            decoder.take(stream);
            assert_eq!(decoder.message::<ToDoor>(), Err(Malformed), "{stream:?}");
        }
    }
}
