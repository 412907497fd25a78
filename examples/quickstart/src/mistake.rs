//! What is wrong with a file that a person wrote, and where.

use std::path::{Path, PathBuf};

/// A mistake in a building file or resident list.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub(crate) struct Mistake {
    file: String,
    line: usize,
    what: String,
}

impl Mistake {
    /// A mistake in line `line` (from 1) of `file`.
    pub(crate) fn new(file: &Path, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.display().to_string(), line, what: what.into() }
    }

    /// A mistake at byte `position` of `text`, which was read from `file`.
    pub(crate) fn at(file: &Path, text: &str, position: usize, what: impl Into<String>) -> Self {
        let before = text.bytes().take(position);
        let line = 1 + before.filter(|byte| *byte == b'\n').count();
        Self::new(file, line, what)
    }
}

/// A file that cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", file.display())]
pub(crate) struct Unreadable {
    file: PathBuf,
    source: std::io::Error,
}

/// Reads a text file.
pub(crate) fn read(file: &Path) -> Result<String, Unreadable> {
    std::fs::read_to_string(file).map_err(|source| Unreadable { file: file.to_owned(), source })
}
