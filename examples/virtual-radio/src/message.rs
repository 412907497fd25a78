//! The messages and their bytes.

use alloc::vec::Vec;
use core::fmt;

/// Longest frame in bytes: the longest value of an attribute.
pub(crate) const FRAME: usize = 512;
/// Bytes of kind and connection.
pub(crate) const HEAD: usize = 3;
/// Length of the service data (spec §4.2).
const SERVICE_DATA: usize = 13;

/// A message of either direction.
pub trait Message: Sized {
    /// Kind, connection and body.
    fn parts(&self) -> (u8, u16, Vec<u8>);

    /// From kind, connection and body.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for a kind of the other direction, an unknown one, or a body that the kind does not have.
    fn from_parts(kind: u8, connection: u16, body: &[u8]) -> Result<Self, Malformed>;

    /// For the stream.
    fn to_bytes(&self) -> Vec<u8> {
        let (kind, connection, body) = self.parts();
        // Bodies are bounded by their types' constructors and by the engine's frames.
        let length = u16::try_from(HEAD + body.len()).unwrap_or(u16::MAX);
        let mut bytes = Vec::with_capacity(2 + HEAD + body.len());
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.push(kind);
        bytes.extend_from_slice(&connection.to_be_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }
}

/// What the radio tells the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToDoor {
    /// A phone connected.
    Connected(u16),
    /// A connection ended.
    Disconnected(u16),
    /// A phone subscribed to `tx`.
    Subscribed(u16),
    /// The ATT MTU of a connection.
    Mtu(u16, u16),
    /// A frame was written to `rx`.
    Written(u16, Vec<u8>),
    /// A notification left.
    Sent(u16),
}

/// What the door asks of the radio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToPhones {
    /// Advertise this from now on.
    Advertise(Broadcast),
    /// Notify a frame on `tx`.
    Notify(u16, Vec<u8>),
    /// End a connection.
    Disconnect(u16),
}

/// What is advertised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// Under a new radio address.
    pub new_address: bool,
    /// Every 20 ms instead of at the door's own pace.
    pub fast: bool,
    /// Service data of the scan response (spec §4.2).
    pub service_data: [u8; SERVICE_DATA],
}

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not a message of the virtual radio: is something else at the other end?")
    }
}

impl core::error::Error for Malformed {}

impl Message for ToDoor {
    fn parts(&self) -> (u8, u16, Vec<u8>) {
        match self {
            Self::Connected(connection) => (0x01, *connection, Vec::new()),
            Self::Disconnected(connection) => (0x02, *connection, Vec::new()),
            Self::Subscribed(connection) => (0x03, *connection, Vec::new()),
            Self::Mtu(connection, mtu) => (0x04, *connection, mtu.to_be_bytes().to_vec()),
            Self::Written(connection, frame) => (0x05, *connection, frame.clone()),
            Self::Sent(connection) => (0x06, *connection, Vec::new()),
        }
    }

    fn from_parts(kind: u8, connection: u16, body: &[u8]) -> Result<Self, Malformed> {
        match (kind, body) {
            (0x01, []) => Ok(Self::Connected(connection)),
            (0x02, []) => Ok(Self::Disconnected(connection)),
            (0x03, []) => Ok(Self::Subscribed(connection)),
            (0x04, [high, low]) => Ok(Self::Mtu(connection, u16::from_be_bytes([*high, *low]))),
            (0x05, frame) if is_frame(frame) => Ok(Self::Written(connection, frame.to_vec())),
            (0x06, []) => Ok(Self::Sent(connection)),
            _ => Err(Malformed),
        }
    }
}

impl Message for ToPhones {
    fn parts(&self) -> (u8, u16, Vec<u8>) {
        match self {
            Self::Advertise(Broadcast { new_address, fast, service_data }) => {
                let flags = u8::from(*new_address) | u8::from(*fast) << 1;
                let body = core::iter::once(flags).chain(*service_data).collect();
                (0x81, 0, body)
            }
            Self::Notify(connection, frame) => (0x82, *connection, frame.clone()),
            Self::Disconnect(connection) => (0x83, *connection, Vec::new()),
        }
    }

    fn from_parts(kind: u8, connection: u16, body: &[u8]) -> Result<Self, Malformed> {
        match (kind, body) {
            (0x81, [flags, service_data @ ..]) if *flags < 4 => {
                let service_data = service_data.try_into().map_err(|_| Malformed)?;
                let broadcast = Broadcast { new_address: flags & 1 != 0, fast: flags & 2 != 0, service_data };
                Ok(Self::Advertise(broadcast))
            }
            (0x82, frame) if is_frame(frame) => Ok(Self::Notify(connection, frame.to_vec())),
            (0x83, []) => Ok(Self::Disconnect(connection)),
            _ => Err(Malformed),
        }
    }
}

const fn is_frame(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.len() <= FRAME
}
