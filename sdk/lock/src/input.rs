//! What the radio adapter tells the engine.

use thumbturn_protocol::frame::AttMtu;

/// One radio connection. Chosen by the adapter; may be reused after the connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u32);

/// Something that happened on the radio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// A phone connected.
    Connected(ConnectionId),
    /// A connection ended, whoever ended it.
    Disconnected(ConnectionId),
    /// A phone subscribed to `tx`.
    Subscribed(ConnectionId),
    /// The ATT MTU of a connection changed.
    MtuChanged(ConnectionId, AttMtu),
    /// A value was written to `rx`: one frame, of any content.
    Received(ConnectionId, &'a [u8]),
    /// A notification left the adapter: there is room for another one.
    Writable(ConnectionId),
}
