//! What a door's radio and CPU were doing, for the energy model.

use core::time::Duration;

/// On-times of one door's radio and CPU since it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// Radio sending.
    pub transmit: Duration,
    /// Radio listening.
    pub receive: Duration,
    /// CPU computing or waiting for flash.
    pub busy: Duration,
    /// The longest single call of its software.
    pub longest_call: Duration,
    /// Advertising events.
    pub advertising_events: u64,
    /// Connection events.
    pub connection_events: u64,
}
