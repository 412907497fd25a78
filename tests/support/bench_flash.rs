//! The flash of a door on the bench: the test keeps a handle, so that power can fail while the engine runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_lock::flash::{Flash, FlashError};
use thumbturn_simulator::nor::{FlashUse, Moment, NorFlash};

/// A handle to an emulated chip. Clones are the same chip.
#[derive(Clone, Debug)]
pub struct BenchFlash(Arc<Mutex<NorFlash>>);

impl BenchFlash {
    /// An erased chip. `seed` decides what torn operations leave behind.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::from_chip(NorFlash::new(seed))
    }

    /// A chip that holds something already.
    #[must_use]
    pub fn from_chip(chip: NorFlash) -> Self {
        Self(Arc::new(Mutex::new(chip)))
    }

    /// A copy of the chip as it is now, for trying one state in several ways.
    #[must_use]
    pub fn copy(&self) -> NorFlash {
        self.chip().clone()
    }

    /// The bytes, as a thief who desolders the chip finds them.
    #[must_use]
    pub fn image(&self) -> Vec<u8> {
        self.chip().image().to_vec()
    }

    /// Lets `operations` more programs and erases succeed, and fails the power in the one after them.
    pub fn cut_power(&self, operations: u64, moment: Moment) {
        self.chip().cut_power(operations, moment);
    }

    /// Lets `operations` more programs and erases succeed and the one after them fail; the chip works on.
    pub fn fail_operation(&self, operations: u64, moment: Moment) {
        self.chip().fail_operation(operations, moment);
    }

    /// Power comes back; a cut that has not happened yet is forgotten.
    pub fn power_on(&self) {
        self.chip().power_on();
    }

    /// Whether the power is on.
    #[must_use]
    pub fn is_powered(&self) -> bool {
        self.chip().is_powered()
    }

    /// What was asked of the chip since it was made.
    #[must_use]
    pub fn usage(&self) -> FlashUse {
        self.chip().usage()
    }

    /// How often each block was erased.
    #[must_use]
    pub fn wear(&self) -> Vec<u32> {
        self.chip().wear().to_vec()
    }

    fn chip(&self) -> MutexGuard<'_, NorFlash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flash for BenchFlash {
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
