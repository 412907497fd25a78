//! Files that are the old ones or the new ones after a crash, never half of each.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// Replaces a file as a whole and durably.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let draft = path.with_extension("new");
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&draft, path)?;
        // A folder cannot be opened as a file everywhere; where it cannot, the rename is as durable as it gets.
        if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
            let _ = folder.sync_all();
        }
        Ok(())
    };
    write().map_err(|error| Failure::of_file(path, &error))
}

/// Replaces a file with a value as JSON.
pub(crate) fn replace_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(value).map_err(|error| malformed(path, &error))?;
    replace(path, &bytes)
}

/// Reads a value; `None`: there is no such file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Failure> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| malformed(path, &error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::of_file(path, &error)),
    }
}

fn malformed(path: &Path, error: &serde_json::Error) -> Failure {
    Failure::new(
        "state-malformed",
        format!("{}: {error}", path.display()),
        "move the file away; a door that it names must be reset and commissioned again",
    )
}
