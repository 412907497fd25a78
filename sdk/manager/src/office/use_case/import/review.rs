//! What would become of a file.

use super::register::{Register, about};
use crate::office::import::{Issue, PeopleFile, Problem, column};
use crate::office::permission::Need;
use crate::office::secrets::Place;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// Rows of one step.
const ROWS: usize = 1_000;

/// What would become of a file, and what is wrong with it, of 1,000 rows at once (F-081). It changes nothing.
#[derive(Debug)]
pub struct ReviewPeople<'a> {
    /// The file.
    pub file: &'a PeopleFile,
    /// From which row on; the first is 0.
    pub from: usize,
}

/// What would become of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// How many would be imported.
    pub good: usize,
    /// What there is to say of rows, in the order of the file.
    pub issues: Vec<Issue>,
    /// From where to go on; `None`: that was all.
    pub next: Option<usize>,
}

impl Sealed for ReviewPeople<'_> {}

impl Question for ReviewPeople<'_> {
    type Answer = Reviewed;

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Reviewed, Error> {
        let (property, secrets) = (view.property(), view.secrets()?);
        let (mut register, mut issues, mut good) = (Register::default(), Vec::new(), 0);
        let rows: Vec<_> = self.file.rows(self.from).take(ROWS).collect();
        let next = next(self.file, self.from, rows.len());
        for row in rows {
            let row = match row {
                Ok(row) => row,
                Err(found) => {
                    issues.extend(found);
                    continue;
                }
            };
            let content = secrets.fingerprint(&Place(CONTENT, &[]), row.content().as_bytes());
            if store::import::was_sent(view.connection(), property, content).await? {
                issues.push(about(row.line, column::EMAIL, Problem::AlreadyImported));
                continue;
            }
            match register.read(view, &row).await? {
                Ok(meaning) => {
                    good += 1;
                    issues.extend(meaning.warnings);
                }
                Err(found) => issues.extend(found),
            }
        }
        Ok(Reviewed { good, issues, next })
    }
}

/// What fingerprints of rows are made for.
pub(super) const CONTENT: &str = "import_row";

/// Where a file goes on after some rows.
pub(super) fn next(file: &PeopleFile, from: usize, rows: usize) -> Option<usize> {
    let next = from.saturating_add(rows);
    (next < file.len()).then_some(next)
}
