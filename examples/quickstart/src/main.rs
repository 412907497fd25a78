//! The quickstart: reads a building file and a resident list, and tells the story of their doors.
//!
//! Everything in it is real but the air, the flash chip and the motor: the property's office, the door engine, the phone core, the protocol and its
//! cryptography are those that a host, a lock and an app link.
#![expect(clippy::print_stdout, reason = "a command-line program tells its story on the standard output")]

mod building_file;
mod cast;
mod civil_time;
mod desk;
mod hours;
mod mistake;
mod person;
mod report;
mod step;
mod story;

use core::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use building_file::Plan;
use story::Story;

/// Tells the story of a building: an office lets people in, and their phones open doors over an emulated BLE link.
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
    let story = Story::begin(plan, residents, &mistake::read(residents, "--residents")?)?;
    if arguments.json {
        let steps = story.tell(|_| {})?;
        println!("{}", serde_json::to_string_pretty(&steps)?);
        return Ok(());
    }
    report::begin(story.plan(), story.people());
    let steps = story.tell(report::step)?;
    report::end(&steps);
    Ok(())
}
