//! What a simulated radio needs of a door: the seam between the air and the door's software.

use core::time::Duration;

use thumbturn_phone::link::ConnectionId;
use thumbturn_protocol::time::Millis;

use crate::clock::Instant;
use crate::trace::DoorNote;

/// What the door's radio adapter tells its software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeripheralEvent {
    /// A phone connected.
    Connected(ConnectionId),
    /// A connection ended, whoever ended it.
    Disconnected(ConnectionId),
    /// The phone subscribed to `tx`.
    Subscribed(ConnectionId),
    /// The ATT MTU changed.
    MtuChanged {
        /// On this connection.
        connection: ConnectionId,
        /// The MTU in force, 23…517.
        mtu: u16,
    },
    /// A value was written to `rx`.
    Received {
        /// On this connection.
        connection: ConnectionId,
        /// The value: one frame, 0…512 bytes.
        value: Vec<u8>,
    },
    /// A notification was sent, there is room for another one.
    Writable(ConnectionId),
}

/// Whether the radio address changes with an advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewAddress {
    /// A new random address is chosen.
    Chosen,
    /// The address stays.
    Kept,
}

/// What the door advertises from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertisement {
    /// Service data of the scan response.
    pub service_data: Vec<u8>,
    /// The radio address from now on. The first advertisement after a boot always brings a new one.
    pub address: NewAddress,
    /// Time between two advertising events, to which the link layer adds 0…10 ms.
    pub interval: Duration,
}

/// What the door's software wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeripheralAction {
    /// Send a notification of `tx` to one connection.
    Notify {
        /// To this connection.
        connection: ConnectionId,
        /// The value: one frame.
        value: Vec<u8>,
    },
    /// End a connection.
    Disconnect(ConnectionId),
    /// Advertise this.
    Advertise(Advertisement),
    /// A slice of long work was done: what happened meanwhile comes first, then `poll` is called again.
    Worked,
    /// Nothing more to do until something happens or the moment has come.
    Idle {
        /// On the door's own timer; `None`: no deadline.
        until: Option<Millis>,
    },
}

/// What a call cost the door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    /// The door's CPU was busy for so long: computing, or waiting for flash. Meanwhile it does nothing else.
    pub busy: Duration,
    /// The power failed during the call; what it would have answered is lost.
    pub power_lost: bool,
}

impl Charge {
    /// A call that took `busy`.
    #[must_use]
    pub const fn busy(busy: Duration) -> Self {
        Self { busy, power_lost: false }
    }
}

/// The software of a door (or of anything else that advertises the service).
///
/// Every event is handled, then `poll` is called until it answers [`PeripheralAction::Idle`]. `now` is the device's
/// own timer in milliseconds since it was switched on, drift included.
pub trait Peripheral: Send {
    /// The power came on at this moment; the device's own timer starts at 0.
    fn boot(&mut self, at: Instant) -> Charge;

    /// The power is gone, at any moment. Only flash survives.
    fn power_off(&mut self);

    /// Something happened.
    fn handle(&mut self, now: Millis, event: PeripheralEvent) -> Charge;

    /// What to do next.
    fn poll(&mut self, now: Millis) -> (PeripheralAction, Charge);

    /// What happened to the door's body since the last call, for the timeline.
    fn take_notes(&mut self) -> Vec<DoorNote> {
        Vec::new()
    }
}
