//! The virtual radio, in the words of this program: its pipe, what its phones see, and what goes wrong with it.

use core::net::SocketAddr;
use std::io;
use std::sync::Arc;

use thumbturn_virtual_phones::{Observer, Pipe, PipeError, Seen};
use tokio::net::TcpStream;

use super::timeline::{Mark, Timeline};
use super::trouble::Trouble;

/// Connects to whatever serves the door at this address. `mtu` is what its phones ask for.
pub(super) async fn connect(address: SocketAddr, mtu: u16) -> Result<Arc<Pipe>, Trouble> {
    let refused =
        |error: io::Error| Trouble::PipeRefused { address: address.to_string(), detail: error.to_string() };
    let stream = TcpStream::connect(address).await.map_err(refused)?;
    Pipe::over(stream, mtu).map_err(refused)
}

impl Observer for Timeline {
    fn saw(&self, what: Seen) {
        self.mark(match what {
            Seen::ScanStarted => Mark::ScanStarted,
            Seen::Heard => Mark::Heard,
            Seen::ConnectStarted => Mark::ConnectStarted,
            Seen::Connected => {
                self.mark(Mark::LinkUp);
                // A pipe has no attribute table to discover.
                Mark::Discovered
            }
            Seen::SubscribeStarted => Mark::SubscribeStarted,
            Seen::Subscribed => Mark::Subscribed,
            Seen::Received { header, bytes } => Mark::Received { header, bytes },
            Seen::Written { header, bytes } => Mark::Written { header, bytes },
            Seen::Disconnected => Mark::Disconnected,
        });
    }

    fn failed(&self, error: PipeError) {
        self.trouble(error.into());
    }
}

impl From<PipeError> for Trouble {
    fn from(error: PipeError) -> Self {
        match error {
            PipeError::Ended => Self::PipeEnded,
            PipeError::Malformed => Self::PipeMalformed,
            PipeError::UnknownPeer => Self::UnknownPeer,
            PipeError::NotConnected => Self::NotConnected,
            PipeError::TooManyConnections => Self::InProgress,
            PipeError::EmptyValue => Self::Other { detail: error.to_string() },
        }
    }
}
