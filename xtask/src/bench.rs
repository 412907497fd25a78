//! The benchmarks. The program that measures is a workspace of its own (`tests/bench` says why); this task builds it
//! optimised and runs it. It prints a table and merges its figures into `target/bench.json`.

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace;

pub(crate) fn run(short: bool) -> Result<(), Failure> {
    let options: &[&str] = if short { &["--short"] } else { &[] };
    Program::cargo("run")
        .arguments(["--quiet", "--release", "--manifest-path", "tests/bench/Cargo.toml", "--target-dir"])
        .argument(workspace::target().join("bench-build"))
        .argument("--")
        .arguments(options)
        .run()
}

/// The short form, as part of CI.
pub(crate) fn short() -> Result<(), Failure> {
    run(true)
}

/// The full form, and the figures that it left.
pub(crate) fn figures() -> Result<Map<String, Value>, Failure> {
    run(false)?;
    let figures = workspace::read("target/bench.json")?;
    serde_json::from_str(&figures).map_err(|error| Failure::unexpected("the benchmark", error))
}
