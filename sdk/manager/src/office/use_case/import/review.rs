//! What would become of a file.

use super::register::{Candidate, Register};
use crate::office::Error;
use crate::office::import::{Issue, PeopleFile};
use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;

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
        let (candidates, next) = candidates(view, self.file, self.from, ROWS)?;
        let mut register = Register::of(view, &good(&candidates)).await?;
        let (mut issues, mut good) = (Vec::new(), 0);
        for candidate in &candidates {
            let meaning = match candidate {
                Ok(candidate) => register.read(view, candidate)?,
                Err(found) => Err(found.clone()),
            };
            match meaning {
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

/// A person of a file, or what is wrong with the row.
pub(super) type Checked = Result<Candidate, Vec<Issue>>;

/// People of a file from a row on, or what is wrong with their rows, and where the file goes on.
pub(super) fn candidates(
    view: &View<'_>,
    file: &PeopleFile,
    from: usize,
    most: usize,
) -> Result<(Vec<Checked>, Option<usize>), Error> {
    let mut candidates = Vec::new();
    for row in file.rows(from).take(most) {
        candidates.push(match row {
            Ok(row) => Ok(Candidate::of(view, row)?),
            Err(found) => Err(found),
        });
    }
    let next = next(file, from, candidates.len());
    Ok((candidates, next))
}

/// Those with whose rows nothing is wrong so far.
pub(super) fn good(candidates: &[Checked]) -> Vec<&Candidate> {
    candidates.iter().filter_map(|candidate| candidate.as_ref().ok()).collect()
}

/// Where a file goes on after some rows.
fn next(file: &PeopleFile, from: usize, rows: usize) -> Option<usize> {
    let next = from.saturating_add(rows);
    (next < file.len()).then_some(next)
}
