//! The virtual radio, on a serial port: what a Bluetooth stack tells the engine, and what the engine asks of it.

use cortex_m::asm;
use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_lock::output::{self, Address, Pace};
use thumbturn_protocol::frame::AttMtu;
use thumbturn_virtual_radio::{Broadcast, Decoder, Malformed, Message as _, ToDoor, ToPhones};

use crate::uart::{Port, Uart};

/// How often to look for the next byte of a message, and cycles between two looks: the emulator brings them one by one, and
/// faster when the processor neither sleeps nor asks all the time.
const LOOKS: u32 = 2_000;
const PAUSE: u32 = 300;

/// The door's end of the pipe.
pub(crate) struct Radio {
    uart: Uart,
    decoder: Decoder,
    /// A part of a message is here.
    has_begun: bool,
}

impl Radio {
    /// Opens the pipe.
    pub(crate) fn open() -> Self {
        Self { uart: Uart::open(Port::Radio), decoder: Decoder::new(), has_begun: false }
    }

    /// The next thing that happened, if it is here as a whole. What has begun to come is waited for.
    pub(crate) fn receive(&mut self) -> Result<Option<ToDoor>, Malformed> {
        let mut looks = 0;
        while looks == 0 || self.has_begun && looks < LOOKS {
            looks += 1;
            let Some(byte) = self.uart.receive() else {
                asm::delay(PAUSE);
                continue;
            };
            looks = 0;
            self.decoder.take(&[byte]);
            let message = self.decoder.message()?;
            self.has_begun = message.is_none();
            if message.is_some() {
                return Ok(message);
            }
        }
        Ok(None)
    }

    /// Whether the processor may sleep.
    pub(crate) fn rests(&mut self) -> bool {
        self.uart.rests()
    }

    /// Advertises from now on.
    pub(crate) fn advertise(&mut self, broadcast: &output::Broadcast) {
        self.send(&ToPhones::Advertise(Broadcast {
            new_address: broadcast.address == Address::New,
            fast: broadcast.pace == Pace::Fast,
            service_data: *broadcast.service_data.as_bytes(),
        }));
    }

    /// Sends something.
    pub(crate) fn send(&mut self, message: &ToPhones) {
        self.uart.send(&message.to_bytes());
    }
}

/// What happened, in the engine's words.
pub(crate) fn input(message: &ToDoor) -> Input<'_> {
    match message {
        ToDoor::Connected(id) => Input::Connected(engine_id(*id)),
        ToDoor::Disconnected(id) => Input::Disconnected(engine_id(*id)),
        ToDoor::Subscribed(id) => Input::Subscribed(engine_id(*id)),
        ToDoor::Mtu(id, mtu) => Input::MtuChanged(engine_id(*id), AttMtu::clamped(*mtu)),
        ToDoor::Written(id, frame) => Input::Received(engine_id(*id), frame),
        ToDoor::Sent(id) => Input::Writable(engine_id(*id)),
    }
}

fn engine_id(id: u16) -> ConnectionId {
    ConnectionId(u32::from(id))
}

/// The number that the pipe gave the connection: the engine makes up none.
pub(crate) fn pipe_id(id: ConnectionId) -> u16 {
    u16::try_from(id.0).unwrap_or(u16::MAX)
}
