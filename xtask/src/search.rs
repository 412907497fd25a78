//! The explicit-state searches: no order of presses, losses, delays and power cuts moves the bolt twice (invariant I8), and
//! no courier rolls a door back or loses its log (I2, I3, I7).
//!
//! The first prints its figures as one JSON object and tells the rest on its standard error; the second ends by itself.

use crate::failure::Failure;
use crate::figures::Figures;
use crate::program::Program;

pub(crate) fn run(seconds: u32) -> Result<(), Failure> {
    operations(seconds).run()
}

/// As deep as a few seconds reach, as part of CI.
pub(crate) fn short() -> Result<(), Failure> {
    run(10)?;
    program("delivery").run()
}

/// A hundred seconds of search, and its figures.
pub(crate) fn figures() -> Result<Figures, Failure> {
    let output = operations(100).text()?;
    print!("{output}");
    serde_json::from_str(&output).map_err(|error| Failure::unexpected("the search", error))
}

fn operations(seconds: u32) -> Program {
    program("search").arguments(["--", "--seconds"]).argument(seconds.to_string())
}

fn program(name: &str) -> Program {
    Program::cargo("run").arguments([
        "--quiet",
        "--locked",
        "--release",
        "--package",
        "thumbturn-search",
        "--bin",
        name,
    ])
}
