//! The quickstart: reads a building file and a resident list, and tells the story of their doors.
//!
//! Everything in it is real but the air, the flash chip and the motor: the door engine, the phone core, the protocol and its
//! cryptography are those that a lock and an app link.
#![expect(clippy::print_stdout, reason = "a command-line program tells its story on the standard output")]

mod building_file;
mod cast;
mod civil_time;
mod hours;
mod mistake;
mod report;
mod resident_list;
mod step;
mod story;

use core::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use building_file::Plan;
use cast::Cast;
use story::Story;

/// Tells the story of a building: phones open doors over an emulated BLE link, with the real protocol.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The building file.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/building.toml"))]
    building: PathBuf,
    /// The resident list.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/residents.csv"))]
    residents: PathBuf,
    /// Print the facts of each step as JSON, for machines.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let (building, residents) = (&arguments.building, &arguments.residents);
    let plan = Plan::parse(building, &mistake::read(building, "--building")?)?;
    let people = resident_list::parse(residents, &mistake::read(residents, "--residents")?, &plan)?;
    let cast = Cast::choose(residents, &people, &plan.doors)?;
    if arguments.json {
        let steps = Story::tell(plan, people, cast, |_| {})?;
        println!("{}", serde_json::to_string_pretty(&steps)?);
        return Ok(());
    }
    report::begin(&plan, people.len());
    let steps = Story::tell(plan, people, cast, report::step)?;
    report::end(&steps);
    Ok(())
}
