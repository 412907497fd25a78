//! What can go wrong with a pipe.

use thumbturn_phone::link::LinkError;

/// A failure of the virtual radio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PipeError {
    /// The door's end of the pipe has gone.
    #[error("the virtual radio has ended")]
    Ended,
    /// What came is no message: something else is at the other end.
    #[error("what came over the virtual radio is no message of it")]
    Malformed,
    /// The door has another address by now.
    #[error("no door has this address any more")]
    UnknownPeer,
    /// There is no such connection, or it has ended.
    #[error("the connection has ended")]
    NotConnected,
    /// Every number of a connection is in use.
    #[error("the virtual radio has no room for another connection")]
    TooManyConnections,
    /// A pipe carries no empty value.
    #[error("a byte pipe carries no empty value")]
    EmptyValue,
}

impl From<PipeError> for LinkError {
    fn from(error: PipeError) -> Self {
        match error {
            PipeError::Ended => Self::BluetoothOff,
            PipeError::UnknownPeer => Self::ConnectFailed { code: 1 },
            PipeError::NotConnected => Self::NotConnected,
            PipeError::Malformed => Self::Platform { code: 2 },
            PipeError::TooManyConnections => Self::Platform { code: 3 },
            PipeError::EmptyValue => Self::Platform { code: 4 },
        }
    }
}
