//! Assigned Access: who holds which Key, from when until when, by whom.

use super::clock::Clock;
use super::{PAGE_ROWS, ReportPage, scope, yes_or_no};
use crate::ids::KeyGrantId;
use crate::office::csv::writing::Sheet;
use crate::office::permission::Need;
use crate::office::store::report::AccessRecord;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// Keys in people's hands that are not over, by e-mail address, at most 1,000 at once: names, address, Key, resident status, sharing, access
/// period on the property's clock, who gave it and when, whether the account is set up, whether there is a keycard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignedAccess {
    /// After what to go on: `next` of the page before.
    pub after: Option<AfterAccess>,
    /// Fewer rows at once than 1,000; 0: as many.
    pub most: u32,
}

/// A place in the report.
#[derive(Clone, PartialEq, Eq)]
pub struct AfterAccess {
    email: String,
    grant: KeyGrantId,
}

impl AfterAccess {
    pub(super) fn place(&self) -> (&str, KeyGrantId) {
        (&self.email, self.grant)
    }
}

impl From<AccessRecord> for AfterAccess {
    fn from(record: AccessRecord) -> Self {
        Self { email: record.email, grant: record.grant }
    }
}

/// It is somebody's address.
impl core::fmt::Debug for AfterAccess {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "AfterAccess({:?})", self.grant)
    }
}

const HEADER: [&str; 12] = [
    "first_name",
    "last_name",
    "email",
    "key",
    "resident",
    "may_share",
    "starts",
    "expires",
    "granted_by",
    "granted_at",
    "account_set_up",
    "keycard",
];

impl Sealed for AssignedAccess {}

impl Question for AssignedAccess {
    type Answer = ReportPage<AfterAccess>;

    fn need(&self) -> Need {
        Need::Reports
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ReportPage<AfterAccess>, Error> {
        let (of, now) = ((view.property(), scope(view)), view.now);
        let limit = if self.most == 0 { PAGE_ROWS } else { self.most.min(PAGE_ROWS) };
        let after = self.after.as_ref().map_or(("", KeyGrantId([0; 16])), AfterAccess::place);
        let records = store::report::access(view.connection(), of, (after, limit), now).await?;
        let mut sheet = Sheet::new();
        if self.after.is_none() {
            sheet.row(HEADER);
        }
        let mut clock = Clock::of(view);
        for record in &records {
            write(&mut sheet, record, &mut clock)?;
        }
        let is_full = u32::try_from(records.len()).is_ok_and(|rows| rows == limit);
        let next = records.into_iter().last().filter(|_| is_full).map(AfterAccess::from);
        Ok(ReportPage { csv: sheet.finish(), next })
    }
}

fn write(sheet: &mut Sheet, record: &AccessRecord, clock: &mut Clock<'_, '_>) -> Result<(), Error> {
    let end = record.end.map(|end| clock.tell(end)).transpose()?.unwrap_or_default();
    sheet.row([
        &*record.first_name,
        &*record.last_name,
        &*record.email,
        &*record.key,
        yes_or_no(record.is_resident),
        yes_or_no(record.may_share),
        &*clock.tell(record.start)?,
        &*end,
        record.granter.as_deref().unwrap_or_default().trim(),
        &*clock.tell(record.granted_at)?,
        yes_or_no(record.is_set_up),
        yes_or_no(record.has_keycard),
    ]);
    Ok(())
}
