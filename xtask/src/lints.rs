//! Clippy on every package by itself, so that no package gets features from its neighbours.

use crate::failure::Failure;
use crate::firmware;
use crate::program::Program;
use crate::workspace;

pub(crate) fn check() -> Result<(), Failure> {
    let mut refused = Vec::new();
    for package in workspace::packages()? {
        let clippy = Program::cargo("clippy")
            .arguments([
                "--quiet",
                "--locked",
                "--no-deps",
                "--all-targets",
                "--all-features",
                "--package",
                &package,
            ])
            .arguments(["--", "--deny", "warnings"]);
        if clippy.run().is_err() {
            refused.push(package);
        }
    }
    if firmware::clippy().is_err() {
        refused.push("the door firmware".to_owned());
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("clippy has something to say about {}", refused.join(", ")),
        "read its output above",
    ))
}
