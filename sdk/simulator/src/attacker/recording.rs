//! What a listener in the corridor has on tape.

use thumbturn_phone::link::ConnectionId;

use crate::trace::{Direction, Fate, Trace};

/// All frames that were on the air on one connection, in order. Link encryption does not exist, so a listener has them all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    frames: Vec<(Direction, Vec<u8>)>,
}

impl Recording {
    /// What was on the air on this connection.
    #[must_use]
    pub fn of(trace: &Trace, connection: ConnectionId) -> Self {
        let heard =
            trace.frames().filter(|packet| packet.connection == connection && packet.fate != Fate::Dropped);
        Self { frames: heard.map(|packet| (packet.direction(), packet.value.clone())).collect() }
    }

    /// The frames, both ways.
    #[must_use]
    pub fn frames(&self) -> &[(Direction, Vec<u8>)] {
        &self.frames
    }

    /// The frames of one direction: what to play back.
    #[must_use]
    pub fn sent(&self, direction: Direction) -> Vec<Vec<u8>> {
        self.frames.iter().filter(|(way, _)| *way == direction).map(|(_, frame)| frame.clone()).collect()
    }
}
