//! Keys: which doors each opens.

use thumbturn_protocol::ids::DoorId;

use super::{PAGE_ROWS, ReportPage, kind, scope, yes_or_no};
use crate::access::WeeklyHours;
use crate::office::csv::writing::Sheet;
use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// Doors of Keys, by name of the Key, at most 1,000 at once: Key, door, what kind it is, whether at any hour, whether with doorcodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysReport {
    /// After what to go on: `next` of the page before.
    pub after: Option<AfterDoor>,
    /// Fewer rows at once than 1,000; 0: as many.
    pub most: u32,
}

/// A place in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AfterDoor {
    key: String,
    door: DoorId,
}

impl Sealed for KeysReport {}

impl Question for KeysReport {
    type Answer = ReportPage<AfterDoor>;

    fn need(&self) -> Need {
        Need::Reports
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ReportPage<AfterDoor>, Error> {
        let of = (view.property(), scope(view));
        let limit = if self.most == 0 { PAGE_ROWS } else { self.most.min(PAGE_ROWS) };
        let after = self.after.as_ref().map_or(("", DoorId([0; 8])), |after| (&*after.key, after.door));
        let records = store::report::doors_of_keys(view.connection(), of, (after, limit)).await?;
        let mut sheet = Sheet::new();
        if self.after.is_none() {
            sheet.row(["key", "door", "door_type", "hours", "doorcodes"]);
        }
        for record in &records {
            let hours = if record.hours == WeeklyHours::Always { "always" } else { "limited" };
            let cells =
                [&record.key, &*record.door_name, kind(record.kind), hours, yes_or_no(record.doorcodes)];
            sheet.row(cells);
        }
        let is_full = u32::try_from(records.len()).is_ok_and(|rows| rows == limit);
        let last = records.into_iter().last().filter(|_| is_full);
        let next = last.map(|record| AfterDoor { key: record.key, door: record.door });
        Ok(ReportPage { csv: sheet.finish(), next })
    }
}
