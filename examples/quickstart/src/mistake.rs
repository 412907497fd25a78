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
#[error("{}: cannot be read: {source}; name another file with {option}", file.display())]
pub(crate) struct Unreadable {
    file: PathBuf,
    option: &'static str,
    source: std::io::Error,
}

/// Reads the text file that the command line names with `option`.
pub(crate) fn read(file: &Path, option: &'static str) -> Result<String, Unreadable> {
    std::fs::read_to_string(file).map_err(|source| Unreadable { file: file.to_owned(), option, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_named_with_its_option() {
        let error = read(Path::new("no/such.toml"), "--building").unwrap_err().to_string();
        assert!(error.starts_with("no/such.toml: cannot be read: "), "{error}");
        assert!(error.ends_with("name another file with --building"), "{error}");
    }
}
