//! The explicit-state search: no order of presses, losses, delays and power cuts moves the bolt twice (invariant I8).
//!
//! The program prints its figures as one JSON object and tells the rest on its standard error.

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::program::Program;

pub(crate) fn run(seconds: u32) -> Result<(), Failure> {
    program(seconds).run()
}

/// As deep as a few seconds reach, as part of CI.
pub(crate) fn short() -> Result<(), Failure> {
    run(10)
}

/// Half an hour's search and its figures.
pub(crate) fn figures() -> Result<Map<String, Value>, Failure> {
    let output = program(1800).text()?;
    print!("{output}");
    serde_json::from_str(&output).map_err(|error| Failure::unexpected("the search", error))
}

fn program(seconds: u32) -> Program {
    Program::cargo("run")
        .arguments([
            "--quiet",
            "--locked",
            "--release",
            "--package",
            "thumbturn-search",
            "--bin",
            "search",
            "--",
        ])
        .argument("--seconds")
        .argument(seconds.to_string())
}
