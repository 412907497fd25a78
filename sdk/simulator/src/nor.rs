//! Emulated NOR flash: bits only clear, time is charged, wear is counted, power can fail in the middle of a write.

use core::fmt;

use thumbturn_lock::flash::{ERASE_BLOCK, Flash, FlashError, PROGRAM_PAGE, WRITE_GRANULE};

use crate::random::SeededRandom;

/// Modelled time to program one page or a part of it.
pub const PROGRAM_MICROS: u64 = 700;
/// Modelled time to erase one block.
pub const ERASE_MICROS: u64 = 45_000;
/// Modelled time to begin a read.
pub const READ_MICROS: u64 = 20;
/// Modelled time to read one byte, in nanoseconds: 10 MB/s.
pub const READ_BYTE_NANOS: u64 = 100;

/// What was asked of a chip, and how long it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlashUse {
    /// Programs into erased bytes.
    pub appends: u64,
    /// Programs over bytes that were programmed before, as of secrets with zeros.
    pub overwrites: u64,
    /// Page operations that the programs took.
    pub pages: u64,
    /// Blocks erased.
    pub erases: u64,
    /// Read accesses.
    pub reads: u64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Programs that asked for a set bit where the flash holds a cleared one: a mistake of the caller.
    pub conflicts: u64,
}

impl FlashUse {
    /// Programs and erases.
    #[must_use]
    pub const fn mutations(&self) -> u64 {
        self.appends + self.overwrites + self.erases
    }

    /// Modelled microseconds.
    #[must_use]
    pub const fn micros(&self) -> u64 {
        self.pages * PROGRAM_MICROS
            + self.erases * ERASE_MICROS
            + self.reads * READ_MICROS
            + self.bytes_read * READ_BYTE_NANOS / 1_000
    }

    /// What was used since `earlier`.
    #[must_use]
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            appends: self.appends - earlier.appends,
            overwrites: self.overwrites - earlier.overwrites,
            pages: self.pages - earlier.pages,
            erases: self.erases - earlier.erases,
            reads: self.reads - earlier.reads,
            bytes_read: self.bytes_read - earlier.bytes_read,
            conflicts: self.conflicts - earlier.conflicts,
        }
    }
}

/// When in an operation the power fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before it changed anything.
    Before,
    /// In the middle: a program leaves a prefix of its bytes, the last of them in part; an erase leaves anything.
    Middle,
    /// After it was done, before the caller learned so.
    After,
}

/// A failure that waits for its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PendingFailure {
    /// Mutating operations that still succeed.
    operations_left: u64,
    moment: Moment,
    /// Whether the chip works on after it.
    powered_after: bool,
}

/// A NOR chip. Cloning it copies the image, so that one state can be tried in several ways.
#[derive(Clone)]
pub struct NorFlash {
    bytes: Vec<u8>,
    wear: Vec<u32>,
    usage: FlashUse,
    failure: Option<PendingFailure>,
    powered: bool,
    random: SeededRandom,
}

impl NorFlash {
    /// An erased chip of 4 MiB. `seed` decides what torn operations leave behind.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_capacity(4 * 1024 * 1024, seed)
    }

    /// An erased chip of `capacity` bytes, rounded down to whole blocks.
    #[must_use]
    pub fn with_capacity(capacity: usize, seed: u64) -> Self {
        let blocks = capacity / ERASE_BLOCK;
        Self {
            bytes: vec![0xff; blocks * ERASE_BLOCK],
            wear: vec![0; blocks],
            usage: FlashUse::default(),
            failure: None,
            powered: true,
            random: SeededRandom::new(seed),
        }
    }

    /// Lets `operations` more programs and erases succeed, and fails the power in the one after them.
    pub fn cut_power(&mut self, operations: u64, moment: Moment) {
        self.failure = Some(PendingFailure { operations_left: operations, moment, powered_after: false });
    }

    /// Lets `operations` more programs and erases succeed and the one after them fail; the chip works on.
    pub fn fail_operation(&mut self, operations: u64, moment: Moment) {
        self.failure = Some(PendingFailure { operations_left: operations, moment, powered_after: true });
    }

    /// Begins a new sequence of what torn operations leave behind, so that copies of one image can be torn in different ways.
    pub fn reseed(&mut self, seed: u64) {
        self.random = SeededRandom::new(seed);
    }

    /// Power comes back; a failure that has not happened yet is forgotten.
    pub fn power_on(&mut self) {
        self.powered = true;
        self.failure = None;
    }

    /// Whether the power is on.
    #[must_use]
    pub const fn is_powered(&self) -> bool {
        self.powered
    }

    /// What was asked of the chip since it was made.
    #[must_use]
    pub const fn usage(&self) -> FlashUse {
        self.usage
    }

    /// How often each block was erased.
    #[must_use]
    pub fn wear(&self) -> &[u32] {
        &self.wear
    }

    /// The bytes, as a thief who desolders the chip finds them.
    #[must_use]
    pub fn image(&self) -> &[u8] {
        &self.bytes
    }

    /// Flips bits without anybody knowing, as age does: each byte is XORed with `mask`.
    pub fn corrupt(&mut self, address: usize, length: usize, mask: u8) {
        for byte in self.bytes.iter_mut().skip(address).take(length) {
            *byte ^= mask;
        }
    }

    /// Counts down to the failure: when it falls into this operation, the moment of it.
    fn begin_mutation(&mut self) -> Option<Moment> {
        let failure = self.failure.as_mut()?;
        if let Some(left) = failure.operations_left.checked_sub(1) {
            failure.operations_left = left;
            return None;
        }
        let PendingFailure { moment, powered_after, .. } = *failure;
        self.failure = None;
        self.powered = powered_after;
        Some(moment)
    }

    fn range(&self, address: usize, length: usize) -> Result<core::ops::Range<usize>, FlashError> {
        let end = address.checked_add(length).ok_or(FlashError::OutOfBounds)?;
        if end > self.bytes.len() { Err(FlashError::OutOfBounds) } else { Ok(address..end) }
    }

    /// How many bytes of a torn program arrive, and the bits of the next byte that do not.
    fn tear(&mut self, length: usize) -> (usize, u8) {
        let bound = u64::try_from(length).unwrap_or(u64::MAX);
        let whole = usize::try_from(self.random.below(bound)).unwrap_or(0);
        let mut late = [0];
        self.random.bytes(&mut late);
        let [late] = late;
        (whole, late)
    }

    fn count_program(&mut self, range: core::ops::Range<usize>, bytes: &[u8]) {
        let last = range.end.saturating_sub(1) / PROGRAM_PAGE;
        self.usage.pages += u64::try_from(last - range.start / PROGRAM_PAGE + 1).unwrap_or(0);
        let old = self.bytes.get(range).unwrap_or_default();
        if old.iter().fold(0xff, |all, byte| all & byte) == 0xff {
            self.usage.appends += 1;
        } else {
            self.usage.overwrites += 1;
        }
        if old.iter().zip(bytes).fold(0, |any, (old, new)| any | (new & !old)) != 0 {
            self.usage.conflicts += 1;
        }
    }

    /// What an interrupted erase leaves: erased up to somewhere or from somewhere on, or some bits everywhere, or plain garbage.
    fn half_erase(&mut self, address: usize) {
        let way = self.random.below(4);
        let edge = usize::try_from(self.random.below(4096)).unwrap_or(0);
        let mut noise = [0; ERASE_BLOCK];
        self.random.bytes(&mut noise);
        let block = self.bytes.iter_mut().skip(address).take(ERASE_BLOCK);
        for (index, (byte, noise)) in block.zip(noise).enumerate() {
            *byte = match way {
                0 if index < edge => 0xff,
                1 if index >= edge => 0xff,
                0 | 1 => *byte,
                2 => *byte | noise,
                _ => noise,
            };
        }
    }
}

impl Flash for NorFlash {
    fn capacity(&self) -> usize {
        self.bytes.len()
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        let range = self.range(address, bytes.len())?;
        if !self.powered {
            return Err(FlashError::Failed);
        }
        self.usage.reads += 1;
        self.usage.bytes_read += u64::try_from(bytes.len()).unwrap_or(0);
        bytes.copy_from_slice(self.bytes.get(range).unwrap_or_default());
        Ok(())
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        let range = self.range(address, bytes.len())?;
        if !address.is_multiple_of(WRITE_GRANULE) || !bytes.len().is_multiple_of(WRITE_GRANULE) {
            return Err(FlashError::Misaligned);
        }
        if !self.powered {
            return Err(FlashError::Failed);
        }
        let failed = self.begin_mutation();
        self.count_program(range.clone(), bytes);
        let (whole, late) = match failed {
            Some(Moment::Before) => (0, 0xff),
            Some(Moment::Middle) => self.tear(bytes.len()),
            Some(Moment::After) | None => (bytes.len(), 0xff),
        };
        let old = self.bytes.get_mut(range).unwrap_or_default();
        let mut cells = old.iter_mut().zip(bytes);
        cells.by_ref().take(whole).for_each(|(to, from)| *to &= from);
        // The byte in which the power failed.
        cells.take(1).for_each(|(to, from)| *to &= from | late);
        if failed.is_some() { Err(FlashError::Failed) } else { Ok(()) }
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        self.range(address, ERASE_BLOCK)?;
        if !address.is_multiple_of(ERASE_BLOCK) {
            return Err(FlashError::Misaligned);
        }
        if !self.powered {
            return Err(FlashError::Failed);
        }
        let failed = self.begin_mutation();
        self.usage.erases += 1;
        if let Some(wear) = self.wear.get_mut(address / ERASE_BLOCK) {
            *wear += 1;
        }
        match failed {
            Some(Moment::Before) => {}
            Some(Moment::Middle) => self.half_erase(address),
            Some(Moment::After) | None => {
                self.bytes.iter_mut().skip(address).take(ERASE_BLOCK).for_each(|byte| *byte = 0xff);
            }
        }
        if failed.is_some() { Err(FlashError::Failed) } else { Ok(()) }
    }
}

/// Without the image: a door's keys lie in it.
impl fmt::Debug for NorFlash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NorFlash")
            .field("usage", &self.usage)
            .field("powered", &self.powered)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
