//! The benchmarks. The program that measures is a workspace of its own (`tests/bench` says why); this task builds it
//! optimised and runs it. It prints a table.

use crate::failure::Failure;
use crate::figures::{self, Figures};
use crate::program::Program;
use crate::workspace;

pub(crate) fn run(short: bool) -> Result<(), Failure> {
    measured(if short { &["--short"] } else { &[] }).map(drop)
}

/// The short form, as part of CI.
pub(crate) fn short() -> Result<(), Failure> {
    run(true)
}

/// The full form, and its figures.
pub(crate) fn figures() -> Result<Figures, Failure> {
    measured(&[])
}

fn measured(options: &[&str]) -> Result<Figures, Failure> {
    figures::left_by("bench", |file| {
        Program::cargo("run")
            .arguments(["--quiet", "--release", "--manifest-path", "tests/bench/Cargo.toml", "--target-dir"])
            .argument(workspace::target().join("bench-build"))
            .arguments(["--", "--figures"])
            .argument(file)
            .arguments(options)
            .run()
    })
}
