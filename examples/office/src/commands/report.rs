//! `report`.

use std::fs::File;
use std::io::{self, Write};

use thumbturn_manager::office::use_case::report::{
    ActionsReport, AssignedAccess, CardsReport, DevicesReport, KeysReport, PeopleKeys,
};

use crate::arguments::{Report, ReportKind};
use crate::desk::PropertyDesk;
use crate::failure::Failure;

/// Page by page, so that a report of any length takes the memory of one page.
pub(super) async fn run(desk: &PropertyDesk, wanted: &Report) -> Result<(), Failure> {
    let file = wanted.output.as_deref();
    let mut output: Box<dyn Write> = match file {
        Some(path) => Box::new(File::create(path).map_err(|error| Failure::of_file(path, &error))?),
        None => Box::new(io::stdout().lock()),
    };
    let mut write = |csv: &str| -> Result<(), Failure> {
        let written = output.write_all(csv.as_bytes());
        // A reader of the standard output that has gone is no failure.
        file.map_or(Ok(()), |path| written.map_err(|error| Failure::of_file(path, &error)))
    };
    macro_rules! pages {
        ($report:ident) => {{
            let mut report = $report::default();
            loop {
                let page = desk.ask(&report).await?;
                write(&page.csv)?;
                if page.next.is_none() {
                    return Ok(());
                }
                report.after = page.next;
            }
        }};
    }
    match wanted.kind {
        ReportKind::Access => pages!(AssignedAccess),
        ReportKind::Actions => pages!(ActionsReport),
        ReportKind::Cards => pages!(CardsReport),
        ReportKind::Devices => pages!(DevicesReport),
        ReportKind::Keys => pages!(KeysReport),
        ReportKind::People => pages!(PeopleKeys),
    }
}
