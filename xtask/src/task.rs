//! Runs named steps one after the other and tells how long each took.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// One step of a longer task.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn() -> Result<(), Failure>,
}

/// Runs all steps in order and stops at the first that fails.
pub(crate) fn run_all(steps: &[Step]) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut times = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!("\n=== {}/{} {}: {}", index.saturating_add(1), steps.len(), step.name, step.about);
        flush();
        let started = Instant::now();
        let result = (step.run)();
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!("=== {} {verdict} in {}", step.name, seconds(started.elapsed()));
        flush();
        result?;
        times.push((step.name, started.elapsed()));
    }
    println!();
    for (name, time) in times {
        println!("{name:<16}{:>10}", seconds(time));
    }
    println!("{:<16}{:>10}", "together", seconds(begun.elapsed()));
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Keeps our lines in order with those of the programs that write to the same terminal.
fn flush() {
    // A closed terminal is no reason to stop a task.
    drop(std::io::stdout().flush());
}
