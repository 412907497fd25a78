//! What is wrong with a file that a person wrote, and where.

use core::fmt;
use std::path::{Path, PathBuf};

/// A mistake in a building file or resident list.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{place}: {what}")]
pub(crate) struct Mistake {
    file: String,
    place: Place,
    what: String,
}

#[derive(Debug)]
enum Place {
    Line(usize),
    /// Line and character.
    Character(usize, usize),
}

impl Mistake {
    /// A mistake in line `line` (from 1) of `file`.
    pub(crate) fn in_line(file: &Path, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.display().to_string(), place: Place::Line(line), what: what.into() }
    }

    /// A mistake at byte `position` of `text`, which was read from `file`.
    pub(crate) fn at(file: &Path, text: &str, position: usize, what: impl Into<String>) -> Self {
        let before = text.get(..position).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let character = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
        let place = Place::Character(line, character);
        Self { file: file.display().to_string(), place, what: what.into() }
    }
}

/// As editors jump to it: line, or line and character, both from 1.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(formatter, "{line}"),
            Self::Character(line, character) => write!(formatter, "{line}:{character}"),
        }
    }
}

/// All mistakes of a file.
#[derive(Debug, thiserror::Error)]
#[error("{}", in_lines(.0))]
pub(crate) struct Mistakes(pub(crate) Vec<Mistake>);

fn in_lines(mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    lines.join("\n")
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

    #[test]
    fn a_place_is_told_as_editors_count() {
        let mistake = |position| Mistake::at(Path::new("f"), "ä = 1\nb = 2\n", position, "no").to_string();
        assert_eq!(
            [mistake(0), mistake(5), mistake(7), mistake(11)],
            ["f:1:1: no", "f:1:5: no", "f:2:1: no", "f:2:5: no"]
        );
        assert_eq!(mistake(99), "f:3:1: no");
    }
}
