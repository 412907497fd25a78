//! The air between the door and the phones: the virtual radio's pipe, and the clock of everybody but the door.

use std::io;
use std::net;
use std::sync::Arc;

use thumbturn_phone::link::Link;
use thumbturn_virtual_phones::{Pipe, VirtualRadio};
use tokio::net::TcpStream;

use crate::time::Clock;

/// What two phones of today agree on with a door.
const MTU: u16 = 247;

/// The air.
pub(crate) struct Air {
    pipe: Arc<Pipe>,
    clock: Clock,
}

impl Air {
    /// Air over a stream to the door.
    pub(crate) fn over(stream: net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let pipe = Pipe::over(TcpStream::from_std(stream)?, MTU)?;
        Ok(Self { pipe, clock: Clock::start() })
    }

    /// The clock of everybody but the door.
    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// Another phone's radio.
    pub(crate) fn link(&self) -> Arc<dyn Link> {
        Arc::new(VirtualRadio::new(Arc::clone(&self.pipe), Arc::new(())))
    }

    /// The door lost its power.
    pub(crate) async fn door_lost_power(&self) {
        self.pipe.door_lost_power().await;
    }

    /// Whether the door is still there.
    pub(crate) fn is_up(&self) -> bool {
        self.pipe.ended().is_none()
    }
}
