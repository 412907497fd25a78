//! The figures of a run: a table for people, one flat JSON object for machines.

use std::path::Path;

use serde_json::{Map, Value};

/// Named numbers, in the order in which they were measured.
#[derive(Default)]
pub struct Figures(Vec<(String, f64)>);

impl Figures {
    /// Notes a figure.
    pub fn note(&mut self, name: &str, value: f64) {
        self.0.push((name.to_owned(), value));
    }

    /// Prints the table.
    pub fn print(&self) {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.0 {
            println!("{name:width$}  {}", number(*value));
        }
    }

    /// Writes them for machines.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let object: Map<String, Value> =
            self.0.iter().map(|(name, value)| (name.clone(), serde_json::json!(value))).collect();
        std::fs::write(path, serde_json::to_string_pretty(&object)?)
    }
}

/// Counts without decimals, ratios and times with three.
fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:>12.0}") } else { format!("{value:>16.3}") }
}
