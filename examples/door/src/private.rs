//! Files for their owner alone: the label claims the door after a reset, and its flash holds all its keys.

use std::fs::OpenOptions;

/// To open a file with; one that is made then is for its owner alone, where files have owners.
pub(crate) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Whether nobody but its owner may read or write a file.
#[cfg(all(test, unix))]
pub(crate) fn is_private(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 == 0)
}

/// A folder of a test, removed at its end.
#[cfg(test)]
pub(crate) struct Folder(std::path::PathBuf);

#[cfg(test)]
impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("thumbturn-door-{name}-{}", std::process::id()));
        drop(std::fs::create_dir_all(&path));
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }
}

#[cfg(test)]
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
