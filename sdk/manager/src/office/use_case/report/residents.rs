//! Who opens a private door and is not marked as living there.

use thumbturn_protocol::ids::DoorId;

use super::{PAGE_ROWS, ReportPage, scope, yes_or_no};
use crate::ids::KeyGrantId;
use crate::office::csv::writing::Sheet;
use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// Keys for private doors in the hands of people who are not marked as residents, by door: what these people do there, managers see. Staff
/// go through it when people came from elsewhere and somebody else has decided who lives where. At most 1,000 rows at once: door,
/// names, address, Key, whether it came from a file, whether anybody is marked as living there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResidentReview {
    /// After what to go on: `next` of the page before.
    pub after: Option<(DoorId, KeyGrantId)>,
    /// Fewer rows at once than 1,000; 0: as many.
    pub most: u32,
}

impl Sealed for ResidentReview {}

impl Question for ResidentReview {
    type Answer = ReportPage<(DoorId, KeyGrantId)>;

    fn need(&self) -> Need {
        Need::Reports
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Self::Answer, Error> {
        let (of, now) = ((view.property(), scope(view)), view.now);
        let limit = if self.most == 0 { PAGE_ROWS } else { self.most.min(PAGE_ROWS) };
        let after = self.after.unwrap_or((DoorId([0; 8]), KeyGrantId([0; 16])));
        let records = store::report::not_resident(view.connection(), of, (after, limit), now).await?;
        let mut sheet = Sheet::new();
        if self.after.is_none() {
            sheet.row(["door", "first_name", "last_name", "email", "key", "imported", "has_resident"]);
        }
        for record in &records {
            sheet.row([
                &*record.door_name,
                &*record.first_name,
                &*record.last_name,
                &*record.email,
                &*record.key,
                yes_or_no(record.is_imported),
                yes_or_no(record.has_resident),
            ]);
        }
        let is_full = u32::try_from(records.len()).is_ok_and(|rows| rows == limit);
        let next = records.last().filter(|_| is_full).map(|record| (record.door, record.grant));
        Ok(ReportPage { csv: sheet.finish(), next })
    }
}
