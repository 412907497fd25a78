//! Admin Actions: who did what, and who tried and was denied.

use super::clock::Clock;
use super::{PAGE_ROWS, ReportPage};
use crate::office::csv::writing::Sheet;
use crate::office::permission::Need;
use crate::office::store::report::actions::ActionRecord;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// Entries of the audit log, oldest first, at most 1,000 at once: revision, when on the property's clock, by whom, what, about what, whether it
/// was done or denied. For Portfolio Managers. That no entry is missing or changed, [`VerifyAuditLog`](super::super::audit::VerifyAuditLog)
/// says, and no file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActionsReport {
    /// After which revision to go on: `next` of the page before.
    pub after: Option<u64>,
    /// Fewer rows at once than 1,000; 0: as many.
    pub most: u32,
}

impl Sealed for ActionsReport {}

impl Question for ActionsReport {
    type Answer = ReportPage<u64>;

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ReportPage<u64>, Error> {
        let property = view.property();
        let limit = if self.most == 0 { PAGE_ROWS } else { self.most.min(PAGE_ROWS) };
        let page = (self.after, limit);
        let records = store::report::actions::actions(view.connection(), property, page).await?;
        let mut sheet = Sheet::new();
        if self.after.is_none() {
            sheet.row(["revision", "at", "by", "action", "about", "outcome"]);
        }
        let mut clock = Clock::of(view);
        for record in &records {
            write(&mut sheet, record, &clock.tell(record.at)?);
        }
        let is_full = u32::try_from(records.len()).is_ok_and(|rows| rows == limit);
        let next = records.last().filter(|_| is_full).map(|record| record.revision);
        Ok(ReportPage { csv: sheet.finish(), next })
    }
}

fn write(sheet: &mut Sheet, record: &ActionRecord, at: &str) {
    let by = match (&record.email, record.is_somebodys) {
        (Some(email), _) => email.as_str(),
        (None, true) => "somebody who was deleted",
        (None, false) => "the host",
    };
    let outcome = if record.is_done { "done" } else { "denied" };
    sheet.row([&*record.revision.to_string(), at, by, &*record.action, &*record.subject, outcome]);
}
