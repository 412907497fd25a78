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

    /// Merges the figures into a JSON file: what this run did not measure stays as it was.
    pub fn merge_into(&self, path: &Path) -> std::io::Result<()> {
        let mut object: Map<String, Value> = match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
            Err(_) => Map::new(),
        };
        for (name, value) in &self.0 {
            object.insert(name.clone(), serde_json::json!(value));
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, serde_json::to_string_pretty(&object)?)
    }
}

/// Counts without decimals, ratios and times with three.
fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:>12.0}") } else { format!("{value:>16.3}") }
}
