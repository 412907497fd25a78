//! The figures of every long measurement are there, in the form that `docs/measurements/README.md` describes.

use serde_json::Value;

use crate::failure::Failure;
use crate::long::{MEASUREMENTS, Measurement};
use crate::workspace;

pub(crate) fn check() -> Result<(), Failure> {
    for measurement in MEASUREMENTS {
        let file = measurement.file();
        let record = workspace::read(&file)
            .map_err(|_| Failure::new(format!("{file} is missing"), measurement.command()))?;
        let complaint = serde_json::from_str(&record)
            .map_or_else(|error| Some(error.to_string()), |record| complaint(measurement, &record));
        if let Some(complaint) = complaint {
            return Err(Failure::new(format!("{file}: {complaint}"), measurement.command()));
        }
    }
    println!("{} long measurements are there", MEASUREMENTS.len());
    Ok(())
}

/// What is wrong with a record, if anything.
fn complaint(measurement: &Measurement, record: &Value) -> Option<String> {
    let commit = workspace::text(record, "commit").unwrap_or_default();
    if commit.len() != 40 || !commit.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Some("names no commit".to_owned());
    }
    if workspace::text(record, "command") != Some(measurement.command().as_str()) {
        return Some(format!("is not what `{}` wrote", measurement.command()));
    }
    let has_figures =
        record.get("figures").and_then(Value::as_object).is_some_and(|figures| !figures.is_empty());
    (!has_figures).then(|| "holds no figure".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_needs_its_commit_its_command_and_a_figure() {
        let measurement = &MEASUREMENTS[0];
        let whole =
            json!({ "commit": "0".repeat(40), "command": measurement.command(), "figures": { "one": 1 } });
        assert_eq!(complaint(measurement, &whole), None);
        for (field, value) in
            [("commit", json!("main")), ("command", json!("by hand")), ("figures", json!({}))]
        {
            let mut record = whole.clone();
            record[field] = value;
            assert!(complaint(measurement, &record).is_some(), "{field}");
        }
    }
}
