//! The board: a file for flash, the system's randomness, a body on the prompt.

use thumbturn_lock::platform::Platform;
use thumbturn_protocol::random::{RandomFailed, SecureRandom};

use crate::body::Body;
use crate::flash_file::FlashFile;

/// This door's parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DoorPlatform;

impl Platform for DoorPlatform {
    type Flash = FlashFile;
    type Random = SystemRandom;
    type Hardware = Body;
}

/// The operating system's random source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        getrandom::fill(bytes).map_err(|_| RandomFailed)
    }
}
