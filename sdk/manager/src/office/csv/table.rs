//! Reading a table: where its rows are, found once, and their cells, when their turn comes. In memory are the file and eight bytes for a row.

use csv::{Reader, ReaderBuilder, StringRecord};
use sha2::{Digest, Sha256};

use super::{CELL_CHARACTERS, FILE_BYTES, FILE_ROWS};
use crate::office::import::Problem;

/// Why a file cannot be read as a table. Nothing was changed; the file has to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// More than 16 MiB.
    #[error("the file is larger than 16 MiB: split it")]
    TooLarge,
    /// More than 200,000 rows.
    #[error("the file has more than 200,000 rows: split it")]
    TooManyRows,
    /// Not UTF-8: written by an older spreadsheet, or no text at all.
    #[error("the file is no text in UTF-8: save it as CSV UTF-8 (comma delimited)")]
    NotUtf8,
    /// Not even a header.
    #[error("the file is empty: begin with the template")]
    Empty,
    /// Its cells are apart by something else than commas.
    #[error("the columns are not separated by commas: save the file as CSV UTF-8 (comma delimited)")]
    NotCommas,
    /// A column that nothing is known about.
    #[error("there is no column {0:?} in the template: take it out, or correct its name")]
    UnknownColumn(String),
    /// The same column twice.
    #[error("the column {0:?} is there twice: take one out")]
    ColumnTwice(&'static str),
    /// A column without which nothing can be imported.
    #[error("the column {0:?} is missing: begin with the template")]
    MissingColumn(&'static str),
}

/// A column of a template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) is_required: bool,
}

/// The header of a template, as a line.
pub(crate) fn template(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    format!("{}\r\n", names.join(","))
}

/// A file that is a table of known columns.
pub(crate) struct Table {
    text: String,
    /// Which column of the template each column of the file is.
    columns: Vec<usize>,
    rows: Vec<Mark>,
    digest: [u8; 32],
}

/// Where a row begins.
#[derive(Clone, Copy)]
struct Mark {
    byte: u32,
    line: u32,
}

/// A row of a file.
pub(crate) struct Cells<'a> {
    /// Where it begins, from 1 on; the header counts.
    pub(crate) line: u32,
    record: StringRecord,
    columns: &'a [usize],
}

impl Table {
    /// Finds the rows of a file. A row that is all empty is none.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub(crate) fn parse(file: &[u8], known: &'static [Column]) -> Result<Self, FileError> {
        if file.len() > FILE_BYTES {
            return Err(FileError::TooLarge);
        }
        let text = core::str::from_utf8(file).map_err(|_| FileError::NotUtf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let mut records = Records::new(&text, 0);
        let (_, header) = records.next().ok_or(FileError::Empty)?;
        let columns = columns(&header, known)?;
        let mut rows = Vec::new();
        let (mut line, mut counted) = (1_u32, 0);
        for (byte, _) in records {
            if rows.len() == FILE_ROWS {
                return Err(FileError::TooManyRows);
            }
            let between = text.as_bytes().get(counted..byte).unwrap_or_default();
            let breaks = between.iter().filter(|byte| **byte == b'\n').count();
            line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
            counted = byte;
            rows.push(Mark { byte: u32::try_from(byte).unwrap_or(u32::MAX), line });
        }
        let digest = Sha256::digest(text.as_bytes()).into();
        Ok(Self { text, columns, rows, digest })
    }

    /// How many rows it has, without the header.
    pub(crate) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// SHA-256 of what it says.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Rows from one on, the first being 0.
    pub(crate) fn rows(&self, from: usize) -> impl Iterator<Item = Cells<'_>> {
        let marks = self.rows.get(from..).unwrap_or_default();
        let first =
            marks.first().map_or(self.text.len(), |mark| usize::try_from(mark.byte).unwrap_or(usize::MAX));
        let records = Records::new(&self.text, first);
        marks.iter().zip(records).map(|(mark, (_, record))| Cells {
            line: mark.line,
            record,
            columns: &self.columns,
        })
    }
}

impl Cells<'_> {
    /// The cell of a column of the template, without the space around it; empty where the file has no such column.
    pub(crate) fn get(&self, column: usize) -> &str {
        let place = self.columns.iter().position(|known| *known == column);
        place.and_then(|place| self.record.get(place)).unwrap_or_default().trim()
    }

    /// What is wrong with the row whatever its cells mean, and with which column of the template.
    pub(crate) fn problem(&self) -> Option<(Option<usize>, Problem)> {
        if self.record.len() != self.columns.len() {
            return Some((None, Problem::WrongColumnCount));
        }
        let is_long = |cell: &str| cell.chars().nth(CELL_CHARACTERS).is_some();
        let mut cells = self.columns.iter().zip(&self.record);
        cells.find(|(_, cell)| is_long(cell)).map(|(column, _)| (Some(*column), Problem::CellTooLong))
    }
}

/// Whether two names of columns are the same for people: neither case nor space nor underscore counts.
fn normalised(name: &str) -> String {
    name.chars()
        .filter(|character| !character.is_whitespace() && *character != '_')
        .collect::<String>()
        .to_lowercase()
}

fn columns(header: &StringRecord, known: &'static [Column]) -> Result<Vec<usize>, FileError> {
    let mut columns = Vec::new();
    for name in header {
        let found = known.iter().enumerate().find(|(_, column)| normalised(column.name) == normalised(name));
        let Some((number, column)) = found else {
            let is_one = header.len() == 1 && name.contains([';', '\t', '|']);
            let name = name.trim().chars().take(40).collect();
            return Err(if is_one { FileError::NotCommas } else { FileError::UnknownColumn(name) });
        };
        if columns.contains(&number) {
            return Err(FileError::ColumnTwice(column.name));
        }
        columns.push(number);
    }
    let missing =
        known.iter().enumerate().find(|(number, column)| column.is_required && !columns.contains(number));
    missing.map_or(Ok(columns), |(_, column)| Err(FileError::MissingColumn(column.name)))
}

/// The records of a text that are not all empty, each with where it begins.
struct Records<'a> {
    bytes: &'a [u8],
    base: usize,
    reader: Reader<&'a [u8]>,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, base: usize) -> Self {
        let bytes = text.as_bytes();
        let rest = bytes.get(base..).unwrap_or_default();
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(rest);
        Self { bytes, base, reader }
    }
}

impl Iterator for Records<'_> {
    type Item = (usize, StringRecord);

    fn next(&mut self) -> Option<(usize, StringRecord)> {
        loop {
            let mut record = StringRecord::new();
            // A slice of UTF-8 does not fail.
            if !self.reader.read_record(&mut record).unwrap_or(false) {
                return None;
            }
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let position = record.position().map_or(0, csv::Position::byte);
            let start = self.base.saturating_add(usize::try_from(position).unwrap_or(usize::MAX));
            // The reader's position is before the empty lines that it skips.
            let rest = self.bytes.iter().skip(start);
            let skipped = rest.take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            return Some((start.saturating_add(skipped), record));
        }
    }
}

#[cfg(test)]
mod tests;
