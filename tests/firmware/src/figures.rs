//! The figures of a run: a table for people, one flat JSON object for machines, and the budgets that they are held to.

use std::error::Error;
use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::board::Report;

/// What a door's chip has for the program: 256 KiB.
const CODE: f64 = 256.0 * 1_024.0;
/// And for everything that changes: 96 KiB.
const RAM: f64 = 96.0 * 1_024.0;
/// Of that for the engine and its heap: 32 KiB.
const ENGINE: f64 = 32.0 * 1_024.0;

/// Named numbers, in the order in which they were noted.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(&'static str, f64)>);

impl Figures {
    /// Notes a figure.
    pub(crate) fn note(&mut self, name: &'static str, value: f64) {
        self.0.push((name, value));
    }

    /// Notes what the board takes, with the most of several reports.
    pub(crate) fn note_memory(&mut self, reports: &[Report]) -> Result<(), Box<dyn Error>> {
        let most = |name: &str| {
            let values: Result<Vec<f64>, _> = reports.iter().map(|report| report.get(name)).collect();
            values.map(|values| values.into_iter().fold(0.0, f64::max))
        };
        let (stack, room) = (most("stack_peak")?, most("stack_room")?);
        if stack >= room {
            return Err(format!("the stack is full: {room} bytes are not enough").into());
        }
        self.note("firmware.code_bytes", most("code_bytes")?);
        self.note("firmware.static_ram_bytes", most("static_bytes")?);
        self.note("firmware.engine_bytes", most("engine_bytes")?);
        self.note("firmware.heap_bytes", most("heap_reserved")?);
        self.note("firmware.peak_heap_bytes", most("heap_peak")?);
        self.note("firmware.engine_peak_heap_bytes", most("engine_heap_peak")?);
        self.note("firmware.peak_stack_bytes", stack);
        Ok(())
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.0 {
            println!("{name:width$}  {value:>12.0}");
        }
    }

    /// Writes them for machines.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let object: Map<String, Value> =
            self.0.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        std::fs::write(path, serde_json::to_string_pretty(&object)?)
    }

    /// Whether everything is within its budget.
    pub(crate) fn check_budgets(&self) -> Result<(), Box<dyn Error>> {
        let fixed = self.get("firmware.static_ram_bytes")?;
        let heap = self.get("firmware.heap_bytes")?;
        let engine = self.get("firmware.engine_bytes")? + self.get("firmware.engine_peak_heap_bytes")?;
        let budgets = [
            ("code", self.get("firmware.code_bytes")?, CODE),
            ("RAM (static, heap and stack)", fixed + heap + self.get("firmware.peak_stack_bytes")?, RAM),
            ("the engine and its heap", engine, ENGINE),
        ];
        for (what, taken, budget) in budgets {
            println!("{what}: {taken} of {budget} bytes");
        }
        let exceeded = budgets.iter().filter(|(_, taken, budget)| taken > budget);
        let exceeded: Vec<&str> = exceeded.map(|(what, ..)| *what).collect();
        if exceeded.is_empty() {
            return Ok(());
        }
        Err(format!("beyond the budget: {}", exceeded.join(", ")).into())
    }

    fn get(&self, name: &str) -> Result<f64, Box<dyn Error>> {
        let figure = self.0.iter().find(|(known, _)| *known == name);
        figure.map(|(_, value)| *value).ok_or_else(|| format!("{name} was not measured").into())
    }
}
