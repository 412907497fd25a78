//! `report`: everything that was measured, on one page.

use serde_json::json;

use super::Workplace;
use crate::arguments::Report;
use crate::clock::time_of_day;
use crate::failure::Failure;
use crate::measure::store::Measurement;
use crate::report;
use crate::state::file;

/// Writes the page.
pub(crate) fn run(workplace: &Workplace, asked: &Report) -> Result<(), Failure> {
    let measurements = Measurement::all(&workplace.state.measurements())?;
    file::replace_public(&asked.output, report::page(&measurements, time_of_day()).as_bytes())?;
    let (path, count) = (asked.output.display().to_string(), measurements.len());
    let sentence = match count {
        0 => format!("{path} is written and tells of nothing yet: run `bench` or `soak` first"),
        _ => format!("{path} is written, measurements: {count}; open it in any browser"),
    };
    workplace.screen.tell(&sentence, &json!({ "command": "report", "path": path, "measurements": count }));
    Ok(())
}
