//! The benchmarks. The program that measures is a package of its own; this task builds it optimised and runs it.

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace;

/// The package whose program measures. It takes `--short`, prints a table and merges its figures into `target/bench.json`.
const PACKAGE: &str = "thumbturn-bench";

pub(crate) fn run(short: bool) -> Result<(), Failure> {
    let options: &[&str] = if short { &["--", "--short"] } else { &[] };
    Program::cargo("run")
        .arguments(["--quiet", "--locked", "--release", "--package", PACKAGE])
        .arguments(options)
        .run()
}

/// The short form, as part of CI.
pub(crate) fn short() -> Result<(), Failure> {
    run(true)
}

/// The full form, and the figures that it left in `target/bench.json`.
pub(crate) fn figures() -> Result<Map<String, Value>, Failure> {
    run(false)?;
    let path = workspace::target().join("bench.json");
    let json = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    serde_json::from_str(&json).map_err(|error| Failure::unexpected(PACKAGE, error))
}
