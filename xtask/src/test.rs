//! All tests of the workspace.

use crate::bindings;
use crate::failure::Failure;
use crate::program::{self, Program};
use crate::task::{self, Step};
use crate::tool::Tool;
use crate::workspace;

const RUST: Step = Step { name: "tests", about: "unit, property, story and attack tests", run: rust };
const EXAMPLES: Step = Step { name: "doctests", about: "the examples in the documentation", run: examples };
const PYTHON: Step = Step { name: "python", about: "the bindings, driven from Python", run: bindings::check };

/// `cargo xtask test`, the README's second command.
pub(crate) fn run() -> Result<(), Failure> {
    task::run_all(&[RUST, EXAMPLES, PYTHON])?;
    println!("\nall tests passed");
    if report().is_file() {
        println!("report for machines (JUnit XML): {}", report().display());
    }
    Ok(())
}

/// Unit, property, story and attack tests: by nextest where it is installed, else by cargo.
pub(crate) fn rust() -> Result<(), Failure> {
    if program::is_installed("cargo-nextest") {
        return Program::cargo("nextest")
            .arguments(["run", "--locked", "--workspace", "--profile", "report"])
            .run();
    }
    let install = Tool::named("cargo-nextest").map(|tool| tool.installation()).unwrap_or_default();
    println!("cargo-nextest is not installed ({install}); cargo's own runner takes longer");
    Program::cargo("test")
        .arguments(["--locked", "--workspace", "--lib", "--bins", "--tests", "--examples"])
        .run()
}

/// The examples in the documentation.
pub(crate) fn examples() -> Result<(), Failure> {
    Program::cargo("test").arguments(["--locked", "--workspace", "--doc"]).run()
}

fn report() -> std::path::PathBuf {
    workspace::target().join("nextest/report/junit.xml")
}
