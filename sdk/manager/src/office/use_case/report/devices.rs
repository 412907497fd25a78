//! Access Devices: what each door's device said last, and whether somebody has to come by.

use super::{PAGE_ROWS, ReportPage, kind, scope, yes_or_no};
use crate::office::csv::writing::Sheet;
use crate::office::permission::Need;
use crate::office::store::report::devices::DeviceRecord;
use crate::office::task::Reasons;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

const DAY: u64 = 86_400;

/// Doors by name, at most 1,000 at once: door, its type, whether it is connected, whether a device is on it, version of the firmware, whether an
/// update is needed and why, battery in percent, full days since the last reading. Which product it is and which firmware is the
/// newest, the device's maker knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DevicesReport {
    /// After what to go on: `next` of the page before.
    pub after: Option<AfterDevice>,
    /// Fewer rows at once than 1,000; 0: as many.
    pub most: u32,
}

/// A place in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AfterDevice(String);

const HEADER: [&str; 9] = [
    "door",
    "door_type",
    "connected",
    "device",
    "firmware",
    "update_needed",
    "reasons",
    "battery_percent",
    "days_since_reading",
];

impl Sealed for DevicesReport {}

impl Question for DevicesReport {
    type Answer = ReportPage<AfterDevice>;

    fn need(&self) -> Need {
        Need::Reports
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ReportPage<AfterDevice>, Error> {
        let of = (view.property(), scope(view));
        let limit = if self.most == 0 { PAGE_ROWS } else { self.most.min(PAGE_ROWS) };
        let after = self.after.as_ref().map_or("", |after| &*after.0);
        let records = store::report::devices::devices(view.connection(), of, (after, limit)).await?;
        let mut sheet = Sheet::new();
        if self.after.is_none() {
            sheet.row(HEADER);
        }
        for record in &records {
            let since = record.heard_at.map(|at| view.now.since(at) / DAY);
            write(&mut sheet, record, since);
        }
        let is_full = u32::try_from(records.len()).is_ok_and(|rows| rows == limit);
        let next = records.into_iter().last().filter(|_| is_full).map(|record| AfterDevice(record.door));
        Ok(ReportPage { csv: sheet.finish(), next })
    }
}

fn write(sheet: &mut Sheet, record: &DeviceRecord, days_since_reading: Option<u64>) {
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let reasons = Reasons::from_bits(record.reasons.unwrap_or(0));
    let reasons: Vec<String> = reasons.iter().map(|reason| reason.to_string()).collect();
    sheet.row([
        &*record.door,
        kind(record.kind),
        yes_or_no(record.is_connected),
        yes_or_no(record.has_device),
        &*number(record.firmware.map(u64::from)),
        yes_or_no(record.reasons.is_some()),
        &*reasons.join("; "),
        &*number(record.battery.map(u64::from)),
        &*number(days_since_reading),
    ]);
}
