//! Units from a file.

use super::STEP_ROWS;
use crate::ids::UnitId;
use crate::office::import::{Issue, Problem, UnitRow, UnitsFile, unit_column, unit_issue};
use crate::office::model::Name;
use crate::office::permission::Need;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, store};

/// Adds the units of a file, at most [`STEP_ROWS`] at once (F-026). What is there stays as it is, so that the same file again adds what is missing.
#[derive(Debug)]
pub struct ImportUnits<'a> {
    /// The file.
    pub file: &'a UnitsFile,
    /// From which row on; the first is 0.
    pub from: usize,
}

/// What became of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitsImported {
    /// How many units were added.
    pub added: usize,
    /// What there is to say of rows, in the order of the file.
    pub issues: Vec<Issue>,
    /// From where to go on; `None`: that was all.
    pub next: Option<usize>,
}

impl Sealed for ImportUnits<'_> {}

impl UseCase for ImportUnits<'_> {
    type Answer = UnitsImported;
    const NAME: &'static str = "import units";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<UnitsImported, Error> {
        let rows: Vec<_> = self.file.rows(self.from).take(STEP_ROWS).collect();
        let next = self.from.saturating_add(rows.len());
        let (mut added, mut issues) = (0, Vec::new());
        for (line, row) in rows {
            let problem = match row {
                Ok(row) => {
                    add(work, &row).await?.map(|problem| unit_issue(line, Some(unit_column::NAME), problem))
                }
                Err(issue) => Some(issue),
            };
            added += usize::from(problem.is_none());
            issues.extend(problem);
        }
        Ok(UnitsImported { added, issues, next: (next < self.file.len()).then_some(next) })
    }
}

async fn add(work: &mut Work<'_>, row: &UnitRow) -> Result<Option<Problem>, Error> {
    let (property, unit) = (work.property(), UnitId::random(work.random)?);
    let beside = (row.floor.as_ref().map(Name::as_str), row.external_id.as_ref().map(Name::as_str));
    if store::unit::insert(work.connection(), property, unit, row.name.as_str(), beside).await? {
        return Ok(None);
    }
    let known = store::unit::named(work.connection(), property, row.name.as_str()).await?;
    let is_same = known.is_some_and(|known| (known.floor.as_deref(), known.external_id.as_deref()) == beside);
    Ok(Some(if is_same { Problem::AlreadyImported } else { Problem::UnitDiffers }))
}
