//! The parts of a simulated door's board. The engine holds handles; the parts themselves survive a power cut.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_lock::flash::{Flash, FlashError};
use thumbturn_lock::platform::Platform;
use thumbturn_protocol::random::{RandomFailed, SecureRandom};

use super::body::VirtualHardware;
use crate::nor::NorFlash;
use crate::random::SeededRandom;

/// The platform of simulated doors: emulated flash, seeded randomness, a virtual body.
#[derive(Clone, Copy, Debug)]
pub struct VirtualPlatform;

impl Platform for VirtualPlatform {
    type Flash = VirtualFlash;
    type Hardware = VirtualHardware;
    type Random = VirtualRandom;
}

/// The emulated flash of one door.
#[derive(Clone, Debug)]
pub struct VirtualFlash(Arc<Mutex<NorFlash>>);

impl VirtualFlash {
    pub(crate) fn new(chip: NorFlash) -> Self {
        Self(Arc::new(Mutex::new(chip)))
    }

    pub(crate) fn chip(&self) -> MutexGuard<'_, NorFlash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flash for VirtualFlash {
    fn capacity(&self) -> usize {
        self.chip().capacity()
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.chip().read(address, bytes)
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        self.chip().program(address, bytes)
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        self.chip().erase(address)
    }
}

/// The random source of one door.
#[derive(Clone, Debug)]
pub struct VirtualRandom(Arc<Mutex<Source>>);

#[derive(Debug)]
struct Source {
    random: SeededRandom,
    broken: bool,
}

impl VirtualRandom {
    pub(crate) fn new(random: SeededRandom) -> Self {
        Self(Arc::new(Mutex::new(Source { random, broken: false })))
    }

    pub(crate) fn set_broken(&self, broken: bool) {
        self.source().broken = broken;
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SecureRandom for VirtualRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        let mut source = self.source();
        if source.broken {
            return Err(RandomFailed);
        }
        source.random.bytes(bytes);
        Ok(())
    }
}
