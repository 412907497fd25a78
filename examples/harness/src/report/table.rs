//! Tables of the page.

use core::fmt::{self, Write};
use std::collections::BTreeMap;

use serde_json::Value;

use super::page::escaped;
use crate::measure::figures::Figures;

/// One line for each row of figures.
pub(super) fn quantiles(text: &mut String, figures: &BTreeMap<String, Figures>) -> fmt::Result {
    if figures.is_empty() {
        return Ok(());
    }
    write!(
        text,
        "<table><tr><th>ms</th><th>count</th><th>p50</th><th>p95</th><th>p99</th><th>max</th></tr>"
    )?;
    for (name, figures) in figures {
        write!(text, "<tr><td>{}</td><td>{}</td>", escaped(name), figures.0.len())?;
        for percent in [50, 95, 99, 100] {
            write!(text, "<td>{:.1}</td>", figures.quantile(percent).unwrap_or(0.0))?;
        }
        write!(text, "</tr>")?;
    }
    write!(text, "</table>")
}

/// Whatever else was counted, nested names joined.
pub(super) fn facts(text: &mut String, facts: &Value) -> fmt::Result {
    write!(text, "<table>")?;
    rows(text, "", facts)?;
    write!(text, "</table>")
}

/// Facts are nested twice at most, by the commands that make them.
fn rows(text: &mut String, prefix: &str, facts: &Value) -> fmt::Result {
    let Value::Object(entries) = facts else { return Ok(()) };
    for (name, value) in entries {
        // The figures above tell these better.
        if name == "phases" || value.is_null() {
            continue;
        }
        let name = format!("{prefix}{name}");
        match value {
            Value::Object(_) => rows(text, &format!("{name}, "), value)?,
            Value::String(word) => {
                write!(text, "<tr><td>{}</td><td>{}</td></tr>", escaped(&name), escaped(word))?
            }
            Value::Number(number) if number.is_f64() => {
                let number = number.as_f64().unwrap_or(0.0);
                write!(text, "<tr><td>{}</td><td>{number:.3}</td></tr>", escaped(&name))?
            }
            other => {
                write!(text, "<tr><td>{}</td><td>{}</td></tr>", escaped(&name), escaped(&other.to_string()))?
            }
        }
    }
    Ok(())
}
