//! A file of units.

use std::collections::HashMap;

use super::{Issue, Problem};
use crate::office::csv::FileError;
use crate::office::csv::table::{Cells, Column, Table, template};
use crate::office::model::Name;

/// Columns by their place in the template.
pub(crate) mod column {
    pub(crate) const NAME: usize = 0;
    pub(crate) const FLOOR: usize = 1;
    pub(crate) const EXTERNAL_ID: usize = 2;
}

const COLUMNS: &[Column] = &[
    Column { name: "name", is_required: true },
    Column { name: "floor", is_required: false },
    Column { name: "external_id", is_required: false },
];

/// A CSV file of units: `name`, and if need be `floor` and `external_id`, what another system calls it.
pub struct UnitsFile {
    table: Table,
    /// What there is to say of rows that name a unit again, by place.
    repeats: HashMap<usize, Problem>,
}

/// A unit as a row has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitRow {
    pub(crate) name: Name,
    pub(crate) floor: Option<Name>,
    pub(crate) external_id: Option<Name>,
}

impl UnitsFile {
    /// Reads a file of at most 16 MiB and 200,000 rows.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn parse(file: &[u8]) -> Result<Self, FileError> {
        let table = Table::parse(file, COLUMNS)?;
        let repeats = repeats(&table);
        Ok(Self { table, repeats })
    }

    /// The template that managers fill in: its header.
    #[must_use]
    pub fn template() -> String {
        template(COLUMNS)
    }

    /// How many rows it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.table.len() == 0
    }

    /// Rows from one on, with their lines: units, or what is wrong with them.
    pub(crate) fn rows(&self, from: usize) -> impl Iterator<Item = (u32, Result<UnitRow, Issue>)> {
        self.table.rows(from).zip(from..).map(|(cells, place)| {
            let repeat = self.repeats.get(&place);
            let repeat = repeat.map(|problem| issue(cells.line, Some(column::NAME), *problem));
            (cells.line, repeat.map_or_else(|| read(&cells), Err))
        })
    }
}

fn repeats(table: &Table) -> HashMap<usize, Problem> {
    let mut first: HashMap<String, (usize, UnitRow)> = HashMap::new();
    let mut repeats = HashMap::new();
    for (place, cells) in table.rows(0).enumerate() {
        let Ok(row) = read(&cells) else { continue };
        match first.get(row.name.as_str()) {
            None => drop(first.insert(row.name.as_str().to_owned(), (place, row))),
            Some((_, known)) if *known == row => {
                repeats.insert(place, Problem::DuplicateInFile);
            }
            Some((known, _)) => {
                let differs = Problem::DuplicateUnitInFile;
                repeats.extend([(*known, differs), (place, differs)]);
            }
        }
    }
    repeats
}

impl core::fmt::Debug for UnitsFile {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "UnitsFile({} rows)", self.len())
    }
}

/// Something about a row.
pub(crate) fn issue(line: u32, column: Option<usize>, problem: Problem) -> Issue {
    Issue { line, column: column.and_then(|column| COLUMNS.get(column)).map(|column| column.name), problem }
}

fn read(cells: &Cells<'_>) -> Result<UnitRow, Issue> {
    if let Some((column, problem)) = cells.problem() {
        return Err(issue(cells.line, column, problem));
    }
    let wrong = |column| issue(cells.line, Some(column), Problem::MissingName);
    let beside = |column: usize| match cells.get(column) {
        "" => Ok(None),
        text => Name::parse(text).map(Some).map_err(|_| wrong(column)),
    };
    Ok(UnitRow {
        name: Name::parse(cells.get(column::NAME)).map_err(|_| wrong(column::NAME))?,
        floor: beside(column::FLOOR)?,
        external_id: beside(column::EXTERNAL_ID)?,
    })
}
