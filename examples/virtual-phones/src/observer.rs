//! Who wants to know what happens on a phone's radio.

use crate::error::PipeError;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A scan began.
    ScanStarted,
    /// The door was heard.
    Heard,
    /// A connection was asked for.
    ConnectStarted,
    /// The connection stands.
    Connected,
    /// The subscription was asked for.
    SubscribeStarted,
    /// Subscribed to `tx`.
    Subscribed,
    /// A frame came.
    Received {
        /// Its first byte.
        header: u8,
        /// Its length.
        bytes: usize,
    },
    /// A frame is being handed to the pipe.
    Written {
        /// Its first byte.
        header: u8,
        /// Its length.
        bytes: usize,
    },
    /// The connection ended.
    Disconnected,
}

/// Is told at once, and must not wait.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn saw(&self, what: Seen);

    /// Something went wrong.
    fn failed(&self, error: PipeError);
}

/// Nobody wants to know.
impl Observer for () {
    fn saw(&self, _: Seen) {}

    fn failed(&self, _: PipeError) {}
}
