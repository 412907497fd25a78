//! What a lock maker brings: flash, randomness, hardware.

use thumbturn_protocol::random::SecureRandom;

use crate::flash::Flash;
use crate::hardware::Hardware;

/// The three parts of a board, as one type parameter.
pub trait Platform {
    /// NOR flash.
    type Flash: Flash;
    /// A cryptographic random source.
    type Random: SecureRandom;
    /// Motor, sensors, battery, clock.
    type Hardware: Hardware;
}

/// The parts themselves. Owned by the engine; given back by [`crate::engine::Engine::into_board`].
#[derive(Debug)]
pub struct Board<P: Platform> {
    /// NOR flash.
    pub flash: P::Flash,
    /// A cryptographic random source.
    pub random: P::Random,
    /// Motor, sensors, battery, clock.
    pub hardware: P::Hardware,
}
