//! What the engine wants done.

use alloc::vec::Vec;

use thumbturn_protocol::advertisement::Advertisement;
use thumbturn_protocol::time::Millis;

use crate::input::ConnectionId;

/// One thing to do. Exhaustive on purpose: a firmware that leaves one out does not build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Notify one frame on `tx`, to this connection only.
    Notify(ConnectionId, Vec<u8>),
    /// End a connection.
    Disconnect(ConnectionId),
    /// Advertise this from now on.
    Advertise(Broadcast),
    /// A slice of long work was done. Deliver what happened meanwhile, then poll again.
    Worked,
    /// Nothing to do until something happens, or until then.
    Idle {
        /// The next deadline on the engine's clock.
        until: Option<Millis>,
    },
}

/// What to advertise, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// Service data of the scan response.
    pub service_data: Advertisement,
    /// Whether to change the radio address with it (spec §4.2).
    pub address: Address,
    /// How often.
    pub pace: Pace,
}

/// Whether the radio address changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// A new random address.
    New,
    /// The one before.
    Same,
}

/// How often to advertise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The door's setting, 211.25 ms by default.
    Normal,
    /// After a touch: 20 ms.
    Fast,
}
