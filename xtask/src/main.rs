//! `cargo xtask`: the one door to every task of this repository.
//!
//! One file per task; [`task`] runs a list of them with progress and times, [`program`] runs other programs and says
//! what to install when one is missing, [`workspace`] knows where things are, [`figures`] what was measured.
#![expect(clippy::print_stdout, reason = "progress on the terminal is what a task runner is for")]
#![expect(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a task runner always has std")]

mod bench;
mod bindings;
mod ble;
mod ci;
mod dependencies;
mod documents;
mod failure;
mod features;
mod figures;
mod firmware;
mod forbidden;
mod format;
mod fuzz;
mod interop;
mod lints;
mod long;
mod measurements;
mod model;
mod no_std;
mod office;
mod oracle;
mod postgres;
mod program;
mod python;
mod running;
mod scale;
mod search;
mod second;
mod study;
mod task;
mod test;
mod tool;
mod vectors;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// The one door to every task of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run all tests: unit, property, story, attack, doc and Python tests
    Test,
    /// Run everything that continuous integration runs, or the named parts of it
    Ci {
        /// Parts to run, in the order of the list; all of them if none is named
        parts: Vec<String>,
        /// List the parts and stop
        #[arg(long)]
        list: bool,
    },
    /// Run the benchmarks; prints a table and writes target/bench.json
    Bench {
        /// Fewer repetitions, for a quick look
        #[arg(long)]
        short: bool,
    },
    /// Open a door over the real Bluetooth stack, in an emulated Linux
    Ble {
        /// How often, some guests side by side; fails with the first that fails
        #[arg(long, value_name = "N", default_value_t = 1)]
        runs: usize,
    },
    /// Open a door with a second implementation of the phone, written from docs/spec alone
    Interop,
    /// Write which tests show which feature into docs/features.md
    Features,
    /// Run the tests of the manager's office on a real Postgres, started for them and ended with them
    Office,
    /// Run the door engine on an emulated microcontroller: code size, RAM, stack and instructions, held to their budgets
    Firmware,
    /// Check that the test vectors are what the code produces
    Vectors {
        /// Rewrite tests/vectors instead; review the difference before you commit it
        #[arg(long)]
        bless: bool,
    },
    /// Check the symbolic models and their broken variants with Verifpal
    Model,
    /// Run every fuzz target for some seconds, from the committed corpus
    Fuzz {
        /// Targets to run; all of them if none is named
        targets: Vec<String>,
        /// Seconds for each target
        #[arg(long, default_value_t = 10)]
        seconds: u32,
    },
    /// Follow a revocation, a keycard and a move-in through a building, under the rules of four products; writes docs/study
    Study,
    /// The manager's office with a million people, on SQLite and Postgres: a table, and target/bench.json
    Scale,
    /// Search presses, losses, delays and power cuts for an operation that moves the bolt twice
    Search {
        /// Seconds that the search may take
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Run a long measurement and keep its figures in docs/measurements/NAME.json
    Long {
        /// Which measurement; without a name they are listed
        name: Option<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<(), Failure> {
    match task {
        Task::Test => test::run(),
        Task::Ci { list: true, .. } => ci::list(),
        Task::Ci { parts, list: false } => ci::run(&parts),
        Task::Bench { short } => bench::run(short),
        Task::Ble { runs } => ble::run(runs),
        Task::Interop => interop::run(),
        Task::Features => features::write(),
        Task::Office => office::run(),
        Task::Firmware => firmware::run(),
        Task::Vectors { bless: false } => vectors::check(),
        Task::Vectors { bless: true } => vectors::bless(),
        Task::Model => model::run(),
        Task::Fuzz { targets, seconds } => fuzz::run(&targets, seconds),
        Task::Study => study::run(),
        Task::Scale => scale::run(),
        Task::Search { seconds } => search::run(seconds),
        Task::Long { name: None } => long::list(),
        Task::Long { name: Some(name) } => long::run(&name),
    }
}
