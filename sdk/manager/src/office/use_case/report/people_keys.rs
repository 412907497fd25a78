//! People Keys: what each person holds, in one row.

use super::{AfterAccess, PAGE_ROWS, ReportPage, scope};
use crate::ids::KeyGrantId;
use crate::office::csv::writing::Sheet;
use crate::office::permission::Need;
use crate::office::store::report::AccessRecord;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// People who hold Keys, by e-mail address: names, address, resident or not, names of the Keys with `;` between. A page is made of
/// at most 1,000 Keys in people's hands; a person with more than that has several rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleKeys {
    /// After what to go on: `next` of the page before.
    pub after: Option<AfterAccess>,
    /// Fewer Keys in people's hands at once than 1,000; 0: as many.
    pub most: u32,
}

impl Sealed for PeopleKeys {}

impl Question for PeopleKeys {
    type Answer = ReportPage<AfterAccess>;

    fn need(&self) -> Need {
        Need::Reports
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ReportPage<AfterAccess>, Error> {
        let (of, now) = ((view.property(), scope(view)), view.now);
        let limit = if self.most == 0 { PAGE_ROWS } else { self.most.min(PAGE_ROWS) };
        let after = self.after.as_ref().map_or(("", KeyGrantId([0; 16])), AfterAccess::place);
        let mut records = store::report::access(view.connection(), of, (after, limit), now).await?;
        let is_full = u32::try_from(records.len()).is_ok_and(|rows| rows == limit);
        if is_full {
            leave_last_person(&mut records);
        }
        let mut sheet = Sheet::new();
        if self.after.is_none() {
            sheet.row(["first_name", "last_name", "email", "type", "keys"]);
        }
        records.chunk_by(|one, other| one.email == other.email).for_each(|person| write(&mut sheet, person));
        let next = records.into_iter().last().filter(|_| is_full).map(AfterAccess::from);
        Ok(ReportPage { csv: sheet.finish(), next })
    }
}

/// The last person of a full page may hold more than it shows: the next page begins with them. Unless there is nobody else.
fn leave_last_person(records: &mut Vec<AccessRecord>) {
    let Some(last) = records.last().map(|record| record.email.clone()) else { return };
    let others = records.iter().take_while(|record| record.email != last).count();
    if others > 0 {
        records.truncate(others);
    }
}

fn write(sheet: &mut Sheet, person: &[AccessRecord]) {
    let Some(first) = person.first() else { return };
    let is_resident = person.iter().any(|record| record.is_resident);
    let mut keys: Vec<&str> = person.iter().map(|record| &*record.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let kind = if is_resident { "resident" } else { "non-resident" };
    sheet.row([&first.first_name, &*first.last_name, &*first.email, kind, &*keys.join("; ")]);
}
