//! The sealed channel that records travel in (spec §7.1).

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::Record;
use crate::codec;
use crate::crypto;
use crate::error::Error;
use crate::labels;
use crate::limits;
use crate::session::SessionSecret;

/// Which end of the session this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The phone, or the claimer.
    Phone,
    /// The door.
    Door,
}

/// Both directions of a session's records.
///
/// After any error the session is over: neither direction may be used again.
#[derive(Debug)]
pub struct Records {
    sending: Direction,
    receiving: Direction,
}

struct Direction {
    key: Zeroizing<[u8; 32]>,
    /// The next counter to send, or the lowest to accept; `None` when exhausted or failed.
    next: Option<u32>,
}

impl Records {
    /// The records of a session, as seen from `side`.
    #[must_use]
    pub fn new(session: &SessionSecret, side: Side) -> Self {
        let kdf = session.kdf();
        let to_door = Direction::new(kdf.derive(labels::RECORD_TO_DOOR, &[]));
        let to_phone = Direction::new(kdf.derive(labels::RECORD_TO_PHONE, &[]));
        match side {
            Side::Phone => Self { sending: to_door, receiving: to_phone },
            Side::Door => Self { sending: to_phone, receiving: to_door },
        }
    }

    /// Seals a record into the payload of a record message.
    pub fn seal(&mut self, record: &Record) -> Result<Vec<u8>, Error> {
        let counter = self.sending.next.ok_or(Error::Exhausted)?;
        self.sending.next = counter.checked_add(1);
        let mut body = codec::encode(record)?;
        crypto::seal(&self.sending.key, &nonce(counter), &counter.to_be_bytes(), &mut body)?;
        let payload = [counter.to_be_bytes().as_slice(), &body].concat();
        if payload.len() > limits::RECORD_MESSAGE {
            return Err(Error::InvalidArgument("record too long"));
        }
        Ok(payload)
    }

    /// Opens the payload of a record message. A counter that does not rise, and anything not authentic, ends the session.
    pub fn open(&mut self, payload: &[u8]) -> Result<Record, Error> {
        self.open_in_place(payload.to_vec())
    }

    /// The same where the payload lies, for a receiver that counts its bytes.
    pub fn open_in_place(&mut self, mut payload: Vec<u8>) -> Result<Record, Error> {
        // Failed before the fallible transition: whatever goes wrong, nothing more is accepted.
        let lowest = self.receiving.next.take().ok_or(Error::Exhausted)?;
        let counter = *payload.first_chunk::<4>().ok_or(Error::Malformed("record"))?;
        let number = u32::from_be_bytes(counter);
        if number < lowest {
            return Err(Error::NotAuthentic);
        }
        payload.drain(..counter.len());
        crypto::open_in_place(&self.receiving.key, &nonce(number), &counter, &mut payload)?;
        let record = codec::decode(&payload, limits::RECORD_MESSAGE, "record")?;
        self.receiving.next = number.checked_add(1);
        Ok(record)
    }
}

impl Direction {
    fn new(key: [u8; 32]) -> Self {
        Self { key: Zeroizing::new(key), next: Some(0) }
    }
}

/// The counter; the key is secret.
impl fmt::Debug for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Direction({:?})", self.next)
    }
}

fn nonce(counter: u32) -> [u8; 12] {
    let [a, b, c, d] = counter.to_be_bytes();
    [0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]
}
