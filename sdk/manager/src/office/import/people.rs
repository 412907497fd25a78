//! A file of people, as managers make it from the template.

use core::fmt;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use serde_json::json;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use super::{Issue, Problem};
use crate::access::Role;
use crate::office::calendar::Date;
use crate::office::csv::FileError;
use crate::office::csv::table::{Cells, Column, Table, template};
use crate::office::csv::writing::is_formula;
use crate::office::model::{EmailAddress, PersonName};

/// Columns by their place in the template.
pub(crate) mod column {
    pub(crate) const FIRST_NAME: usize = 0;
    pub(crate) const LAST_NAME: usize = 1;
    pub(crate) const EMAIL: usize = 2;
    pub(crate) const PHONE: usize = 3;
    pub(crate) const UNIT: usize = 4;
    pub(crate) const KEYS: usize = 5;
    pub(crate) const RESIDENT: usize = 6;
    pub(crate) const MAY_SHARE: usize = 7;
    pub(crate) const STARTS: usize = 8;
    pub(crate) const EXPIRES: usize = 9;
}

/// The columns of the template.
pub(crate) const COLUMNS: &[Column] = &[
    Column { name: "first_name", is_required: true },
    Column { name: "last_name", is_required: true },
    Column { name: "email", is_required: true },
    Column { name: "phone", is_required: false },
    Column { name: "unit", is_required: false },
    Column { name: "keys", is_required: false },
    Column { name: "resident", is_required: false },
    Column { name: "may_share", is_required: false },
    Column { name: "starts", is_required: false },
    Column { name: "expires", is_required: false },
];

/// A CSV file of people that can be imported row by row. Its `Debug` shows nothing of it.
///
/// | column | holds |
/// |---|---|
/// | `first_name`, `last_name` | needed; for a new account |
/// | `email` | needed; by what people are known (R-080) |
/// | `phone` | for a new account |
/// | `unit` | the name of one |
/// | `keys` | names of Keys, with `;` between |
/// | `resident`, `may_share` | `yes` or `no`; empty is no (R-150) |
/// | `starts`, `expires` | `2026-05-01`, from the first instant of that day or until its last, or RFC 3339 |
pub struct PeopleFile {
    table: Table,
    repeats: Vec<Repeat>,
}

/// How a row stands to others with its e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    /// There is none, or they say the same and come later.
    First,
    /// An earlier one says the same.
    Same,
    /// One says something else.
    Differs,
}

/// A person as a row has it, right as far as that can be known without the property.
pub(crate) struct PersonRow {
    pub(crate) line: u32,
    pub(crate) email: EmailAddress,
    pub(crate) name: PersonName,
    pub(crate) phone: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) keys: BTreeSet<String>,
    pub(crate) role: Role,
    pub(crate) may_share: bool,
    pub(crate) start: Option<Date>,
    pub(crate) end: Option<Date>,
    /// What is worth knowing of it.
    pub(crate) warnings: Vec<Issue>,
}

impl PeopleFile {
    /// Reads a file of at most 16 MiB and 200,000 rows, of UTF-8 with commas, with the header of the template or some of it.
    ///
    /// # Errors
    ///
    /// [`FileError`]; what is wrong with single rows is told by
    /// [`ReviewPeople`](crate::office::use_case::import::ReviewPeople).
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

    /// SHA-256 of what it says.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.table.digest()
    }

    /// Rows from one on: people, or what is wrong with them.
    pub(crate) fn rows(&self, from: usize) -> impl Iterator<Item = Result<PersonRow, Vec<Issue>>> {
        let repeats = self.repeats.get(from..).unwrap_or_default();
        self.table.rows(from).zip(repeats).map(|(cells, repeat)| {
            let about = |problem| Issue { line: cells.line, column: Some("email"), problem };
            match repeat {
                Repeat::First => read(&cells),
                Repeat::Same => Err(vec![about(Problem::DuplicateInFile)]),
                Repeat::Differs => Err(vec![about(Problem::DuplicateEmailInFile)]),
            }
        })
    }
}

impl fmt::Debug for PeopleFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PeopleFile({} rows)", self.len())
    }
}

fn repeats(table: &Table) -> Vec<Repeat> {
    let mut first: HashMap<EmailAddress, (usize, [u8; 32])> = HashMap::new();
    let mut repeats = vec![Repeat::First; table.len()];
    for (place, cells) in table.rows(0).enumerate() {
        let Ok(email) = EmailAddress::parse(cells.get(column::EMAIL)) else { continue };
        let rest: Vec<&str> =
            (0..COLUMNS.len()).filter(|at| *at != column::EMAIL).map(|at| cells.get(at)).collect();
        let content: [u8; 32] = Sha256::digest(json!(rest).to_string()).into();
        let mut mark = |place: usize, repeat| {
            if let Some(mark) = repeats.get_mut(place) {
                *mark = repeat;
            }
        };
        match first.entry(email) {
            Entry::Vacant(entry) => {
                entry.insert((place, content));
            }
            Entry::Occupied(entry) if entry.get().1 == content => mark(place, Repeat::Same),
            Entry::Occupied(entry) => {
                mark(entry.get().0, Repeat::Differs);
                mark(place, Repeat::Differs);
            }
        }
    }
    repeats
}

fn read(cells: &Cells<'_>) -> Result<PersonRow, Vec<Issue>> {
    let issue = |column: Option<usize>, problem| {
        let name = column.and_then(|column| COLUMNS.get(column)).map(|column| column.name);
        Issue { line: cells.line, column: name, problem }
    };
    if let Some((column, problem)) = cells.problem() {
        return Err(vec![issue(column, problem)]);
    }
    let mut issues = Vec::new();
    let mut note = |column, problem| issues.push(issue(Some(column), problem));
    let email = email(cells.get(column::EMAIL)).map_err(|problem| note(column::EMAIL, problem));
    let [first, last] = [column::FIRST_NAME, column::LAST_NAME].map(|column| cells.get(column));
    let name = PersonName::parse(first, last).map_err(|_| {
        let is_first = PersonName::parse(first, "-").is_err();
        note(if is_first { column::FIRST_NAME } else { column::LAST_NAME }, Problem::MissingName);
    });
    let mut truth = |column| truth(cells.get(column)).map_err(|problem| note(column, problem));
    let (resident, may_share) = (truth(column::RESIDENT), truth(column::MAY_SHARE));
    let mut date = |column| date(cells.get(column)).map_err(|problem| note(column, problem));
    let (start, end) = (date(column::STARTS), date(column::EXPIRES));
    let (Ok(email), Ok(name), Ok(resident), Ok(may_share), Ok(start), Ok(end)) =
        (email, name, resident, may_share, start, end)
    else {
        return Err(issues);
    };
    let text = |column| Some(cells.get(column).nfc().collect::<String>()).filter(|text| !text.is_empty());
    let keys = cells.get(column::KEYS).split(';').map(|name| name.trim().nfc().collect::<String>());
    // A telephone number begins with a plus.
    let formulas = (0..COLUMNS.len()).filter(|at| *at != column::PHONE && is_formula(cells.get(*at)));
    Ok(PersonRow {
        line: cells.line,
        email,
        name,
        phone: text(column::PHONE),
        unit: text(column::UNIT),
        keys: keys.filter(|name| !name.is_empty()).collect(),
        role: if resident { Role::Resident } else { Role::NonResident },
        may_share,
        start,
        end,
        warnings: formulas.map(|column| issue(Some(column), Problem::FormulaCell)).collect(),
    })
}

fn email(text: &str) -> Result<EmailAddress, Problem> {
    if text.is_empty() {
        Err(Problem::MissingEmail)
    } else {
        EmailAddress::parse(text).map_err(|_| Problem::InvalidEmail)
    }
}

fn truth(text: &str) -> Result<bool, Problem> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" => Ok(true),
        "no" | "n" | "false" | "0" | "" => Ok(false),
        _ => Err(Problem::BadBool),
    }
}

fn date(text: &str) -> Result<Option<Date>, Problem> {
    if text.is_empty() { Ok(None) } else { Date::parse(text).map(Some).map_err(|_| Problem::BadDate) }
}

impl PersonRow {
    /// What the row says, in one form: the same for the same, however it was written.
    pub(crate) fn content(&self) -> String {
        let date = |date: Option<Date>| date.map(|date| date.to_string());
        json!([
            self.email.as_str(),
            self.name.first(),
            self.name.last(),
            self.phone,
            self.unit,
            self.keys,
            self.role == Role::Resident,
            self.may_share,
            date(self.start),
            date(self.end),
        ])
        .to_string()
    }
}

#[cfg(test)]
mod tests;
