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
    file::replace(&asked.output, report::page(&measurements, time_of_day()).as_bytes())?;
    let (path, count) = (asked.output.display().to_string(), measurements.len());
    workplace.screen.tell(
        &format!("{path} tells of {count} measurements; open it in any browser"),
        &json!({ "command": "report", "path": path, "measurements": count }),
    );
    Ok(())
}
