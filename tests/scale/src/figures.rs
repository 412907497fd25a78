//! The figures of a run: a table for people, one flat JSON object for machines.

use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// Named numbers, in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Figures(Vec<Figure>);

struct Figure {
    name: String,
    value: f64,
    /// As large as it may be.
    bound: Option<f64>,
}

impl Figures {
    /// Notes a figure.
    pub(crate) fn note(&mut self, name: String, value: f64) {
        self.0.push(Figure { name, value: rounded(value), bound: None });
    }

    /// Notes a figure that has a bound.
    pub(crate) fn note_bounded(&mut self, name: String, value: f64, bound: f64) {
        println!("{name}: {value:.2} (at most {bound})");
        self.0.push(Figure { name, value: rounded(value), bound: Some(bound) });
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        let width = self.0.iter().map(|figure| figure.name.len()).max().unwrap_or(0);
        for Figure { name, value, bound } in &self.0 {
            let bound = bound.map_or_else(String::new, |bound| format!("  (at most {bound})"));
            println!("{name:width$}  {value:>12.3}{bound}");
        }
    }

    /// Writes them for machines.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let figures: Map<String, Value> =
            self.0.iter().map(|figure| (figure.name.clone(), json!(figure.value))).collect();
        std::fs::write(path, format!("{:#}\n", Value::Object(figures)))
    }

    /// Fails where one is beyond its bound.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let beyond = |figure: &Figure| {
            let bound = figure.bound.filter(|bound| figure.value > *bound)?;
            Some((figure.name.clone(), figure.value, bound))
        };
        let beyond: Vec<_> = self.0.iter().filter_map(beyond).collect();
        if beyond.is_empty() { Ok(()) } else { Err(Failure::Beyond(beyond)) }
    }
}

/// Three decimals say enough.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_its_bound_is_named() {
        let mut figures = Figures::default();
        figures.note("time".to_owned(), 9.0);
        figures.note_bounded("good".to_owned(), 2.0, 2.0);
        assert!(figures.check().is_ok());
        figures.note_bounded("bad".to_owned(), 2.01, 2.0);
        assert!(
            matches!(figures.check(), Err(Failure::Beyond(beyond)) if beyond == [("bad".to_owned(), 2.01, 2.0)])
        );
    }
}
