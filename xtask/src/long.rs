//! Measurements too long for every run. Their figures are kept in `docs/measurements/NAME.json`, with the commit they
//! belong to and the command that makes them again.

use std::fs;

use serde_json::json;

use crate::failure::Failure;
use crate::figures::Figures;
use crate::program::Program;
use crate::workspace;
use crate::{bench, ble, firmware, fuzz, search};

/// A measurement that `cargo xtask long` makes.
pub(crate) struct Measurement {
    pub(crate) name: &'static str,
    about: &'static str,
    run: fn() -> Result<Figures, Failure>,
}

pub(crate) const MEASUREMENTS: &[Measurement] = &[
    Measurement { name: "bench", about: "all benchmarks in full", run: bench::figures },
    Measurement {
        name: "ble-soak",
        about: "a thousand unlocks over the real Bluetooth stack",
        run: ble::soak,
    },
    Measurement {
        name: "ble-steady",
        about: "the story over the real Bluetooth stack twenty times",
        run: ble::twenty_stories,
    },
    Measurement {
        name: "firmware",
        about: "the engine on an emulated microcontroller",
        run: firmware::figures,
    },
    Measurement { name: "fuzz", about: "every fuzz target for a minute", run: fuzz::figures },
    Measurement {
        name: "search",
        about: "the explicit-state search for a hundred seconds",
        run: search::figures,
    },
];

impl Measurement {
    /// What makes it again.
    pub(crate) fn command(&self) -> String {
        format!("cargo xtask long {}", self.name)
    }

    /// Where its figures are kept.
    pub(crate) fn file(&self) -> String {
        format!("docs/measurements/{}.json", self.name)
    }
}

pub(crate) fn list() -> Result<(), Failure> {
    for measurement in MEASUREMENTS {
        println!("{:<12}{}", measurement.name, measurement.about);
    }
    Ok(())
}

pub(crate) fn run(name: &str) -> Result<(), Failure> {
    let Some(measurement) = MEASUREMENTS.iter().find(|measurement| measurement.name == name) else {
        return Err(Failure::new(format!("no measurement {name}"), "cargo xtask long"));
    };
    let commit = clean_commit()?;
    let figures = (measurement.run)()?;
    let record = json!({ "commit": commit, "command": measurement.command(), "figures": figures });
    let path = workspace::path(&measurement.file());
    fs::write(&path, format!("{record:#}\n")).map_err(|error| Failure::file(&path, &error))?;
    println!("wrote {}", path.display());
    Ok(())
}

/// Figures belong to a commit, so the files that they come from must be those of the commit.
fn clean_commit() -> Result<String, Failure> {
    let changed = Program::new("git").arguments(["status", "--porcelain", "--untracked-files=no"]).text()?;
    if !changed.is_empty() {
        return Err(Failure::new(format!("uncommitted changes:\n{changed}"), "commit them, then measure"));
    }
    Ok(Program::new("git").arguments(["rev-parse", "HEAD"]).text()?.trim().to_owned())
}
