//! The manager's office at scale: whether a revoke with all that follows, the change of a Key with 500 holders and a phone's sync cost the
//! same whatever the number of people in the store, and what an import of a CSV file costs beside raw inserts of the same rows.
//!
//! `scale --folder FOLDER [--postgres URL] [--short] [--figures FILE]`: SQLite in files of FOLDER, and Postgres where there is one. Whatever
//! it makes it deletes. `--short`: small stores, few repetitions, and no bounds. In full it fails where a figure is beyond its bound.
#![expect(clippy::print_stdout, reason = "progress and the table are what it is for")]
#![expect(clippy::std_instead_of_core, reason = "a program that measures has std")]

mod engine;
mod failure;
mod figures;
mod growth;
mod house;
mod import;
mod mass;
mod plan;
mod random;
mod stopwatch;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use engine::Engine;
use failure::Failure;
use figures::Figures;
use plan::Plan;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            println!("\nerror: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let folder = option(arguments, "--folder").map(PathBuf::from).ok_or(Failure::Usage)?;
    let plan = if arguments.iter().any(|argument| argument == "--short") { Plan::SHORT } else { Plan::FULL };
    let mut engines = vec![Engine::sqlite(folder)];
    engines.extend(option(arguments, "--postgres").map(Engine::postgres));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Machine)?;
    let mut figures = Figures::default();
    for engine in &engines {
        runtime.block_on(import::measure(engine, &plan, &mut figures))?;
        runtime.block_on(growth::measure(engine, &plan, &mut figures))?;
    }
    figures.print();
    if let Some(file) = option(arguments, "--figures") {
        figures.write(Path::new(file)).map_err(Failure::Machine)?;
    }
    if plan.has_bounds { figures.check() } else { Ok(()) }
}

fn option<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    arguments.iter().skip_while(|argument| *argument != name).nth(1).map(String::as_str)
}
