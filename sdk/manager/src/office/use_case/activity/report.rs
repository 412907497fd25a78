//! The activity of doors as a file.

use std::collections::BTreeMap;

use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::Zone;

use super::{Activity, ActivityId, ActivityLine, limit, page};
use crate::office::calendar::rfc3339;
use crate::office::csv::writing::Sheet;
use crate::office::model::Happening;
use crate::office::model::activity::bolt_name;
use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::report::{PAGE_ROWS, ReportPage, scope, yes_or_no};
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// What [`Activity`] shows, as CSV, at most 1,000 rows at once: time on the property's clock, door, method, result, what the bolt did, how
/// often, who, whose guest, resident or not. For managers who see reports. What is hidden is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActivityReport(pub Activity);

const HEADER: [&str; 9] =
    ["time", "door", "method", "result", "bolt", "times", "person", "guest_of", "resident"];

impl Sealed for ActivityReport {}

impl Question for ActivityReport {
    type Answer = ReportPage<ActivityId>;

    fn need(&self) -> Need {
        Need::Reports
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ReportPage<ActivityId>, Error> {
        let (of, now) = ((view.property(), scope(view)), view.now);
        let limit = limit(self.0.most, PAGE_ROWS);
        let filter = self.0.filter(limit);
        let shown = store::activity::to_managers(view.connection(), of, &filter, now).await?;
        let page = page(shown, limit);
        let mut sheet = Sheet::new();
        if self.0.after.is_none() {
            sheet.row(HEADER);
        }
        let mut clock = Clock { view, known: BTreeMap::new() };
        for line in &page.lines {
            write(&mut sheet, line, &mut clock)?;
        }
        Ok(ReportPage { csv: sheet.finish(), next: page.next })
    }
}

fn write(sheet: &mut Sheet, line: &ActivityLine, clock: &mut Clock<'_, '_>) -> Result<(), Error> {
    let times = if let Happening::Failures(times) = line.happening { times } else { 1 };
    let name =
        |who: &Option<super::Somebody>| who.as_ref().and_then(|who| who.name.clone()).unwrap_or_default();
    sheet.row([
        &*clock.tell(line.at)?,
        &*line.door_name,
        line.method.name(),
        line.happening.name(),
        line.bolt.map_or("", bolt_name),
        &*times.to_string(),
        &*name(&line.person),
        &*name(&line.guest_of),
        yes_or_no(line.is_resident),
    ]);
    Ok(())
}

/// The property's clock. Rules of zones may be slow, and an answer of theirs is good for two years: they are asked once for each thirty days.
struct Clock<'a, 'b> {
    view: &'a View<'b>,
    known: BTreeMap<u64, Zone>,
}

/// Seconds for which one answer is used.
const SPAN: u64 = 30 * 86_400;

impl Clock<'_, '_> {
    fn tell(&mut self, instant: UnixSeconds) -> Result<String, Error> {
        let span = instant.seconds() / SPAN;
        if let Some(zone) = self.known.get(&span) {
            return Ok(rfc3339(instant, zone.offset_at(instant)));
        }
        let zone = self.view.zone(UnixSeconds::ZERO.plus(span * SPAN))?;
        let told = rfc3339(instant, zone.offset_at(instant));
        self.known.insert(span, zone);
        Ok(told)
    }
}
