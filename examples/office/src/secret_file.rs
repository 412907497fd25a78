//! Files with one random secret of 32 bytes, which their owner alone may read: the key of the host, the key of a root.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use thumbturn_protocol::random::random_bytes;
use zeroize::Zeroizing;

use crate::entropy::SystemRandom;
use crate::failure::Failure;

/// A secret of a file.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// Reads a secret. `missing` is what to do where there is no file.
pub(crate) fn read(file: &Path, missing: &str) -> Result<Secret, Failure> {
    owner_only(file, missing)?;
    let bytes = Zeroizing::new(fs::read(file).map_err(|error| failure(file, &error, missing))?);
    let secret = bytes.as_slice().try_into().map_err(|_| {
        let what = format!("{} holds no key of 32 bytes", file.display());
        Failure::new("keystore", what, "restore it from its copy")
    })?;
    Ok(Zeroizing::new(secret))
}

/// Makes a new secret; false where there is a file already, which stays as it is.
pub(crate) fn make(file: &Path) -> Result<bool, Failure> {
    let mut made = match new_file(file) {
        Ok(made) => made,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(Failure::of_file(file, &error)),
    };
    let secret = random_bytes::<32>(&mut SystemRandom)
        .map(Zeroizing::new)
        .map_err(|_| Failure::new("random", "the operating system gives no random bytes", "restart it"))?;
    let written = made.write_all(secret.as_slice()).and_then(|()| made.sync_all());
    written.map_err(|error| Failure::of_file(file, &error))?;
    Ok(true)
}

fn failure(file: &Path, error: &io::Error, missing: &str) -> Failure {
    if error.kind() != io::ErrorKind::NotFound {
        return Failure::of_file(file, error);
    }
    Failure::new("keystore", format!("there is no key in {}", file.display()), missing)
}

#[cfg(unix)]
fn new_file(file: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)
}

#[cfg(not(unix))]
fn new_file(file: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(file)
}

#[cfg(unix)]
fn owner_only(file: &Path, missing: &str) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let found = fs::metadata(file).map_err(|error| failure(file, &error, missing))?.permissions().mode();
    if found & 0o077 == 0 {
        return Ok(());
    }
    let what = format!("others may read the key in {}", file.display());
    Err(Failure::new("keystore", what, format!("chmod 600 {}", file.display())))
}

#[cfg(not(unix))]
fn owner_only(_file: &Path, _missing: &str) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        assert!(make(&file).unwrap());
        let secret = read(&file, "").unwrap();
        assert!(!make(&file).unwrap());
        assert_eq!(read(&file, "").unwrap(), secret);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        make(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read(&file, "").is_err());
    }
}
