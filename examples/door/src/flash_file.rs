//! A NOR flash chip in a file: what a call has written is there after the process was killed.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use thumbturn_lock::flash::{ERASE_BLOCK, Flash, FlashError, WRITE_GRANULE};

use crate::private;

/// Bytes of the chip.
const CAPACITY: usize = 4 * 1024 * 1024;

/// Why a file cannot be the door's flash.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlashFileError {
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("{} holds {length} bytes instead of 4 MiB: it is no door's flash; name another file with --flash", path.display())]
    Length { path: PathBuf, length: u64 },
    #[error("{} is another running door's: stop that one, or name another file with --flash", path.display())]
    InUse { path: PathBuf },
}

/// The chip. Programming clears bits only, as NOR does; the file is this process's alone.
///
/// Every call ends in the operating system, so that a killed process loses nothing. A machine that loses power may lose the last
/// seconds: this is a door for a desk.
#[derive(Debug)]
pub(crate) struct FlashFile {
    file: File,
}

impl FlashFile {
    /// Opens the file, or makes an erased one.
    pub(crate) fn open(path: &Path) -> Result<Self, FlashFileError> {
        let failed = |error| FlashFileError::File { path: path.to_owned(), error };
        let mut options = private::options();
        let file = options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FlashFileError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut chip = Self { file };
        let length = chip.file.metadata().map_err(failed)?.len();
        match usize::try_from(length) {
            Ok(CAPACITY) => Ok(chip),
            Ok(begun @ 0..CAPACITY) if chip.is_erased(begun).map_err(failed)? => {
                chip.write_at(begun, &vec![0xff; CAPACITY - begun]).map_err(failed)?;
                Ok(chip)
            }
            _ => Err(FlashFileError::Length { path: path.to_owned(), length }),
        }
    }

    /// Whether the file holds nothing so far: a new one, or one whose making was killed.
    fn is_erased(&mut self, length: usize) -> io::Result<bool> {
        let mut held = vec![0; length];
        self.read_at(0, &mut held)?;
        Ok(held.iter().all(|byte| *byte == 0xff))
    }

    fn seek(&mut self, address: usize) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(u64::try_from(address).unwrap_or(u64::MAX))).map(drop)
    }

    fn read_at(&mut self, address: usize, bytes: &mut [u8]) -> io::Result<()> {
        self.seek(address)?;
        self.file.read_exact(bytes)
    }

    fn write_at(&mut self, address: usize, bytes: &[u8]) -> io::Result<()> {
        self.seek(address)?;
        self.file.write_all(bytes)
    }
}

impl Flash for FlashFile {
    fn capacity(&self) -> usize {
        CAPACITY
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        check_range(address, bytes.len())?;
        self.read_at(address, bytes).map_err(|_| FlashError::Failed)
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        check_range(address, bytes.len())?;
        if !address.is_multiple_of(WRITE_GRANULE) || !bytes.len().is_multiple_of(WRITE_GRANULE) {
            return Err(FlashError::Misaligned);
        }
        let mut held = vec![0; bytes.len()];
        self.read_at(address, &mut held).map_err(|_| FlashError::Failed)?;
        held.iter_mut().zip(bytes).for_each(|(held, byte)| *held &= byte);
        self.write_at(address, &held).map_err(|_| FlashError::Failed)
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        check_range(address, ERASE_BLOCK)?;
        if !address.is_multiple_of(ERASE_BLOCK) {
            return Err(FlashError::Misaligned);
        }
        self.write_at(address, &[0xff; ERASE_BLOCK]).map_err(|_| FlashError::Failed)
    }
}

fn check_range(address: usize, length: usize) -> Result<(), FlashError> {
    match address.checked_add(length) {
        Some(end) if end <= CAPACITY => Ok(()),
        _ => Err(FlashError::OutOfBounds),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::private::Folder;

    #[test]
    fn a_chip_whose_making_was_killed_is_made_to_its_end() {
        let folder = Folder::new("begun");
        for length in [0, 1, ERASE_BLOCK, CAPACITY - 1] {
            let path = folder.path(&length.to_string());
            fs::write(&path, vec![0xff; length]).unwrap();
            FlashFile::open(&path).unwrap();
            assert!(fs::read(&path).unwrap() == vec![0xff; CAPACITY], "{length}");
        }
    }

    #[test]
    fn what_is_no_chip_stays_as_it_is() {
        let folder = Folder::new("foreign");
        let path = folder.path("letter");
        for foreign in [b"a letter".to_vec(), [vec![0xff; 100], vec![0]].concat(), vec![0xff; CAPACITY + 1]] {
            fs::write(&path, &foreign).unwrap();
            assert!(matches!(FlashFile::open(&path), Err(FlashFileError::Length { .. })));
            assert!(fs::read(&path).unwrap() == foreign);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_new_chip_is_for_its_owner_alone() {
        let folder = Folder::new("private-flash");
        let path = folder.path("door.flash");
        drop(FlashFile::open(&path).unwrap());
        assert!(private::is_private(&path));
    }
}
