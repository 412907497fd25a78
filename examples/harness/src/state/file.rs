//! Files that are the old ones or the new ones after a crash, never half of each. Those of the state are their owner's alone: there
//! are keys in them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// Makes a folder for keys, with those above it. One that is there stays as it is.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Replaces a file of the state as a whole and durably.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    replaced(path, bytes, &mut options).map_err(|error| Failure::of_file(path, &error))
}

/// Replaces a file that anybody may read, where the person asked for it.
pub(crate) fn replace_public(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replaced(path, bytes, &mut File::options()).map_err(|error| {
        let what = format!("{}: {error}", path.display());
        Failure::new(
            "output",
            what,
            "check that its folder is there and can be written, or give another --output",
        )
    })
}

fn replaced(path: &Path, bytes: &[u8], options: &mut OpenOptions) -> io::Result<()> {
    let draft = path.with_extension("new");
    // One that a crash has left may be open to others.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options.write(true).create_new(true).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&draft, path)?;
    // A folder cannot be opened as a file everywhere; where it cannot, the rename is as durable as it gets.
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Replaces a file with a value as JSON.
pub(crate) fn replace_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(value).map_err(|error| malformed(path, &error))?;
    replace(path, &bytes)
}

/// The files in a folder that hold such values, sorted by name.
pub(crate) fn all_json(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::of_file(folder, &error))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    paths.sort();
    Ok(paths)
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

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    fn is_private(path: &Path) -> bool {
        fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
    }

    /// A folder of the test, open to all.
    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("thumbturn-harness-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn files_are_for_their_owner_alone_whatever_lay_there_before() {
        let folder = folder("private-file");
        let (path, draft) = (folder.join("keys.json"), folder.join("keys.new"));
        for old in [&path, &draft] {
            fs::write(old, "old").unwrap();
            fs::set_permissions(old, fs::Permissions::from_mode(0o644)).unwrap();
        }
        replace(&path, b"new").unwrap();
        assert!(is_private(&path));
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn folders_are_for_their_owner_alone() {
        let folder = folder("private-folder");
        make_folder(&folder.join("state").join("phones")).unwrap();
        assert!(is_private(&folder.join("state")) && is_private(&folder.join("state").join("phones")));
        fs::remove_dir_all(folder).unwrap();
    }
}
